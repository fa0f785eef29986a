// SPDX-License-Identifier: Apache-2.0

package release

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// workflow is what the test reads of a workflow beyond what actionlint checks.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		TimeoutMinutes int `yaml:"timeout-minutes"`
		Steps          []struct {
			Uses string
			With map[string]any
			Run  string
		}
	}
}

func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	all := map[string]workflow{}
	for _, file := range files {
		var w workflow
		require.NoError(t, yaml.Unmarshal([]byte(readFile(t, ".github", "workflows", filepath.Base(file))), &w))
		all[filepath.Base(file)] = w
	}
	require.Len(t, all, 2)
	return all
}

// TestWorkflows: actionlint knows the keys, the expressions and the inputs of the actions. It runs no shellcheck, which need not be there.
func TestWorkflows(t *testing.T) {
	var complaints strings.Builder
	linter, err := actionlint.NewLinter(&complaints, &actionlint.LinterOptions{WorkingDir: root})
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	errs, err := linter.LintFiles(files, nil)
	require.NoError(t, err)
	assert.Empty(t, errs, complaints.String())
}

// TestWorkflowsAreBounded: every action has a version, every job an end, and no workflow may write unless a job says what.
func TestWorkflowsAreBounded(t *testing.T) {
	version := regexp.MustCompile(`^[\w./-]+@v\d+(\.\d+)*$`)
	target := regexp.MustCompile(`^make ([a-z-]+)$`)
	targets := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(readFile(t, "Makefile"), -1) {
		targets[match[1]] = true
	}
	for name, w := range workflows(t) {
		assert.Equal(t, map[string]string{"contents": "read"}, w.Permissions, name)
		for job, j := range w.Jobs {
			assert.Positive(t, j.TimeoutMinutes, "%s: %s", name, job)
			for _, step := range j.Steps {
				if step.Uses != "" {
					assert.Regexp(t, version, step.Uses, "%s: %s", name, job)
				}
				if match := target.FindStringSubmatch(step.Run); match != nil {
					assert.True(t, targets[match[1]], "%s: %s: make %s", name, job, match[1])
				}
				if script, _, _ := strings.Cut(step.Run, " "); strings.HasPrefix(script, ".ci/") {
					assert.FileExists(t, filepath.Join(root, script), "%s: %s", name, job)
				}
			}
		}
	}
}

// TestReleaseUsesTheCheckedGoReleaser: `make snapshot`, the release and this module, which checks the configuration, use one version.
func TestReleaseUsesTheCheckedGoReleaser(t *testing.T) {
	version := requirements(t, "go.mod")["github.com/goreleaser/goreleaser/v2"]
	match := regexp.MustCompile(`github.com/goreleaser/goreleaser/v2@(v\S+)`).FindStringSubmatch(readFile(t, "Makefile"))
	require.NotNil(t, match)
	assert.Equal(t, version, match[1])
	found := false
	for _, step := range workflows(t)["release.yml"].Jobs["release"].Steps {
		if strings.HasPrefix(step.Uses, "goreleaser/goreleaser-action@") {
			found = true
			assert.Equal(t, version, step.With["version"])
		}
	}
	assert.True(t, found)
}
