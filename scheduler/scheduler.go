// SPDX-License-Identifier: Apache-2.0

package scheduler

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Runtime is a running model of an async runtime.
type Runtime interface {
	// Spawn starts a task from outside the runtime, now: as the main thread of a service does for each request it
	// accepts. The tag comes back with the task and everything it spawns; work is the stream its durations are drawn from.
	// It returns the number of the task, or says why the runtime cannot run the program: the program is not sound (program.Check), or
	// has a step that the runtime lacks. A program is checked when it is spawned for the first time, and must not change after it.
	Spawn(p *program.Program, tag uint64, work sim.Rand) (task uint64, err error)
	// Workers is the number of executor threads.
	Workers() int
	// ThreadName is the name of a thread, or of the main thread for [Outside].
	ThreadName(thread int) string
	// Live is the number of tasks spawned and not finished.
	Live() int
	// Counters returns what the runtime has counted so far.
	Counters() Counters
	// Answer makes the socket readable on which a task waits for the answer to its [Request], now.
	Answer(w Waker)
	// Wake wakes a task that waits for another runtime of its process, now: a thread of that one does it.
	Wake(w Waker)
}

// Pinned is a runtime of several cores whose tasks stay on the core that they were spawned on. All that comes on a connection goes to one
// core.
type Pinned interface {
	Runtime
	// SpawnOn is Spawn for a request that comes on a connection: it goes to the core [CoreOf] the connection.
	SpawnOn(connection uint64, p *program.Program, tag uint64, work sim.Rand) (task uint64, err error)
}

// CoreOf is the core that has a connection. Cores get the connections in turn, as those come: connection 0 goes to core 0.
func CoreOf(connection uint64, cores int) int {
	return int(connection % uint64(max(cores, 1))) //nolint:gosec // G115: less than cores
}

// Outside stands for the main thread, which is none of the runtime's, where a thread of the runtime is asked for. Those are
// counted from 0 in the order of their creation, the workers' first.
const Outside = -1

// ThreadID is the number that Rust's std gives a thread of the runtime (or [Outside]): threads are numbered from 1 in the
// order of their creation.
func ThreadID(thread int) int64 { return int64(thread) + 2 }

// Source is the queue a task was taken from.
type Source uint8

// The queues.
const (
	FromLIFO   Source = iota // Tokio's LIFO slot
	FromLocal                // the worker's own queue
	FromGlobal               // the queue shared by all workers (Tokio's inject queue)
	FromSteal                // another worker's queue
)

// Poll describes one poll.
type Poll struct {
	Task   uint64 // number of the task, from 1, in the order of spawning
	Tag    uint64
	Worker int // or Outside: the main thread in block_on
	Thread int // that the worker runs on
	Source Source
	Queued sim.Time // made runnable
	Start  sim.Time
	End    sim.Time
	Ready  bool // the task finished
	// InPlace: the task blocked in place. The worker left it alone on its thread, and polled others meanwhile.
	InPlace bool
}

// Finished describes a task at its end. Spawned + QueueWait + Busy + waiting = End.
type Finished struct {
	Task        uint64 // number of the task, from 1, in the order of spawning
	Parent      uint64 // number of the span around: of a traced ancestor, or a span inside it; 0 if there is none
	Tag         uint64 // given with the root task
	Program     *program.Program
	Root        bool // spawned by Runtime.Spawn
	Spawner     int  // thread that spawned the task, or Outside
	FirstWorker int  // worker of the first poll, or Outside
	Spawned     sim.Time
	FirstPoll   sim.Time
	End         sim.Time
	Busy        sim.Time // being polled
	QueueWait   sim.Time // runnable, not being polled
	LongestPoll sim.Time
	Polls       uint32
	Steals      uint32 // times another worker took it from a queue
	// ForcedYields counts how often the task gave way because its coop budget was used up (Tokio).
	ForcedYields uint32
	Outcome      Outcome
	Work         sim.Rand // the task's random stream as it was left; see Span.Work
}

// Outcome is how a task or a span ended.
type Outcome uint8

// The outcomes.
const (
	Completed Outcome = iota
	TimedOut          // completed, but a timeout inside elapsed (the innermost span around the timeout has this outcome)
	Cancelled         // dropped before its last step
)

// Span describes a span inside a task, when it ends.
type Span struct {
	Number uint64 // of the span; tasks and spans never share one
	Parent uint64 // number of the span around it, or of the task; 0 if neither the task nor an ancestor is traced
	Tag    uint64
	Label  int
	Thread int // that opened it
	Start  sim.Time
	End    sim.Time
	Busy   sim.Time // the task being polled

	Outcome Outcome
	// Work is the task's random stream as it was when the span ended. If the span was not cut short, it depends on the
	// work alone that was given to the root task, and on no runtime: whatever else is to be drawn for the span may start
	// from it.
	Work sim.Rand
}

