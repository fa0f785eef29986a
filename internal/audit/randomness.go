// SPDX-License-Identifier: Apache-2.0

package audit

import "github.com/runtimelab/otelcol-runtimelab/internal/stamp"

// randomness is what has arrived of the spans of a run, by the random values of their traces: first copies.
type randomness struct {
	parts      *stamp.Randomness // nil: none had a random value
	without    uint64            // spans without a random value
	below      uint64            // spans whose random value is below the threshold that they carry
	unsampled  uint64            // spans without a threshold
	thresholds uint64            // spans with one
	least      uint64            // threshold
	most       uint64
}

// drawn counts a span.
func (r *randomness) drawn(it *Item) (below bool) {
	if !it.HasRV {
		r.without++
		return false
	}
	if r.parts == nil {
		r.parts = &stamp.Randomness{}
	}
	r.parts[stamp.PartOf(it.RV)]++
	if !it.HasTH {
		r.unsampled++
		return false
	}
	if r.thresholds == 0 {
		r.least, r.most = it.TH, it.TH
	}
	r.thresholds++
	r.least, r.most = min(r.least, it.TH), max(r.most, it.TH)
	if it.RV < it.TH {
		r.below++
		return true
	}
	return false
}
