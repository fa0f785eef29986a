// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// miscounting is a runtime whose counters are not its own.
type miscounting struct {
	scheduler.Runtime
	change func(*scheduler.Counters)
}

func (m miscounting) Counters() scheduler.Counters {
	c := m.Runtime.Counters()
	m.change(&c)
	return c
}

// fewer is a runtime that claims to have fewer workers.
type fewer struct{ scheduler.Runtime }

func (f fewer) Workers() int { return f.Runtime.Workers() - 1 }

// TestCheckFindsMistakes: each identity is worth something only if a log that breaks it is refused.
func TestCheckFindsMistakes(t *testing.T) {
	count := func(change func(*scheduler.Counters)) func(*check.Log, scheduler.Runtime) scheduler.Runtime {
		return func(_ *check.Log, rt scheduler.Runtime) scheduler.Runtime { return miscounting{rt, change} }
	}
	for _, tt := range []struct {
		name string
		// spoil changes a log of ten tasks on two workers, or the runtime; nil: nothing. Task 1 runs from 1 ms on.
		spoil func(*check.Log, scheduler.Runtime) scheduler.Runtime
		want  string
	}{
		{"nothing", nil, ""},
		{"lost task", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Finished = l.Finished[1:]
			return rt
		}, "spawned 10, finished 10, live 0, reported 9"},
		{"lost poll", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Polls = l.Polls[1:]
			return rt
		}, "does not add up to its polls"},
		{"poll twice", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Polls = append(l.Polls, l.Polls[0])
			return rt
		}, "inside the poll before"},
		{"polled before queued", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Polls[0].Queued = l.Polls[0].Start + 1
			return rt
		}, "poll out of order"},
		{"wrong worker", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			for i := range l.Polls {
				l.Polls[i].Worker = 0
			}
			return rt
		}, "inside the poll before"},
		{"misreported wait", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Finished[0].QueueWait++
			return rt
		}, "does not add up to its polls"},
		{"arrived earlier", func(l *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			l.Finished[0].Spawned--
			return rt
		}, "tasks in the system, over time"},
		{"more workers than there are", func(_ *check.Log, rt scheduler.Runtime) scheduler.Runtime {
			return fewer{rt}
		}, "no worker has the index 1"},
		{"polls not counted", count(func(c *scheduler.Counters) { c.Workers[1].Polls-- }), "worker 1 polled 5 times"},
		{"busy time not counted", count(func(c *scheduler.Counters) { c.Workers[0].Busy-- }), "worker 0 polled 5 times"},
		{"steals not of tasks", count(func(c *scheduler.Counters) { c.Workers[0].Steals++ }), "workers count 1 steals, tasks 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s sim.Simulation
			var log check.Log
			var rt scheduler.Runtime = check.Must(ideal.New(&s, ideal.Config{Workers: 2}, log.Observer()))
			constant := check.Distributions[0]
			check.Load{Service: constant.Of(1000), Gap: constant.Of(0), Tasks: 10}.Play(&s, rt)
			if tt.spoil != nil {
				rt = tt.spoil(&log, rt)
			}
			err := log.Check(rt)
			if tt.want == "" {
				assert.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.want)
		})
	}
}

// TestNextFreeServer: on two servers the third task waits for the second, which ends before the first, and the fifth finds a server
// free.
func TestNextFreeServer(t *testing.T) {
	arrived := check.Arrived{Times: []sim.Time{0, 1, 2, 3, 100}, Services: []sim.Time{20, 4, 10, 1, 1}}
	assert.Equal(t, []sim.Time{0, 1, 5, 15, 100}, check.NextFreeServer(arrived, 2))
	assert.Equal(t, []sim.Time{0, 20, 24, 34, 100}, check.NextFreeServer(arrived, 1))
}

func TestIdleWhileQueued(t *testing.T) {
	poll := func(worker int, queued, start, end sim.Time) scheduler.Poll {
		return scheduler.Poll{Worker: worker, Queued: queued, Start: start, End: end}
	}
	// Worker 1 is idle from 0 to 6, and a task waits from 4 on.
	log := check.Log{Polls: []scheduler.Poll{poll(0, 0, 0, 10), poll(1, 4, 6, 8)}}
	assert.EqualValues(t, 2, log.IdleWhileQueued(2))
	assert.Zero(t, log.IdleWhileQueued(1))
}
