// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
)

// judgeOdd finds odd items that the pipeline did not treat as expected. What was sent of them is known from end markers alone.
func (r *RunReport) judgeOdd(e *Expectations, s *SignalReport) {
	if len(s.Odd) == 0 || !s.Final {
		return
	}
	if !r.oddKnown {
		r.doubt(oddExpectation, s, "what was sent of odd items is not known: no end marker of any or of some shards has come")
		return
	}
	certain := !r.partial() && s.OverLimit == 0
	for i := range s.Odd {
		k := &s.Odd[i]
		intact := k.Received - min(k.Received, k.Changed) + k.both
		switch e.Odd.of(k.Kind) {
		case oddEither:
			continue
		case oddDropped:
			if k.Received > 0 {
				r.find(oddExpectation, s, "%s: %d of %s arrived; want none", k.Kind, k.Received, items(k.Sent))
			}
		case oddChanged:
			if intact > 0 {
				r.find(oddExpectation, s, "%s: %d of %s arrived as they were sent; want them changed", k.Kind, intact, items(k.Sent))
			}
			r.judgeMissing(e, s, k, certain)
		case oddKept:
			if k.Changed > 0 {
				r.find(oddExpectation, s, "%s: %d of %s arrived, and not as they were sent; want them unchanged, or name the kind in expect.odd.changed", k.Kind, k.Changed, items(k.Sent))
			}
			r.judgeMissing(e, s, k, certain)
		}
		if k.Duplicate > 0 && e.MaxDuplicates == 0 {
			r.find(oddExpectation, s, "%s: %d duplicate, %d sent; want none", k.Kind, k.Duplicate, k.Sent)
		}
	}
}

// judgeMissing: what was refused, so that the generator knows, is not lost. What is missing without that is, unless the pipeline drops ordinary items
// too, on purpose.
func (r *RunReport) judgeMissing(e *Expectations, s *SignalReport, k *OddReport, certain bool) {
	if k.Missing > 0 && !e.drops(s.Signal) {
		r.add(certain, oddExpectation, s, "%s: %d of %s are missing, and nobody told the generator that they are refused; want them, or name the kind in expect.odd.dropped",
			k.Kind, k.Missing, items(k.Sent))
	}
}

// judgeOddKinds: that what is expected of a kind was seen proves nothing if nothing of it was sent.
func (r *RunReport) judgeOddKinds(e *Expectations) {
	if e.Odd == nil || !r.Final {
		return
	}
	for _, pattern := range slices.Concat(e.Odd.Dropped, e.Odd.Changed) {
		sent := false
		for i := range r.Signals {
			sent = sent || slices.ContainsFunc(r.Signals[i].Odd, func(k OddReport) bool { return k.Sent > 0 && odd.Selects(pattern, k.Kind) })
		}
		if !sent {
			r.doubt(oddExpectation, nil, "%s: nothing of it was sent, so nothing is known of its way: see odd of synthetic_load", pattern)
		}
	}
}
