// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// oneThread is a process with one worker, thread 1, that has shown so.
func oneThread() *service {
	s := &service{now: begin}
	for range settled {
		s.send(waiting)
	}
	return s
}

func waiting(s *Span) { s.Thread, s.Request, s.Duration, s.Busy, s.Idle = 1, true, 6*ms, 1*ms, 5*ms }

// heldFor is a span that was idle for so long.
func heldFor(idle int64) func(*Span) {
	return func(s *Span) { waiting(s); s.Duration, s.Busy, s.Idle, s.Callsite = idle+10*us, 10*us, idle, 7 }
}

// Two processes of the same name and without an id, with thread ids alike as those of replicas are: one holds nobody up in the other.
func TestTwoProcessesTakenForOne(t *testing.T) {
	s := oneThread()
	s.blocks(1, 20*ms, "hash")
	assert.Equal(t, heldUp, s.send(heldFor(20*ms)).Found, "for all that is known")

	for _, tt := range []struct {
		name   string
		happen func(*service)
		want   bool
	}{
		{"another long poll at the same time", func(s *service) { s.now -= 10 * ms; s.blocks(1, 10*ms, "parse") }, true},
		{"hardly at the same time", func(s *service) { s.now += 9*ms + 100*us; s.blocks(1, 10*ms, "parse") }, false},
		{"a request that began during the poll", func(s *service) { s.send(func(x *Span) { waiting(x); x.Duration = 12 * ms }) }, true},
		{"as it ended", func(s *service) { s.send(func(x *Span) { waiting(x); x.Duration = 2 * ms }) }, false},
		{"before it", func(s *service) { s.send(func(x *Span) { waiting(x); x.Duration = 21 * ms }) }, false},
		{"a span that has a parent", func(s *service) {
			s.send(func(x *Span) { waiting(x); x.Duration, x.Top, x.Request, x.Parent = 12*ms, false, false, 1<<40 })
		}, false},
		{"by another thread", func(s *service) {
			s.send(func(x *Span) { waiting(x); x.Duration, x.Thread, x.Request, x.Idle = 12*ms, 9, false, 0 })
		}, false},
	} {
		s := oneThread()
		s.blocks(1, 20*ms, "hash")
		tt.happen(s)
		s.now += 100 * ms
		s.blocks(1, 20*ms, "hash")
		got := s.send(heldFor(20 * ms))
		assert.Equal(t, tt.want, !got.Judged.Has(findings.HeldUp), tt.name)
		assert.Equal(t, tt.want, got.Found == 0, tt.name)
		if !tt.want {
			continue
		}
		for range maxSeveral {
			s.send(waiting)
		}
		s.blocks(1, 20*ms, "hash")
		assert.Equal(t, heldUp, s.send(heldFor(20*ms)).Found, "%s, long ago", tt.name)
	}
}

// While a guard is held, whatever begins on its thread becomes its child. So a request that begins there and has no parent was made by
// another process, or the span is polled elsewhere.
func TestRequestsBesideAGuard(t *testing.T) {
	during := func(s *service, change func(*Span)) Findings {
		s.now += 50 * ms
		s.next++
		s.explain(func(x *Span) { x.Thread, x.Trace, x.Start, x.Duration = 1, s.next, s.now-10*ms, ms; change(x) })
		return s.send(func(x *Span) { busy(x); x.Arbiter = true })
	}
	inside := func(x *Span) { x.Top, x.Parent = false, 1<<40 }
	s := newService()
	assert.Equal(t, guard, during(s, inside).Found, "a part of a request that had begun before")
	got := during(s, func(*Span) {})
	assert.Zero(t, got.Found)
	s.now += 100 * ms
	s.next++
	for _, top := range []bool{false, true} { // the child of such a request ends, and comes, first
		s.explain(func(x *Span) { x.Thread, x.Trace, x.Start, x.Duration, x.Top = 1, s.next, s.now-10*ms, ms, top })
	}
	assert.Zero(t, s.send(func(x *Span) { busy(x); x.Arbiter = true }).Found)
	s.several = maxSeveral
	assert.Zero(t, during(s, inside).Found, "processes are mixed up")
}
