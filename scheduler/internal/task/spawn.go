// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// New makes a task spawned now from outside. It is queued: the runtime must put it in a queue. The error says why the runtime cannot
// run the program.
func (ts *Tasks) New(p *program.Program, tag uint64, work sim.Rand) (ID, error) {
	if err := ts.sound.check(p, ts.lacks()); err != nil {
		return 0, err
	}
	id, t := ts.allocate()
	t.Program, t.tag, t.work = p, tag, work
	t.origin, t.spawner, t.worker = root, scheduler.Outside, scheduler.Outside
	return id, nil
}

// lacks are the steps that the runtime does not have, and calls if nobody carries requests to other services.
func (ts *Tasks) lacks() program.Ops {
	if ts.observer.Call == nil {
		return ts.Lacks | program.OpsOf(program.Call)
	}
	return ts.Lacks
}

func (ts *Tasks) newChild(owner ID, t *Task, st *program.Step) ID {
	id, c := ts.allocate()
	c.Program, c.tag = st.Child, t.tag
	c.work = sim.Rand(t.work.Uint64())
	c.parent = ts.spans.enclosing(t)
	c.spawner, c.worker = t.thread, t.worker
	if st.Detached {
		return id
	}
	c.owner = owner
	if t.lastHandle == 0 {
		t.firstHandle = id
	} else {
		ts.Get(t.lastHandle).sibling = id
	}
	t.lastHandle = id
	return id
}

// blockingProgram and fileProgram are what async-std's spawn_blocking spawns: a task that awaits the blocking pool. The random stream of such a
// task holds the duration of the job.
var (
	blockingProgram = &program.Program{Label: -1, Steps: []program.Step{{Op: program.SpawnBlocking, Duration: carried{}}}}
	fileProgram     = &program.Program{Label: -1, Steps: []program.Step{{Op: program.File, Duration: carried{}}}}
)

type carried struct{}

// Sample implements program.Sampler.
func (carried) Sample(r *sim.Rand) sim.Time { return sim.Time(narrow.Int(uint64(*r))) }

// NewBlockingJob makes a task that gives the blocking pool the job of an action, and whose end wakes the running task. The new task is
// queued: the runtime must put it in a queue.
func (ts *Tasks) NewBlockingJob(by ID, a Action) ID {
	id, c := ts.allocate()
	t := ts.Get(by)
	c.Program, c.tag = blockingProgram, t.tag
	if a.Kind == File {
		c.Program = fileProgram
	}
	c.work = sim.Rand(narrow.Uint64(max(a.Duration, 0))) // back in carried
	c.parent = ts.spans.enclosing(t)
	c.spawner, c.worker = t.thread, t.worker
	c.setJoiner(by, t)
	return id
}

// IsBlockingJob reports whether a task was made by NewBlockingJob.
func (ts *Tasks) IsBlockingJob(id ID) bool { return ts.Get(id).origin == blockingJob }
