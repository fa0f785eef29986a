// SPDX-License-Identifier: Apache-2.0

package play

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What changes the manifests looks for text in them. So it must find it in what pipelinetest renders now.
func TestChangesFindWhatTheyChange(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	render := func(load string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", "run", "./cmd/pipelinetest", "kubernetes", filepath.Join(root, "internal", "cluster", "loads", load+".yaml"),
			"--output="+filepath.Join(t.TempDir(), "out"))
		command.Dir = root
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		var all strings.Builder
		files, err := filepath.Glob(filepath.Join(strings.TrimPrefix(command.Args[len(command.Args)-1], "--output="), "*.yaml"))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			all.Write(data)
			all.WriteString("---\n")
		}
		return all.String()
	}
	for _, scenario := range All {
		manifests := render(scenario.Load)
		if scenario.Change != nil {
			assert.NotEqual(t, manifests, scenario.Change(manifests), scenario.Name)
		}
	}
	manifests := render("load")
	assert.NotContains(t, withoutMemory(manifests), "volumeClaimTemplates")
	assert.Contains(t, withoutMemory(manifests), "configMap: {name: load-verifier}\n        - name: memory\n          emptyDir: {}\n---\n")
	assert.Equal(t, 1, strings.Count(oneAddress(manifests), "clusterIP: None"), "that of the verifiers")
	assert.Contains(t, impatientJudge(manifests), "--wait=75s")
}
