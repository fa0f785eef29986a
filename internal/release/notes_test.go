// SPDX-License-Identifier: Apache-2.0

package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReleaseNotes: the notes are a version's section of the changelog, and no release is called otherwise than its Collector.
func TestReleaseNotes(t *testing.T) {
	const changelog = `# Changelog

## [Unreleased]

### Added
- later

## [0.2.0] - 2026-02-01

### Fixed
- a fault

## [0.2.0-rc.1] - 2026-01-01
- earlier

## [0.3.0] - 2026-03-01

[0.2.0]: https://example.com
`
	for _, c := range []struct{ collector, tag, notes, complaint string }{
		{"0.2.0", "v0.2.0", "\n### Fixed\n- a fault\n", ""},
		{"0.2.0-rc.1", "v0.2.0-rc.1", "- earlier\n", ""},
		{"0.1.0", "v0.2.0", "", "builder-config.yaml: dist.version is not 0.2.0"},
		{"0.2", "v0.2", "", `CHANGELOG.md: there is no section "## [0.2]"`},
		{"0.3.0", "v0.3.0", "", `CHANGELOG.md: there is no section "## [0.3.0]", or nothing is in it`},
	} {
		t.Run(c.collector+" "+c.tag, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(dir, ".ci"), 0o700))
			for name, text := range map[string]string{
				"CHANGELOG.md": changelog, "builder-config.yaml": "dist:\n  name: x\n  version: " + c.collector + "\n", ".ci/release-notes": readFile(t, ".ci", "release-notes"),
			} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
			}
			var stdout, stderr strings.Builder
			cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, ".ci", "release-notes"), c.tag)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			assert.Equal(t, c.complaint != "", cmd.Run() != nil)
			assert.Equal(t, c.notes, stdout.String())
			assert.Contains(t, stderr.String(), c.complaint)
		})
	}
}

// TestChangelog: the section that the next release is written in is there, and every version has a heading that the notes are found by.
func TestChangelog(t *testing.T) {
	text := readFile(t, "CHANGELOG.md")
	assert.Contains(t, text, "\n## [Unreleased]\n")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "## ") {
			assert.Regexp(t, `^## \[(Unreleased\]|\d+\.\d+\.\d+(-[0-9a-z.]+)?\] - \d{4}-\d{2}-\d{2})\n$`, line)
		}
	}
}
