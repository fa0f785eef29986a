package smol

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestThreads(t *testing.T) {
	var s sim.Simulation
	one := New(&s, Config{}, scheduler.Observer{})
	assert.Equal(t, 1, one.Workers())
	assert.Equal(t, "smol-1", one.ThreadName(0))
	assert.Equal(t, "main", one.ThreadName(scheduler.Outside))
	three := New(&s, Config{Threads: 3}, scheduler.Observer{})
	assert.Equal(t, 3, three.Workers())
	assert.Equal(t, "smol-3", three.ThreadName(2))
}

// sampler draws a multiple of 10 us.
type sampler func(r *sim.Rand) float64

func (f sampler) Sample(r *sim.Rand) sim.Time { return sim.Time(f(r) * 1e4) }

// distributions of service times, all with a mean near 1, from none to infinite variance.
var distributions = map[string]sampler{
	"constant":    func(*sim.Rand) float64 { return 1 },
	"uniform":     func(r *sim.Rand) float64 { return 2 * r.Float64() },
	"exponential": func(r *sim.Rand) float64 { return r.Exp() },
	"lognormal":   func(r *sim.Rand) float64 { return math.Exp(1.5*r.Norm() - 1.125) },
	"pareto":      func(r *sim.Rand) float64 { return math.Pow(1-r.Float64(), -1/1.5) / 3 },
	"two points": func(r *sim.Rand) float64 { // mostly nothing, so that many tasks end at one instant
		if r.IntN(20) == 0 {
			return 20
		}
		return 0
	},
}

// arrivals spawns one task after the other; both its gaps and what the tasks compute are drawn from the same distribution.
type arrivals struct {
	sim     *sim.Simulation
	self    sim.Target
	runtime scheduler.Runtime
	program *program.Program
	gap     sampler
	left    int
	stream  sim.Rand
	times   []sim.Time
	service []sim.Time
}

func (a *arrivals) Handle(sim.Event) {
	work := sim.Stream(11, uint64(a.left))
	a.times = append(a.times, a.sim.Now())
	a.runtime.Spawn(a.program, 0, work)
	a.service = append(a.service, a.gap.Sample(&work))
	a.left--
	if a.left > 0 {
		a.sim.Schedule(a.sim.Now()+a.gap.Sample(&a.stream)*10/9, a.self, 0, 0)
	}
}

// TestOneThreadIsASingleServerQueue holds smol on one thread and free primitives against Lindley's recursion, to the nanosecond: task n starts
// when it has arrived and task n-1 has ended.
func TestOneThreadIsASingleServerQueue(t *testing.T) {
	const tasks = 10_000
	for name, service := range distributions {
		t.Run(name, func(t *testing.T) {
			var s sim.Simulation
			var starts, ends []sim.Time
			rt := New(&s, Config{}, scheduler.Observer{Poll: func(p *scheduler.Poll) {
				starts = append(starts, p.Start)
				ends = append(ends, p.End)
			}})
			a := &arrivals{
				sim: &s, runtime: rt, gap: service, left: tasks, stream: sim.Stream(13),
				program: &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: service}}},
			}
			a.self = s.Register(a)
			s.Schedule(sim.Time(time.Millisecond), a.self, 0, 0)
			s.Run(sim.Never - 1)

			require.Len(t, starts, tasks)
			free, waited := sim.Time(0), 0
			for i, arrival := range a.times {
				start := max(arrival, free)
				free = start + a.service[i]
				require.Equal(t, start, starts[i], "start of task %d", i)
				require.Equal(t, free, ends[i], "end of task %d", i)
				if start > arrival {
					waited++
				}
			}
			if name != "constant" {
				assert.Greater(t, waited, tasks/10, "a queue that says little")
			}
		})
	}
}
