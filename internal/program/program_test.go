// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBuild: what Go notes, by how a program was built. What the linker writes is tested on the built programs.
func TestBuild(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	checkout := func(version, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: []debug.BuildSetting{
			{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified},
		}}
	}
	for name, c := range map[string]struct {
		info            *debug.BuildInfo
		version, commit string
	}{
		"installed, of a tag":    {&debug.BuildInfo{Main: debug.Module{Version: "v0.1.0"}}, "v0.1.0", "unknown"},
		"installed, of a branch": {&debug.BuildInfo{Main: debug.Module{Version: "v0.1.1-0.20260102030405-0123456789ab"}}, "v0.1.1-0.20260102030405-0123456789ab", "0123456789ab"},
		"in a checkout":          {checkout("v0.1.1-0.20260102030405-0123456789ab", "false"), "v0.1.1-0.20260102030405-0123456789ab", revision},
		"in a changed checkout":  {checkout("v0.1.1-0.20260102030405-0123456789ab+dirty", "true"), "v0.1.1-0.20260102030405-0123456789ab+dirty", revision + " with changes"},
		"without Git":            {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "(devel)", "unknown"},
		"without modules":        {nil, "unknown", "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			b := read(c.info, c.info != nil)
			assert.Equal(t, build{c.version, c.commit, runtime.Version()}, b)
			assert.Equal(t, c.version+", commit "+c.commit+", "+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH, describe(b))
		})
	}
}

// TestArguments: a program may take arguments beside its subcommands.
func TestArguments(t *testing.T) {
	play := func(argument string) (got []string, printed string) {
		root := &cobra.Command{Use: "p", Args: cobra.ArbitraryArgs, Run: func(_ *cobra.Command, args []string) { got = args }}
		Equip(root)
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs([]string{argument})
		require.NoError(t, root.Execute())
		return got, out.String()
	}
	got, printed := play("file.yaml")
	assert.Equal(t, []string{"file.yaml"}, got)
	assert.Empty(t, printed)
	got, printed = play("version")
	assert.Nil(t, got)
	assert.Regexp(t, `^p version \S+, commit `, printed)
}
