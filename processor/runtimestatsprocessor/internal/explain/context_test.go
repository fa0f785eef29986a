// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

const (
	blocking = findings.Set(1 << findings.BlockingSuspected)
	guard    = findings.Set(1 << findings.GuardAcrossAwait)
	heldUp   = findings.Set(1 << findings.HeldUp)
	outlives = findings.Set(1 << findings.OutlivesParent)
)

// service is a process whose threads 1 and 2 are workers, and that sends spans in the order of their ends.
type service struct {
	Process

	now  int64
	next uint64
}

func newService() *service {
	s := &service{now: begin}
	for range 60 {
		for thread := range int64(2) {
			s.send(func(s *Span) { s.Thread, s.Request, s.Duration, s.Busy, s.Idle = thread+1, true, 6*ms, 1*ms, 5*ms })
		}
	}
	return s
}

// send lets time pass and sends a span of its own trace that ends now.
func (s *service) send(change func(*Span)) Findings {
	s.next++
	s.now += ms
	return s.explain(func(x *Span) {
		x.ID, x.Trace, x.Callsite = s.next, s.next, 1
		change(x)
		x.Start = s.now - x.Duration
	})
}

func (s *service) explain(change func(*Span)) Findings { return s.Explain(span(change), &limits, nil) }

// busy is a span of 20 ms on a worker, in one poll.
func busy(s *Span) { s.Thread, s.Callsite, s.Busy, s.Idle = 1, 2, 20*ms-2*us, 2*us }

// A child that blocks, and its parent, which is polled with it.
func (s *service) nested(change func(child, parent *Span)) (child, parent Findings) {
	s.next += 2
	s.now += 50 * ms
	c, p := span(busy), span(busy)
	c.ID, c.Parent, c.Trace, c.Top, c.Start, c.Callsite = s.next, s.next-1, s.next, false, s.now, 3
	p.ID, p.Trace, p.Start, p.Duration, p.Busy, p.Callsite, p.Request = s.next-1, s.next, s.now-10*us, 20*ms+20*us, 20*ms+10*us, 4, true
	p.Idle = 10 * us
	change(c, p)
	c.End, p.End = c.Start+c.Duration, p.Start+p.Duration
	return s.Explain(c, &limits, nil), s.Explain(p, &limits, nil)
}

func TestTheOneThatBlocks(t *testing.T) {
	s := newService()
	child, parent := s.nested(func(_, _ *Span) {})
	assert.Zero(t, child.Found|child.Judged&blocking, "its parent's word is missing")
	assert.Zero(t, parent.Found)
	assert.NotZero(t, parent.Judged&blocking)
	for range 3 {
		child, parent = s.nested(func(_, _ *Span) {})
		assert.Equal(t, blocking, child.Found)
		assert.Zero(t, parent.Found)
	}
	child, _ = s.nested(func(c, p *Span) { c.LongestPoll, p.LongestPoll = c.Busy, p.Busy })
	assert.Equal(t, blocking, child.Found, "measured")
	_, parent = s.nested(func(c, p *Span) { c.Busy, p.Busy, p.Duration = 5*ms, 20*ms, 20*ms })
	assert.Equal(t, blocking, parent.Found, "its child explains a quarter")

	for _, tt := range []struct {
		name   string
		change func(child, parent *Span)
	}{
		{"on a thread that is there to block", func(c, _ *Span) { c.Thread = 50 }},
		{"in several polls", func(c, p *Span) { c.Idle, c.Busy, p.Idle, p.Busy = 1*ms, 19*ms, 1*ms, 19*ms }},
		{"an older layer", func(c, p *Span) { c.Layered, p.Layered = true, true }},
		{"less than half of it", func(c, p *Span) { c.Duration, p.Duration, c.Idle, p.Idle = 60*ms, 60*ms, 40*ms, 40*ms }},
		{"a child that another thread runs", func(c, p *Span) { c.Thread, p.Busy, p.Idle = 50, 1*ms, 19*ms }},
	} {
		for range 3 {
			child, parent := s.nested(tt.change)
			assert.Zero(t, child.Found|parent.Found, tt.name)
		}
	}
}

