// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// request is what a runtime is asked to do: all that the workload decides.
type request struct {
	at   sim.Time
	name string
	tag  uint64
	work sim.Rand
}

// recorder is a runtime that only writes down what it is asked for.
type recorder struct {
	scheduler.Runtime

	sim      *sim.Simulation
	requests []request
}

func (r *recorder) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	r.requests = append(r.requests, request{r.sim.Now(), p.Name, tag, work})
	return uint64(len(r.requests)), nil
}

// record plays an instance for some time and returns its requests.
func record(s *workload.Service, fleetSeed uint64, instance int, d time.Duration) []request {
	var sm sim.Simulation
	r := &recorder{sim: &sm}
	unlimited := *s
	unlimited.MaxInFlight = 0 // nothing ever ends
	(&Instance{sim: &sm, runtime: r}).play(&unlimited, seedOf(s, fleetSeed), uint64(instance))
	sm.Run(sim.Time(d))
	return r.requests
}

const twoOperations = `operations:
    - {name: often, weight: 3, steps: [compute: {exponential: {mean: 50us}}, io: {exponential: {mean: 1ms}}, compute: 20us]}
    - {name: seldom, weight: 1, steps: [spawn: {count: 2, name: part, steps: [io: 1ms]}, join: ]}`

func TestSameSeedSameRequests(t *testing.T) {
	const poisson = "arrivals: {process: poisson, rate: 1000}"
	services := mustFleet(t,
		fleettest.Service("name: a", poisson, "seed: 7", twoOperations)+
			fleettest.Service("name: b", poisson, "seed: 7", twoOperations, "runtime: {model: smol}")+
			fleettest.Service("name: c", poisson, "seed: 8", twoOperations)+
			fleettest.Service("name: d", poisson, twoOperations)+
			fleettest.Service("name: e", poisson, twoOperations))
	a := record(services[0], 1, 0, time.Second)
	require.InDelta(t, 1000, len(a), 4*32)
	assert.Equal(t, a, record(services[0], 1, 0, time.Second), "again")
	assert.Equal(t, a, record(services[0], 2, 0, time.Second), "the service's seed replaces the fleet's")
	assert.Equal(t, a, record(services[1], 1, 0, time.Second), "another runtime")
	assert.NotEqual(t, a[0].at, record(services[0], 1, 1, time.Second)[0].at, "another instance")
	assert.NotEqual(t, a[0].at, record(services[2], 1, 0, time.Second)[0].at, "another seed")

	// Without a seed of its own, a service's requests follow from the fleet's seed and the name.
	d := record(services[3], 1, 0, time.Second)
	assert.Equal(t, d, record(services[3], 1, 0, time.Second))
	assert.NotEqual(t, d[0].at, record(services[3], 2, 0, time.Second)[0].at)
	assert.NotEqual(t, d[0].at, record(services[4], 1, 0, time.Second)[0].at)
}

func TestRequestsAreIndependent(t *testing.T) {
	// What request n is and does depends on its number alone: with other arrivals, it is the same.
	services := mustFleet(t,
		fleettest.Service("name: a", "seed: 7", "arrivals: {process: poisson, rate: 1000}", twoOperations)+
			fleettest.Service("name: b", "seed: 7", "arrivals: {process: constant, rate: 500}", twoOperations))
	a, b := record(services[0], 0, 0, time.Second), record(services[1], 0, 0, time.Second)
	require.Len(t, b, 500)
	for i := range b {
		assert.Equal(t, uint64(i), b[i].tag)
		a[i].at, b[i].at = 0, 0
	}
	assert.Equal(t, b, a[:len(b)])

	// Instances draw different work, and so do requests.
	seen := map[sim.Rand]bool{}
	for instance := range 10 {
		for _, r := range record(services[1], 0, instance, time.Second) {
			require.False(t, seen[r.work])
			seen[r.work] = true
		}
	}
}

func TestOperationsByWeight(t *testing.T) {
	s := mustFleet(t, fleettest.Service("arrivals: {process: constant, rate: 100000}", twoOperations))[0]
	often := 0
	for _, r := range record(s, 1, 0, time.Second) {
		if r.name == "often" {
			often++
		}
	}
	assert.InDelta(t, 75_000, often, 4*137) // four standard deviations: sqrt(n p (1-p)) = 137
}

