package scheduler

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TaskID is a task's place in [Tasks]; it is reused after the task is gone. 0 is no task.
type TaskID uint32

type taskState uint8

const (
	stateFree taskState = iota
	stateWaiting
	stateQueued
	stateRunning
	stateDone // finished, but another task still holds its handle
)

// Task is one live task. Its size bounds how many fit (TestTaskSize); what every poll touches comes first and fills one
// cache line.
type Task struct {
	Program   *program.Program
	work      sim.Rand
	queued    sim.Time // made runnable, while queued
	pollStart sim.Time
	busy      sim.Time
	queueWait sim.Time
	// Next links the task into the queue that holds it; it belongs to that queue.
	Next        TaskID
	step        int32 // the step to run next
	polls       uint32
	worker      int16  // of the running poll
	source      Source // of the running poll
	state       taskState
	longestPoll sim.Time

	until     sim.Time // what it waits for, or asked for and was refused, is ready
	number    uint64
	tag       uint64
	parent    uint64
	spawned   sim.Time
	firstPoll sim.Time

	owner       TaskID // holder of the join handle; 0 when detached
	sibling     TaskID // the owner's next handle
	firstHandle TaskID // handles this task holds, in the order of spawning
	lastHandle  TaskID
	span        uint32 // innermost open span: a place in Tasks.spans, 0: none

	repeat       int32 // tasks already spawned by the current Spawn step
	steals       uint32
	forcedYields uint32
	spawner      int16 // worker, or Outside
	firstWorker  int16 // worker
	awaiting     bool  // waits for the first handle
	asked        bool  // for what its step waits for, without budget
	resuming     bool  // what it waited for is ready, and to be taken by its next step
}

// ActionKind says what a runtime has to do next for the task it is polling.
type ActionKind uint8

// The kinds of actions.
const (
	// Compute: let Duration pass on the worker, then Step again.
	Compute ActionKind = iota
	// Sleep: register a timer of Duration, which wakes the task; the poll ends with Pend. The time may have passed already, for
	// this and the next: Duration is then negative, and Step goes on at once.
	Sleep
	// IO: the task's socket is ready after Duration, which wakes the task; the poll ends with Pend.
	IO
	// Blocking: give the blocking pool a job of Duration, whose end wakes the task; the poll ends with Pend.
	Blocking
	// Yield: the poll ends with Pend; the runtime wakes the task by its own rule.
	Yield
	// ForcedYield: the coop budget is used up; the poll ends with Pend, and the runtime wakes the task by its own rule.
	ForcedYield
	// Wait: another task will wake this one; the poll ends with Pend.
	Wait
	// Spawn: schedule the new task Other, then Step again.
	Spawn
	// Wake: wake the task Other, then Step again.
	Wake
	// Done: the poll ends with Finish.
	Done
)

// Action is what a poll does next.
type Action struct {
	Kind     ActionKind
	Duration sim.Time
	Other    TaskID
}

const (
	pageBits = 10
	pageSize = 1 << pageBits
)

type page [pageSize]Task

// Tasks holds the live tasks of one runtime: what each does next and where its time went.
type Tasks struct {
	sim      *sim.Simulation
	observer Observer
	pages    []*page // keep tasks at fixed addresses while the table grows
	free     TaskID  // reusable places, linked by Next
	used     TaskID  // places handed out at least once
	spawned  uint64
	finished uint64

	// Budget is the coop budget of the worker whose task is being stepped; nil if the runtime has none. Each resource that
	// a task takes costs a unit; with none left it has to give way first (schedulers.md 1.10).
	Budget       *int
	budgetsSpent uint64
	mutexes      []mutex
	channels     []channel
	spans        openSpans

	// What the observer is handed; kept here so that a report allocates nothing.
	pollReport     Poll
	finishedReport Finished
	spanReport     Span
	eventReport    Event
}

// NewTasks makes an empty table on a simulation's clock.
func NewTasks(s *sim.Simulation, o Observer) *Tasks {
	return &Tasks{sim: s, observer: o}
}

// Get returns a live task.
func (ts *Tasks) Get(id TaskID) *Task {
	return &ts.pages[id>>pageBits][id&(pageSize-1)]
}

// Live is the number of tasks spawned and not finished.
func (ts *Tasks) Live() int { return int(ts.spawned - ts.finished) } //nolint:gosec // G115: a count of live tasks

// Spawned counts tasks since the start.
func (ts *Tasks) Spawned() uint64 { return ts.spawned }

// Finished counts tasks that ran to their end.
func (ts *Tasks) Finished() uint64 { return ts.finished }

