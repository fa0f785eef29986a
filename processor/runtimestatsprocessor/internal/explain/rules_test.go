// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

const (
	us = int64(time.Microsecond)
	ms = int64(time.Millisecond)
)

var limits = findings.Limits{Poll: 10 * ms, Wait: 5 * ms, Kinds: 1<<findings.NumKinds - 1}

// begin is when all of the tests begin.
const begin = int64(1_800_000_000_000_000_000)

func called(name string) func() string { return func() string { return name } }

// span is one of 20 ms, without relatives, about which nothing is known.
func span(change func(*Span)) *Span {
	s := &Span{
		Trace: 1, ID: 2, Top: true, Name: called("span"), Start: begin, Duration: 20 * ms, Busy: Unknown, Idle: Unknown, LongestPoll: Unknown,
		Polls: Unknown, Wait: Unknown, MeanWait: Unknown, Thread: Unknown,
	}
	change(s)
	s.End = s.Start + s.Duration
	return s
}

// find judges a span of a process of which nothing else is known.
func find(s *Span, w *findings.Window) findings.Set { return new(Process).Explain(s, &limits, w).Found }

// Each rule, what makes it fire and what keeps it from it, without any spans before.
func TestRules(t *testing.T) {
	set := func(kinds ...findings.Kind) (s findings.Set) {
		for _, k := range kinds {
			s |= 1 << k
		}
		return s
	}
	for _, tt := range []struct {
		name   string
		change func(*Span)
		want   findings.Set
	}{
		{"nothing is known", func(*Span) {}, 0},
		{"a healthy span", func(e *Span) { e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 1*ms, 19*ms, 300*us, 5, 50*us }, 0},
		{"no duration", func(e *Span) { e.Duration, e.Busy, e.LongestPoll = 0, 15*ms, 15*ms }, 0},

		{"a long poll", func(e *Span) { e.Busy, e.Idle, e.LongestPoll = 12*ms, 8*ms, 10*ms }, set(findings.BlockingSuspected)},
		{"just not", func(e *Span) { e.Busy, e.Idle, e.LongestPoll = 12*ms, 8*ms, 10*ms-1 }, 0},
		{"one of few polls must be long", func(e *Span) { e.Busy, e.Idle, e.Polls = 15*ms, 5*ms, 1 }, set(findings.BlockingSuspected)},
		{"many need not", func(e *Span) { e.Busy, e.Idle, e.Polls = 15*ms, 5*ms, 2 }, 0},
		{"busy for long, in who knows how many polls", func(e *Span) { e.Busy, e.Idle = 15*ms, 5*ms }, 0},
		{"on end, on who knows which thread", func(e *Span) { e.Busy, e.Idle = 20*ms, 0 }, 0},
		{"on a thread that is there for it", func(e *Span) { e.Busy, e.Idle, e.LongestPoll, e.Blockable = 20*ms, 0, 20*ms, true }, 0},
		{"the request that blocks on the thread that was sent it", func(e *Span) { e.Busy, e.Idle, e.Thread, e.Request = 20*ms-5*us, 5*us, 1, true }, set(findings.BlockingSuspected)},
		{"the request that is polled several times", func(e *Span) { e.Busy, e.Idle, e.Thread, e.Request = 20*ms-100*us, 100*us, 1, true }, 0},

		{"a long queue wait", func(e *Span) { e.Wait = 5 * ms }, set(findings.QueueStarved)},
		{"just not", func(e *Span) { e.Wait = 5*ms - 1 }, 0},
		{"in a much longer span", func(e *Span) { e.Duration, e.Wait = 51*ms, 5*ms }, 0},
		{"of all polls at that time", func(e *Span) { e.Busy, e.Idle, e.MeanWait = 1*ms, 19*ms, 5*ms }, set(findings.QueueStarved)},
		{"which this span cannot have had", func(e *Span) { e.Busy, e.Idle, e.MeanWait = 16*ms, 4*ms, 5*ms; e.Polls = 5 }, 0},
		{"or is known not to have had", func(e *Span) { e.Busy, e.Idle, e.MeanWait, e.Wait = 1*ms, 19*ms, 5*ms, 1*ms }, 0},

		{"waited for a worker with more work than others", func(e *Span) { e.Wait, e.SkewedWorker = 2*ms, true }, set(findings.WorkerSkew)},
		{"but hardly waited", func(e *Span) { e.Wait, e.SkewedWorker = 400*us, true }, 0},

		{"never idle", func(e *Span) { e.Busy, e.Idle, e.Polls = 20*ms-400*us, 400*us, 50 }, set(findings.NeverIdle)},
		{"in a single poll, which is its own finding", func(e *Span) { e.Busy, e.Idle, e.Polls = 20*ms, 0, 1 }, set(findings.BlockingSuspected)},
		{"though it was entered elsewhere, too", func(e *Span) { e.Busy, e.Idle, e.Polls, e.LongestPoll = 20*ms-40*us, 40*us, 2, 20*us }, 0},
		{"on a thread that is there to block", func(e *Span) { e.Busy, e.Idle, e.Polls, e.Blockable = 20*ms, 0, 50, true }, 0},
		{"away for long, though only its budget ended its polls", func(e *Span) { e.Busy, e.Idle, e.Polls, e.Forced = 15*ms, 5*ms, 21, 20 }, set(findings.NeverIdle)},
		{"one of which it ended itself", func(e *Span) { e.Busy, e.Idle, e.Polls, e.Forced = 15*ms, 5*ms, 21, 19 }, 0},
		{"idle for a moment", func(e *Span) { e.Busy, e.Idle, e.Polls = 19*ms, 1*ms, 50 }, 0},
		{"for too short a time to tell", func(e *Span) { e.Duration, e.Busy, e.Idle = 9*ms, 9*ms, 0 }, 0},

		{"held after its last poll", func(e *Span) { e.Busy, e.Idle = 1*ms, 17*ms }, set(findings.HeldAfterCompletion)},
		{"for a tenth of it", func(e *Span) { e.Duration, e.Busy, e.Idle = 21*ms, 1*ms, 18*ms }, 0},
		{"never polled at all", func(e *Span) { e.Busy, e.Idle = 0, 0 }, 0},
		{"idle is not trusted", func(e *Span) { e.Busy = 1 * ms }, 0},
	} {
		s := span(tt.change)
		assert.Equal(t, tt.want, find(s, nil), tt.name)
		assert.Equal(t, tt.want, find(s, &findings.Window{}), "%s, first of its key", tt.name)

		for kind := range findings.Kind(findings.NumKinds) {
			some := limits
			some.Kinds = 1 << kind
			assert.Equal(t, tt.want&some.Kinds, new(Process).Explain(s, &some, nil).Found, "%s, looking for kind %d", tt.name, kind)
		}
	}
}

