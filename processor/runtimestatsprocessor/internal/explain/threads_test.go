// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// made lets a thread make n spans like this one, one after the other, each of its own trace.
func made(n int, by *thread, change func(*Span)) {
	for range n {
		by.see(span(func(s *Span) {
			s.Trace, s.Start, s.Thread = uint64(by.last), by.last, by.id
			change(s)
		}))
	}
}

func TestRoles(t *testing.T) {
	waiting := func(s *Span) { s.Busy, s.Idle = 1*ms, waits }
	busy := func(s *Span) { s.Busy, s.Idle = 20*ms, waits-1 }
	for _, tt := range []struct {
		name    string
		history func(*thread)
		want    role
	}{
		{"a thread that has said nothing", func(*thread) {}, unknownRole},
		{"one that was busy a few times", func(t *thread) { made(enough-1, t, busy) }, unknownRole},
		{"one that never waits", func(t *thread) { made(enough, t, busy) }, pool},
		{"spans without times tell nothing", func(t *thread) { made(enough, t, func(*Span) {}) }, unknownRole},
		{"one that has waited", func(t *thread) { made(1, t, waiting) }, worker},
		{"polled again", func(t *thread) { made(1, t, func(s *Span) { s.Busy, s.Polls = 20*ms, 2 }) }, worker},
		{"waits now and then", func(t *thread) { made(oneIn-1, t, busy); made(1, t, waiting) }, worker},
		{"waits less often", func(t *thread) { made(1, t, waiting); made(oneIn, t, busy) }, pool},
		{"was a worker long ago", func(t *thread) { made(150, t, waiting); made(3000, t, busy) }, pool},
		{"makes the spans of requests", func(t *thread) { made(enough, t, busy); made(1, t, func(s *Span) { s.Request = true }) }, worker},
		{"runs tasks that no other may run", func(t *thread) { made(1, t, func(s *Span) { s.Arbiter = true }) }, worker},
		{"handed its tasks on", func(t *thread) { made(50, t, waiting); t.request = true; t.forget() }, unknownRole},
	} {
		by := &thread{id: 1, last: begin}
		tt.history(by)
		assert.Equal(t, tt.want, by.role(), tt.name)
	}
	assert.Equal(t, unknownRole, (*thread)(nil).role())
}

func TestRate(t *testing.T) {
	by := &thread{id: 1, last: begin}
	made(200, by, func(s *Span) { s.Duration = 10 * ms }) // one after the other
	assert.InDelta(t, 100, by.rate, 5)
	made(1, by, func(s *Span) { s.Start += 2 * minute })
	assert.Zero(t, by.rate, "after a pause nothing is known")
}

// A thread that begins another request in the middle of a span is not inside that span.
func TestMadeOthers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		at    int64
		trace uint64
		want  bool
	}{
		{"in the middle", 10 * ms, 9, true},
		{"of the same trace", 10 * ms, 1, false},
		{"as it began", handover, 9, false},
		{"just after", handover + 1, 9, true},
		{"just before the end", 20*ms - handover - 1, 9, true},
		{"at the end", 20*ms - handover, 9, false},
	} {
		by := &thread{id: 1}
		by.see(span(func(s *Span) { s.Trace, s.Start = tt.trace, begin+tt.at }))
		assert.Equal(t, tt.want, by.madeOthers(span(func(*Span) {})), tt.name)
	}
}

// A thread that was silent for as long as a span was busy, or nearly, can have been inside it then.
func TestMayHavePolled(t *testing.T) {
	const busy = 20 * ms
	for _, tt := range []struct {
		name string
		idle int64
		at   []int64 // when the thread made spans of others
		want bool
	}{
		{"one poll", 0, nil, true},
		{"interrupted", 0, []int64{ms}, false},
		{"several polls", 4 * ms, nil, true},
		{"others between them", 4 * ms, []int64{2 * ms, ms, 23 * ms}, true},
		{"a fifth of the poll may have been elsewhere", 4 * ms, []int64{ms, 17 * ms}, true},
		{"but no more", 4 * ms, []int64{8*ms + 1, 15 * ms}, false},
	} {
		by := &thread{id: 1}
		for i, at := range tt.at {
			by.see(span(func(s *Span) { s.Trace, s.Start = uint64(i)+9, begin+at }))
		}
		by.see(span(func(s *Span) { s.Start += busy / 2 })) // its own children tell nothing
		assert.Equal(t, tt.want, by.mayHavePolled(span(func(s *Span) { s.Busy, s.Idle, s.Duration = busy, tt.idle, busy+tt.idle })), tt.name)
	}
}

func TestWorkersOfLate(t *testing.T) {
	var all threads
	assert.Nil(t, all.of(Unknown))
	for id := range int64(3) {
		by := all.of(id)
		made(1, by, func(s *Span) { s.Start, s.Busy, s.Idle = begin+id*alive, 1*ms, 19*ms })
		by.nth = int(id) + 1
	}
	ids := func(now int64, spans int) (list []int64) {
		all.workers(now, spans, func(t *thread) { list = append(list, t.id) })
		return list
	}
	assert.Equal(t, []int64{0, 1, 2}, ids(begin+alive, recent+10))
	assert.Equal(t, []int64{1, 2}, ids(begin+20*ms+alive, recent+10), "the first has been silent for too long")
	assert.Equal(t, []int64{0, 1, 2}, ids(begin+100*alive, recent), "but so has the process")
	assert.Equal(t, []int64{2}, ids(begin+100*alive, recent+2))
}

// Threads that come and go take the places of those that have gone, and not those of the workers.
func TestThreadsThatComeAndGo(t *testing.T) {
	var all threads
	worker := all.of(2)
	for nth := range 100 * maxThreads {
		worker.nth = nth
		assert.Same(t, worker, all.of(2))
		all.of(int64(nth + 3)).nth = nth
	}
	assert.Len(t, all, maxThreads)
}
