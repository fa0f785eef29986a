// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// Bench is the source document's benchmark of one runtime beside the model's: the time of 1000 tasks, spawned and joined.
type Bench struct {
	Runtime string `json:"runtime"`
	Workers int    `json:"workers"`
	// The document's interval and estimate.
	DocumentLowNS  float64 `json:"document_low_ns"`
	DocumentNS     float64 `json:"document_ns"`
	DocumentHighNS float64 `json:"document_high_ns"`
	// The model's mean.
	ModelNS float64 `json:"model_ns"`
	// Inside tells whether the mean lies in the interval.
	Inside bool `json:"inside"`
}

// WriteBench shows the benchmark's table.
func WriteBench(w io.Writer, heading string, benches []Bench) error {
	out := &printer{w: w}
	out.line(heading)
	out.line("")
	rows := [][]string{{"", "workers", "document, us per 1000 tasks", "model", "document, tasks/s", "model", ""}}
	for _, b := range benches {
		verdict := "outside"
		if b.Inside {
			verdict = "inside"
		}
		model, rate := fmt.Sprintf("%.2f", b.ModelNS/1e3), ""
		if b.ModelNS > 0 {
			rate = format.Count(uint64(1000e9 / b.ModelNS))
		} else { // interrupted before the first iteration had ended
			model, rate, verdict = "-", "-", "not played"
		}
		rows = append(rows, []string{
			b.Runtime, strconv.Itoa(b.Workers),
			fmt.Sprintf("%.2f - %.2f - %.2f", b.DocumentLowNS/1e3, b.DocumentNS/1e3, b.DocumentHighNS/1e3),
			model, format.Count(uint64(1000e9 / b.DocumentNS)), rate, verdict,
		})
	}
	out.table(texttable.Left, rows...)
	return out.err
}
