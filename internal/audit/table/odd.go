// SPDX-License-Identifier: Apache-2.0

package table

import (
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// renderOdd says what became of items that are odd on purpose: how many arrived as they were sent, and a line for each kind of which some did
// not.
func renderOdd(r *audit.RunReport) string {
	var b strings.Builder
	for i := range r.Signals {
		s := &r.Signals[i]
		if s.OddSent+s.OddReceived == 0 {
			continue
		}
		fmt.Fprintf(&b, "  odd, %s: %s sent, %s arrived unchanged\n", s.Signal, format.Count(s.OddSent), format.Count(s.OddReceived-min(s.OddReceived, s.OddChanged)))
		for k := range s.Odd {
			of := &s.Odd[k]
			if parts := oddParts(of); len(parts) > 0 {
				fmt.Fprintf(&b, "    %s, %s sent: %s\n", of.Kind, format.Count(of.Sent), strings.Join(parts, ", "))
			}
		}
	}
	return b.String()
}

// oddParts are what became of the items of a kind that did not arrive as they were sent.
func oddParts(of *audit.OddReport) (parts []string) {
	for _, p := range []struct {
		n    uint64
		what string
	}{{of.Refused, "refused"}, {of.Changed, "changed"}, {of.Missing, "missing"}, {of.Duplicate, "duplicate"}} {
		if p.n > 0 {
			parts = append(parts, format.Count(p.n)+" "+p.what)
		}
	}
	return parts
}
