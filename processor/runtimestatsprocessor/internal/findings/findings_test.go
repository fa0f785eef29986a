// SPDX-License-Identifier: Apache-2.0

package findings

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

const (
	us = int64(time.Microsecond)
	ms = int64(time.Millisecond)
)

var limits = Limits{Poll: 10 * ms, Wait: 5 * ms, Kinds: 1<<NumKinds - 1}

// children are those of any span, with so much busy time.
type children int64

func (c children) Busy([8]byte) int64 { return int64(c) }

// evidence is that of a span of 20 ms about which nothing is known.
func evidence(change func(*Evidence)) *Evidence {
	e := &Evidence{
		Duration: 20 * ms, Busy: Unknown, Idle: Unknown, LongestPoll: Unknown, Polls: Unknown, Wait: Unknown, MeanWait: Unknown,
		Children: children(0),
	}
	change(e)
	return e
}

// Each rule, what makes it fire and what keeps it from it, without any spans before.
func TestRules(t *testing.T) {
	set := func(kinds ...Kind) (s Set) {
		for _, k := range kinds {
			s |= 1 << k
		}
		return s
	}
	for _, tt := range []struct {
		name   string
		change func(*Evidence)
		want   Set
	}{
		{"nothing is known", func(*Evidence) {}, 0},
		{"a healthy span", func(e *Evidence) { e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 1*ms, 19*ms, 300*us, 5, 50*us }, 0},
		{"no duration", func(e *Evidence) { e.Duration, e.Busy, e.LongestPoll = 0, 15*ms, 15*ms }, 0},

		{"a long poll", func(e *Evidence) { e.Busy, e.Idle, e.LongestPoll = 12*ms, 8*ms, 10*ms }, set(BlockingSuspected)},
		{"just not", func(e *Evidence) { e.Busy, e.Idle, e.LongestPoll = 12*ms, 8*ms, 10*ms-1 }, 0},
		{"one of few polls must be long", func(e *Evidence) { e.Busy, e.Idle, e.Polls = 15*ms, 5*ms, 1 }, set(BlockingSuspected)},
		{"many need not", func(e *Evidence) { e.Busy, e.Idle, e.Polls = 15*ms, 5*ms, 2 }, 0},
		{"busy for long", func(e *Evidence) { e.Busy, e.Idle = 15*ms, 5*ms }, set(BlockingSuspected)},
		{"which its children explain", func(e *Evidence) {
			e.Busy, e.Idle, e.Children = 15*ms, 5*ms, children(12*ms)
		}, 0},
		{"or which is little of it", func(e *Evidence) { e.Duration, e.Busy, e.Idle = 200*ms, 15*ms, 185*ms }, 0},
		{"on a thread that is there for it", func(e *Evidence) { e.Busy, e.Idle, e.LongestPoll, e.Pool = 20*ms, 0, 20*ms, true }, 0},

		{"a long queue wait", func(e *Evidence) { e.Wait = 5 * ms }, set(QueueStarved)},
		{"just not", func(e *Evidence) { e.Wait = 5*ms - 1 }, 0},
		{"in a much longer span", func(e *Evidence) { e.Duration, e.Wait = 51*ms, 5*ms }, 0},
		{"of all polls at that time", func(e *Evidence) { e.Busy, e.Idle, e.MeanWait = 1*ms, 19*ms, 5*ms }, set(QueueStarved)},
		{"which this span cannot have had", func(e *Evidence) { e.Busy, e.Idle, e.MeanWait = 16*ms, 4*ms, 5*ms; e.Polls = 5 }, 0},
		{"or is known not to have had", func(e *Evidence) { e.Busy, e.Idle, e.MeanWait, e.Wait = 1*ms, 19*ms, 5*ms, 1*ms }, 0},

		{"waited for a worker with more work than others", func(e *Evidence) { e.Wait, e.SkewedWorker = 2*ms, true }, set(WorkerSkew)},
		{"but hardly waited", func(e *Evidence) { e.Wait, e.SkewedWorker = 400*us, true }, 0},

		{"never idle", func(e *Evidence) { e.Busy, e.Idle, e.Polls = 20*ms-400*us, 400*us, 50 }, set(NeverIdle)},
		{"in a single poll, which is its own finding", func(e *Evidence) { e.Busy, e.Idle, e.Polls = 20*ms, 0, 1 }, set(BlockingSuspected)},
		{"in who knows how many polls, that its children explain", func(e *Evidence) {
			e.Busy, e.Idle, e.Children = 20*ms, 0, children(15*ms)
		}, set(NeverIdle)},
		{"in a long poll, for all one knows", func(e *Evidence) { e.Busy, e.Idle = 20*ms, 0 }, set(BlockingSuspected)},
		{"idle for a moment", func(e *Evidence) { e.Busy, e.Idle, e.Polls = 19*ms, 1*ms, 50 }, 0},
		{"for too short a time to tell", func(e *Evidence) { e.Duration, e.Busy, e.Idle = 9*ms, 9*ms, 0 }, 0},

		{"held after its last poll", func(e *Evidence) { e.Busy, e.Idle = 1*ms, 17*ms }, set(HeldAfterCompletion)},
		{"for a tenth of it", func(e *Evidence) { e.Duration, e.Busy, e.Idle = 21*ms, 1*ms, 18*ms }, 0},
		{"never polled at all", func(e *Evidence) { e.Busy, e.Idle = 0, 0 }, 0},
		{"idle is not trusted", func(e *Evidence) { e.Busy = 1 * ms }, 0},
	} {
		e := evidence(tt.change)
		assert.Equal(t, tt.want, limits.Find(e, nil, true), tt.name)
		assert.Equal(t, tt.want, limits.Find(e, &Window{}, true), "%s, first of its key", tt.name)

		for kind := range Kind(NumKinds) {
			some := limits
			some.Kinds = 1 << kind
			assert.Equal(t, tt.want&some.Kinds, some.Find(e, nil, true), "%s, looking for kind %d", tt.name, kind)
		}
	}
}

