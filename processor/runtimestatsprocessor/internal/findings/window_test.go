// SPDX-License-Identifier: Apache-2.0

package findings

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

const us = int64(time.Microsecond)

func TestWindowsFade(t *testing.T) {
	var w Window
	total := func() (n int) {
		for i := range w.polls.counts {
			n += int(w.polls.counts[i].Load())
		}
		return n
	}
	for i := range int64(1_000) { // most buckets hold one or two
		w.Add(2*us+i*i*us, Unknown)
	}
	for range 4 {
		w.Tick(time.Minute, time.Minute)
	}
	assert.InDelta(t, 1_000/16, total(), 15)
	for range 12 {
		w.Tick(time.Minute, time.Minute)
	}
	assert.Zero(t, total())
}

func TestPercentilesAreThoseOfTheHistogram(t *testing.T) {
	var w Window
	var exact histogram.Histogram
	for i := range int64(10_000) {
		ns := 500 + i*i
		w.Add(Unknown, ns)
		exact.Record(ns)
	}
	w.Tick(time.Second, time.Minute)
	assert.InEpsilon(t, exact.Quantile(0.5), w.waits.median.Load(), 0.1)
	assert.InEpsilon(t, exact.Quantile(0.99), w.waits.p99.Load(), 0.1)
	assert.Zero(t, w.polls.p99.Load(), "there were none")
}

func TestBuckets(t *testing.T) {
	last := -1
	for i := range histogram.Buckets {
		ns := int64(histogram.Midpoint(i))
		bucket := bucketOf(ns)
		assert.GreaterOrEqual(t, bucket, last)
		assert.Less(t, bucket, buckets)
		if i > 0 && i < histogram.Buckets-1 {
			assert.LessOrEqual(t, ns, upperBound(bucket), "bucket %d", i)
			assert.Greater(t, ns, upperBound(bucket-1), "bucket %d", i)
		}
		last = bucket
	}
	assert.Equal(t, buckets-1, bucketOf(math.MaxInt64))
	assert.Equal(t, upperBound(buckets-2), upperBound(buckets-1))
}