// Where spans of one place mostly have several polls, one that seems to have a single one proves nothing.
func TestMostlySeveralPolls(t *testing.T) {
	s := newService()
	for range 5 {
		s.nested(func(c, _ *Span) { c.Idle = handover + us; c.Busy = c.Duration - c.Idle })
	}
	for range 4 {
		child, _ := s.nested(func(_, _ *Span) {})
		assert.Zero(t, child.Found)
	}
	child, _ := s.nested(func(_, _ *Span) {})
	assert.Equal(t, blocking, child.Found, "they have changed")
}

// Children that come after their parents leave unknown who it was.
func TestChildrenThatMayCome(t *testing.T) {
	for _, measured := range []bool{false, true} {
		s := newService()
		request := func(x *Span) {
			s.now += 50 * ms
			busy(x)
			if x.Request = true; measured {
				x.LongestPoll = x.Busy
			}
		}
		assert.Equal(t, blocking, s.send(request).Found)
		s.send(func(x *Span) { x.Top, x.Parent, x.Duration = false, s.next-1, 0; s.now -= 2 * ms }) // of it
		got := s.send(request)
		assert.Zero(t, got.Found|got.Judged&blocking)

		other := func(x *Span) { request(x); x.Callsite = 9 }
		for range oneIn - 1 {
			assert.Zero(t, s.send(other).Found, "it may be as well")
		}
		assert.Equal(t, blocking, s.send(other).Found, "many that nothing explained")
		s.send(func(x *Span) { x.Top, x.Parent, x.Duration = false, s.next-1, 0; s.now -= 2 * ms })
		assert.Zero(t, s.send(other).Found, "until a child comes late")
		for range maxEndings {
			s.send(func(*Span) {})
		}
		assert.Equal(t, blocking, s.send(request).Found, "order has returned")
	}
}

func TestGuards(t *testing.T) {
	// The thread makes a span of a trace that had begun before, while this one stays entered.
	meanwhile := func(s *service, change func(*Span)) Findings {
		s.now += 50 * ms
		s.next++
		s.explain(func(x *Span) {
			x.Thread, x.Trace, x.Start, x.Duration, x.Top, x.Parent = 1, s.next, s.now-10*ms, ms, false, 1<<40
		})
		return s.send(func(x *Span) { busy(x); x.Arbiter = true; change(x) })
	}
	same := func(*Span) {}
	s := newService()
	assert.Equal(t, guard, meanwhile(s, same).Found)
	assert.Zero(t, meanwhile(s, func(x *Span) { x.Idle = entering + 1 }).Found, "not entered at once: perhaps by another thread")
	assert.Zero(t, meanwhile(s, same).Found, "so all of them may be")
	for range seldom {
		meanwhile(s, same)
	}
	assert.Equal(t, guard, meanwhile(s, same).Found, "that was rare")
	assert.Zero(t, meanwhile(newService(), func(x *Span) { x.Arbiter = false }).Found, "another worker may have polled it: so no guard was held")

	// The parent is not polled while its child stays entered.
	unpolled := func(c, p *Span) { p.Busy, p.Idle, c.Arbiter, p.Arbiter = 100*us, 20*ms-80*us, true, true }
	s = newService()
	for range 2 * maxVotes {
		child, parent := s.nested(unpolled)
		assert.Zero(t, child.Found|parent.Found, "a task that the parent made, and that blocks, looks alike")
	}

	// A request that begins under such a guard becomes its child.
	s = newService()
	stranger := func(x *Span) {
		x.Thread, x.Request, x.SaidLocal, x.Top, x.Parent, x.Duration, x.Busy, x.Idle = 1, true, true, false, 1<<40, 6*ms, ms, 5*ms
	}
	assert.Equal(t, guard, s.send(stranger).Found, "others of its kind have no parent here")
	assert.Zero(t, s.send(func(x *Span) { stranger(x); x.SaidLocal = false }).Found)
	got := s.send(func(x *Span) { stranger(x); x.Duration, x.Busy, x.Idle = 20*ms, 20*ms-2*us, 2*us })
	assert.Equal(t, guard|blocking, got.Found, "it blocks besides")
	assert.Zero(t, s.send(func(x *Span) { stranger(x); x.Request = false }).Found)
	assert.Zero(t, s.send(func(x *Span) { stranger(x); x.Callsite = 8 }).Found, "no other is known")
}