// What is long for an operation, though not for others.
func TestOwnWindowFirst(t *testing.T) {
	var w Window
	span := func(poll, wait int64) *Evidence {
		return evidence(func(e *Evidence) {
			e.Duration, e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 5*ms, poll, 5*ms-poll, poll, 3, wait
		})
	}
	for i := range int64(99) {
		assert.Zero(t, limits.Find(span(50*us+i*us/2, 20*us), &w, true))
	}
	w.Tick(time.Second, time.Minute)
	slow := span(1*ms, 600*us)
	assert.Zero(t, limits.Find(slow, &w, false), "99 spans make no percentile")

	limits.Find(span(100*us, 20*us), &w, true)
	w.Tick(time.Second, time.Minute)
	assert.Equal(t, Set(1<<BlockingSuspected|1<<QueueStarved), limits.Find(slow, &w, false))
	assert.Zero(t, limits.Find(span(900*us, 400*us), &w, false), "less than a tenth of what is long anywhere")

	// A slowdown becomes normal, up to what is long anywhere.
	for range 1000 {
		limits.Find(slow, &w, true)
	}
	w.Tick(time.Second, time.Minute)
	assert.Zero(t, limits.Find(slow, &w, false))
	for range 20_000 {
		limits.Find(span(20*ms, 6*ms), &w, true)
	}
	w.Tick(time.Second, time.Minute)
	assert.Equal(t, Set(1<<BlockingSuspected|1<<QueueStarved), limits.Find(evidence(func(e *Evidence) {
		e.LongestPoll, e.Busy, e.Idle, e.Polls, e.Wait = 11*ms, 11*ms, 9*ms, 1, 6*ms
	}), &w, false))
}

// Where all times are alike, the longest of them is no finding.
func TestEvenTimesHaveNoFindings(t *testing.T) {
	var w Window
	for i := range int64(1000) {
		poll := 2*ms + i*us
		e := evidence(func(e *Evidence) { e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = poll, 20*ms-poll, poll, 1, 2*ms })
		assert.Zero(t, limits.Find(e, &w, true))
		w.Tick(time.Millisecond, time.Minute)
	}
}

// An operation that always waits for a worker does not become normal by that.
func TestAlwaysWaiting(t *testing.T) {
	// span with a wait of three parts in four, as there are many
	span := func(change func(*Evidence)) *Evidence {
		return evidence(func(e *Evidence) {
			e.Duration, e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 4*ms, 1*ms, 3*ms, 1*ms, 2, 3*ms
			change(e)
		})
	}
	usually := func(wait int64) *Window {
		var w Window
		for i := range int64(200) {
			w.add(1*ms, wait*(i%2)) // one in two
		}
		w.Tick(time.Second, time.Minute)
		return &w
	}
	short, long := usually(0), usually(10*ms)
	for range 10 {
		long.add(1*ms, 10*ms)
	}
	long.Tick(time.Second, time.Minute)
	const starved = Set(1 << QueueStarved)
	for _, tt := range []struct {
		name   string
		w      *Window
		change func(*Evidence)
		want   Set
	}{
		{"as half of the others do", long, func(*Evidence) {}, starved},
		{"for a tenth of what is long", long, func(e *Evidence) { e.Duration, e.Busy, e.Wait = 1*ms, 400*us, 500*us }, starved},
		{"for less", long, func(e *Evidence) { e.Duration, e.Busy, e.Wait = 1*ms, 400*us, 499*us }, 0},
		{"a tenth of a long span", long, func(e *Evidence) { e.Duration, e.Idle = 30*ms, 29*ms }, starved},
		{"or less of it", long, func(e *Evidence) { e.Duration, e.Idle = 31*ms, 30*ms }, 0},
		{"less than it ran", long, func(e *Evidence) { e.Busy, e.Wait = 2*ms, 2*ms-1 }, 0},
		{"a little at each of many polls", long, func(e *Evidence) { e.Polls = 31 }, 0},
		{"while others do not", short, func(e *Evidence) { e.Wait = 400 * us }, 0},
	} {
		assert.Equal(t, tt.want, limits.Find(span(tt.change), tt.w, false), tt.name)
	}
}

func TestWindowsFade(t *testing.T) {
	var w Window
	total := func() (n int) {
		for i := range w.polls.counts {
			n += int(w.polls.counts[i].Load())
		}
		return n
	}
	for i := range int64(1_000) { // most buckets hold one or two
		w.add(2*us+i*i*us, Unknown)
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
		w.add(Unknown, ns)
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
