// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Miss is a finding that a span has earned and does not have.
type Miss struct {
	Span    *Span
	Finding string
	// CulpritLater is true of a span that was held up, and came before the span that held it up for longest.
	CulpritLater bool
}

// missed returns what the nth span misses.
func missed(spans []Span, n int, finding string) Miss {
	return Miss{&spans[n], finding, finding == heldUp && culpritLater(spans, n)}
}

// culpritLater looks for the culprit that the ledger names.
func culpritLater(spans []Span, victim int) (later bool) {
	v, longest := &spans[victim], time.Duration(0)
	for i := range spans {
		c := &spans[i]
		if c.Earns != semconv.FindingBlocking || operation(c.Name) != operation(v.HeldUpBy) {
			continue
		}
		from, to := v.Start, v.End
		if c.Start.After(from) {
			from = c.Start
		}
		if c.End.Before(to) {
			to = c.End
		}
		if together := min(to.Sub(from), c.Busy); together > longest {
			longest, later = together, i > victim
		}
	}
	return later
}

// operation is a span's name without the route of the request, which may follow it.
func operation(name string) string {
	name, _, _ = strings.Cut(name, " /")
	return name
}
