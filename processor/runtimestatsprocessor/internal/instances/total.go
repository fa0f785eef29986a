// SPDX-License-Identifier: Apache-2.0

package instances

import "math"

// Total is a sum of queue waits that only grows, with the number of polls that had them, since From; 0 if it does not say since when.
type Total struct {
	From, To int64
	Sum      float64 // nanoseconds
	Count    uint64
}

// longestSum is the largest sum that is one, a century and more: it fits an int64, and so does every mean.
const longestSum = 1 << 62

// sound reports whether a total or interval can be what it says. It is not if its sum is not a number or infinite.
func (t *Total) sound() bool {
	return t.Sum >= 0 && t.Sum <= longestSum && (t.Count > 0 || t.Sum == 0)
}

// mean returns the mean queue wait of the polls, 0 if there were none.
func (t *Total) mean() int64 {
	if t.Count == 0 {
		return 0
	}
	return int64(t.Sum / float64(t.Count))
}

// Include adds another total of the same time. Without a part that is no number, or with more than can be counted, there is no total.
func (t *Total) Include(other Total) {
	if t.Sum += other.Sum; other.Sum < 0 || other.Count > math.MaxUint64-t.Count {
		t.Sum = math.NaN()
	}
	t.Count += other.Count
	t.From, t.To = min(t.From, other.From), max(t.To, other.To)
}
