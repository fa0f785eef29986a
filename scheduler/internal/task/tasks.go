// SPDX-License-Identifier: Apache-2.0

package task

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// ID is a task's place in [Tasks]; it is reused after the task is gone. 0 is no task.
type ID uint32

type taskState uint8

const (
	stateFree taskState = iota
	stateWaiting
	stateQueued
	stateRunning
	stateDone // finished, but another task still holds its handle
)

// Task is one live task: three cache lines, of which a poll that waits for nothing touches two. Its size bounds how many fit
// (TestTaskSize).
type Task struct {
	Program   *program.Program
	work      sim.Rand
	queued    sim.Time // made runnable, while queued
	pollStart sim.Time
	busy      sim.Time
	queueWait sim.Time
	// Next links the task into the queue that holds it; it belongs to that queue.
	Next      ID
	step      int32 // the step to run next
	worker    int16 // of the running poll
	source    scheduler.Source
	state     taskState
	awaits    wait
	ready     bool // what it awaits
	resuming  bool // what it awaited is to be taken by its next step
	unwinding bool

	longestPoll sim.Time
	firstPoll   sim.Time
	spawned     sim.Time
	number      uint64
	polls       uint32
	wakers      uint32 // generation of its wakers: older ones wake nobody
	timer       int32  // of the sleep it awaits, as the runtime knows it; 0: none
	owner       ID     // holder of the join handle; 0 when detached
	firstHandle ID     // handles this task holds, in the order of spawning
	thread      int32  // of the running poll
	firstWorker int16
	asked       bool // for what its step waits for, and was refused
	woken       bool // while it was polled
	cancelled   bool // to be dropped where it next waits
	inPlace     bool // the running poll goes on without a worker
	delegated   bool // a blocking job: joiner awaits it
	outcome     scheduler.Outcome

	until        sim.Time // what it waits for, or asked for and was refused, is ready
	tag          uint64
	parent       uint64
	lastHandle   ID
	sibling      ID     // the owner's next handle
	spawner      int32  // thread, or scheduler.Outside
	span         uint32 // innermost open span: a place in Tasks.spans, 0: none
	timeout      uint32 // innermost open timeout: a place in Tasks.timeouts, 0: none
	dropping     uint32 // while unwinding: the timeout that elapsed, 0: all of the task
	unwound      int32  // while unwinding: the steps from here on have been undone
	repeat       int32  // tasks already spawned by the current Spawn step
	steals       uint32
	forcedYields uint32
}

// joiner is the waker of who awaits a blocking job. Such a task has no owner and no handles: their fields hold it.
func (t *Task) joiner() scheduler.Waker { return makeWaker(uint32(t.sibling), uint32(t.lastHandle)) }

func (t *Task) setJoiner(by ID, generation uint32) {
	t.delegated, t.sibling, t.lastHandle = true, by, ID(generation)
}

// wait is what a task waits for: one thing at a time, and the timeouts around it.
type wait uint8

const (
	nothing   wait = iota
	something      // known to whoever has its waker: a timer, a socket, a job, a turn
	aHandle        // the end of its first handle's task
	aMutex
	aPlace   // in a channel
	aMessage // of a channel
)

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
	spawned  uint64
	finished uint64

	// Budget is the coop budget of the worker whose task is being stepped; nil if the runtime has none. Each resource that
	// a task takes costs a unit; with none left it has to give way first (schedulers.md 1.10).
	Budget       *int
	budgetsSpent uint64
	spans        openSpans
	timeouts     openTimeouts

	// Threads are the threads that the workers run on, by worker; nil: thread i is worker i's.
	Threads []int32
	// Lacks are the steps that the runtime does not have.
	Lacks program.Ops
	sound soundPrograms
	// CancelOnDrop: who drops a join handle cancels the task behind it (smol); otherwise that task runs on.
	CancelOnDrop bool

	// What the observer is handed; kept here so that a report allocates nothing.
	startedReport  scheduler.Started
	pollReport     scheduler.Poll
	finishedReport scheduler.Finished
	spanReport     scheduler.Span
	eventReport    scheduler.Event
	callReport     scheduler.Request
}

// New makes an empty table on a simulation's clock, for a runtime of a process; nil: one of its own.
func New(s *sim.Simulation, runtime process.Waking, p *process.Process, o scheduler.Observer) *Tasks {
	if p == nil {
		p = &process.Process{}
	}
	return &Tasks{sim: s, runtime: runtime, process: p, observer: o}
}

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

// New makes a task spawned now from outside. It is queued: the runtime must put it in a queue. The error says why the runtime cannot
// run the program.
func (ts *Tasks) New(p *program.Program, tag uint64, work sim.Rand) (ID, error) {
	if err := ts.check(p); err != nil {
		return 0, err
	}
	id, t := ts.allocate()
	t.Program, t.tag, t.work = p, tag, work
	t.spawner = scheduler.Outside
	return id, nil
}

