// SPDX-License-Identifier: Apache-2.0

package host

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const ms = sim.Time(time.Millisecond)

// do is one thing that a thread does.
type do struct {
	run   sim.Time // or:
	pause sim.Time
	sleep sim.Time // until its own wake after that time
}

// script is a thread that does one thing after the other, and the times at which it begins each and has done all.
type script struct {
	*Thread
	name string
	todo []do
	at   []sim.Time
	log  *[]entry
}

type entry struct {
	at   sim.Time
	name string
}

// Handle implements sim.Handler.
func (s *script) Handle(sim.Event) {
	for {
		now := s.sim.Now()
		s.at = append(s.at, now)
		*s.log = append(*s.log, entry{now, s.name})
		if len(s.todo) == 0 {
			s.Sleep()
			return
		}
		next := s.todo[0]
		s.todo = s.todo[1:]
		switch {
		case next.sleep > 0:
			s.Sleep()
			s.Wake(next.sleep)
			return
		case next.pause > 0:
			if !s.Pause(next.pause) {
				return
			}
		case !s.Run(next.run):
			return
		}
	}
}

// play starts scripts, one a time unit after the other, and runs them to their ends.
func play(h func(*sim.Simulation) *Host, after sim.Time, todo ...[]do) (scripts []*script, log []entry, end sim.Time, stats Stats) {
	var s sim.Simulation
	machine := h(&s)
	for i, d := range todo {
		sc := &script{todo: slices.Clone(d), name: string(rune('a' + i)), log: &log}
		sc.Thread = machine.NewThread(&s, sc, s.Register(sc), 0, 0)
		sc.Wake(after * sim.Time(i))
		scripts = append(scripts, sc)
	}
	s.Run(60_000 * ms)
	for _, sc := range scripts {
		end = max(end, sc.at[len(sc.at)-1])
	}
	return scripts, log, end, machine.Stats()
}

func cpus(n int) func(*sim.Simulation) *Host {
	return func(s *sim.Simulation) *Host { return New(s, Config{CPUs: n}) }
}

func unlimited(*sim.Simulation) *Host { return nil }

func (s *script) end() sim.Time { return s.at[len(s.at)-1] }

func TestTwoThreadsShareACPUBySlices(t *testing.T) {
	s, _, _, stats := play(cpus(1), 0, []do{{run: 9 * ms}}, []do{{run: 5 * ms}})
	// a 0-3, b 3-6, a 6-9, b 9-11, a 11-14
	assert.Equal(t, []sim.Time{0, 14 * ms}, s[0].at)
	assert.Equal(t, []sim.Time{3 * ms, 11 * ms}, s[1].at)
	assert.Equal(t, Stats{Busy: 14 * ms, Waited: (3 + 3 + 3 + 2) * ms, LongestWait: 3 * ms, Preemptions: 3}, stats)
}

func TestAWakingThreadWaitsForTheRestOfTheSlice(t *testing.T) {
	s, _, _, _ := play(cpus(1), 2*ms, []do{{run: 9 * ms}}, []do{{run: ms}})
	assert.Equal(t, []sim.Time{3 * ms, 4 * ms}, s[1].at)
	assert.Equal(t, 10*ms, s[0].end())
}

func TestWhoHasHadItsSliceStopsAtOnce(t *testing.T) {
	s, _, _, stats := play(cpus(1), 5*ms, []do{{run: 9 * ms}}, []do{{run: ms}})
	assert.Equal(t, []sim.Time{5 * ms, 6 * ms}, s[1].at)
	assert.Equal(t, 10*ms, s[0].end())
	assert.EqualValues(t, 1, stats.Preemptions)
}

// TestManyShortRunsAreOneSlice: a thread does not keep its CPU by asking for little at a time.
func TestManyShortRunsAreOneSlice(t *testing.T) {
	s, _, _, _ := play(cpus(1), 0, slices.Repeat([]do{{run: ms / 2}}, 20), []do{{run: ms}})
	assert.Equal(t, 3*ms, s[1].at[0])
	assert.Equal(t, 11*ms, s[0].end())
}

