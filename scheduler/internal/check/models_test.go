// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/queueing"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncstd"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/smol"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// oracle is a runtime without costs.
type oracle struct {
	name    string
	workers int
	start   check.Start
	// waits are the ways of waiting without times of the runtime's own: Tokio's timers have ticks of 1 ms, and async-io's
	// helper thread looks at timers and sockets at intervals of its own.
	waits []program.Op
}

// oracles are all runtimes whose workers share what there is to do. smol has one thread, its default: with more it is what async-std is.
var oracles = []oracle{
	{"ideal", 4, func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
		return check.Must(ideal.New(s, ideal.Config{Workers: 4}, o))
	}, []program.Op{program.Sleep, program.IO}},
	{"tokio", 4, func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
		return check.Must(tokio.New(s, tokio.Config{Workers: 4, Seed: 1}, o))
	}, []program.Op{program.IO}},
	{"async_std", 4, func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
		return check.Must(asyncstd.New(s, asyncstd.Config{Threads: 4, Seed: 1}, o))
	}, nil},
	{"smol", 1, func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
		return check.Must(smol.New(s, smol.Config{Seed: 1}, o))
	}, nil},
}

// TestMeanWaitIsErlangs: without costs, tasks that compute once keep all workers busy as long as any is queued. So waits
// have the mean of M/M/c, though local queues may change their order.
func TestMeanWaitIsErlangs(t *testing.T) {
	const (
		utilization = 0.7
		service     = 10_000.0
	)
	tasks, precision := 33*80_000, 0.03
	if raceDetector { // ten times slower; make test runs both
		tasks, precision = 33*10_000, 0.1
	}
	for i, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			servers := float64(model.workers)
			want := queueing.ErlangC(model.workers, utilization) * service / (servers * (1 - utilization))
			load := check.Load{
				Service: check.Exponential.Of(service), Gap: check.Exponential.Of(service / (servers * utilization)),
				Tasks: tasks, Seed: uint64(i),
			}
			var s sim.Simulation
			waits := make([]sim.Time, tasks)
			rt := model.start(&s, scheduler.Observer{Finished: func(f *scheduler.Finished) { waits[f.Task-1] = f.QueueWait }})
			load.Play(&s, rt)
			require.EqualValues(t, tasks, rt.Counters().Finished)
			estimate := queueing.BatchMeans(waits)
			assert.InDelta(t, want, estimate.Mean, estimate.HalfWidth)
			assert.Less(t, estimate.HalfWidth, precision*want, "an interval that says little")
		})
	}
}

// TestNoWorkerIdlesWhileATaskIsQueued is why: the mean alone would not show a rare idle worker.
func TestNoWorkerIdlesWhileATaskIsQueued(t *testing.T) {
	for _, model := range oracles {
		for _, load := range check.Loads(model.workers) {
			if !slices.Contains([]string{"exponential", "bursts", "grid"}, load.Name) {
				continue
			}
			t.Run(model.name+"/"+load.Name, func(t *testing.T) {
				var s sim.Simulation
				var log check.Log
				rt := model.start(&s, log.Observer())
				load.Play(&s, rt)
				require.NoError(t, log.Check(rt))
				assert.Zero(t, log.IdleWhileQueued(model.workers))
				assert.NoError(t, check.Times(rt, s.Now(), true))
			})
		}
	}
}

// TestTimesScale: without costs there is no unit of time but that of the load.
func TestTimesScale(t *testing.T) {
	for _, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			waited := 0
			for seed := range uint64(20) {
				n, err := check.Scaling(model.start, seed, 7, model.waits...)
				require.NoError(t, err, "seed %d", seed)
				waited += n
			}
			assert.Greater(t, waited, 1000, "a load that says little")
		})
	}
}
