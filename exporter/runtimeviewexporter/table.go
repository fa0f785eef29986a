// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
)

// A label and four columns make 79 characters, and columns never touch.
const (
	labelWidth  = 15
	columnWidth = format.Width + 1
)

// unknown stands where nothing is known. It is never 0: nobody measured is not the same as measured none.
const unknown = "-"

// column is what one runtime's cells are made from.
type column struct {
	aggregate.Column
	rate aggregate.Value[float64]
}

// rows are the lines of the table from top to bottom, each with how its cells read.
var rows = []struct {
	label string
	cell  func(column) string
}{
	{"spans", func(c column) string { return format.Count(c.Spans) }},
	{"rate (/s)", func(c column) string { return cell(c.rate, format.Rate) }},
	{"latency p50", func(c column) string { return cell(c.Latency.P50, format.Quantile) }},
	{"latency p99", func(c column) string { return cell(c.Latency.P99, format.Quantile) }},
	{"queue wait p50", func(c column) string { return cell(c.QueueWait.P50, format.Quantile) }},
	{"queue wait p99", func(c column) string { return cell(c.QueueWait.P99, format.Quantile) }},
	{"queued", func(c column) string { return cell(c.Queued, format.Share) }},
	{"busy ratio", func(c column) string { return cell(c.BusyRatio, format.Share) }},
	{"steals", func(c column) string { return cell(c.Steals, format.Count) }},
	{"outliers", func(c column) string { return cell(c.Outliers, format.Share) }},
}

func cell[T any](value aggregate.Value[T], write func(T) string) string {
	if !value.Known {
		return unknown
	}
	return write(value.Number)
}

// tooFarBehind is how far a load may be behind before the table says so.
const tooFarBehind = time.Second

// heading is the line above the table.
type heading struct {
	id      string
	title   string // what the table covers, if that is not plain
	elapsed time.Duration
	over    string // joins the rate with its window: "in the last"
}

func (h heading) render(spans uint64, rates aggregate.Rates) string {
	var b strings.Builder
	b.WriteString(h.id)
	if h.title != "" {
		b.WriteString("  " + h.title)
	}
	b.WriteString("  " + format.Clock(h.elapsed))
	if spans == 0 {
		b.WriteString("  no spans received\n")
		return b.String()
	}
	b.WriteString("  " + format.Count(spans) + " span")
	if spans > 1 {
		b.WriteByte('s')
	}
	if rates.Total.Known {
		fmt.Fprintf(&b, ", %s/s %s %s", format.Rate(rates.Total.Number), h.over, format.Window(rates.Window))
	}
	b.WriteByte('\n')
	return b.String()
}

// render returns the whole text of a table: heading, one column for each runtime that occurred, a note on what was left
// out, and an empty line that sets it apart from what comes next. Without spans it is the heading alone.
func render(h heading, s aggregate.Snapshot, rates aggregate.Rates) string {
	var b strings.Builder
	b.WriteString(h.render(s.Counts.Total(), rates))
	if len(s.Columns) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "%-*s", labelWidth, "")
	for _, c := range s.Columns {
		fmt.Fprintf(&b, "%*s", columnWidth, c.Runtime)
	}
	b.WriteByte('\n')
	for _, row := range rows {
		fmt.Fprintf(&b, "%-*s", labelWidth, row.label)
		for _, c := range s.Columns {
			fmt.Fprintf(&b, "%*s", columnWidth, row.cell(column{c, rates.Of(c.Runtime)}))
		}
		b.WriteByte('\n')
	}
	b.WriteString(compared(s.Columns))
	if behind := s.Behind; behind.Known && behind.Number > tooFarBehind {
		fmt.Fprintf(&b, "behind by %.1f s: this machine is slower than the load\n", behind.Number.Seconds())
	}
	if s.Malformed > 0 {
		fmt.Fprintf(&b, "values left out: %s (wrong type, out of range, or end before start)\n", format.Count(s.Malformed))
	}
	b.WriteByte('\n')
	return b.String()
}
