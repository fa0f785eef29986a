// SPDX-License-Identifier: Apache-2.0

package instances

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
