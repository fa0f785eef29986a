package asyncstd

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestThreads(t *testing.T) {
	var s sim.Simulation
	rt := New(&s, Config{Threads: 4}, scheduler.Observer{})
	assert.Equal(t, 4, rt.Workers())
	for i := range 4 {
		assert.Equal(t, "async-std/runtime", rt.ThreadName(i))
	}
}

func TestOverhead(t *testing.T) {
	child := &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: program.Constant(1000)}}}
	parent := &program.Program{Steps: []program.Step{{Op: program.Spawn, Child: child, Count: 1, Detached: true}}}
	for name, test := range map[string]struct {
		costs                   cost.Profile
		parentBusy, firstPollAt sim.Time
	}{
		"zero stays zero": {},
		"on top":          {cost.Profile{Spawn: 100, Poll: 70}, 100 + spawnOverhead, 70 + pollOverhead},
	} {
		t.Run(name, func(t *testing.T) {
			var s sim.Simulation
			var polls []scheduler.Poll
			rt := New(&s, Config{Threads: 1, Costs: test.costs}, scheduler.Observer{
				Poll: func(p *scheduler.Poll) { polls = append(polls, *p) },
			})
			rt.Spawn(parent, 0, 0)
			s.Run(1e6)
			require.Len(t, polls, 2)
			assert.Equal(t, test.firstPollAt, polls[0].Start)
			assert.Equal(t, test.parentBusy, polls[0].End-polls[0].Start)
			assert.EqualValues(t, 1000, polls[1].End-polls[1].Start)
		})
	}
}

// exponential draws with a mean in nanoseconds.
type exponential float64

func (m exponential) Sample(r *sim.Rand) sim.Time { return sim.Time(float64(m)*r.Exp() + 0.5) }

type arrivals struct {
	sim     *sim.Simulation
	self    sim.Target
	runtime scheduler.Runtime
	program *program.Program
	gap     exponential
	seed    uint64
	left    uint64
	stream  sim.Rand
}

func (a *arrivals) Handle(sim.Event) {
	a.runtime.Spawn(a.program, 0, sim.Stream(5, a.seed, a.left))
	a.left--
	if a.left > 0 {
		a.sim.Schedule(a.sim.Now()+a.gap.Sample(&a.stream), a.self, 0, 0)
	}
}

// erlangC is the probability that an arrival waits in M/M/c at the load of each server (Erlang 1917).
func erlangC(c int, load float64) float64 {
	b := 1.0 // Erlang B, by its recursion
	for k := 1; k <= c; k++ {
		a := load * float64(c)
		b = a * b / (float64(k) + a*b)
	}
	return b / (1 - load*(1-b))
}

// idleWhileQueued adds up the time in which a task was queued and a worker idle.
func idleWhileQueued(polls []scheduler.Poll, workers int) sim.Time {
	type change struct {
		at           sim.Time
		queued, busy int
	}
	changes := make([]change, 0, 3*len(polls))
	for _, p := range polls {
		changes = append(changes, change{p.Queued, 1, 0}, change{p.Start, -1, 1}, change{p.End, 0, -1})
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var idle, last sim.Time
	queued, busy := 0, 0
	for _, c := range changes {
		if queued > 0 && busy < workers {
			idle += c.at - last
		}
		last = c.at
		queued += c.queued
		busy += c.busy
	}
	return idle
}

// TestFourThreadsAreAFourServerQueue: without costs no thread idles while a task is queued, so waits have the mean of M/M/4, though
// hoards in local queues change their order.
func TestFourThreadsAreAFourServerQueue(t *testing.T) {
	const (
		threads      = 4
		load         = 0.7
		service      = 10_000.0
		tasks        = 10_000
		replications = 32
		quantile     = 3.02 // of Student's t with 31 degrees of freedom: 99.5 %, two-sided
	)
	var sum, squares float64
	for n := range uint64(replications) {
		var s sim.Simulation
		var polls []scheduler.Poll
		var waits sim.Time
		rt := New(&s, Config{Threads: threads, Seed: n}, scheduler.Observer{
			Poll: func(p *scheduler.Poll) {
				waits += p.Start - p.Queued
				if n == 0 {
					polls = append(polls, *p)
				}
			},
		})
		a := &arrivals{
			sim: &s, runtime: rt, gap: service / (threads * load), left: tasks, seed: n, stream: sim.Stream(17, n),
			program: &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: exponential(service)}}},
		}
		a.self = s.Register(a)
		s.Schedule(1e6, a.self, 0, 0)
		s.Run(sim.Never - 1)

		require.EqualValues(t, tasks, rt.Counters().Finished)
		require.Zero(t, idleWhileQueued(polls, threads))
		mean := float64(waits) / tasks
		sum += mean
		squares += mean * mean
	}
	mean := sum / replications
	halfWidth := quantile * math.Sqrt((squares/replications-mean*mean)/(replications-1))
	want := erlangC(threads, load) * service / (threads * (1 - load))
	assert.InDelta(t, want, mean, halfWidth)
	assert.Less(t, halfWidth, 0.08*want, "an interval that says little")
}
