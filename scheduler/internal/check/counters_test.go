// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestCountersAtAnyInstant: whenever somebody looks, the workers' time adds up, and the queues hold the tasks that the log
// shows to be queued.
func TestCountersAtAnyInstant(t *testing.T) {
	for _, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			var s sim.Simulation
			var log check.Log
			rt := model.start(&s, log.Observer())
			random := sim.Stream(3)
			queued := map[sim.Time]int{}
			for n := range uint64(2000) {
				work := &program.Program{Steps: []program.Step{step(program.Compute, sim.Time(random.Exp()*float64(model.workers)*9000), 0)}}
				check.Must(rt.Spawn(work, n, sim.Stream(n)))
				s.Run(s.Now() + sim.Time(random.Exp()*10_000) + 1)
				require.NoError(t, check.Times(rt, s.Now(), true), "at %d", s.Now())
				c := rt.Counters()
				require.EqualValues(t, rt.Live(), c.Spawned-c.Finished)
				for i := range c.Workers {
					c.GlobalQueue += c.Workers[i].LocalQueue
				}
				queued[s.Now()] = c.GlobalQueue
			}
			s.Run(s.Now() + 10_000*ms)
			require.NoError(t, log.Check(rt))
			most := 0
			for at, n := range queued {
				for _, p := range log.Polls {
					if p.Queued < at && at < p.Start { // the next one is spawned at this instant
						n--
					}
				}
				require.Zero(t, n, "at %d", at)
				most = max(most, queued[at])
			}
			assert.Greater(t, most, 10, "a load that says little")
		})
	}
}

// TestBlockingCounters: three closures on a pool, of which each has a thread or waits for one.
func TestBlockingCounters(t *testing.T) {
	for _, model := range oracles {
		if model.name == "ideal" { // its pool has neither threads nor a queue
			continue
		}
		t.Run(model.name, func(t *testing.T) {
			var s sim.Simulation
			var ends []sim.Time
			rt := model.start(&s, scheduler.Observer{Finished: func(f *scheduler.Finished) { ends = append(ends, f.End) }})
			before := rt.Counters()
			assert.Zero(t, before.BlockingThreads)
			for n := range uint64(3) {
				check.Must(rt.Spawn(&program.Program{Steps: []program.Step{step(program.SpawnBlocking, 10*ms, 0)}}, n, sim.Stream(n)))
			}
			s.Run(5 * ms)
			during := rt.Counters()
			busy := during.BlockingThreads - during.BlockingIdle
			assert.Positive(t, busy)
			assert.Equal(t, 3, busy+during.BlockingQueue)
			s.Run(200 * ms)
			require.GreaterOrEqual(t, len(ends), 3, "async-std has a task wait for each closure")
			after := rt.Counters()
			assert.Equal(t, during.BlockingThreads, after.BlockingThreads, "they wait for more")
			assert.Equal(t, after.BlockingThreads, after.BlockingIdle)
			s.Run(20_000 * ms)
			if model.name == "tokio" || model.name == "current_thread" {
				assert.Zero(t, rt.Counters().BlockingThreads)
			} else {
				assert.Equal(t, after.BlockingIdle, rt.Counters().BlockingIdle, "threads of the crate stay")
			}
		})
	}
}

// TestBlockingVersion: up to version 1.6 of the crate blocking its threads end after half a second without a job.
func TestBlockingVersion(t *testing.T) {
	for _, name := range []string{"smol", "async_std"} {
		for version, want := range map[string]int{"": 1, "1.7": 1, "1.6": 0} {
			var s sim.Simulation
			m := models.ByName(name)
			cfg := m.Config()
			cfg.BlockingVersion = version
			rt := check.Must(m.New(&s, cfg, scheduler.Observer{}))
			check.Must(rt.Spawn(&program.Program{Steps: []program.Step{step(program.SpawnBlocking, ms, 0)}}, 0, sim.Stream(1)))
			s.Run(400 * ms)
			assert.Equal(t, 1, rt.Counters().BlockingThreads, "%s %q", name, version)
			s.Run(1000 * ms)
			assert.Equal(t, want, rt.Counters().BlockingThreads, "%s %q", name, version)
		}
		m := models.ByName(name)
		cfg := m.Config()
		cfg.BlockingVersion = "2"
		_, err := m.New(&sim.Simulation{}, cfg, scheduler.Observer{})
		require.EqualError(t, err, name+`: blocking_version: "2" is not allowed; want one of [1.7 1.6]`)
	}
}

// TestStarted: each task is reported once, at its first poll, before it is reported otherwise; one cancelled before is not.
func TestStarted(t *testing.T) {
	for _, model := range oracles {
		t.Run(model.name, func(t *testing.T) {
			var s sim.Simulation
			started := map[uint64]sim.Time{}
			finished, cancelled := 0, 0
			rt := model.start(&s, scheduler.Observer{
				Started: func(st *scheduler.Started) {
					assert.NotContains(t, started, st.Task)
					started[st.Task] = st.At
				},
				Finished: func(f *scheduler.Finished) {
					finished++
					at, found := started[f.Task]
					if !found {
						assert.Equal(t, scheduler.Cancelled, f.Outcome)
						cancelled++
						return
					}
					assert.Equal(t, f.FirstPoll, at)
				},
			})
			child := &program.Program{Steps: []program.Step{step(program.IO, 2*us, 0)}}
			spawn := program.Step{Op: program.Spawn, Child: child, Count: 50}
			check.Must(rt.Spawn(&program.Program{Steps: []program.Step{spawn, {Op: program.Cancel}}}, 1, sim.Stream(1)))
			s.Run(100 * ms)
			assert.Equal(t, 51, finished)
			assert.Len(t, started, finished-cancelled)
			if model.workers == 1 {
				assert.Equal(t, 50, cancelled, "nobody else could start them")
			}
		})
	}
}
