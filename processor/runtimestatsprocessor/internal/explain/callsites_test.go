// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVotesFade(t *testing.T) {
	var v votes
	for range 10_000 {
		v.add()
		assert.Less(t, v, votes(maxVotes))
	}
	assert.GreaterOrEqual(t, v, votes(maxVotes/2))
}

// Places in the code whose ids fall together stay apart, until there are too many.
func TestSites(t *testing.T) {
	var all sites
	for i := range uint64(ways) {
		all.of(7+i*maxCallsites, int(i+1)).own.add()
	}
	all.of(7, 10)
	assert.Equal(t, votes(1), all.of(7+3*maxCallsites, 11).own)
	assert.Zero(t, all.of(7+9*maxCallsites, 12).own, "a new one")
	assert.Equal(t, votes(1), all.of(7, 13).own, "used of late")
	assert.Zero(t, all.of(7+maxCallsites, 14).own, "the one used least of late had to go")
}

func TestRest(t *testing.T) {
	var r rest
	r.see(100*ms, 10*ms-1, ms)
	assert.Equal(t, rest{within: 1, most: 100 * ms}, r, "less than a tenth longer")
	r.see(8*ms, ms, ms)
	assert.Equal(t, votes(1), r.outlived)
	assert.Equal(t, 100*ms-100*ms/8, r.most, "it fades")
	r.see(0, ms-1, ms)
	assert.Equal(t, votes(2), r.within, "too little to tell")
}

// What the thread of a long span does meanwhile tells whether it was held.
func TestSilence(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rate  float64 // of traces a second, otherwise
		free  int     // spans of the thread during each of ten others that leave it free for 20 ms
		every int64   // span of the thread during the long ones, 0 for none
		n     int
		want  bool
	}{
		{"silent, though it is known to be busy", 100, 2, 0, 20, true},
		{"silent whenever anything goes on", 100, 0, 0, 20, false},
		{"silent, but for too short to tell", 100, 2, 0, 2, false},
		{"silent, but it hardly ever says a thing", 1, 2, 0, 20, false},
		{"goes on", 100, 2, 4 * ms, 20, false},
		{"goes on after a fifth", 100, 2, 16 * ms, 20, true},
	} {
		site, by := new(callsite), &thread{id: 1, rate: tt.rate, request: true}
		for range 10 {
			var w pendings
			w.compare(span(func(s *Span) { s.Thread, s.Busy, s.Idle, s.Duration = 1, 0, 20*ms, 20*ms }), by, limits.Poll)
			for i := range tt.free {
				w[0].see(beginning{at: begin + int64(i+1)*ms, trace: 9})
			}
			w[0].close(by)
		}
		for range tt.n {
			var w pendings
			long := span(func(s *Span) { s.Thread, s.Busy, s.Idle, s.Duration = 1, 100*ms, 0, 100*ms })
			long.Busy = 20 * ms
			long.End = begin + 20*ms
			w.watch(long, site, by)
			w[0].before, w[0].after = int(tt.rate*20/1000), int(tt.rate*20/1000)+1
			for at := tt.every; at > 0 && at < 20*ms; at += tt.every {
				w[0].see(beginning{at: begin + at, trace: 9})
			}
			w[0].see(beginning{at: begin + 10*ms, trace: long.Trace}) // its own children tell nothing
			w[0].close(by)
		}
		assert.Equal(t, tt.want, site.silence.held(), tt.name)
	}
}

// Where many spans block, there is still room to watch those that leave their threads free.
func TestManyLongSpans(t *testing.T) {
	p := new(Process)
	by := p.threads.of(1)
	by.rate, by.request, by.since = 100, true, begin
	for range 2 * maxPending {
		p.pendings.watch(span(func(s *Span) { s.Thread, s.Busy, s.Idle = 1, 20*ms, 0 }), new(callsite), by)
	}
	for range 2 * maxFree {
		p.Explain(span(func(s *Span) { s.Thread, s.Busy, s.Idle = 1, 0, 20*ms }), &limits, nil)
	}
	assert.Len(t, p.pendings, maxPending)
	assert.Len(t, p.frees, maxFree)
	p.Explain(span(func(s *Span) { s.Start += 2 * minute }), &limits, nil)
	assert.Empty(t, p.pendings)
	assert.Empty(t, p.frees)
	assert.NotZero(t, by.free.expected)
}

// A thread that blocks where the runtime was told hands its tasks to another: it makes no spans of tasks afterwards.
func TestLeft(t *testing.T) {
	for _, tt := range []struct {
		name         string
		thread       int64
		n            int
		every        int64
		stayed, left votes
	}{
		{"it makes requests again", 1, 1, us, 1, 0},
		{"others do, a few", 2, 5, us, 0, 0},
		{"others do, for long", 2, 100, us, 0, 1},
		{"others do, each a second after the other", 2, 20, patience, 0, 1},
		{"others do, each ten seconds after the other", 2, 20, 10 * patience, 0, 0},
	} {
		p := new(Process)
		site := p.sites.of(1, 1)
		made(1, p.threads.of(2), func(s *Span) { s.Request = true })
		made(1, p.threads.of(1), func(s *Span) { s.Request = true })
		p.pendings.watch(span(func(s *Span) { s.Thread, s.Busy, s.Idle = 1, 20*ms, 0 }), site, p.threads.of(1))
		for i := range tt.n {
			next := span(func(s *Span) { s.Thread, s.Request, s.Start = tt.thread, true, begin+20*ms+int64(i+1)*tt.every })
			p.pendings.follow(next, &p.threads, 2, next.End)
		}
		assert.Equal(t, tt.stayed, site.stayed, tt.name)
		assert.Equal(t, tt.left, site.left, tt.name)
		p.pendings.follow(span(func(*Span) {}), &p.threads, 2, begin+10*minute)
		assert.Empty(t, p.pendings, "it is over")
	}
}
