// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// recorder notes the events it gets and may react to them.
type recorder struct {
	events []Event
	react  func(Event)
}

func (r *recorder) Handle(ev Event) {
	r.events = append(r.events, ev)
	if r.react != nil {
		r.react(ev)
	}
}

func TestEventsRunInOrderOfTimeThenScheduling(t *testing.T) {
	var s Simulation
	rec := &recorder{}
	target := s.Register(rec)
	r := Stream(1)
	type due struct {
		at  Time
		arg uint64
	}
	var want []due
	for i := range uint64(5000) {
		at := Time(r.IntN(500))
		s.Schedule(at, target, 0, i)
		want = append(want, due{at, i})
	}
	slices.SortStableFunc(want, func(a, b due) int { return int(a.at - b.at) })
	s.Run(250)
	assert.Equal(t, Time(250), s.Now())
	s.Run(1000)
	var got []due
	for _, ev := range rec.events {
		got = append(got, due{ev.At, ev.Arg})
	}
	assert.Equal(t, want, got)
	assert.Equal(t, Never, s.Next())
}

func TestAdvanceRefusesToPassAnEvent(t *testing.T) {
	var s Simulation
	rec := &recorder{}
	target := s.Register(rec)
	var advanced []bool
	rec.react = func(ev Event) {
		if ev.Arg != 0 {
			return
		}
		advanced = append(advanced, s.Advance(4), s.Advance(1), s.Advance(1)) // to 4, then 5 is taken
		s.Schedule(s.Now()+1, target, 0, 2)
	}
	s.Schedule(0, target, 0, 0)
	s.Schedule(5, target, 0, 1)
	s.Run(10)
	assert.Equal(t, []bool{true, false, false}, advanced)
	assert.Equal(t, []uint64{0, 1, 2}, []uint64{rec.events[0].Arg, rec.events[1].Arg, rec.events[2].Arg})

	rec.react = func(Event) { assert.False(t, s.Advance(5), "past the end of the run") }
	s.Schedule(16, target, 0, 3)
	s.Run(20)
	assert.False(t, s.Advance(1), "outside a run")
	assert.Equal(t, Time(20), s.Now())
}

func TestPastEventsRunNow(t *testing.T) {
	var s Simulation
	rec := &recorder{}
	target := s.Register(rec)
	s.Run(100)
	s.Schedule(3, target, 0, 0)
	s.Run(100)
	assert.Equal(t, Time(100), rec.events[0].At)
}

func TestStreamsAreIndependentOfEachOther(t *testing.T) {
	a, b := Stream(1, 2, 3), Stream(1, 2, 3)
	assert.Equal(t, a.Uint64(), b.Uint64())
	seen := map[uint64]bool{}
	for i := range uint64(1000) {
		for _, r := range []Rand{Stream(i), Stream(1, i), Stream(i, 1), Stream(1, 2, i)} {
			seen[r.Uint64()] = true
		}
	}
	// Stream(1, 1) is drawn by two of the forms, everything else is distinct.
	assert.Equal(t, 3999, len(seen)) //nolint:testifylint // Len would print thousands of numbers
}

func TestDistributions(t *testing.T) {
	const n = 1_000_000
	r := Stream(7)
	var uniform, exponential, normal, square float64
	counts := make([]int, 10)
	for range n {
		uniform += r.Float64()
		exponential += r.Exp()
		x := r.Norm()
		normal += x
		square += x * x
		counts[r.IntN(10)]++
	}
	// Five standard errors of each mean.
	assert.InDelta(t, 0.5, uniform/n, 5*math.Sqrt(1.0/12/n))
	assert.InDelta(t, 1, exponential/n, 5/math.Sqrt(n))
	assert.InDelta(t, 0, normal/n, 5/math.Sqrt(n))
	assert.InDelta(t, 1, square/n, 5*math.Sqrt(2.0/n))
	for i, c := range counts {
		assert.InDelta(t, n/10, c, 5*math.Sqrt(n*0.09), "IntN(10) = %d", i)
	}
}

func BenchmarkScheduleAndRun(b *testing.B) {
	var s Simulation
	rec := &counter{}
	target := s.Register(rec)
	r := Stream(1)
	for range 64 { // as many events ahead as a busy 64-worker runtime has
		s.Schedule(Time(r.IntN(1000)), target, 0, 0)
	}
	rec.react = func() { s.Schedule(s.Now()+Time(r.IntN(1000)), target, 0, 0) }
	b.ReportAllocs()
	for b.Loop() {
		s.Run(s.Now() + 100)
	}
	assert.Equal(b, uint64(64+rec.events), s.seq, "each event schedules one")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rec.events), "ns/event")
}

type counter struct {
	events int
	react  func()
}

func (c *counter) Handle(Event) {
	c.events++
	c.react()
}