// blocks sends a span that blocks a worker for so long until now.
func (s *service) blocks(thread, busy int64, name string) {
	s.now += busy
	s.send(func(x *Span) {
		x.Thread, x.Request, x.Duration, x.Busy, x.Idle, x.LongestPoll, x.Polls, x.Name, x.Callsite = thread, true, busy, busy, 0, busy, 1, called(name), 6
	})
}

func TestHeldUp(t *testing.T) {
	victim := func(thread, idle int64) func(*Span) {
		return func(x *Span) { x.Thread, x.Duration, x.Busy, x.Idle, x.Callsite = thread, idle+10*us, 10*us, idle, 7 }
	}
	s := newService()
	for range 100 {
		s.send(func(x *Span) { x.Thread, x.Request, x.Duration, x.Busy, x.Idle = 1, true, 6*ms, ms, 5*ms })
	}
	s.blocks(1, 20*ms, "hash")
	got := s.send(func(x *Span) { victim(1, 22*ms)(x); x.Callsite = 8 })
	assert.Zero(t, got.Found&heldUp, "the other worker was free")
	assert.NotZero(t, got.Judged&heldUp)

	s.blocks(1, 20*ms, "hash")
	s.now -= 20 * ms
	s.blocks(2, 18*ms, "parse") // at the same time
	got = s.send(victim(1, 22*ms))
	assert.Equal(t, heldUp, got.Found)
	assert.Contains(t, []string{"hash", "parse"}, got.HeldUpBy)
	got = s.send(victim(1, 60*ms))
	assert.Zero(t, got.Found, "less than half of its idle time")
	assert.Empty(t, got.HeldUpBy)
	s.blocks(1, 20*ms, "hash")
	s.now -= 20 * ms
	s.blocks(2, 18*ms, "parse")
	assert.Zero(t, s.send(func(x *Span) { victim(1, 22*ms)(x); x.Callsite = 8 }).Found, "others of its kind wait as long when nobody blocks")
	assert.Zero(t, s.send(victim(1, limits.Wait-1)).Found)
	got = s.send(victim(Unknown, 22*ms))
	assert.Zero(t, got.Judged&heldUp, "who knows what thread that is")

	// The one thread that may poll it.
	alone := new(service)
	alone.now = begin
	arbiter := func(change func(*Span)) func(*Span) { return func(x *Span) { x.Arbiter = true; change(x) } }
	for range 20 {
		alone.send(arbiter(victim(1, 6*ms)))
	}
	alone.blocks(1, 5*ms, "short")
	alone.blocks(1, 20*ms, "hash")
	got = alone.send(arbiter(victim(1, 30*ms)))
	assert.Equal(t, heldUp, got.Found)
	assert.Equal(t, "hash", got.HeldUpBy, "the longer one")
	assert.Zero(t, alone.send(arbiter(func(x *Span) { victim(1, 30*ms)(x); x.Trace = alone.next - 2 })).Found&heldUp, "its own trace")
	got = alone.send(victim(2, 30*ms))
	assert.Zero(t, got.Judged&heldUp, "another thread, of a process that has said little")

	// One that is a worker by what it does is alone only if no other comes to light for long.
	alone = new(service)
	alone.now = begin
	for i := range settled {
		got = alone.send(victim(1, 6*ms))
		assert.Equal(t, i >= settled-1, got.Judged.Has(findings.HeldUp), i)
	}
	alone.blocks(1, 20*ms, "hash")
	assert.Equal(t, "hash", alone.send(victim(1, 30*ms)).HeldUpBy)
}

