// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// A label and five columns, one for each runtime and one for spans that name none, make 79 characters.
const (
	labelWidth  = 19
	columnWidth = 12
)

// column is what one runtime's cells are made from.
type column struct {
	aggregate.Column
	rate aggregate.Value[float64]
}

// row is a line of the table: what it is called, and how its cells read.
type row struct {
	label string
	cell  func(column) string
}

// sinceStart is the line above the rows that cover everything since the start. It says what newcomers take for something else: a
// percentile is that of all spans, not of requests alone.
const sinceStart = "since the start, parent and child spans alike:\n"

// rows are the lines below sinceStart, from top to bottom.
var rows = []row{
	{"spans", func(c column) string { return count(c.Spans) }},
	{"span latency p50", func(c column) string { return cell(c.Latency.P50, format.Quantile) }},
	{"span latency p99", func(c column) string { return cell(c.Latency.P99, format.Quantile) }},
	{"queue wait p50", func(c column) string { return cell(c.QueueWait.P50, format.Quantile) }},
	{"queue wait p99", func(c column) string { return cell(c.QueueWait.P99, format.Quantile) }},
	{"span time queued", func(c column) string { return cell(c.Queued, format.Share) }},
	{"span time polled", func(c column) string { return cell(c.Polled, format.Share) }},
	{"steals", func(c column) string { return cell(c.Steals, count) }},
	{"latency outliers", func(c column) string { return cell(c.Outliers, format.Share) }},
}

// count writes a count in full, or with three digits and a power of ten if it is too wide for a column.
func count(n uint64) string { return fitting(format.Count(n), float64(n), columnWidth) }

// rate does the same with a rate.
func rate(perSecond float64) string { return fitting(format.Rate(perSecond), perSecond, columnWidth) }

// tooFarBehind is how far a load may be behind before the table says so.
const tooFarBehind = time.Second

// heading is the line above the table.
type heading struct {
	id      string
	title   string // what the table covers, if that is not plain
	elapsed time.Duration
	over    string // joins the total rate with its window: "in the last"
	window  string // does the same in the label of a row: "last"
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

// write adds the row to a table. A label that is too long takes its room from the first cell.
func (r row) write(b *strings.Builder, columns []column) {
	b.WriteString(r.label)
	width := labelWidth + columnWidth - utf8.RuneCountInString(r.label)
	for _, c := range columns {
		fmt.Fprintf(b, "%*s", width, r.cell(c))
		width = columnWidth
	}
	b.WriteByte('\n')
}

// render returns the whole text of a table: heading, one column for each runtime that occurred or a row for each operation, a note on what was left
// out, and an empty line that sets it apart from what comes next. Without spans it is the heading alone.
func render(h heading, s snapshot, rates aggregate.Rates) string {
	var b strings.Builder
	b.WriteString(h.render(s.Counts.Total(), rates))
	if s.Counts.Total() == 0 {
		return b.String()
	}
	if s.operations != nil {
		if s.pressure >= shortOfCPU {
			fmt.Fprintf(&b, "short of CPU: for %.0f%% of the last 10s something on this machine waited for one\n", s.pressure)
		}
		writeOperations(&b, *s.operations)
	} else {
		writeRuntimes(&b, h, s.Columns, rates)
	}
	if behind := s.Behind; behind.Known && behind.Number > tooFarBehind {
		fmt.Fprintf(&b, "behind by %.1f s: this machine is slower than the load\n", behind.Number.Seconds())
	}
	if s.Malformed > 0 {
		fmt.Fprintf(&b, "values left out: %s (wrong type, out of range, or end before start)\n", format.Count(s.Malformed))
	}
	b.WriteByte('\n')
	return b.String()
}

// writeRuntimes adds a table with one column for each runtime that occurred.
func writeRuntimes(b *strings.Builder, h heading, told []aggregate.Column, rates aggregate.Rates) {
	columns := make([]column, len(told))
	for i, c := range told {
		columns[i] = column{c, rates.Of(c.Runtime)}
	}
	row{"", func(c column) string { return c.Runtime.String() }}.write(b, columns)
	speed := row{"spans/s", func(c column) string { return cell(c.rate, rate) }}
	if rates.Window > 0 {
		speed.label += ", " + h.window + " " + format.Window(rates.Window)
	}
	speed.write(b, columns)
	b.WriteString(sinceStart)
	for _, row := range rows {
		row.write(b, columns)
	}
	b.WriteString(compared(told))
}