// Event is something noted inside a task.
type Event struct {
	Span  uint64 // number of the span or task it belongs to; 0 if the task is not traced
	Tag   uint64
	Label int
	At    sim.Time
	Work  sim.Rand // the task's random stream as it is; see Span.Work
}

// Request is what a task sends to another service by program.Call. Whoever is told of it carries it there, and calls
// [Runtime.Answer] when the answer is back.
type Request struct {
	Span    uint64 // number of the span or task that sent it; 0 if the task is not traced
	Tag     uint64
	Label   int
	Network sim.Time // one way
	Seed    uint64   // of the work to be done for it, drawn from the task's own stream
	Waker   Waker
}

// Started describes a task at its first poll, if it was not cancelled before.
type Started struct {
	Task    uint64
	Tag     uint64
	Program *program.Program
	At      sim.Time
}

// Thread describes a thread of the runtime's pool as it starts or ends (Tokio's on_thread_start and on_thread_stop).
type Thread struct {
	Thread  int
	Started bool // else it ends
	At      sim.Time
}

// Woken describes a task that was made runnable: it was spawned, or what it waited for is there.
type Woken struct {
	Task uint64
	Tag  uint64
	By   int // the worker that did it, or Outside: any thread that is no worker
	// During is the number of the task whose poll did it, or whose poll has just ended so; 0: none, or it is not known which.
	During uint64
	// Turn: the worker did it between two polls: after its look at timers and sockets, or as the main thread that accepts requests.
	Turn bool
	At   sim.Time
}

// Theft describes a steal that found tasks.
type Theft struct {
	Thief  int // worker
	Victim int // worker
	Tasks  int
	At     sim.Time
}

// Job describes a job of the blocking pool as it begins or ends.
type Job struct {
	Thread int // of the pool, in the order of their creation
	Begins bool
	At     sim.Time
}

// Observer is told what happens. A nil function costs nothing, but without Call a task must not call. The pointers are valid
// during the call only.
type Observer struct {
	Started  func(*Started)
	Poll     func(*Poll)
	Finished func(*Finished)
	Span     func(*Span)
	Event    func(*Event)
	Call     func(*Request)
	Thread   func(*Thread)
	Woken    func(*Woken)
	Stolen   func(*Theft)
	Job      func(*Job)
}

// WorkerCounters counts what one worker did, under the names and with the meanings of tokio's RuntimeMetrics
// (shared by the other models where they apply).
type WorkerCounters struct {
	Polls           uint64 // ticks that polled: LIFO polls ride along and are not counted (schedulers.md 1.5)
	LIFOPolls       uint64 // polls from the LIFO slot
	Parks           uint64
	Noops           uint64 // parks without a poll since the park before
	Steals          uint64 // tasks stolen
	StealOperations uint64 // successful steals
	LocalSchedules  uint64
	Overflows       uint64
	Busy            sim.Time // polling
	Parked          sim.Time // asleep; the rest of the time goes into looking for tasks and into falling asleep
	// Unpublished is the time of the poll, or batch of polls, that has not ended: it is not in Busy yet.
	Unpublished sim.Time
	LocalQueue  int // tasks in the worker's own queue now, without Tokio's LIFO slot

	asleep bool // Parked lacks the present instant
}

// FallAsleep begins a time that is Parked.
func (c *WorkerCounters) FallAsleep(now sim.Time) {
	c.asleep = true
	c.Parked -= now
}

// WakeUp ends it, if the worker was asleep: its thread runs again.
func (c *WorkerCounters) WakeUp(now sim.Time) {
	if c.asleep {
		c.asleep = false
		c.Parked += now
	}
}

// Until gives what was counted until now.
func (c WorkerCounters) Until(now sim.Time) WorkerCounters {
	c.WakeUp(now)
	return c
}

// Counters is a snapshot of what a runtime counted.
type Counters struct {
	Workers         []WorkerCounters
	Spawned         uint64
	Finished        uint64
	RemoteSchedules uint64
	ForcedYields    uint64

	GlobalQueue   int // tasks in the queue of all workers now, and those that wait for a thread to run them
	BlockingQueue int // jobs that wait for a thread of the blocking pool
	// BlockingThreads are those of the blocking pool beside the workers'; BlockingIdle of them have no job.
	BlockingThreads, BlockingIdle int
}