// New makes a task spawned now from outside. It is queued: the runtime must put it in a queue.
func (ts *Tasks) New(p *program.Program, tag uint64, work sim.Rand) TaskID {
	id, t := ts.allocate()
	t.Program, t.tag, t.work = p, tag, work
	t.spawner = Outside
	return id
}

func (ts *Tasks) newChild(owner TaskID, t *Task, st *program.Step) TaskID {
	id, c := ts.allocate()
	c.Program, c.tag = st.Child, t.tag
	c.work = sim.Rand(t.work.Uint64())
	c.parent = ts.enclosing(t)
	c.spawner = t.worker
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

func (ts *Tasks) allocate() (TaskID, *Task) {
	id := ts.free
	if id != 0 {
		ts.free = ts.Get(id).Next
	} else {
		ts.used++
		id = ts.used
		if int(id>>pageBits) == len(ts.pages) {
			ts.pages = append(ts.pages, new(page))
		}
	}
	ts.spawned++
	t := ts.Get(id)
	*t = Task{number: ts.spawned, spawned: ts.sim.Now(), queued: ts.sim.Now(), state: stateQueued}
	return id, t
}

func (ts *Tasks) release(id TaskID, t *Task) {
	t.state = stateFree
	t.Next = ts.free
	ts.free = id
}

// Wake makes a waiting task runnable. It reports whether the runtime must queue it now: a task that is already queued is
// not queued twice.
func (ts *Tasks) Wake(id TaskID) bool {
	t := ts.Get(id)
	switch t.state {
	case stateWaiting:
		t.state = stateQueued
		t.queued = ts.sim.Now()
		return true
	case stateQueued:
		return false
	default:
		// No step of today wakes a running task: whatever a task waits for, it registers with the end of its poll.
		panic(fmt.Sprintf("scheduler: wake of task %d in state %d", t.number, t.state))
	}
}

// Stolen notes that a worker took the queued task from another worker's queue.
func (ts *Tasks) Stolen(id TaskID) { ts.Get(id).steals++ }

// Begin starts a poll of a queued task now.
func (ts *Tasks) Begin(id TaskID, worker int, source Source) {
	ts.BeginAt(ts.sim.Now(), id, worker, source)
}

// BeginAt starts a poll of a queued task at a time that is not past. A worker that has taken a task need not wait for the
// poll's start to say when it will be: nothing that others see happens before the first step.
func (ts *Tasks) BeginAt(at sim.Time, id TaskID, worker int, source Source) {
	t := ts.Get(id)
	if t.state != stateQueued {
		panic(fmt.Sprintf("scheduler: poll of task %d in state %d", t.number, t.state))
	}
	t.state = stateRunning
	t.queueWait += at - t.queued
	t.pollStart = at
	t.worker = int16(worker) //nolint:gosec // G115: at most MaxWorkers
	t.source = source
	if t.polls == 0 {
		t.firstPoll = at
		t.firstWorker = t.worker
	}
	t.polls++
}

// StepCompute is Step for the case that the running task computes next, which others cannot see: it may be asked before the
// time of the step. It returns 0, and the task stays where it is, if the next step is another.
func (ts *Tasks) StepCompute(id TaskID) sim.Time {
	t := ts.Get(id)
	if t.resuming {
		if !ts.spend() {
			return 0
		}
		t.resuming = false
	}
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		if st.Op > program.Block {
			return 0
		}
		t.step++
		if d := st.Duration.Sample(&t.work); d > 0 {
			return d
		}
	}
	return 0
}

// Step returns what the running task does next, at the current time.
func (ts *Tasks) Step(id TaskID) Action {
	t := ts.Get(id)
	if t.resuming {
		if !ts.spend() {
			return t.forceYield()
		}
		t.resuming = false
	}
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		switch st.Op {
		case program.Compute, program.Block:
			t.step++
			if d := st.Duration.Sample(&t.work); d > 0 {
				return Action{Kind: Compute, Duration: d}
			}
		case program.Sleep, program.IO, program.File, program.SpawnBlocking:
			if !t.asked {
				t.asked = true
				t.until = ts.sim.Now() + st.Duration.Sample(&t.work)
			}
			if ts.exhausted() { // the time does not wait for the budget
				return t.forceYield()
			}
			t.asked = false
			t.resuming = true
			t.step++
			return Action{Kind: waitKinds[st.Op], Duration: t.until - ts.sim.Now()}
		case program.Yield:
			t.step++
			return Action{Kind: Yield}
		case program.Spawn:
			if int(t.repeat) < st.Count {
				t.repeat++
				return Action{Kind: Spawn, Other: ts.newChild(id, t, st)}
			}
			t.repeat = 0
			t.step++
		case program.Join:
			if t.firstHandle != 0 {
				if a, ended := ts.pollHandle(t); ended {
					return a
				}
				continue
			}
			t.step++
		case program.Span:
			t.step++
			ts.openSpan(t, st.Label)
		case program.EndSpan:
			t.step++
			ts.closeSpan(t)
		case program.Event:
			t.step++
			if ts.observer.Event != nil {
				ts.eventReport = Event{Span: ts.own(t), Label: st.Label, At: ts.sim.Now()}
				ts.observer.Event(&ts.eventReport)
			}
		default:
			if a, more := ts.stepObject(id, t, st); !more {
				return a
			}
		}
	}
	return Action{Kind: Done}
}

