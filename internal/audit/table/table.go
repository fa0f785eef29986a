// SPDX-License-Identifier: Apache-2.0

// Package table writes what an audit has found as people read it: of each run a heading, a column for each signal, the findings, and the sources that lost most.
// The load_verify exporter prints it, and so does pipelinetest merge.
package table

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// A label and a column for each signal make 71 characters.
const (
	labelWidth  = 20
	columnWidth = format.Width + 2

	// mostLines bounds how many findings, and how many sources, are listed under a table. The JSON report has all.
	mostLines = 8
	// longestName bounds what is printed of a name, in characters.
	longestName = 80
)

type countRow struct {
	label       string
	rare, least bool
	count       func(*audit.SignalReport) uint64
	note        string
}

// some reports whether there are some of a signal, as far as that is known.
func (row *countRow) some(s audit.SignalReport) bool {
	n := row.count(&s)
	return n > 0 && audit.Count(n) != audit.NotKnown
}

// countRows are the lines with counts. Rare ones are left out where they would be all 0. What says least is no more than that where it is
// not known what was sent. The note explains a line that is not 0 and that no expectation is about.
var countRows = []countRow{
	{"sent", false, true, func(s *audit.SignalReport) uint64 { return s.Sent }, ""},
	{"received", false, false, func(s *audit.SignalReport) uint64 { return s.Received }, ""},
	{"missing", false, true, func(s *audit.SignalReport) uint64 { return s.Missing }, ""},
	{"  of them given up", true, false, func(s *audit.SignalReport) uint64 { return s.GivenUp }, ""},
	{"duplicate", false, false, func(s *audit.SignalReport) uint64 { return s.Duplicate }, ""},
	{"out of order", false, false, func(s *audit.SignalReport) uint64 { return uint64(s.OutOfOrder) }, outOfOrderNote},
	{"corrupt", false, false, func(s *audit.SignalReport) uint64 { return s.Corrupt }, ""},
	{"content checked", true, false, func(s *audit.SignalReport) uint64 { return s.Checked }, ""},
	{"content wrong", true, false, func(s *audit.SignalReport) uint64 { return s.Wrong + s.Unread }, ""},
	{"  removed", true, false, func(s *audit.SignalReport) uint64 { return s.Removed }, ""},
	{"  changed", true, false, func(s *audit.SignalReport) uint64 { return s.Changed }, ""},
	{"  untouched", true, false, func(s *audit.SignalReport) uint64 { return s.Untouched }, ""},
	{"  added", true, false, func(s *audit.SignalReport) uint64 { return s.Added }, ""},
	{"  forbidden", true, false, func(s *audit.SignalReport) uint64 { return s.Forbidden }, ""},
	{"  stamp gone", true, false, func(s *audit.SignalReport) uint64 { return s.Unread }, ""},
	{"never sent", true, false, func(s *audit.SignalReport) uint64 { return s.Beyond }, ""},
	{"not audited", true, false, func(s *audit.SignalReport) uint64 { return s.OverLimit }, ""},
	{"after grace", true, false, func(s *audit.SignalReport) uint64 { return uint64(s.AfterGrace) }, "came when its source was final; counts as received, but a verdict may have been out"},
	{"orphan spans", true, false, func(s *audit.SignalReport) uint64 { return s.Orphans }, ""},
	{"incomplete traces", true, false, func(s *audit.SignalReport) uint64 { return s.IncompleteTraces }, ""},
	{"torn traces", true, false, func(s *audit.SignalReport) uint64 { return s.Torn }, ""},
	{"clock skew", true, false, func(s *audit.SignalReport) uint64 { return s.Latency.Skewed }, "came before it happened: the clocks of both sides differ"},
	{"from the past", true, false, func(s *audit.SignalReport) uint64 { return s.Latency.Past }, "sent long after it happened, by backfill; no latency is known of it"},
}

const outOfOrderNote = "came after a later one of its source; no verdict depends on it"

var latencyRows = []struct {
	label string
	value func(*audit.LatencyReport) time.Duration
}{
	{"latency p50", func(l *audit.LatencyReport) time.Duration { return l.P50 }},
	{"latency p99", func(l *audit.LatencyReport) time.Duration { return l.P99 }},
	{"latency max", func(l *audit.LatencyReport) time.Duration { return l.Max }},
}

// Run writes the table of a run. The title is of whom it is.
func Run(title string, r *audit.RunReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  run %s  %s\n", title, printable(r.Run), strings.ToUpper(string(r.Verdict)))
	line := func(label string, cell func(*audit.SignalReport) string) {
		fmt.Fprintf(&b, "%-*s", labelWidth, label)
		for i := range r.Signals {
			fmt.Fprintf(&b, "%*s", columnWidth, cell(&r.Signals[i]))
		}
		b.WriteByte('\n')
	}
	atLeast := func(s *audit.SignalReport, n uint64) string { // where what was sent is not known
		if r.Final && !s.SentKnown {
			return ">= " + format.Count(n)
		}
		return format.Count(n)
	}
	line("", func(s *audit.SignalReport) string { return s.Signal.String() })
	for i := range countRows {
		row := &countRows[i]
		if row.rare && !slices.ContainsFunc(r.Signals, row.some) {
			continue
		}
		label := row.label
		if label == "missing" && !r.Final {
			label = "missing so far"
		}
		line(label, func(s *audit.SignalReport) string {
			if row.least {
				return atLeast(s, row.count(s))
			}
			if n := row.count(s); audit.Count(n) != audit.NotKnown {
				return format.Count(n)
			}
			return "?"
		})
	}
	for _, row := range latencyRows {
		line(row.label, func(s *audit.SignalReport) string {
			if s.Latency.Count == 0 {
				return "-"
			}
			return format.Quantile(row.value(&s.Latency).Nanoseconds())
		})
	}
	line("sources ended", func(s *audit.SignalReport) string { return fmt.Sprintf("%d of %d", s.Ended, s.Expected()) })
	b.WriteString(Findings(r.Findings))
	b.WriteString(renderClasses(r))
	b.WriteString(renderOdd(r))
	b.WriteString(renderSources(r))
	b.WriteString(renderNotes(r))
	b.WriteByte('\n')
	return b.String()
}

