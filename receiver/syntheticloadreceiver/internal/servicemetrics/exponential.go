// SPDX-License-Identifier: Apache-2.0

package servicemetrics

import "math"

const (
	// mostBuckets and firstScale are the defaults of OpenTelemetry's SDKs.
	mostBuckets = 160
	firstScale  = 20
)

// exponential are the buckets of an exponential histogram: bucket i has the values above base^i up to base^(i+1), base = 2^(2^-scale). The zero
// value has none.
type exponential struct {
	zero   uint64
	scale  int
	offset int // index of the first bucket
	counts []uint64
}

// add counts a value that is not negative.
func (e *exponential) add(value float64) {
	if value == 0 {
		e.zero++
		return
	}
	if len(e.counts) == 0 {
		e.scale = firstScale
		e.offset = e.index(value)
		e.counts = []uint64{1}
		return
	}
	at := e.index(value)
	for max(at, e.offset+len(e.counts)-1)-min(at, e.offset) >= mostBuckets {
		e.halve()
		at = e.index(value)
	}
	if at < e.offset {
		e.counts = append(make([]uint64, e.offset-at), e.counts...)
		e.offset = at
	}
	for at >= e.offset+len(e.counts) {
		e.counts = append(e.counts, 0)
	}
	e.counts[at-e.offset]++
}

// index is that of the bucket of a value.
func (e *exponential) index(value float64) int {
	return int(math.Ceil(math.Ldexp(math.Log2(value), e.scale))) - 1
}

// halve makes one bucket of two.
func (e *exponential) halve() {
	e.scale--
	first := e.offset >> 1
	counts := make([]uint64, (e.offset+len(e.counts)-1)>>1-first+1)
	for i, n := range e.counts {
		counts[(e.offset+i)>>1-first] += n
	}
	e.offset, e.counts = first, counts
}
