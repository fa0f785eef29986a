// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Executor is the model of one process: an async_executor::Executor, the threads that run it, and the async-io reactor. It
// implements [scheduler.Runtime] and [sim.Handler].
type Executor struct {
	sim    *sim.Simulation
	target sim.Target
	tasks  *task.Tasks
	costs  cost.Profile
	names  []string

	composition Composition
	main        *runner    // Pool: the main thread in block_on; nil before the first such future
	futures     task.Queue // that wait for main
	backlog     task.Queue // Main: spawned when main's future is polled; ThreadPerTask: waits for a thread
	gone        []int      // runners whose thread has ended
	pinned      []int32    // by task: 1 + the runner whose future it is, or ofMain; 0: none
	delegates   bool

	outside *task.Outside
	global  task.Queue
	runners []*runner
	awake   int // of the runners
	// shared is what an operation of a runner on what runners share costs now beside its own price: the table of live tasks (spawn, end),
	// the global queue, a queue that is stolen from, the list of sleepers.
	shared sim.Time
	// mayHaveTasks are all runners whose local queues are not empty, and some others.
	mayHaveTasks task.Places
	sleepers     sleepers
	// notified is true when no unnotified runner sleeps, or when a notified one has not acted yet (schedulers.md 2.4).
	notified bool

	reactor reactor
	helper  helper
	pool    *blocking.Pool

	started         sim.Time
	host            *host.Host
	seed            uint64
	threadName      func(int) string
	latency         sim.Rand
	remoteSchedules uint64
}

// The streams drawn from Config.Seed.
const (
	streamLatency = iota
	streamVictims
	streamPool
)

// The kinds of events.
const (
	evRunner      uint8 = iota // Arg: index of the runner that goes on
	evHelper                   // Arg: generation of the helper's sleep
	evEpollReady               // Arg: generation of the sleep in epoll that a timer or socket ends
	evEpollReturn              // Arg: generation of the sleep in epoll that is over
	evMain                     // the main thread goes on
)

const (
	// fairInterval is how many tasks a runner finds between two looks at the global queue beside its own.
	fairInterval = 64
	// runsPerRound is how many tasks a runner polls before it returns to block_on.
	runsPerRound = 200
	// hogLimit is how long a thread may hold the reactor without work of its own before the thread leaves the reactor to the async-io thread.
	hogLimit = 500_000
	// blocked is the delay of a thread that sleeps until somebody wakes it.
	blocked sim.Time = -1
	// left is the delay of a thread that has ended.
	left sim.Time = -2
)

// ofMain stands for the main thread among the runners.
const ofMain = -1

// localCapacity bounds a runner's local queue.
const localCapacity = 512

// runner is one thread in block_on(executor.run(future)).
type runner struct {
	local task.Ring
	cpu   *host.Thread
	index int
	arg   uint64 // index, as an event's Arg
	rng   sim.Rand

	phase     phase
	source    scheduler.Source // of task
	sleeping  bool             // registered in sleepers
	asleep    bool
	alone     bool // is the main thread: polls its future, and no task of the executor
	token     bool // block_on's parker was unparked
	blocks    bool // the time that passes next needs no CPU
	ioBlocked bool // in epoll, or about to be, or dispatching what it returned

	task     task.ID     // being polled
	runnable task.ID     // to be scheduled
	action   task.Action // of the poll, to be carried out
	runs     int         // tasks polled in this round
	ticks    uint32      // tasks found

	carry     sim.Time // of the last poll, to be paid with the next step
	pollStart sim.Time
	deadline  sim.Time // of the timer or socket to be registered
	lockedAt  sim.Time // took the reactor lock

	// future is the future given to run, which run polls before the executor's tasks; see futures.go.
	future future

	pollsAtPark uint64
	counters    scheduler.WorkerCounters
}

// phase is what a runner does when it goes on.
type phase uint8

const (
	// In executor.run: schedulers.md 2.3.
	searching   phase = iota // look for a task
	entering                 // poll the future first
	accepting                // spawn what has come to main
	missed                   // none: register as a sleeper and search once more, or leave to block_on
	found                    // leave the sleepers, notify one, start the poll
	stepping                 // do the task's next step
	spawning                 // schedule the spawned or woken task, go on with the poll
	delegating               // schedule the task that awaits the pool; this ends the poll
	registering              // register a timer or socket
	scheduling               // schedule the task that the poll made runnable; the poll is over
	polled                   // next task, or back to block_on

	// In block_on: schedulers.md 4.3.
	pending  // nothing to do, or the round is over
	looking  // react(0)
	reacting // react(None)
	parking  // about to park
	parked   // until unparked
	unparked // running again
	ended    // its thread
)

