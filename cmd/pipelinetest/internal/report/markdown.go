// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Markdown writes a summary to a file, as a CI server shows it on a job's page.
func Markdown(path string, tests []Test) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "### pipelinetest: %s\n", words[Outcome(tests)])
	if len(tests) > 1 {
		fmt.Fprintf(&b, "\n%d passed, %d failed, %d unknown, %d could not run\n",
			Count(tests, run.Passed), Count(tests, run.Failed), Count(tests, run.Unknown), Count(tests, run.Broken))
	}
	for i := range tests {
		markdown(&b, &tests[i])
	}
	return write(path, b.Bytes())
}

// markdown writes one test: its verdict, a table of what became of each signal, and what else there is to say.
func markdown(b *bytes.Buffer, t *Test) {
	r := t.Result
	searchMarkdown(b, t)
	fmt.Fprintf(b, "\n**%s** %s, after %s; wanted: %s\n", words[r.Outcome], inMarkdown(t.name()), short(r.Took), inMarkdown(t.Scenario.Want.String()))
	markdownList(b, "", r.Problems)
	markdownList(b, "W"+whyHeading[1:], t.why())
	loadMarkdown(b, t)
	if r.Report != nil && len(t.signals()) > 0 {
		b.WriteString("\n| signal | sent | received | lost | duplicate | corrupt | given up |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
		starred := false
		for _, signal := range t.signals() {
			f := t.figures(signal)
			cells := []string{counted(signal), f.From.Show(f.Sent), format.Grouped(r.Report.Sum(signal, "received")), f.LostFrom.Show(f.Lost)}
			for _, count := range []string{"duplicate", "corrupt"} {
				cells = append(cells, format.Grouped(r.Report.Sum(signal, count)))
			}
			cells = append(cells, f.From.Show(f.GivenUp))
			for i := range cells {
				starred = starred || strings.HasSuffix(cells[i], "*")
				cells[i] = inMarkdown(cells[i])
			}
			fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
		}
		if starred {
			fmt.Fprintf(b, "\n%s\n", inMarkdown(ownCount))
		}
	}
	for _, signal := range scenario.Signals {
		markdownList(b, "Where "+signal+" went:", r.Losses[signal])
	}
	markdownList(b, "To know:", r.Notes)
	for _, harmless := range t.harmless() {
		fmt.Fprintf(b, "\n%s\n", inMarkdown(harmless))
	}
	markdownList(b, "Not checked before the test:", r.Unchecked)
	if r.Outcome == run.Passed && len(t.notChecked()) > 0 {
		fmt.Fprintf(b, "\nNot checked: %s.\n", inMarkdown(strings.Join(t.notChecked(), ", ")))
	}
}

// markdownList writes lines below a heading. A line that is indented belongs to the one before it.
func markdownList(b *bytes.Buffer, heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	if heading != "" {
		fmt.Fprintf(b, "\n%s\n", heading)
	}
	b.WriteString("\n")
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", inMarkdown(strings.TrimSpace(line)))
	}
}

// inMarkdown is a text of others as the same text in Markdown: nothing in it is a link, HTML, a table's cell, or a person to be told.
// A backslash before punctuation is what Markdown has for that. What begins a link or a mention without any punctuation of Markdown's own
// (www.x, @x) is held apart by a character reference.
func inMarkdown(text string) string {
	var b strings.Builder
	for _, r := range printable.Text(text) {
		switch {
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case r == '<' || r == '>' || r == '&' || r == '@' || r == ':' || r == '.' || r == '#':
			fmt.Fprintf(&b, "&#%d;", r)
		case r < unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune(",;?%/", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
