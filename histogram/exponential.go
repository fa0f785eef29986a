// SPDX-License-Identifier: Apache-2.0

package histogram

// Exponential is a histogram in the form of an OTLP exponential histogram's data point, over the unit of what was recorded.
type Exponential struct {
	Scale  int32
	Offset int32    // OTLP index of Counts[0]
	Counts []uint64 // first and last are not 0; nil if there are none
	Zero   uint64   // the underflow bucket: at most 2^10 units
}

// otlpIndex is the OTLP index of bucket 0.
const otlpIndex = minExp<<Scale - 1

// Exponential gives the buckets at the finest scale, at most [Scale], at which no more than most (1 or more) of them lie
// between the lowest and the highest in use. At a scale that is coarser by one, pairs of buckets become one: bucket i goes
// into i>>1. The overflow bucket becomes the one above the range.
func (h *Histogram) Exponential(most int) Exponential {
	e := Exponential{Scale: Scale, Zero: h.counts[0]}
	low, high := int32(1), int32(Buckets-1) // fewer than 2,400, so all below fits an int32
	for low <= high && h.counts[low] == 0 {
		low++
	}
	for high > low && h.counts[high] == 0 {
		high--
	}
	if low > high {
		return e
	}
	shift := int32(0)
	index := func(bucket int32) int32 { return (bucket + otlpIndex) >> shift }
	for int(index(high)-index(low)) >= most {
		shift++
	}
	e.Scale -= shift
	e.Offset = index(low)
	e.Counts = make([]uint64, index(high)-index(low)+1)
	for bucket := low; bucket <= high; bucket++ {
		e.Counts[index(bucket)-index(low)] += h.counts[bucket]
	}
	return e
}