func TestPlayStartsNow(t *testing.T) {
	s := mustFleet(t, fleettest.Service("arrivals: {process: constant, rate: 1000}"))[0]
	var sm sim.Simulation
	sm.Run(sim.Time(time.Hour))
	var spawned []sim.Time
	in := NewNetwork(&sm).Play(s, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
		spawned = append(spawned, f.Spawned-sim.Time(time.Hour))
	}}})
	sm.Run(sim.Time(time.Hour + 2500*time.Microsecond))
	assert.Equal(t, []sim.Time{1e6, 2e6}, spawned)
	assert.Equal(t, uint64(2), in.Arrivals())
	assert.Equal(t, 0, in.Runtime().Live())
}

func TestStopDrains(t *testing.T) {
	s := mustFleet(t, fleettest.Service("arrivals: {process: constant, rate: 1000}", "operations: [{name: op, steps: [io: 100ms]}]"))[0]
	var sm sim.Simulation
	in := NewNetwork(&sm).Play(s, 1, 0, Observer{})
	sm.Run(sim.Time(10 * time.Millisecond))
	assert.Equal(t, 10, in.Runtime().Live())
	in.Stop()
	sm.Run(sim.Time(time.Second))
	assert.Equal(t, uint64(10), in.Arrivals())
	assert.Equal(t, 0, in.Runtime().Live())
}

func TestNoArrivals(t *testing.T) {
	s := mustFleet(t, fleettest.Service("arrivals: {process: poisson, rate: 1e-300}"))[0]
	var sm sim.Simulation
	in := NewNetwork(&sm).Play(s, 1, 0, Observer{})
	sm.Run(sim.Time(time.Hour))
	assert.Zero(t, in.Arrivals())
}

// TestRuntimesGetTheSameLoad plays one load on all runtimes. Each makes something else of it, but arrivals,
// operations and drawn durations are the same.
func TestRuntimesGetTheSameLoad(t *testing.T) {
	type fact struct {
		spawned sim.Time
		name    string
		busy    sim.Time // of requests that only compute
	}
	var first map[uint64]fact
	for _, tt := range []struct {
		model, thread string
		workers       int
	}{
		{semconv.RuntimeTokio, semconv.ThreadTokio, 4},
		{semconv.RuntimeAsyncStd, semconv.ThreadAsyncStd, 4},
		{semconv.RuntimeSmol, semconv.ThreadSmolPrefix + "1", 1},
		{semconv.RuntimeIdeal, semconv.ThreadIdeal, 4},
	} {
		t.Run(tt.model, func(t *testing.T) {
			s := mustFleet(t, fleettest.Service("seed: 7", "runtime: {model: "+tt.model+"}",
				"arrivals: {process: poisson, rate: 2000}", `operations:
    - {name: compute, steps: [compute: {exponential: {mean: 50us}}]}
    - {name: fan, steps: [compute: 10us, spawn: {count: 2, name: part, steps: [io: {uniform: {min: 1ms, max: 2ms}}]}, join: ]}`))[0]
			facts := map[uint64]fact{}
			roots := map[uint64]uint64{} // tag: number of the root task
			parts := map[uint64]uint64{} // tag: parent of its parts
			partCount := 0
			var sm sim.Simulation
			in := NewNetwork(&sm).Play(s, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
				span := s.Spans[f.Program.Label]
				if span.Name == "part" {
					assert.Equal(t, workload.Internal, span.Kind)
					parts[f.Tag] = f.Parent
					partCount++
					return
				}
				assert.Zero(t, f.Parent)
				roots[f.Tag] = f.Task
				fact := fact{spawned: f.Spawned, name: span.Name}
				if span.Name == "compute" {
					fact.busy = f.Busy
				}
				facts[f.Tag] = fact
			}}})
			sm.Run(sim.Time(time.Second))

			assert.Equal(t, tt.workers, in.Runtime().Workers())
			assert.Equal(t, tt.thread, in.Runtime().ThreadName(0))
			assert.InDelta(t, 2000, in.Arrivals(), 4*45)
			c := in.Runtime().Counters()
			assert.Equal(t, c.Spawned, c.Finished+uint64(in.Runtime().Live()))
			assert.InDelta(t, in.Arrivals(), len(facts), 50, "the rest is still on its way")
			require.Greater(t, partCount, 1000)
			for tag, parent := range parts {
				if root, done := roots[tag]; done {
					require.Equal(t, root, parent)
				}
			}
			if first == nil {
				first = facts
				return
			}
			compared := 0
			for tag, f := range facts {
				if want, ok := first[tag]; ok {
					require.Equal(t, want, f, "request %d", tag)
					compared++
				}
			}
			assert.Greater(t, compared, 1500)
		})
	}
}

