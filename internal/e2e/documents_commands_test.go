// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/shlex"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkout is a folder in which the commands of a document work as they stand there.
type checkout struct {
	folder string
	tools  string // where the commands were built
}

// newCheckout makes a folder with what `make build` and its like have built, and with the files that documents name.
func newCheckout(t *testing.T, tools string) *checkout {
	t.Helper()
	c := &checkout{folder: t.TempDir(), tools: tools}
	c.link(t, tools, "bin")
	for _, name := range []string{"dist", "config", "deploy", "workload"} {
		path, err := filepath.Abs(filepath.Join(root, name))
		require.NoError(t, err)
		c.link(t, path, name)
	}
	c.link(t, c.folder, "otelcol-runtimelab") // where a CI job has this repository
	return c
}

func (c *checkout) link(t *testing.T, target, name string) {
	t.Helper()
	require.NoError(t, os.Symlink(target, filepath.Join(c.folder, name)))
}

// command runs a program in the folder and returns what it prints to stdout. It must succeed.
func (c *checkout) command(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = c.folder
	var stdout, stderr output
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s\n%s%s", cmd, stdout.String(), stderr.String())
	return stdout.String()
}

// commandLines joins lines that end with a backslash, and leaves out empty ones and comments.
func commandLines(lines []string) (joined []string) {
	for line := range strings.Lines(strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", "")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			joined = append(joined, line)
		}
	}
	return joined
}

// elsewhere are the programs of documents that a test has no business to run, with the reason.
var elsewhere = map[string]string{
	"cd":         "of the reader's own shell",
	"cat":        "writes for the CI system",
	"curl":       "asks what another command has started",
	"docker":     "needs a container engine; deploy/ has tests of its own",
	"git":        "needs the network",
	"journalctl": "needs systemd; deploy/ has tests of its own",
	"kubectl":    "needs a cluster; deploy/ has tests of its own",
	"printf":     "writes for the CI system",
	"prometheus": "runs until it is stopped; internal/prometheus has tests of its own",
	"sed":        "reads what another command has printed",
	"sudo":       "changes the machine",
}

// runCommand runs a command line of a document. What would run on, or build for minutes, is checked as far as can be without.
func (c *checkout) runCommand(t *testing.T, line string) {
	t.Helper()
	words, err := shlex.Split(line) // without comments
	require.NoError(t, err, line)
	for strings.Contains(words[0], "=") { // a variable
		words = words[1:]
	}
	switch program := filepath.Base(words[0]); {
	case elsewhere[program] != "":
	case program == "make":
		targets := makeTargets(t)
		for _, target := range slices.DeleteFunc(words[1:], func(w string) bool { return strings.ContainsAny(w, "=/") || w == "-C" || w == "otelcol-runtimelab" }) {
			assert.Contains(t, targets, target, line)
		}
	case program == "go" && (words[1] == "test" || words[1] == "run"):
		assert.DirExists(t, filepath.Join(root, words[2]), line)
	case program == "go" && words[1] == "install":
		module, _, _ := strings.Cut(words[2], "@") // the network has it, or not: its folder is here
		assert.DirExists(t, filepath.Join(root, strings.TrimPrefix(module, "github.com/runtimelab/otelcol-runtimelab/")), line)
	case program == "runtimesim":
		c.command(t, filepath.Join(c.tools, program), words[1:]...)
	case program == "otlpload": // sends until it is stopped
		words, to, redirected := slices.Clone(words[1:]), "", slices.Index(words, ">")
		if redirected > 0 {
			words, to = words[:redirected-1], words[redirected]
		}
		config := c.command(t, filepath.Join(c.tools, program), append(words, "--print-config")...)
		c.validate(t, "--config", writeFile(t, config))
		if to != "" {
			require.NoError(t, os.WriteFile(filepath.Join(c.folder, to), []byte(config), 0o600))
		}
	case program == "otelcol-runtimelab":
		c.validate(t, slices.DeleteFunc(words[1:], func(w string) bool { return w == "validate" || strings.HasPrefix(w, "2>") })...)
	case program == "pipelinetest":
		if slices.Contains(words, "merge") {
			return // what other commands have left; TestSharedVerify merges
		}
		if slices.Contains(words, "kubernetes") {
			if piped := slices.Index(words, "|"); piped > 0 {
				words = words[:piped]
			}
			if !slices.Contains(words, "scenario.yaml") { // which stands for a file of the reader's
				c.command(t, filepath.Join(c.tools, program), words[1:]...)
			}
			return
		}
		if *slow && !strings.Contains(line, "=my-agent ") { // which stands for a program of the reader's
			if strings.Contains(line, "--rate ") || strings.Contains(line, "--find-limit ") {
				words = append(words, "--list") // what a load test says depends on what else the machine has to do
			}
			c.command(t, filepath.Join(c.tools, program), append([]string{"--collector", binary(t)}, words[1:]...)...)
		}
	default:
		assert.Fail(t, "no rule for this command", line)
	}
}

func (c *checkout) validate(t *testing.T, args ...string) {
	t.Helper()
	c.command(t, binary(t), append([]string{"validate"}, args...)...)
}

// makeTargets are those of the Makefile.
func makeTargets(t *testing.T) (targets []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, match[1])
	}
	return targets
}

// leftOut stands for the rest of what a command prints.
const leftOut = "..."

// wallTime is what differs from run to run.
var wallTime = regexp.MustCompile(`(?m)^(wall time  ).*$`)

// runTranscript runs the commands of a block, `$ runtimesim ...`, and compares what they print with what stands below.
func (c *checkout) runTranscript(t *testing.T, b *block) {
	t.Helper()
	fresh := []string{}
	for i := 0; i < len(b.lines); {
		line, isCommand := strings.CutPrefix(b.lines[i], "$ ")
		require.True(t, isCommand, b.lines[i])
		words, err := shlex.Split(line)
		require.NoError(t, err)
		require.Equal(t, "runtimesim", filepath.Base(words[0]), "no other command prints the same each time")
		printed := strings.Split(strings.TrimRight(c.command(t, filepath.Join(c.tools, "runtimesim"), words[1:]...), "\n"), "\n")
		shown := i + 1
		for i++; i < len(b.lines) && !strings.HasPrefix(b.lines[i], "$ "); i++ {
		}
		shows := b.lines[shown:i]
		if n := len(shows) - 1; n > 0 && shows[n] == leftOut && n < len(printed) {
			printed = append(printed[:n:n], leftOut)
		}
		want, got := masked(shows), masked(printed)
		if !*update {
			assert.Equal(t, want, got, line)
		}
		if want == got {
			printed = shows // the wall time of one run is as good as that of another
		}
		fresh = append(append(fresh, b.lines[shown-1]), printed...)
	}
	b.lines = fresh
}

func masked(lines []string) string {
	return wallTime.ReplaceAllString(strings.Join(lines, "\n"), "$1")
}