// A span that was held up before its own long poll may be busy for less than half of its time.
func TestHeldUpBeforeItBlocks(t *testing.T) {
	s := new(service)
	s.now = begin
	arbiter := func(x *Span) { x.Thread, x.Arbiter, x.Callsite = 1, true, 7 }
	computes := func(x *Span) { arbiter(x); x.Duration, x.Busy, x.Idle, x.Callsite = 46*ms, 20*ms, 26*ms, 8 }
	s.send(arbiter)
	s.sites.of(8, 1).silence = silence{expected: convincing, kept: convincing}
	s.now += 50 * ms
	got := s.send(computes)
	assert.Zero(t, got.Found|got.Judged&blocking, "its polls may be short ones that are scattered")

	s.now += 10 * ms
	s.blocks(1, 20*ms, "hash")
	s.now += 24 * ms
	assert.Equal(t, blocking, s.send(computes).Found&blocking)

	s.now += 10 * ms
	s.blocks(1, 13*ms, "hash")
	s.now += 24 * ms
	assert.Zero(t, s.send(func(x *Span) { computes(x); x.Busy, x.Idle = 16*ms, 30*ms }).Found&blocking, "33 ms of its own")
}

func TestOutlives(t *testing.T) {
	s := newService()
	left := func(ends int64, change func(*Span)) Findings { // of a request of 20 ms that has come
		s.send(func(x *Span) { x.Callsite, x.Request = 10, true })
		parent, at := s.next, s.now
		s.now += ends - ms
		return s.send(func(x *Span) {
			x.Top, x.Parent, x.Duration, x.Callsite = false, parent, s.now-at+5*ms, 11
			change(x)
		})
	}
	plain := func(*Span) {}
	assert.Equal(t, outlives, left(30*ms, plain).Found)
	assert.Equal(t, outlives, left(2*ms, plain).Found, "a tenth of its parent")
	got := left(2*ms-1, plain)
	assert.Zero(t, got.Found)
	assert.NotZero(t, got.Judged&outlives)
	assert.Zero(t, left(30*ms, func(x *Span) { x.Request = true }).Found, "a request from outside")
	assert.Zero(t, left(30*ms, func(x *Span) { x.Top = true }).Found)
	assert.Zero(t, left(30*ms, func(x *Span) { x.Duration = Unknown }).Judged)
	assert.Zero(t, left(30*ms, func(x *Span) { x.Inconsistent = true }).Judged&outlives, "the clock was set meanwhile")
	got = left(30*ms, func(x *Span) { x.Parent = 12345 })
	assert.Zero(t, got.Found|got.Judged&outlives, "its parent has not come, nor ever one of its kind")

	// Parents that come after: what those of its kind did tells.
	s = newService()
	pair := func(parentTakes, childTakes int64, change func(parent *Span)) Findings {
		s.now += 100 * ms
		s.next += 2
		child := s.explain(func(x *Span) {
			x.ID, x.Parent, x.Trace, x.Top, x.Start, x.Duration, x.Callsite = s.next, s.next-1, s.next, false, s.now, childTakes, 12
		})
		s.explain(func(x *Span) {
			x.ID, x.Trace, x.Start, x.Duration, x.Callsite = s.next-1, s.next, s.now, parentTakes, 13
			change(x)
		})
		return child
	}
	assert.Zero(t, pair(2*ms, 30*ms, plain).Judged&outlives)
	assert.Equal(t, outlives, pair(2*ms, 30*ms, plain).Found)
	got = pair(2*ms, ms-1, plain)
	assert.Zero(t, got.Found, "too short to tell")
	assert.NotZero(t, got.Judged&outlives)
	assert.Zero(t, pair(2*ms, 3*ms-1, plain).Found, "its parent may take as long")
	s = newService()
	for _, odd := range []func(*Span){
		func(x *Span) { x.Inconsistent = true },
		func(x *Span) { x.Duration, x.End = Unknown, x.Start-100*ms },
	} {
		assert.Zero(t, pair(2*ms, 30*ms, odd).Judged&outlives)
		assert.Zero(t, pair(2*ms, 30*ms, plain).Judged&outlives, "the wall clock was set before the parent ended, so that tells nothing")
		s = newService()
	}
	for range 2 {
		pair(40*ms, 30*ms, plain)
	}
	got = pair(2*ms, 30*ms, plain)
	assert.Zero(t, got.Found, "those of its kind do not")
	assert.NotZero(t, got.Judged&outlives)
}
