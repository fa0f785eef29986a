// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	shownCulprits = 3
	hardlyAny     = 0.01 // share of a time
	longestName   = 48
	numberWidth   = 9
)

// operationColumns are the numbers beside the name of an operation, from left to right.
var operationColumns = []struct {
	label string
	cell  func(*aggregate.Operation) string
}{
	{"spans", func(o *aggregate.Operation) string { return narrow(o.Spans) }},
	{"p50", func(o *aggregate.Operation) string { return cell(o.Latency.P50, format.Quantile) }},
	{"p99", func(o *aggregate.Operation) string { return cell(o.Latency.P99, format.Quantile) }},
	{"slow", func(o *aggregate.Operation) string { return cell(o.Slow, narrow) }},
	{"polled", func(o *aggregate.Operation) string { return cell(o.Polled, format.Duration) }},
}

func narrow(n uint64) string { return fitting(format.Count(n), float64(n), numberWidth) }

// operationsSinceStart is the line above the operations.
const operationsSinceStart = "since the start (slow: beyond its own p99; polled: on a thread, inner spans too):\n"

// writeOperations adds a table for each service: a row for each operation, and under it what was found on its spans.
func writeOperations(b *strings.Builder, s aggregate.OperationsSnapshot) {
	if s.Late > 0 {
		fmt.Fprintf(b, "of a backlog: %s spans came over a minute late, so not judged slow or not\n", format.Count(s.Late))
	}
	b.WriteString(operationsSinceStart)
	for i := range s.Services {
		writeService(b, &s.Services[i])
	}
	if s.Dropped > 0 {
		fmt.Fprintf(b, "spans of too many operations, not shown: %s\n", format.Count(s.Dropped))
	}
}

func writeService(b *strings.Builder, s *aggregate.ServiceOperations) {
	title := "(no service.name)"
	if s.Service != "" {
		title = printable(s.Service)
	}
	width := utf8.RuneCountInString(title)
	for i := range s.Operations {
		width = max(width, utf8.RuneCountInString(printable(s.Operations[i].Name)))
	}
	fmt.Fprintf(b, "%-*s", width, title)
	for _, column := range operationColumns {
		fmt.Fprintf(b, "%*s", numberWidth, column.label)
	}
	b.WriteByte('\n')
	for i := range s.Operations {
		o := &s.Operations[i]
		fmt.Fprintf(b, "%-*s", width, printable(o.Name))
		for _, column := range operationColumns {
			fmt.Fprintf(b, "%*s", numberWidth, column.cell(o))
		}
		b.WriteByte('\n')
		writeFindings(b, o)
	}
	if s.Others > 0 {
		fmt.Fprintf(b, "and %d more operations (the setting rows shows more), %d of them with a finding or a slow span\n", s.Others, s.OtherNotable)
	}
}

// writeFindings says what an operation did to others, what was done to it, and what nothing explains.
func writeFindings(b *strings.Builder, o *aggregate.Operation) {
	if o.HeldUpOthers > 0 {
		fmt.Fprintf(b, "  held up others: %s span%s\n", format.Count(o.HeldUpOthers), plural(o.HeldUpOthers))
	}
	if o.Offends() {
		writePlace(b, o)
	}
	for i, n := range o.Findings {
		switch {
		case n == 0:
		case aggregate.FindingNames[i] == semconv.FindingHeldUp:
			writeHeldUp(b, o, n)
		default:
			fmt.Fprintf(b, "  %s: %s of %s", aggregate.FindingNames[i], format.Count(n), format.Count(o.Spans))
			if aggregate.FindingNames[i] == semconv.FindingBlocking && o.BusyFastest.Known {
				fmt.Fprintf(b, "; the fastest tenth is polled %s", format.Quantile(o.BusyFastest.Number))
			}
			if aggregate.FindingNames[i] == semconv.FindingCPUStarved && o.Throttled+o.Crowded > 0 {
				fmt.Fprintf(b, "; at %s of them a quota stopped the process, at %s not", format.Count(o.Throttled), format.Count(o.Crowded))
			}
			b.WriteByte('\n')
		}
	}
	writeSlow(b, o)
}

// writePlace says where an operation is found: in which other one, and in the code.
func writePlace(b *strings.Builder, o *aggregate.Operation) {
	var places []string
	if o.Parent != "" && o.Parent != o.Name {
		places = append(places, "in "+printable(o.Parent))
	}
	if o.Place != "" {
		places = append(places, "at "+printable(o.Place))
	}
	if len(places) > 0 {
		b.WriteString("  " + strings.Join(places, ", ") + "\n")
	}
}

// writeSlow says what was found on the slow spans, and what the threads ran where nothing was.
func writeSlow(b *strings.Builder, o *aggregate.Operation) {
	if o.Slow.Number == 0 {
		return
	}
	fmt.Fprintf(b, "  of %s slow:", format.Count(o.Slow.Number))
	for i, n := range o.SlowFindings {
		if n > 0 {
			fmt.Fprintf(b, " %s %s,", format.Count(n), aggregate.FindingNames[i])
		}
	}
	if inTrace := o.Slow.Number - o.SlowFound - o.Unexplained; inTrace > 0 {
		fmt.Fprintf(b, " %s found elsewhere in the trace,", format.Count(inTrace))
	}
	fmt.Fprintf(b, " %s nothing found", format.Count(o.Unexplained))
	if o.Unexplained > 0 {
		writeMeanwhile(b, o.Meanwhile)
	}
	b.WriteByte('\n')
}

// writeMeanwhile says what the threads ran; nothing, if that is not known.
func writeMeanwhile(b *strings.Builder, ran []aggregate.Share) {
	if ran == nil {
		return
	}
	b.WriteString("\n    meanwhile the threads ran ")
	if ran[0].Share < hardlyAny {
		b.WriteString("hardly any span of the service")
		return
	}
	separator := ""
	for _, r := range ran[:min(len(ran), shownCulprits)] {
		if r.Share >= hardlyAny {
			fmt.Fprintf(b, "%s%s %s", separator, printable(r.Name), format.Share(r.Share))
			separator = ", "
		}
	}
}

// writeHeldUp says who held up n spans of an operation.
func writeHeldUp(b *strings.Builder, o *aggregate.Operation, n uint64) {
	fmt.Fprintf(b, "  %s: %s of %s", semconv.FindingHeldUp, format.Count(n), format.Count(o.Spans))
	for i, culprit := range o.HeldUpBy[:min(len(o.HeldUpBy), shownCulprits)] {
		separator := ", "
		if i == 0 {
			separator = ", most by "
			if culprit.Spans == n {
				separator = ", all by "
			}
		}
		b.WriteString(separator + printable(culprit.Name))
		if culprit.Spans < n {
			fmt.Fprintf(b, " (%s)", format.Count(culprit.Spans))
		}
	}
	b.WriteByte('\n')
}

func plural(n uint64) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// printable returns what of a text from outside a terminal may see: no control characters, and not without end.
func printable(s string) string {
	var b strings.Builder
	length := utf8.RuneCountInString(s)
	n := 0
	for _, r := range s {
		if n == longestName-1 && length > longestName {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