// waitKinds are the actions of the steps that wait for the outside.
var waitKinds = [...]ActionKind{
	program.Sleep: Sleep, program.IO: IO, program.File: Blocking, program.SpawnBlocking: Blocking,
}

// pollHandle polls the first join handle that the running task holds. If the task behind it has finished the handle is
// gone; if not, its end will wake this one. ended: the poll ends with the action.
func (ts *Tasks) pollHandle(t *Task) (a Action, ended bool) {
	if ts.exhausted() {
		return t.forceYield(), true
	}
	child := ts.Get(t.firstHandle)
	if child.state != stateDone {
		t.awaiting = true
		return Action{Kind: Wait}, true
	}
	ts.spend()
	done := t.firstHandle
	t.firstHandle = child.sibling
	if t.firstHandle == 0 {
		t.lastHandle = 0
	}
	ts.release(done, child)
	return Action{}, false
}

// exhausted reports whether the worker's budget is used up.
func (ts *Tasks) exhausted() bool { return ts.Budget != nil && *ts.Budget == 0 }

// spend takes a unit of the worker's budget and reports false if there is none.
func (ts *Tasks) spend() bool {
	if ts.Budget == nil {
		return true
	}
	if *ts.Budget == 0 {
		return false
	}
	*ts.Budget--
	if *ts.Budget == 0 {
		ts.budgetsSpent++
	}
	return true
}

// NotReady notes that what the running task polled is not ready: the unit of the budget that it took is given back. Tokio
// counts a budget that reaches 0 all the same.
func (ts *Tasks) NotReady() {
	if ts.Budget != nil && *ts.Budget == 1 {
		ts.budgetsSpent++
	}
}

func (t *Task) forceYield() Action {
	t.forcedYields++
	return Action{Kind: ForcedYield}
}

// BudgetsSpent counts how often a coop budget reached zero.
func (ts *Tasks) BudgetsSpent() uint64 { return ts.budgetsSpent }

// Pend ends a poll whose task waits for something.
func (ts *Tasks) Pend(id TaskID) {
	t := ts.Get(id)
	ts.endPoll(t, false)
	t.state = stateWaiting
}

// Finish ends the last poll of a task. If another task awaits it, Finish returns that one: the runtime must wake it.
func (ts *Tasks) Finish(id TaskID) (awaiter TaskID) {
	t := ts.Get(id)
	ts.endPoll(t, true)
	ts.finished++
	if ts.observer.Finished != nil {
		ts.finishedReport = Finished{
			Task: t.number, Parent: t.parent, Tag: t.tag, Program: t.Program,
			Spawner: int(t.spawner), FirstWorker: int(t.firstWorker),
			Spawned: t.spawned, FirstPoll: t.firstPoll, End: ts.sim.Now(),
			Busy: t.busy, QueueWait: t.queueWait, LongestPoll: t.longestPoll,
			Polls: t.polls, Steals: t.steals, ForcedYields: t.forcedYields,
		}
		ts.observer.Finished(&ts.finishedReport)
	}
	ts.dropHandles(t)
	if t.owner == 0 {
		ts.release(id, t)
		return 0
	}
	t.state = stateDone
	owner := ts.Get(t.owner)
	if owner.awaiting && owner.firstHandle == id {
		owner.awaiting = false
		return t.owner
	}
	return 0
}

// dropHandles detaches the tasks whose handles t still holds at its end.
func (ts *Tasks) dropHandles(t *Task) {
	for id := t.firstHandle; id != 0; {
		child := ts.Get(id)
		next := child.sibling
		child.owner, child.sibling = 0, 0
		if child.state == stateDone {
			ts.release(id, child)
		}
		id = next
	}
}

func (ts *Tasks) endPoll(t *Task, ready bool) {
	now := ts.sim.Now()
	d := now - t.pollStart
	t.busy += d
	t.longestPoll = max(t.longestPoll, d)
	if ts.observer.Poll != nil {
		ts.pollReport = Poll{
			Task: t.number, Tag: t.tag, Worker: int(t.worker), Source: t.source,
			Queued: t.queued, Start: t.pollStart, End: now, Ready: ready,
		}
		ts.observer.Poll(&ts.pollReport)
	}
}
