// SPDX-License-Identifier: Apache-2.0

package simulate

import "math/bits"

// digitBits is the width of a digit: the counts of its 2,048 values stay in the processor's fastest cache.
const digitBits = 11

// sortDurations sorts durations, none negative: digit by digit from the lowest on, each pass keeping the order of the passes before.
// Durations of up to 8.5 s have three digits. A million of them are sorted several times as fast as by comparisons, whatever their order.
func sortDurations(durations []int64) {
	all := int64(0)
	for _, d := range durations {
		all |= d
	}
	from, to := durations, make([]int64, len(durations))
	for shift := 0; shift < bits.Len64(uint64(all)); shift += digitBits {
		digit := func(d int64) int64 { return d >> shift & (1<<digitBits - 1) }
		var starts [1<<digitBits + 1]int // of the durations with a digit, among all in order
		for _, d := range from {
			starts[digit(d)+1]++
		}
		for i := range 1 << digitBits {
			starts[i+1] += starts[i]
		}
		for _, d := range from {
			at := &starts[digit(d)]
			to[*at] = d
			*at++
		}
		from, to = to, from
	}
	copy(durations, from) // of itself, after an even number of passes
}
