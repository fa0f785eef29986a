// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// odd writes what became of items that were odd on purpose. Of what is missing, parts may say that they have refused or not sent it: then that is
// beside it.
func odd(w io.Writer, t *Test) {
	for _, signal := range scenario.Signals {
		kinds := t.Result.Report.Odd(signal)
		if len(kinds) == 0 {
			continue
		}
		var sent, unchanged, missing uint64
		var lines []string
		for _, k := range kinds {
			sent, unchanged, missing = sent+k.Sent, unchanged+k.Received-min(k.Received, k.Changed), missing+k.Missing
			var parts []string
			for _, p := range []struct {
				n    uint64
				what string
			}{{k.Refused, "refused, and the generator was told"}, {k.Changed, "changed"}, {k.Missing, "missing"}, {k.Duplicate, "duplicate"}} {
				if p.n > 0 {
					parts = append(parts, format.Grouped(p.n)+" "+p.what)
				}
			}
			if len(parts) > 0 {
				lines = append(lines, fmt.Sprintf("    %s, %s sent: %s", printable.Name(k.Kind), format.Grouped(k.Sent), strings.Join(parts, ", ")))
			}
		}
		_, _ = fmt.Fprintf(w, "  odd %s: %s sent, %s arrived unchanged\n", counted(signal), format.Grouped(sent), format.Grouped(unchanged)) // into memory
		for _, line := range lines {
			_, _ = fmt.Fprintln(w, line) // into memory
		}
		if missing > 0 {
			for _, said := range t.saidOf(signal) {
				_, _ = fmt.Fprintf(w, "    of what is missing, %s\n", said) // into memory
			}
		}
	}
}

// saidOf is what parts behind the generators say that they have refused or failed to send of a signal: it may be what is missing of odd items,
// and others.
func (t *Test) saidOf(signal string) (said []string) {
	for i := range t.Result.Parts {
		part := &t.Result.Parts[i]
		c := telemetry.Sum(part.Components, signal)
		if c.Offered > 0 {
			continue // a generator
		}
		for _, p := range []struct {
			n    uint64
			what string
		}{{c.Refused, "refused"}, {c.SendFailed, "failed to send"}, {c.Dropped, "dropped"}} {
			if p.n > 0 {
				said = append(said, fmt.Sprintf("some may be among the %s that %s says it %s", format.Grouped(p.n), part.Name, p.what))
			}
		}
	}
	return said
}
