// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ops bounds the kinds of steps: a program.Ops has a bit for each.
const ops = 32

const (
	pageBits = 10
	pageSize = 1 << pageBits
)

type page [pageSize]Task

// Tasks holds the live tasks of one runtime: what each does next and where its time went.
type Tasks struct {
	sim      *sim.Simulation
	runtime  process.Waking   // whose tasks they are
	process  *process.Process // with what the tasks share with those of other runtimes
	observer scheduler.Observer
	pages    []*page // keep tasks at fixed addresses while the table grows
	free     ID      // reusable places, linked by Next
	used     ID      // places handed out at least once
	numbers  *Numbers
	spawned  uint64
	finished uint64

	// Budget is the coop budget of the worker whose task is being stepped; nil if the runtime has none. Each resource that
	// a task takes costs a unit; with none left it has to give way first (schedulers.md 1.10).
	Budget       *int
	budgetsSpent uint64
	spans        openSpans
	timeouts     openTimeouts

	hops    [ops]sim.Time // what a step pays for what it exchanges
	hopWait sim.Time      // and in addition if it has to wait

	// Migration is the cost of a poll on another worker than the one that polled or made the task last; see Moving.
	Migration sim.Time

	// Threads are the threads that the workers run on, by worker; nil: thread i is worker i's.
	Threads []int32
	// Lacks are the steps that the runtime does not have.
	Lacks program.Ops
	sound soundPrograms
	// Crate is whose mutexes and channels the runtime's programs use, and whose handles of tasks and jobs.
	Crate process.Crate
	// CancelOnDrop: who drops a join handle cancels the task behind it (smol); otherwise that task runs on.
	CancelOnDrop bool

	// What the observer is handed; kept here so that a report allocates nothing.
	startedReport  scheduler.Started
	pollReport     scheduler.Poll
	finishedReport scheduler.Finished
	spanReport     scheduler.Span
	eventReport    scheduler.Event
	callReport     scheduler.Request
	wokenReport    scheduler.Woken
	theftReport    scheduler.Theft
}

// New makes an empty table on a simulation's clock, for a runtime of a process; nil: one of its own.
func New(s *sim.Simulation, runtime process.Waking, p *process.Process, o scheduler.Observer) *Tasks {
	if p == nil {
		p = &process.Process{}
	}
	ts := &Tasks{sim: s, runtime: runtime, process: p, observer: o, Crate: process.TokioSync}
	ts.Share(&Numbers{})
	return ts
}

// Share lets the tasks be numbered together with those of other runtimes, which an observer takes for one. Nothing must have been spawned.
func (ts *Tasks) Share(numbers *Numbers) { ts.numbers, ts.spans.numbers = numbers, numbers }

// Newest is the number of the task that was spawned last.
func (ts *Tasks) Newest() uint64 { return ts.numbers.tasks }

// Get returns a live task.
func (ts *Tasks) Get(id ID) *Task {
	return &ts.pages[id>>pageBits][id&(pageSize-1)]
}

// Live is the number of tasks spawned and not finished.
func (ts *Tasks) Live() int { return narrow.Int(ts.spawned - ts.finished) }

// Spawned counts tasks since the start.
func (ts *Tasks) Spawned() uint64 { return ts.spawned }

// Finished counts tasks that ran to their end.
func (ts *Tasks) Finished() uint64 { return ts.finished }

func (ts *Tasks) allocate() (ID, *Task) {
	id := ts.free
	if id == 0 {
		ts.used++
		id = ts.used
		if int(id>>pageBits) == len(ts.pages) {
			ts.pages = append(ts.pages, new(page))
		}
	}
	t := ts.Get(id)
	ts.free = t.Next // of a place that was never used: 0
	ts.spawned++
	ts.numbers.tasks++
	now, wakers := ts.sim.Now(), t.wakers
	*t = Task{} // a literal with values would be made on the stack first and copied
	t.number, t.spawned, t.queued = ts.numbers.tasks, now, now
	t.state, t.wakers = stateQueued, wakers
	return id, t
}

func (ts *Tasks) release(id ID, t *Task) {
	t.state = stateFree
	t.wakers++
	t.Next = ts.free
	ts.free = id
}

// Stolen notes that a worker took the queued task from another worker's queue.
func (ts *Tasks) Stolen(id ID) { ts.Get(id).steals++ }
