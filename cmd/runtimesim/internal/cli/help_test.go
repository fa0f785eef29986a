// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExamples: what the help shows works, that of the program and that of each command.
func TestExamples(t *testing.T) {
	root := newRoot()
	for _, c := range append(root.Commands(), root) {
		for line := range strings.SplitSeq(strings.ReplaceAll(c.Example, "\\\n", ""), "\n") {
			line, ok := strings.CutPrefix(strings.TrimSpace(line), "runtimesim ")
			if !ok {
				continue
			}
			t.Run(c.Name()+": "+line, func(t *testing.T) {
				t.Chdir("../../../..") // examples name files of the repository
				if before, _, ok := strings.Cut(line, "--out "); ok {
					line = before + "--out " + filepath.Join(t.TempDir(), "trace.json")
				}
				line += " --tasks 20" // as shown, but smaller
				switch command, _, _ := strings.Cut(line, " "); command {
				case "advise":
					line += " --replications 2"
				case "knee":
					line += " --replications 2 --from 20000 --step 4 --precision 1"
				}
				switch command, _, _ := strings.Cut(line, " "); command {
				case "compare", "advise":
					requireSameThreads(t, succeed(t, line+" --json"))
				default:
					succeed(t, line)
				}
			})
		}
	}
}

// requireSameThreads: an example that shows runtimes side by side compares like with like.
func requireSameThreads(t *testing.T, text string) {
	t.Helper()
	counts := regexp.MustCompile(`"workers": \d+`).FindAllString(text, -1)
	require.Greater(t, len(counts), 1)
	slices.Sort(counts)
	assert.Len(t, slices.Compact(counts), 1)
}

// TestHelp: the help of every command fits a terminal of 80 columns; that of the program says how to get completion in a shell.
func TestHelp(t *testing.T) {
	for _, c := range append(newRoot().Commands(), newRoot()) {
		path := strings.Fields(c.CommandPath())[1:]
		for line := range strings.SplitSeq(succeed(t, strings.Join(append(path, "--help"), " ")), "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, "%s: %s", c.CommandPath(), line)
		}
	}
	assert.Contains(t, succeed(t, "--help"), "source <(runtimesim completion bash)")
}
