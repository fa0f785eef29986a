// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// unknownFigure stands for a figure that nobody knows.
const unknownFigure = "-"

// loadHeading says what the load was to be, and whether it was.
func loadHeading(l *run.Load) string {
	heading := fmt.Sprintf("load: %s spans/s for %v", perSecond(l.Rate), ofSeconds(l.Duration))
	if l.SLO != "" {
		heading += ", " + l.SLO
	}
	switch {
	case l.Limit == run.LimitLoss:
		return heading + "; " + limits[l.Limit]
	case !l.Kept:
		return heading + "; the rate was not reached"
	}
	return heading + "; the rate was reached"
}

// ofSeconds is a number of seconds as a duration.
func ofSeconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// latencyTable is how fast and how late what was sent arrived.
func latencyTable(l *run.Load) [][]string {
	rows := [][]string{{"latency", "sent/s", "arrived/s", "p50", "p99", "max"}}
	for i := range l.Signals {
		s := &l.Signals[i]
		cells := []string{counted(s.Signal), perSecond(s.Sent), perSecond(s.Arrived)}
		for _, d := range []time.Duration{s.Latency.P50, s.Latency.P99, s.Latency.Max} {
			if s.Latency.Count == 0 {
				cells = append(cells, unknownFigure)
				continue
			}
			cells = append(cells, millis(d))
		}
		rows = append(rows, cells)
	}
	return rows
}

// ownLatency says what of the latency is not the pipeline's.
func ownLatency(l *run.Load) string {
	g := &l.Generator
	if !g.Known {
		return fmt.Sprintf("of that the generator's own: up to %s by its configuration; how late it was is not known", millis(g.OwnDelay))
	}
	return fmt.Sprintf("of that the generator's own: up to %s by its configuration; and it was late by up to %s (p99), %s (max)",
		millis(g.OwnDelay), millis(g.P99), millis(g.Max))
}

// usageTable is what each part used.
func usageTable(l *run.Load) [][]string {
	rows := [][]string{{"part", "CPU cores", "peak", "CPU us/item", "memory mean", "peak", "in/s", "out/s", "queued"}}
	for i := range l.Parts {
		p := &l.Parts[i]
		cells := []string{p.Name, unknownFigure, unknownFigure, unknownFigure, unknownFigure, unknownFigure, unknownFigure, unknownFigure, unknownFigure}
		if p.Known {
			copy(cells[1:], []string{fmt.Sprintf("%.2f", p.Cores), fmt.Sprintf("%.2f", p.Peak), fmt.Sprintf("%.1f", p.CPUPerItem), mebibytes(p.RSSMean), mebibytes(p.RSSPeak)})
		}
		if p.Told {
			copy(cells[6:], []string{unknownFigure, perSecond(p.Out), format.Grouped(p.Queued)})
			if p.In > 0 {
				cells[6] = perSecond(p.In)
			}
		}
		rows = append(rows, cells)
	}
	return rows
}

// machineLine is how busy the machine was; none: nobody knows.
func machineLine(l *run.Load) string {
	if l.Machine == nil {
		return ""
	}
	return fmt.Sprintf("machine: %.0f %% of %d CPUs busy; programs beside the test: %.2f cores", 100*l.Machine.Busy, l.Machine.CPUs, l.Machine.Other)
}

// loadText writes what a load test has measured.
func loadText(b *bytes.Buffer, t *Test) {
	l := t.Result.Load
	if l == nil {
		return
	}
	fmt.Fprintf(b, "\n%s\n", loadHeading(l))
	indented(b, latencyTable(l))
	fmt.Fprintf(b, "  %s\n\n", ownLatency(l))
	indented(b, usageTable(l))
	if line := machineLine(l); line != "" {
		fmt.Fprintf(b, "  %s\n", line)
	}
	for _, about := range l.About {
		fmt.Fprintf(b, "  %s\n", about)
	}
	comparisonText(b, t)
}

// indented writes a table; what is below its heading is indented further.
func indented(b *bytes.Buffer, rows [][]string) {
	for i := range rows {
		indent := "    "
		if i == 0 {
			indent = "  "
		}
		rows[i][0] = indent + rows[i][0]
	}
	width := 0
	for _, row := range rows {
		width = max(width, len(row[0]))
	}
	for _, row := range rows {
		row[0] += strings.Repeat(" ", width-len(row[0]))
	}
	_ = texttable.Write(b, texttable.Right, rows...) // into memory
}

// loadMarkdown writes the same for the page of a CI job.
func loadMarkdown(b *bytes.Buffer, t *Test) {
	l := t.Result.Load
	if l == nil {
		return
	}
	fmt.Fprintf(b, "\n%s\n\n", inMarkdown(loadHeading(l)))
	markdownTable(b, latencyTable(l))
	fmt.Fprintf(b, "\n%s\n\n", inMarkdown(ownLatency(l)))
	markdownTable(b, usageTable(l))
	if line := machineLine(l); line != "" {
		fmt.Fprintf(b, "\n%s\n", inMarkdown(line))
	}
	markdownList(b, "", l.About)
	comparisonMarkdown(b, t)
}

// markdownTable writes a table, whose first row is its heading.
func markdownTable(b *bytes.Buffer, rows [][]string) {
	for i, row := range rows {
		cells := make([]string, len(row))
		for j := range row {
			cells[j] = inMarkdown(row[j])
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(b, "| --- |%s\n", strings.Repeat(" ---: |", len(row)-1))
		}
	}
}

func perSecond(rate float64) string { return format.Grouped(uint64(max(rate, 0) + 0.5)) }

func mebibytes(n uint64) string { return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20)) }

// millis is a duration in the unit in which latencies are compared.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1fs", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fms", ms)
}