func (ts *Tasks) newChild(owner ID, t *Task, st *program.Step) ID {
	id, c := ts.allocate()
	c.Program, c.tag = st.Child, t.tag
	c.work = sim.Rand(t.work.Uint64())
	c.parent = ts.enclosing(t)
	c.spawner = t.thread
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

// blockingJob and fileJob are what async-std's spawn_blocking spawns: a task that awaits the pool. Its stream is the job's
// duration.
var (
	blockingJob = &program.Program{Label: -1, Steps: []program.Step{{Op: program.SpawnBlocking, Duration: carried{}}}}
	fileJob     = &program.Program{Label: -1, Steps: []program.Step{{Op: program.File, Duration: carried{}}}}
)

type carried struct{}

// Sample implements program.Sampler.
func (carried) Sample(r *sim.Rand) sim.Time { return sim.Time(narrow.Int(uint64(*r))) }

// NewBlockingJob makes a task that gives the blocking pool the job of an action, and whose end wakes the running task. It is
// queued: the runtime must put it in a queue.
func (ts *Tasks) NewBlockingJob(by ID, a Action) ID {
	id, c := ts.allocate()
	t := ts.Get(by)
	c.Program, c.tag = blockingJob, t.tag
	if a.Kind == File {
		c.Program = fileJob
	}
	c.work = sim.Rand(narrow.Uint64(max(a.Duration, 0))) // back in carried
	c.parent = ts.enclosing(t)
	c.spawner = t.thread
	c.setJoiner(by, t.wakers)
	return id
}

// IsBlockingJob reports whether a task was made by NewBlockingJob.
func (ts *Tasks) IsBlockingJob(id ID) bool {
	p := ts.Get(id).Program
	return p == blockingJob || p == fileJob
}

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
	now, wakers := ts.sim.Now(), t.wakers
	*t = Task{} // a literal with values would be made on the stack first and copied
	t.number, t.spawned, t.queued = ts.spawned, now, now
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

// Begin starts a poll of a queued task now.
func (ts *Tasks) Begin(id ID, worker int, source scheduler.Source) {
	ts.begin(ts.sim.Now(), ts.Get(id), worker, source)
}

// BeginAt starts a poll of a queued task at a time that is not past, and returns how long the task computes first. A worker that
// has taken a task need not wait for the poll's start to say when it will be, nor for the end of that computation: nothing
// that others see happens before.
func (ts *Tasks) BeginAt(at sim.Time, id ID, worker int, source scheduler.Source) sim.Time {
	t := ts.Get(id)
	ts.begin(at, t, worker, source)
	return ts.stepCompute(t)
}

func (ts *Tasks) begin(at sim.Time, t *Task, worker int, source scheduler.Source) {
	if t.state != stateQueued {
		panic(fmt.Sprintf("scheduler: poll of task %d in state %d", t.number, t.state))
	}
	t.state = stateRunning
	t.woken = false
	if t.cancelled {
		t.startUnwinding(0)
	}
	t.queueWait += at - t.queued
	t.pollStart = at
	t.worker = narrow.Int16(worker)
	t.thread = int32(t.worker)
	if ts.Threads != nil {
		t.thread = ts.Threads[worker]
	}
	t.source = source
	if t.polls == 0 {
		t.firstPoll = at
		t.firstWorker = t.worker
		if ts.observer.Started != nil && !t.cancelled {
			ts.startedReport = scheduler.Started{Task: t.number, Tag: t.tag, Program: t.Program, At: at}
			ts.observer.Started(&ts.startedReport)
		}
	}
	t.polls++
}

// Pend ends a poll whose task waits for something. It reports whether the task was woken during the poll: the runtime
// must then queue it as one that woke itself.
func (ts *Tasks) Pend(id ID) bool {
	t := ts.Get(id)
	ts.endPoll(t, false)
	t.state = stateWaiting
	return t.woken && ts.wake(t)
}

// Finish ends the last poll of a task. If another task awaits it, Finish returns that one: the runtime must wake it.
func (ts *Tasks) Finish(id ID) (awaiter ID) {
	t := ts.Get(id)
	ts.endPoll(t, true)
	ts.finished++
	if ts.observer.Finished != nil {
		ts.finishedReport = scheduler.Finished{
			Task: t.number, Parent: t.parent, Tag: t.tag, Program: t.Program,
			Spawner: int(t.spawner), FirstWorker: int(t.firstWorker),
			Spawned: t.spawned, FirstPoll: t.firstPoll, End: ts.sim.Now(),
			Busy: t.busy, QueueWait: t.queueWait, LongestPoll: t.longestPoll,
			Polls: t.polls, Steals: t.steals, ForcedYields: t.forcedYields, Outcome: t.outcome, Work: t.work,
		}
		ts.observer.Finished(&ts.finishedReport)
	}
	for t.firstHandle != 0 {
		ts.popHandle(t, 0)
	}
	if t.owner == 0 {
		if t.delegated && ts.Waited(t.joiner()) {
			awaiter = t.sibling
		}
		ts.release(id, t)
		return awaiter
	}
	t.state = stateDone
	owner := ts.Get(t.owner)
	if owner.awaits == aHandle && owner.firstHandle == id {
		return t.owner
	}
	return 0
}

// BlockedInPlace notes that the worker of the running poll leaves the task alone on its thread. It reports whether that is the
// first time in this poll.
func (ts *Tasks) BlockedInPlace(id ID) (first bool) {
	t := ts.Get(id)
	first, t.inPlace = !t.inPlace, true
	return first
}

// BackOnWorker notes that the worker is back before it polled another task.
func (ts *Tasks) BackOnWorker(id ID) { ts.Get(id).inPlace = false }

func (ts *Tasks) endPoll(t *Task, ready bool) {
	now := ts.sim.Now()
	d := now - t.pollStart
	t.busy += d
	t.longestPoll = max(t.longestPoll, d)
	if ts.observer.Poll != nil {
		ts.pollReport = scheduler.Poll{
			Task: t.number, Tag: t.tag, Worker: int(t.worker), Thread: int(t.thread), Source: t.source,
			Queued: t.queued, Start: t.pollStart, End: now, Ready: ready, InPlace: t.inPlace,
		}
		ts.observer.Poll(&ts.pollReport)
	}
	t.inPlace = false
}
