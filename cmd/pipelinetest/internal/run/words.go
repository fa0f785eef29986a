// SPDX-License-Identifier: Apache-2.0

package run

import (
	"regexp"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
)

const (
	columns   = 76  // how wide a part's words are shown: with what stands before them, they fit a terminal that nobody has widened
	mostRows  = 10  // of a part's last words
	mostLines = 200 // of what it printed, among which its error is looked for
)

// How a line begins, or what is in it, that says why a process has ended. The Collector's own log has the level behind a tab.
var (
	errorLine = regexp.MustCompile(`^\s*(Error|error|ERROR|panic|fatal error|FATAL)\b`)
	errorWord = regexp.MustCompile(`(?i)\b(error|fatal|panic)\b`)
)

// lastWords are what a part has printed: the error, if there is one, and then the last lines.
func lastWords(p *part.Process) string { return strings.Join(words(p.Tail(mostLines)), "\n  ") }

// words are the rows of lines that tell most: all if they are few, otherwise the last error and then the last of the others.
func words(lines []string) []string {
	at := last(lines, errorLine)
	if at < 0 {
		at = last(lines, errorWord)
	}
	var rows, first, others []string
	for i, line := range lines {
		wrapped := printable.Wrapped(line, columns)
		rows = append(rows, wrapped...)
		if i == at {
			first = wrapped
		} else {
			others = append(others, wrapped...)
		}
	}
	if len(rows) <= mostRows {
		return rows
	}
	others = others[max(0, len(others)-mostRows):]
	return append(append(first, "..."), append(others, "(--keep FOLDER keeps all that the part prints, in FOLDER/SCENARIO-N/PART/log)")...)
}

// last is the last line that matches; -1: none.
func last(lines []string, pattern *regexp.Regexp) int {
	for i, line := range slices.Backward(lines) {
		if pattern.MatchString(line) {
			return i
		}
	}
	return -1
}
