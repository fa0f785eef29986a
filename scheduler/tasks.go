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

	number    uint64
	tag       uint64
	parent    uint64
	spawned   sim.Time
	firstPoll sim.Time

	owner       TaskID // holder of the join handle; 0 when detached
	sibling     TaskID // the owner's next handle
	firstHandle TaskID // handles this task holds, in the order of spawning
	lastHandle  TaskID

	repeat       int32 // tasks already spawned by the current Spawn step
	steals       uint32
	forcedYields uint32
	spawner      int16 // worker, or Outside
	firstWorker  int16 // worker
	awaiting     bool  // waits for the first handle
}

// ActionKind says what a runtime has to do next for the task it is polling.
type ActionKind uint8

// The kinds of actions.
const (
	// Compute: let Duration pass on the worker, then Step again.
	Compute ActionKind = iota
	// Sleep: register a timer of Duration, which wakes the task; the poll ends with Pend.
	Sleep
	// IO: the task's socket is ready after Duration, which wakes the task; the poll ends with Pend.
	IO
	// Yield: the poll ends with Pend; the runtime wakes the task by its own rule.
	Yield
	// Spawn: schedule the new task Child, then Step again.
	Spawn
	// Join: ask PollHandle; Step again if it is ready, else the poll ends with Pend.
	Join
	// Done: the poll ends with Finish.
	Done
)

// Action is what a poll does next.
type Action struct {
	Kind     ActionKind
	Duration sim.Time
	Child    TaskID
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

	// What the observer is handed; kept here so that a report allocates nothing.
	pollReport     Poll
	finishedReport Finished
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
	c.parent = t.parent
	if t.Program.Name != "" {
		c.parent = t.number
	}
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
		// No step of today wakes a running task: timers, sockets and handles are polled by the last step of a poll.
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
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		if st.Op != program.Compute {
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
	for int(t.step) < len(t.Program.Steps) {
		st := &t.Program.Steps[t.step]
		switch st.Op {
		case program.Compute:
			t.step++
			if d := st.Duration.Sample(&t.work); d > 0 {
				return Action{Kind: Compute, Duration: d}
			}
		case program.Sleep:
			t.step++
			return Action{Kind: Sleep, Duration: st.Duration.Sample(&t.work)}
		case program.IO:
			t.step++
			return Action{Kind: IO, Duration: st.Duration.Sample(&t.work)}
		case program.Yield:
			t.step++
			return Action{Kind: Yield}
		case program.Spawn:
			if int(t.repeat) < st.Count {
				t.repeat++
				return Action{Kind: Spawn, Child: ts.newChild(id, t, st)}
			}
			t.repeat = 0
			t.step++
		case program.Join:
			if t.firstHandle != 0 {
				return Action{Kind: Join}
			}
			t.step++
		}
	}
	return Action{Kind: Done}
}

// PollHandle polls the first join handle that the running task holds. Ready: the task behind it has finished, and the
// handle is gone. Not ready: the end of that task will wake this one.
func (ts *Tasks) PollHandle(id TaskID) (ready bool) {
	t := ts.Get(id)
	child := ts.Get(t.firstHandle)
	if child.state != stateDone {
		t.awaiting = true
		return false
	}
	done := t.firstHandle
	t.firstHandle = child.sibling
	if t.firstHandle == 0 {
		t.lastHandle = 0
	}
	ts.release(done, child)
	return true
}

// ForcedYield notes that the running task gives way because its coop budget is used up.
func (ts *Tasks) ForcedYield(id TaskID) { ts.Get(id).forcedYields++ }

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