// renderNotes explains what no expectation is about, and, with a verdict, says what it is not about.
func renderNotes(r *audit.RunReport) string {
	var b strings.Builder
	for i := range countRows {
		row := &countRows[i]
		if row.note == outOfOrderNote {
			b.WriteString(renderOrder(r))
			continue
		}
		if row.note != "" && slices.ContainsFunc(r.Signals, row.some) {
			fmt.Fprintf(&b, "  %s: %s\n", row.label, row.note)
		}
	}
	if slices.ContainsFunc(r.Signals, func(s audit.SignalReport) bool { return s.Latency.NotComparable }) {
		b.WriteString("  latency: the clocks of several machines measured it, which may be apart" + ifNobodyAsks(r, "latency_p99") + "\n")
	}
	if n := len(r.Evidence); n > 0 {
		fmt.Fprintf(&b, "  the JSON report has %d of the items that show this, as OTLP\n", n)
	}
	if r.Final {
		b.WriteString(renderNotChecked(r.NotChecked))
	}
	return b.String()
}

// ifNobodyAsks says that no verdict depends on something, if none does: a finding says that it is not known, if an expectation is about it.
func ifNobodyAsks(r *audit.RunReport, expectation string) string {
	if slices.ContainsFunc(r.Findings, func(f audit.Finding) bool { return f.Expectation == expectation }) {
		return ""
	}
	return "; no verdict depends on it"
}

// renderOrder says what is known of the order, where no finding says it.
func renderOrder(r *audit.RunReport) string {
	if !slices.Contains(r.NotChecked, "order") {
		return ""
	}
	some, unknown := false, false
	for i := range r.Signals {
		unknown = unknown || r.Signals[i].OutOfOrder == audit.NotKnown
		some = some || r.Signals[i].OutOfOrder > 0
	}
	switch {
	case unknown:
		return "  out of order: not known, as items of one source came to several verifiers; no verdict depends on it\n"
	case some:
		return "  out of order: " + outOfOrderNote + "\n"
	}
	return ""
}

// renderNotChecked says in lines of 72 characters what nothing looked at.
func renderNotChecked(what []string) string {
	const begin, next, width = "  not checked: ", "    ", 72
	var b strings.Builder
	line := begin
	for i, name := range what {
		if i < len(what)-1 {
			name += ","
		}
		if len(line)+len(name) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = next
		}
		line += name + " "
	}
	if line != begin {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Whole writes the verdict over all runs.
func Whole(title string, report *audit.Report) string {
	return fmt.Sprintf("%s  whole time, runs: %d  %s\n%s", title, len(report.Runs), strings.ToUpper(string(report.Verdict)), Findings(report.Findings))
}

// Findings writes a line for each finding, of the first ones.
func Findings(findings []audit.Finding) string {
	var b strings.Builder
	for i, f := range findings {
		if i == mostLines {
			fmt.Fprintf(&b, "  and %d more\n", len(findings)-i)
			break
		}
		signal := ""
		if f.Signal != "" {
			signal = ", " + f.Signal
		}
		fmt.Fprintf(&b, "  %s%s: %s\n", f.Expectation, signal, f.Message)
	}
	return b.String()
}

// renderClasses lists what became of each class, of signals that have some.
func renderClasses(r *audit.RunReport) string {
	var b strings.Builder
	for i := range r.Signals {
		for _, c := range r.Signals[i].Classes {
			if c.Sent > 0 || c.Received > 0 {
				received := format.Count(uint64(c.Received))
				if c.Received == audit.NotKnown {
					received = format.Count(*c.Least) + " to " + format.Count(*c.Most)
				}
				fmt.Fprintf(&b, "  class %s, %s: %s sent, %s received\n", printable(c.Class), r.Signals[i].Signal, format.Count(c.Sent), received)
			}
		}
	}
	return b.String()
}

// renderSources lists the sources that lost most, of signals of which nothing is dropped on purpose.
func renderSources(r *audit.RunReport) string {
	type loss struct {
		signal audit.Signal
		source *audit.SourceReport
	}
	var losses []loss
	for i := range r.Signals {
		if r.Signals[i].Sampled {
			continue
		}
		for j := range r.Signals[i].BySource {
			if source := &r.Signals[i].BySource[j]; source.Lost > 0 {
				losses = append(losses, loss{r.Signals[i].Signal, source})
			}
		}
	}
	slices.SortStableFunc(losses, func(x, y loss) int { return cmp.Compare(y.source.Lost, x.source.Lost) })
	var b strings.Builder
	for _, l := range losses[:min(len(losses), mostLines)] {
		fmt.Fprintf(&b, "  %s lost of %s from %s\n", format.Count(l.source.Lost), l.signal, printable(l.source.Source))
	}
	return b.String()
}

// printable is a name as a terminal can bear it.
func printable(name string) string {
	if quoted := strconv.Quote(name); len(quoted) != len(name)+2 || strings.Contains(name, " ") {
		name = quoted
	}
	if utf8.RuneCountInString(name) > longestName {
		name = string([]rune(name)[:longestName]) + "..."
	}
	return name
}