// What is long for an operation, though not for others.
func TestOwnWindowFirst(t *testing.T) {
	var w findings.Window
	times := func(poll, wait int64) *Span {
		return span(func(e *Span) {
			e.Duration, e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 5*ms, poll, 5*ms-poll, poll, 3, wait
		})
	}
	judge := func(s *Span) findings.Set { // learns nothing
		late := *s
		late.Late = true
		return find(&late, &w)
	}
	for i := range int64(99) {
		assert.Zero(t, find(times(50*us+i*us/2, 20*us), &w))
	}
	w.Tick(time.Second, time.Minute)
	slow := times(1*ms, 600*us)
	assert.Zero(t, judge(slow), "99 spans make no percentile")

	find(times(100*us, 20*us), &w)
	w.Tick(time.Second, time.Minute)
	assert.Equal(t, findings.Set(1<<findings.BlockingSuspected|1<<findings.QueueStarved), judge(slow))
	assert.Zero(t, judge(times(900*us, 400*us)), "less than a tenth of what is long anywhere")

	// A slowdown becomes normal, up to what is long anywhere.
	for range 1000 {
		find(slow, &w)
	}
	w.Tick(time.Second, time.Minute)
	assert.Zero(t, judge(slow))
	for range 20_000 {
		find(times(20*ms, 6*ms), &w)
	}
	w.Tick(time.Second, time.Minute)
	assert.Equal(t, findings.Set(1<<findings.BlockingSuspected|1<<findings.QueueStarved), judge(span(func(e *Span) {
		e.LongestPoll, e.Busy, e.Idle, e.Polls, e.Wait = 11*ms, 11*ms, 9*ms, 1, 6*ms
	})))
}

// Where all times are alike, the longest of them is no finding.
func TestEvenTimesHaveNoFindings(t *testing.T) {
	var w findings.Window
	for i := range int64(1000) {
		poll := 2*ms + i*us
		e := span(func(e *Span) { e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = poll, 20*ms-poll, poll, 1, 2*ms })
		assert.Zero(t, find(e, &w))
		w.Tick(time.Millisecond, time.Minute)
	}
}

// An operation that always waits for a worker does not become normal by that.
func TestAlwaysWaiting(t *testing.T) {
	// waiting returns a span with a wait of three parts in four, as there are many.
	waiting := func(change func(*Span)) *Span {
		return span(func(e *Span) {
			e.Duration, e.Busy, e.Idle, e.LongestPoll, e.Polls, e.Wait = 4*ms, 1*ms, 3*ms, 1*ms, 2, 3*ms
			change(e)
		})
	}
	usually := func(wait int64) *findings.Window {
		var w findings.Window
		for i := range int64(200) {
			w.Add(1*ms, wait*(i%2)) // one in two
		}
		w.Tick(time.Second, time.Minute)
		return &w
	}
	short, long := usually(0), usually(10*ms)
	for range 10 {
		long.Add(1*ms, 10*ms)
	}
	long.Tick(time.Second, time.Minute)
	const starved = findings.Set(1 << findings.QueueStarved)
	for _, tt := range []struct {
		name   string
		w      *findings.Window
		change func(*Span)
		want   findings.Set
	}{
		{"as half of the others do", long, func(*Span) {}, starved},
		{"for a tenth of what is long", long, func(e *Span) { e.Duration, e.Busy, e.Wait = 1*ms, 400*us, 500*us }, starved},
		{"for less", long, func(e *Span) { e.Duration, e.Busy, e.Wait = 1*ms, 400*us, 499*us }, 0},
		{"a tenth of a long span", long, func(e *Span) { e.Duration, e.Idle = 30*ms, 29*ms }, starved},
		{"or less of it", long, func(e *Span) { e.Duration, e.Idle = 31*ms, 30*ms }, 0},
		{"less than it ran", long, func(e *Span) { e.Busy, e.Wait = 2*ms, 2*ms-1 }, 0},
		{"a little at each of many polls", long, func(e *Span) { e.Polls = 31 }, 0},
		{"while others do not", short, func(e *Span) { e.Wait = 400 * us }, 0},
	} {
		s := waiting(tt.change)
		s.Late = true // it does not change the window
		assert.Equal(t, tt.want, find(s, tt.w), tt.name)
	}
}