// TestCosts: the costs of a runtime are the default's unless they are set after Parse.
func TestCosts(t *testing.T) {
	const poll = 300
	own := cost.Set{Tokio: cost.Profile{Poll: poll}, AsyncExecutor: cost.Profile{Poll: poll}, AsyncStd: cost.Profile{Poll: poll}, Smol: cost.Profile{Poll: poll}}
	for _, model := range runtimeModels {
		firstWait := func(costs *cost.Set) (wait sim.Time) {
			s := mustFleet(t, fleettest.Service("runtime: {model: "+model+", worker_threads: 1}", "arrivals: {process: constant, rate: 1000}"))[0]
			s.Runtime.Costs = costs
			var sm sim.Simulation
			NewNetwork(&sm).Play(s, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) { wait = f.QueueWait }}})
			sm.Run(sim.Time(1500 * time.Microsecond))
			return wait
		}
		t.Run(model, func(t *testing.T) {
			standard := cost.Default()
			assert.Equal(t, firstWait(&standard), firstWait(nil))
			assert.Zero(t, firstWait(&cost.Zero))
			if model == semconv.RuntimeIdeal {
				assert.Zero(t, firstWait(nil))
				return
			}
			assert.Greater(t, firstWait(nil), sim.Time(1000))
			assert.EqualValues(t, poll, firstWait(&own))
		})
	}
}

// BenchmarkPlay is the time per request of a service whose requests do nothing to speak of.
func BenchmarkPlay(b *testing.B) {
	for _, model := range runtimeModels {
		b.Run(model, func(b *testing.B) {
			// A load of half of what one worker can do, at 1 us a request.
			s := mustFleet(b, fleettest.Service("runtime: {model: "+model+", worker_threads: 1}",
				"arrivals: {process: poisson, rate: 500000}", "operations: [{name: op, steps: [compute: 100ns]}]"))[0]
			finished := uint64(0)
			var sm sim.Simulation
			in := NewNetwork(&sm).Play(s, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(*scheduler.Finished) { finished++ }}})
			b.ReportAllocs()
			for at := sim.Time(0); b.Loop(); {
				at += 2000 // one request, on average
				sm.Run(at)
			}
			if live := uint64(in.Runtime().Live()); in.Arrivals() != finished+live {
				b.Fatalf("%d arrived, %d finished, %d live", in.Arrivals(), finished, live)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(1, in.Arrivals())), "ns/request")
		})
	}
}

// TestTokioSettingsReachTheModel: what is written under runtime changes what happens.
func TestTokioSettingsReachTheModel(t *testing.T) {
	// One worker, a task that spawns another and computes on: the spawned one waits in the LIFO slot or the run queue.
	log := func(settings string) []scheduler.Finished {
		service := mustFleet(t, `
- name: a
  seed: 1
  runtime: {model: tokio`+settings+`}
  arrivals: {process: constant, rate: 5000}
  operations:
    - name: one
      steps:
        - spawn: {count: 40, detached: true, name: child, steps: [{compute: 20us}, {sleep: 1ms}, {compute: 20us}]}
        - compute: 1ms
`)[0]
		var s sim.Simulation
		var finished []scheduler.Finished
		NewNetwork(&s).Play(service, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
			g := *f
			g.Program = nil
			finished = append(finished, g)
		}}})
		s.Run(sim.Time(20 * time.Millisecond))
		return finished
	}
	plain := log("")
	assert.Equal(t, plain, log(`, version: "1.53", flavor: multi_thread, worker_threads: 4`))
	for _, settings := range []string{
		`, version: "1.51.0"`, ", flavor: current_thread", ", disable_lifo_slot: true", ", global_queue_interval: 2", ", event_interval: 1",
	} {
		assert.NotEqual(t, plain, log(settings), settings)
	}
}
