// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// A thread that is free, and makes a span now and then, is hardly ever taken for held: not with few spans, as of a service with little to do
// or of one that keeps a tenth of its traces, and not with many.
func TestSilenceByChance(t *testing.T) {
	for _, others := range []float64{0.02, 0.2, 1, 4} {
		wrong := 0
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(81, seed))
			var s silence
			for range int(40 / others) {
				last, gap := 0.0, 0.0
				for at := random.ExpFloat64() / others; at < 1; at += random.ExpFloat64() / others {
					last, gap = at, max(gap, at-last)
				}
				s.add(max(gap, 1-last) >= 0.8, float32(others))
				if s.held() {
					wrong++
					break
				}
			}
		}
		assert.LessOrEqual(t, wrong, 2, "%v others in each span", others)
	}
}

// handedOver is a request whose handler's span is entered for 15 ms in a closure on the blocking pool, and waits for it: nobody blocks a worker.
// Its thread is that of the worker, which made it. If the thread is free, it makes the spans of whatever it is asked for meanwhile.
func (s *service) handedOver() (found findings.Set) {
	const closure = 15 * ms
	s.next += 2
	s.now += closure
	child := s.explain(func(x *Span) {
		x.ID, x.Parent, x.Trace, x.Top, x.Start, x.Thread, x.Callsite = s.next, s.next-1, s.next, false, s.now-closure, 1, 20
		x.Duration, x.Busy, x.Idle = closure, closure-50*us, 50*us
	})
	parent := s.explain(func(x *Span) {
		x.ID, x.Trace, x.Start, x.Thread, x.Request, x.Callsite = s.next-1, s.next, s.now-closure-10*us, 1, true, 21
		x.Duration, x.Busy, x.Idle = closure+20*us, 60*us, closure-50*us
	})
	return child.Found | parent.Found
}

// A client that asks for one thing after the other leaves the thread silent whenever it waits; the task that was left behind meanwhile does not show
// that the thread makes spans at such times.
func TestSilenceOfOneClient(t *testing.T) {
	s := newService()
	for range 500 {
		for range 3 {
			s.now += 6 * ms
			s.send(func(x *Span) { waiting(x); x.Busy, x.Idle = 20*us, 6*ms-20*us })
		}
		s.now += ms
		s.send(func(x *Span) { // since the first of them ended: two others began meanwhile
			x.Trace, x.Thread, x.Top, x.Parent, x.Duration, x.Busy, x.Idle, x.Callsite = s.next-3, 1, false, s.next-3, 16*ms, 20*us, 16*ms-20*us, 22
		})
		assert.Zero(t, s.handedOver()&blocking)
	}
}

// One that sends bursts, and when they have been answered something that the pool does.
func TestSilenceBetweenBursts(t *testing.T) {
	s := newService()
	for range 500 {
		for range 30 {
			s.now -= 990 * us
			s.send(func(x *Span) { waiting(x); x.Busy, x.Idle = 20*us, 6*ms-20*us })
		}
		s.now += 20 * ms
		assert.Zero(t, s.handedOver()&blocking)
		s.now += 50 * ms
	}
}
