// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMergeOutputs: one file cannot be two outputs, nor an output and an input. That is said before anything is written.
func TestMergeOutputs(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "two.state")
	state := verifier(t, "two", true, 1)
	require.NoError(t, os.WriteFile(in, state, 0o600))
	link, out := filepath.Join(dir, "link.state"), filepath.Join(dir, "out")
	require.NoError(t, os.Symlink(in, link))
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"two reports":            {[]string{"--json", out, "--junit", out}, "--json: " + out + " is not allowed, --junit writes there"},
		"a report and the state": {[]string{"-o", out, "--json", filepath.Join(dir, ".", "out")}, "--json: " + out + " is not allowed, --output writes there"},
		"a report and an input":  {[]string{"--json", in}, "--json: " + in + " is not allowed, the argument " + in + " is read there"},
		"by another name":        {[]string{"-o", link}, "--output: " + link + " is not allowed, the argument " + in + " is read there"},
		"no folder":              {[]string{"--junit", filepath.Join(dir, "none", "x")}, "--junit: "},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := merging(append(tc.args, in)...)
			assert.Equal(t, exitBroken, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tc.want)
			assert.NoFileExists(t, out)
			is, err := os.ReadFile(in)
			require.NoError(t, err)
			assert.Equal(t, state, is)
		})
	}
	code, _, stderr := merging("--json", os.DevNull, "--junit", os.DevNull, in)
	assert.Equal(t, exitBroken, code)
	assert.Empty(t, stderr, "a device takes both")
}