// polling reports whether the runner is in a poll, or on the way to its start.
func (r *runner) polling() bool {
	switch r.phase {
	case stepping, spawning, delegating, registering:
		return true
	default:
		return false
	}
}

func (r *runner) takeToken() bool {
	had := r.token
	r.token = false
	return had
}

func (r *runner) countPark() {
	r.counters.Parks++
	if r.counters.Polls == r.pollsAtPark {
		r.counters.Noops++
	}
	r.pollsAtPark = r.counters.Polls
}

// takeCarry returns what the runner still has to pay.
func (r *runner) takeCarry() sim.Time {
	d := r.carry
	r.carry = 0
	return d
}

func (e *Executor) newRunner() *runner {
	i := len(e.runners)
	r := &runner{
		index: i,
		arg:   uint64(i),
		local: task.NewRing(localCapacity),

		asleep: true,
	}
	r.rng = sim.Stream(e.seed, streamVictims, r.arg)
	r.cpu = e.host.NewThread(e.sim, e, e.target, evRunner, r.arg)
	r.counters.FallAsleep(e.started) // a place without a thread is asleep
	e.runners = append(e.runners, r)
	if len(e.mayHaveTasks)*64 < len(e.runners) {
		e.mayHaveTasks = append(e.mayHaveTasks, 0)
	}
	name := ""
	if e.threadName != nil {
		name = e.threadName(i)
	}
	e.names = append(e.names, name)
	return r
}

// future is what a runner's run polls before the executor's tasks, each time block_on polls run. A future that was not woken has
// nothing to do, so its poll is left out.
type future struct {
	task   task.ID // ThreadPerTask
	ready  bool    // woken
	polled bool    // is what the runner polls
	done   bool
}

// sleepers lists the runners that found nothing to do (schedulers.md 2.4). A sleeping runner that is missing from the
// stack is notified.
type sleepers struct {
	count      int       // sleeping, notified or not
	unnotified []*runner // a stack: the last one in is woken first
}

// reactor is async-io's process-wide reactor: timers, sockets, and a lock that says who polls timers and sockets (schedulers.md 4.1).
type reactor struct {
	timers  deadlines // by (instant, id)
	sockets deadlines // by (readiness in the kernel, registration)
	ticker  uint64    // turns begun

	locked bool
	holder *runner // of the lock; nil: the async-io thread
	turn   turn

	// notified: the eventfd was written and no wait has returned since.
	notified bool
	// asleep: the holder is in epoll. waking: something has ended that sleep, and the thread is about to run.
	asleep, waking bool
	generation     uint64   // of the holder's sleep, or of its end
	wakeAt         sim.Time // when the nearest known timer or socket ends the sleep
}

// turn is one react call of the lock's holder.
type turn struct {
	stage stage
	// noWait: the timeout is 0.
	noWait bool
	wakers []scheduler.Waker
	woken  int // how many of them are
	// task that the waker made runnable
	task task.ID
}

type stage uint8

const (
	starting    stage = iota // expire timers, choose the timeout
	waiting                  // enter epoll
	returned                 // collect what is ready
	waking                   // make the next task runnable
	dispatching              // push it
)

// helper is the thread `async-io`, started at the first use of the reactor: the helper polls timers and sockets when no thread of the
// executor does (schedulers.md 4.3). When the executor idles, the helper ends in epoll or blocked on the reactor lock, so the helper keeps
// no simulation from ending.
type helper struct {
	phase      helperPhase
	token      bool
	lockWoken  bool   // unlock has woken it; it has not run yet
	lastTick   uint64 // of the reactor, when last looked at
	sleeps     int    // fruitless
	generation uint64 // of the continuation scheduled last
}

type helperPhase uint8

const (
	helperUnborn   helperPhase = iota
	helperLooking              // at the reactor's ticker
	helperLocking              // blocked on the reactor lock
	helperReacting             // react(None)
	helperParking              // about to sleep
	helperParked               // asleep
	helperUnparked             // unparked before its time
)
