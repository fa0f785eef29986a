// SPDX-License-Identifier: Apache-2.0

package release

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPrograms: each program of cmd/ tells its version, completes, and explains itself on a terminal of 80 columns.
func TestPrograms(t *testing.T) {
	dir := t.TempDir()
	const linked = "-X " + modulePath + "/internal/program.version=v1.2.3 -X " + modulePath + "/internal/program.commit=0123456789abcdef"
	output(t, root, nil, "go", "build", "-ldflags", linked, "-o", dir+string(filepath.Separator), "./cmd/...")
	for _, name := range programs(t) {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(dir, name)
			version := output(t, dir, nil, program, "--version")
			assert.Regexp(t, `^`+name+` version v1\.2\.3, commit 0123456789abcdef, go1\.\S+ \w+/\w+\n$`, version)
			assert.Equal(t, version, output(t, dir, nil, program, "version"))
			for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
				assert.Contains(t, output(t, dir, nil, program, "completion", shell), name)
			}
			assert.Contains(t, output(t, dir, nil, program, "--help"), "\n  completion ")
			assert.Positive(t, checkHelp(t, program))
		})
	}
}

// subcommand is a line of the help's list of subcommands.
var subcommand = regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) +\S`)

// checkHelp checks the help of a command and of those below it, and returns how many commands that are.
func checkHelp(t *testing.T, program string, command ...string) int {
	t.Helper()
	help := output(t, "", nil, program, append(command, "--help")...)
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, "%s --help: %q", strings.Join(command, " "), line)
	}
	commands := 1
	_, list, _ := strings.Cut(help, "\nAvailable Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, match := range subcommand.FindAllStringSubmatch(list, -1) {
		if match[1] != "completion" && match[1] != "help" { // Cobra's own: commands to be pasted, which no line may break
			require.Less(t, len(command), 5)
			commands += checkHelp(t, program, append(command, match[1])...)
		}
	}
	return commands
}
