// SPDX-License-Identifier: Apache-2.0

package program

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
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

// TestDidYouMean: the nearest words, and those that are longer. A word that resembles none gets no hint.
func TestDidYouMean(t *testing.T) {
	known := []string{"rate", "runtime", "runtimes", "run-id", "cpus", "cost"}
	for word, want := range map[string]string{
		"rte":      " (did you mean rate?)",
		"RATE":     " (did you mean rate?)",
		"runtim":   " (did you mean runtime or runtimes?)",
		"rn":       "",
		"run":      " (did you mean runtime or runtimes or run-id?)",
		"cpsu":     " (did you mean cpus or cost?)",
		"verbose":  "",
		"x":        "",
		"":         "",
		"runtimez": " (did you mean runtime or runtimes?)",
	} {
		assert.Equal(t, want, DidYouMean(word, known), word)
	}
	assert.Empty(t, DidYouMean("rate", nil))
}

// play runs a command line of a program with two flags and a subcommand.
func play(t *testing.T, args ...string) error {
	t.Helper()
	root := &cobra.Command{Use: "p", SilenceErrors: true, SilenceUsage: true}
	sub := &cobra.Command{Use: "compare", Args: cobra.NoArgs, Run: func(*cobra.Command, []string) {}}
	sub.Flags().Int("rate", 1, "")
	sub.Flags().Int("secret", 1, "")
	require.NoError(t, sub.Flags().MarkHidden("secret"))
	root.AddCommand(sub)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w; see p", err) })
	Equip(root)
	root.SetOut(io.Discard)
	root.SetArgs(args)
	return root.Execute()
}

// TestUnknown: what is unknown is answered with what may have been meant, and the program's own words.
func TestUnknown(t *testing.T) {
	for line, want := range map[string]string{
		"compare --rte 5":     "unknown flag: --rte (did you mean --rate?); see p",
		"compare --rte=5":     "unknown flag: --rte (did you mean --rate?); see p",
		"compare -rate 5":     "unknown shorthand flag: 'r' in -rate (did you mean --rate?); see p",
		"compare -rate=5":     "unknown shorthand flag: 'r' in -rate=5 (did you mean --rate?); see p",
		"compare --secert 5":  "unknown flag: --secert; see p", // the hidden one is no help
		"compare -x":          "unknown shorthand flag: 'x' in -x; see p",
		"compare --frobnicat": "unknown flag: --frobnicat; see p",
		"compare --rate x":    `invalid argument "x" for "--rate" flag: strconv.ParseInt: parsing "x": invalid syntax; see p`,
		"--vesion":            "unknown flag: --vesion (did you mean --version?); see p",
		"comprae":             `unknown command "comprae" (did you mean compare?); see p --help`,
		"help comprae":        `unknown command "comprae" (did you mean compare?); see p --help`,
		"verzion":             `unknown command "verzion" (did you mean version?); see p --help`,
		"comprae --rate 5":    `unknown command "comprae" (did you mean compare?); see p --help`,
		"dance":               `unknown command "dance"; see p --help`,
	} {
		assert.EqualError(t, play(t, strings.Fields(line)...), want, line)
	}
	assert.NoError(t, play(t))
	assert.NoError(t, play(t, "compare", "--rate", "5"))
	assert.NoError(t, play(t, "help", "compare"))
	assert.NoError(t, play(t, "help"))
}
