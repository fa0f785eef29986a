package histogram

import "iter"

// All yields the buckets that hold anything, with their counts, in ascending order.
func (h *Histogram) All() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for i, n := range &h.counts {
			if n > 0 && !yield(i, n) {
				return
			}
		}
	}
}

// Add adds n durations to bucket i, which is in [0, Buckets): what All has yielded can be put together again.
func (h *Histogram) Add(i int, n uint64) {
	h.counts[i] += n
	h.total += n
}
