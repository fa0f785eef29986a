// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// operationFigure is a figure that the text gives of each operation.
type operationFigure struct {
	name     string
	of       func(o *Operation) int64
	compared bool
}

// operationFigures are all of them. The queue waits of requests that spawn tasks do not compare, see docs/runtimesim.md: a comparison of runtimes
// has latencies alone.
var operationFigures = []operationFigure{
	{"queue wait p50", func(o *Operation) int64 { return o.QueueWait.P50 }, false},
	{"queue wait p99", func(o *Operation) int64 { return o.QueueWait.P99 }, false},
	{"latency p50", func(o *Operation) int64 { return o.Latency.P50 }, true},
	{"latency p99", func(o *Operation) int64 { return o.Latency.P99 }, true},
	{"latency max", func(o *Operation) int64 { return o.Latency.Max }, false},
}

// cell is a figure of an operation; of one that has none a dash.
func (o *Operation) cell(of func(o *Operation) int64) string {
	if o.Tasks == o.WarmupTasks {
		return "-"
	}
	return format.Duration(of(o))
}

// writeOperations shows a row for each operation, if there are several: the figures of the only one are those of all requests.
func (r *Run) writeOperations(out *printer) {
	if len(r.Operations) < 2 {
		return
	}
	rows := [][]string{{"operation", "requests"}}
	for _, f := range operationFigures {
		rows[0] = append(rows[0], f.name)
	}
	for i := range r.Operations {
		o := &r.Operations[i]
		row := []string{o.Name, format.Count(o.Tasks)}
		for _, f := range operationFigures {
			row = append(row, o.cell(f.of))
		}
		rows = append(rows, row)
	}
	out.table(texttable.Right, rows...)
	out.line("")
}

// compareOperations shows a row for each operation, and a column for each run. All runs are of the same service.
func compareOperations(out *printer, names []string, runs []*Run) {
	if len(runs[0].Operations) < 2 {
		return
	}
	for _, f := range operationFigures {
		if !f.compared {
			continue
		}
		rows := [][]string{slices.Concat([]string{f.name + " of"}, names)}
		for i := range runs[0].Operations {
			row := []string{runs[0].Operations[i].Name}
			for _, r := range runs {
				row = append(row, r.Operations[i].cell(f.of))
			}
			rows = append(rows, row)
		}
		out.line("")
		out.table(texttable.Right, rows...)
	}
}
