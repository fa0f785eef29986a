// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	queueCapacity = 256
	maxLIFOPolls  = 3 // in one tick
)

// Runtime is one multi_thread runtime. It implements [scheduler.Runtime] and [sim.Handler].
type Runtime struct {
	engine
	version       version
	threadName    string
	lifoEnabled   bool // disable_lifo_slot is not set
	eventInterval uint32

	workers      []worker
	mayHaveTasks task.Places // all workers whose run queues are not empty, and some others
	skipping     []*worker   // searchers that pass empty queues; see skip
	skipsEmpty   bool
	ranks        ranks
	loose        []loose // tasks that block in place, or did and have no worker
	main         blockingThread

	// With unparked, Tokio's idle state (schedulers.md 1.7). Invariants: searching <= unparked; unparked + len(sleepers) = len(workers).
	sleepers  []*worker // parked workers, the most recent last
	searching int
}

// phase is the place in the worker loop (schedulers.md 1.3) at which a worker goes on when its time comes.
type phase uint8

const (
	phaseStart          phase = iota // on a new thread
	phaseTick                        // top of the loop
	phaseMaintained                  // after maintenance's look at the driver
	phasePoll                        // inside the poll of w.task, or on the way to it
	phaseNextLIFO                    // after a poll: the LIFO slot may go on in the same tick
	phaseSearch                      // nothing to do: may this worker search?
	phaseVictim                      // look at one victim
	phaseStolen                      // w.task and others are copied from a victim
	phasePark                        // go to sleep
	phaseParkCommit                  // under the idle lock
	phaseSleep                       // condvar or driver
	phaseDriverReturned              // epoll_wait returned
	phaseAwake                       // why was this worker woken?
	phaseGaveWay                     // after a look at the driver for tasks that gave way
	phaseNoThread                    // left its thread to a task that blocks in place, and waits for another
)

type sleepPlace uint8

const (
	awake sleepPlace = iota
	onCondvar
	inDriver
)

// skips is returned by step when the worker passes empty queues: an event will resume the worker, which is awake meanwhile.
const skips sim.Time = -2

type worker struct {
	poller
	phase phase
	sleep sleepPlace
	token bool // an unpark that the next sleep consumes

	searching   bool
	lifoEnabled bool
	inTurn      bool // dispatching driver events: wakes notify nobody
	lifoPolls   int8 // of this tick

	thread   int // of the pool
	leftLast int // the task that the worker left alone last; noTask: others were polled during that one's poll before

	tick  uint32
	lifo  task.ID
	queue task.Ring
	// While a thief copies, until stolenUntil, the tasks that the thief takes still fill their slots, and no other thief gets in.
	stolenUntil sim.Time
	stolen      int

	tuning tuning

	rand        sim.Rand
	victim      int // next to look at
	victimsLeft int
	skip        skip
}

func (w *worker) localTasks() int {
	n := w.queue.Len()
	if w.lifo != 0 {
		n++
	}
	return n
}

// leaving is the number of tasks that a thief is still copying out of the run queue.
func (w *worker) leaving(now sim.Time) int {
	if w.stolenUntil <= now {
		return 0
	}
	return w.stolen
}

// skip is what a searching worker passes. The skip begins at the worker's victim, with victimsLeft.
type skip struct {
	start      sim.Time // of the first look
	looks      int      // that it passes; 0: the worker skips nothing now
	generation uint32   // of the event that ends it
	rank       uint64   // of the search, among those that look at the same times
}

// ranks order the searches that look at victims at the same times, as events for each look would: a search that begins when others
// look goes before them if what began it was scheduled before their looks, which were scheduled one look ago. The search keeps its place then.
type ranks struct {
	before, behind uint64
	at             sim.Time // of the latest search that went before others
}

// loose is a poll without a worker.
type loose struct {
	poller
	thread int
	blocks bool // in place, still
}

const noTask = -1

// blockingThread is the thread in block_on. Futures that come while it has one wait in line.
type blockingThread struct {
	poller
	phase blockOnPhase
	line  task.Queue
	woken bool // the future, since its last poll began
}

type blockOnPhase uint8

const (
	blockOnIdle    blockOnPhase = iota // no future
	blockOnNext                        // take a future, if there is one
	blockOnBegin                       // a poll of the future
	blockOnPoll                        // inside the poll, or on the way to it
	blockOnPending                     // the poll has ended
	blockOnPark                        // go to sleep
	blockOnAsleep                      // until the future is woken
)
