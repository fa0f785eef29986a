// SPDX-License-Identifier: Apache-2.0

package stamp

// Totals are of one process and signal.
type Totals struct {
	Numbered, GivenUp uint64
	// Squares is the estimated sum of the squares of the sizes of the clusters that a sampler keeps or drops as a whole: of the
	// process's part of each trace.
	Squares uint64
	// Refused are the numbers of the items given up; empty also if they are too scattered to tell.
	Refused Packed
}

// Sound reports whether totals can be.
func (t *Totals) Sound() bool {
	return t.Numbered <= mostItems && t.GivenUp <= t.Numbered && t.Squares <= mostSquares && t.soundRanges()
}

// soundRanges reports whether the ranges can be those given up. They may be left out.
func (t *Totals) soundRanges() bool {
	ranges, ok := t.Refused.Ranges()
	sum := uint64(0)
	for _, r := range ranges {
		ok = ok && r.End <= t.Numbered
		sum += r.End - r.First
	}
	return ok && (sum == t.GivenUp || len(ranges) == 0)
}

// RefusedRanges are the numbers of the items that were given up, if that is known.
func (t *Totals) RefusedRanges() (ranges []Range, known bool) {
	ranges, ok := t.Refused.Ranges()
	return ranges, ok && (t.GivenUp == 0 || len(ranges) > 0)
}

// numbers are those of the attribute, in its order.
func (t *Totals) numbers() [3]*uint64 { return [...]*uint64{&t.Numbered, &t.GivenUp, &t.Squares} }