func TestASleeperFreesItsCPU(t *testing.T) {
	for name, off := range map[string]do{"pause": {pause: 5 * ms}, "sleep": {sleep: 5 * ms}} {
		s, _, _, stats := play(cpus(1), 0, []do{{run: ms}, off, {run: ms}}, []do{{run: 2 * ms}})
		assert.Equal(t, []sim.Time{ms, 3 * ms}, s[1].at, name)
		assert.Equal(t, []sim.Time{0, ms, 6 * ms, 7 * ms}, s[0].at, name)
		assert.Equal(t, 4*ms, stats.Busy, name)
	}
}

func TestThreadsGetEqualShares(t *testing.T) {
	long := []do{{run: 300 * ms}}
	_, log, end, stats := play(cpus(2), 0, long, long, long, long, long)
	assert.InDelta(t, float64(5*300*ms/2), float64(end), float64(2*3*ms))
	for _, e := range log[5:] {
		assert.InDelta(t, float64(end), float64(e.at), float64(3*3*ms), e.name)
	}
	assert.Equal(t, 5*300*ms, stats.Busy)
}

func random(r *sim.Rand) [][]do {
	threads := make([][]do, 1+r.IntN(6))
	for i := range threads {
		for range r.IntN(30) {
			d := sim.Time(r.IntN(5)) * ms
			if r.IntN(2) == 0 {
				d = sim.Time(r.Exp() * 1e6)
			}
			switch r.IntN(5) {
			case 0:
				threads[i] = append(threads[i], do{pause: d})
			case 1:
				threads[i] = append(threads[i], do{sleep: d})
			default:
				threads[i] = append(threads[i], do{run: d})
			}
		}
	}
	return threads
}

// TestEnoughCPUsAreNoLimit: with a CPU for each thread, everything happens when and in the order in which it happens
// without a host.
func TestEnoughCPUsAreNoLimit(t *testing.T) {
	for seed := range uint64(200) {
		r := sim.Stream(seed)
		threads := random(&r)
		_, want, _, _ := play(unlimited, ms, threads...)
		_, got, _, stats := play(cpus(len(threads)), ms, threads...)
		require.Equal(t, want, got, "seed %d", seed)
		require.Zero(t, stats.Waited, "seed %d", seed)
	}
}

// TestRandomScripts: all CPU time that was asked for is given, and not more than there is.
func TestRandomScripts(t *testing.T) {
	for seed := range uint64(200) {
		checkRandom(t, seed)
	}
}

func FuzzScripts(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkRandom)
}

func checkRandom(t *testing.T, seed uint64) {
	t.Helper()
	r := sim.Stream(seed)
	threads := random(&r)
	n := 1 + r.IntN(3)
	scripts, _, end, stats := play(cpus(n), sim.Time(r.IntN(2))*ms, threads...)
	asked, longest := sim.Time(0), sim.Time(0)
	for i, todo := range threads {
		alone := sim.Time(0)
		for _, d := range todo {
			asked += d.run
			alone += d.run + d.pause + d.sleep
		}
		longest = max(longest, alone)
		require.Empty(t, scripts[i].todo, "seed %d", seed)
		require.GreaterOrEqual(t, scripts[i].end(), alone, "seed %d", seed)
	}
	require.Equal(t, asked, stats.Busy, "seed %d", seed)
	require.LessOrEqual(t, asked, end*sim.Time(n), "seed %d", seed)
	require.GreaterOrEqual(t, end, longest, "seed %d", seed)
	// Nobody waits for longer than a slice of each of the others, as many at a time as there are CPUs.
	require.LessOrEqual(t, stats.LongestWait, DefaultSlice*sim.Time(len(threads)), "seed %d", seed)
}

