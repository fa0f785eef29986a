// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// TestWakesStealsAndJobsAreTold: of random programs each poll follows one wake; what is told is what the counters say; who is said to have woken
// a task polled the task that is said to have done it; and a thread of the pool has one job at a time.
func TestWakesStealsAndJobsAreTold(t *testing.T) {
	perCore := oracle{"tokio_per_core", 3, func(s *sim.Simulation, o scheduler.Observer) scheduler.Runtime {
		return check.Must(tokio.NewPerCore(s, tokio.Config{Workers: 3, Seed: 1}, o))
	}, nil}
	for _, model := range append(slices.Clip(oracles), perCore) {
		for _, mix := range []check.Mix{{}, {Cancels: true}, {InPlace: model.name == "tokio"}} {
			t.Run(model.name, func(t *testing.T) {
				var s sim.Simulation
				var wakes []scheduler.Woken
				var steals, stolen, jobs uint64
				working := map[int]bool{}
				log := check.Log{}
				o := log.Observer()
				o.Woken = func(w *scheduler.Woken) { wakes = append(wakes, *w) }
				o.Stolen = func(th *scheduler.Theft) {
					assert.NotEqual(t, th.Thief, th.Victim)
					assert.Positive(t, th.Tasks)
					steals++
					stolen += uint64(th.Tasks)
				}
				o.Job = func(j *scheduler.Job) {
					require.NotEqual(t, j.Begins, working[j.Thread], "%+v", j)
					working[j.Thread] = j.Begins
					jobs++
				}
				rt := model.start(&s, o)
				random := sim.Stream(7)
				for n := range uint64(300) {
					check.Must(rt.Spawn(mix.RandomProgram(&random, 2), n, sim.Stream(n)))
					s.Run(s.Now() + sim.Time(random.Exp()*10_000) + 1)
				}
				s.Run(s.Now() + 60_000*ms)
				require.NoError(t, log.Check(rt))

				c := rt.Counters()
				scheduled, counted, operations := c.RemoteSchedules, uint64(0), uint64(0)
				for _, w := range c.Workers {
					scheduled += w.LocalSchedules
					counted += w.Steals
					operations += w.StealOperations
				}
				assert.Len(t, wakes, int(scheduled))
				assert.Equal(t, counted, stolen)
				assert.Equal(t, operations, steals)
				for thread, works := range working {
					assert.False(t, works, "thread %d", thread)
				}
				if model.name != "ideal" {
					assert.Positive(t, jobs)
				}

				polls := map[uint64][]scheduler.Poll{} // of each task
				for _, p := range log.Polls {
					polls[p.Task] = append(polls[p.Task], p)
				}
				woken := map[uint64]int{} // so far
				during := 0
				for _, w := range wakes {
					of := polls[w.Task]
					n := woken[w.Task]
					woken[w.Task]++
					require.Less(t, n, len(of), "%+v is a wake without a poll", w)
					require.LessOrEqual(t, w.At, of[n].Start)
					require.GreaterOrEqual(t, w.At, of[n].Queued)
					require.False(t, w.Turn && (w.During != 0 || w.By == scheduler.Outside), "%+v", w)
					if w.During == 0 {
						continue
					}
					during++
					require.True(t, polled(polls[w.During], w), "%+v: no poll of that task then", w)
				}
				for task, of := range polls {
					assert.Equal(t, len(of), woken[task], "task %d", task)
				}
				assert.Positive(t, during)
			})
		}
	}
}

// polled reports whether one of a task's polls made a wake, by the worker that is said to have done it.
func polled(polls []scheduler.Poll, w scheduler.Woken) bool {
	for _, p := range polls {
		if p.Worker == w.By && p.Start <= w.At && w.At <= p.End { // without costs a poll ends when its wakes are made
			return true
		}
	}
	return false
}