// TestOneCPUIsARoundRobin holds the host against a loop that gives slices in turn, for threads that only compute.
func TestOneCPUIsARoundRobin(t *testing.T) {
	for seed := range uint64(100) {
		r := sim.Stream(seed)
		var todo [][]do
		var left []sim.Time
		for range 1 + r.IntN(8) {
			d := sim.Time(1 + r.IntN(int(20*ms)))
			todo, left = append(todo, []do{{run: d}}), append(left, d)
		}
		want := make([]sim.Time, len(left))
		now, line := sim.Time(0), []int{}
		for i := range left {
			line = append(line, i)
		}
		for len(line) > 0 {
			i := line[0]
			line = line[1:]
			d := min(left[i], DefaultSlice)
			if len(line) == 0 {
				d = left[i]
			}
			now += d
			left[i] -= d
			if left[i] > 0 {
				line = append(line, i)
			} else {
				want[i] = now
			}
		}
		scripts, _, _, _ := play(cpus(1), 0, todo...)
		for i, s := range scripts {
			require.Equal(t, want[i], s.end(), "seed %d, thread %d", seed, i)
		}
	}
}

// TestIdleCPUs: a thread that is roused gets the CPU that has been idle for the shortest time, and a visitor from outside another one.
func TestIdleCPUs(t *testing.T) {
	var s sim.Simulation
	h := New(&s, Config{CPUs: 3})
	owner := &spinner{}
	target := s.Register(owner)
	var threads [4]*Thread
	for i := range threads {
		threads[i] = h.NewThread(&s, owner, target, 0, 0)
	}
	a, b, c, d := threads[0], threads[1], threads[2], threads[3]
	s.Run(10)
	require.True(t, a.WakeNow())
	require.True(t, b.WakeNow())
	s.Run(100)
	a.Sleep() // one CPU is idle since 0 now, and one since 100
	s.Run(130)
	assert.Equal(t, sim.Time(130), h.Visit(c.Rouse), "the visitor has the one that was idle last")
	assert.Zero(t, a.Rouse(), "it is idle again just now")
	assert.Zero(t, d.Rouse(), "all are taken")
	assert.Equal(t, sim.Time(7), h.Visit(func() sim.Time { return 7 }), "a visitor does not wait")
	s.Run(140)
	require.True(t, a.WakeNow())
	require.True(t, c.WakeNow())
	b.Sleep()
	s.Run(150)
	require.True(t, d.WakeNow())
	for _, th := range []*Thread{a, c, d} {
		th.Sleep()
	}
	s.Run(190)
	assert.Equal(t, sim.Time(40), a.Rouse())

	var own sim.Simulation
	alone := (*Host)(nil).NewThread(&own, owner, own.Register(owner), 0, 0)
	own.Run(70)
	assert.Equal(t, sim.Time(70), alone.Rouse())
	assert.Equal(t, sim.Time(7), (*Host)(nil).Visit(func() sim.Time { return 7 }))
}

func TestNothingIsAllocated(t *testing.T) {
	var s sim.Simulation
	h := New(&s, Config{CPUs: 2, Slice: 10})
	busy := &spinner{}
	for range 6 {
		th := h.NewThread(&s, busy, s.Register(busy), 0, uint64(len(busy.threads)))
		busy.threads = append(busy.threads, th)
		th.Wake(0)
	}
	s.Run(10_000)
	assert.Zero(t, testing.AllocsPerRun(10, func() { s.Run(s.Now() + 10_000) }))
}

// spinner owns threads that compute for ever.
type spinner struct {
	threads []*Thread
	runs    int
}

// Handle implements sim.Handler.
func (sp *spinner) Handle(ev sim.Event) {
	for sp.threads[ev.Arg].Run(7) {
		sp.runs++
	}
	sp.runs++
}

func BenchmarkRun(b *testing.B) {
	for _, bb := range []struct {
		name    string
		host    func(*sim.Simulation) *Host
		threads int
	}{
		{"unlimited", unlimited, 1}, {"uncontended", cpus(1), 1}, {"contended", cpus(1), 4},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var s sim.Simulation
			h := bb.host(&s)
			sp := &spinner{}
			for i := range bb.threads {
				th := h.NewThread(&s, sp, s.Register(sp), 0, uint64(i))
				sp.threads = append(sp.threads, th)
				th.Wake(0)
			}
			b.ReportAllocs()
			for b.Loop() {
				s.Run(s.Now() + 7000)
			}
			if sp.runs < 900*b.N {
				b.Fatal("threads did not run")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sp.runs), "ns/run")
		})
	}
}
