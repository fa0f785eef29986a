package tokio

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	queueCapacity = 256
	eventInterval = 61  // ticks between two maintenances
	maxLIFOPolls  = 3   // in one tick
	coopBudget    = 128 // units per tick
)

// phase is the place in the worker loop (schedulers.md 1.3) at which a worker goes on when its time comes.
type phase uint8

const (
	phaseTick           phase = iota // top of the loop
	phaseMaintained                  // after maintenance's look at the driver
	phaseBegin                       // the poll of w.task starts
	phasePoll                        // inside the poll
	phaseTimer                       // inside the poll: the timer of w.deadline is registered, and the poll ends
	phaseNextLIFO                    // after a poll: the LIFO slot may go on in the same tick
	phaseSearch                      // nothing to do: may this worker search?
	phaseVictim                      // look at one victim
	phasePark                        // go to sleep
	phaseParkCommit                  // under the idle lock
	phaseSleep                       // condvar or driver
	phaseDriverReturned              // epoll_wait returned
	phaseAwake                       // why was this worker woken?
	phaseGaveWay                     // after a look at the driver for tasks that gave way
)

type sleepPlace uint8

const (
	awake sleepPlace = iota
	onCondvar
	inDriver
)

// blocked is returned by step when the worker sleeps: an event will set its phase and resume it.
const blocked sim.Time = -1

type worker struct {
	index int
	phase phase
	sleep sleepPlace
	token bool // an unpark that the next sleep consumes

	lifo        scheduler.TaskID
	queue       scheduler.Ring
	deferred    []scheduler.TaskID // tasks that gave way; woken after the next look at the driver
	stolenUntil sim.Time           // a thief is copying from queue

	tick        uint32
	tuning      tuning
	searching   bool
	lifoEnabled bool
	inTurn      bool // dispatching driver events: wakes notify nobody

	task      scheduler.TaskID // being polled
	source    scheduler.Source
	deadline  sim.Time // phaseTimer
	budget    int
	lifoPolls int

	rand        sim.Rand
	victim      int // next to look at
	victimsLeft int

	pollsAtPark uint64
	counters    scheduler.WorkerCounters
}

func newWorker(index int, r sim.Rand) worker {
	return worker{index: index, queue: scheduler.NewRing(queueCapacity), lifoEnabled: true, tuning: newTuning(), rand: r}
}

func (w *worker) localTasks() int {
	n := w.queue.Len()
	if w.lifo != 0 {
		n++
	}
	return n
}

// resume runs a worker from its phase on, for as long as nothing else is due before its next step. It runs once per
// event or less.
func (rt *Runtime) resume(w *worker) {
	for {
		d := rt.step(w)
		if d == blocked {
			return
		}
		if d > 0 && !rt.sim.Advance(d) {
			rt.resumeAfter(w, d)
			return
		}
	}
}

// step does what the worker does at this moment, sets the next phase, and returns the time until then.
func (rt *Runtime) step(w *worker) sim.Time {
	switch w.phase {
	case phaseTick:
		return rt.startTick(w)
	case phaseMaintained:
		spent := rt.turn(w)
		w.tuning.openBatch(rt.sim.Now())
		return spent + rt.nextTask(w)
	case phaseBegin:
		rt.tasks.Begin(w.task, w.index, w.source)
		w.phase = phasePoll
		return rt.poll(w)
	case phasePoll:
		return rt.poll(w)
	case phaseTimer:
		spent := rt.addTimer(w.deadline, w.task)
		rt.tasks.Pend(w.task)
		w.phase = phaseNextLIFO
		return spent
	case phaseNextLIFO:
		return rt.nextLIFO(w)
	case phaseSearch:
		return rt.startSearch(w)
	case phaseVictim:
		return rt.tryVictim(w)
	case phasePark:
		if len(w.deferred) > 0 { // never sleep on tasks that gave way
			w.phase = phaseGaveWay
			return rt.lookAtDriver(w)
		}
		w.phase = phaseParkCommit
		return rt.costs.Park
	case phaseParkCommit:
		return rt.commitPark(w)
	case phaseSleep:
		return rt.fallAsleep(w)
	case phaseDriverReturned:
		w.sleep, w.token = awake, false
		w.phase = phaseAwake
		return rt.turn(w)
	case phaseAwake:
		return rt.wakeUp(w)
	default: // phaseGaveWay
		spent := rt.turn(w)
		w.tuning.openBatch(rt.sim.Now())
		w.phase = phaseTick
		return spent
	}
}

// lookAtDriver is epoll_wait with timeout 0, if no other worker holds the driver. The events are dispatched by turn.
func (rt *Runtime) lookAtDriver(w *worker) sim.Time {
	if rt.driver.holder != nil {
		return 0
	}
	rt.driver.holder = w
	return rt.costs.DriverPoll
}

func (rt *Runtime) startTick(w *worker) sim.Time {
	w.tick++
	if w.tick%eventInterval == 0 {
		w.counters.Busy += w.tuning.closeBatch(rt.sim.Now())
		w.phase = phaseMaintained
		return rt.lookAtDriver(w)
	}
	return rt.nextTask(w)
}

// nextTask picks the tick's task (schedulers.md 1.4).
func (rt *Runtime) nextTask(w *worker) sim.Time {
	if w.tick%w.tuning.gqi == 0 {
		w.tuning.retune()
		if id := rt.inject.Pop(rt.tasks); id != 0 {
			return rt.costs.GlobalPop + rt.runTask(w, id, scheduler.FromGlobal)
		}
	}
	if id := w.lifo; id != 0 {
		w.lifo = 0
		return rt.runTask(w, id, scheduler.FromLIFO)
	}
	if id := w.queue.Pop(); id != 0 {
		return rt.runTask(w, id, scheduler.FromLocal)
	}
	if id := rt.takeBatch(w); id != 0 {
		return rt.costs.GlobalPop + rt.runTask(w, id, scheduler.FromGlobal)
	}
	w.counters.Busy += w.tuning.closeBatch(rt.sim.Now())
	w.phase = phaseSearch
	return 0
}

// takeBatch moves a fair share of the inject queue to the run queue and returns its first task.
func (rt *Runtime) takeBatch(w *worker) scheduler.TaskID {
	n := min(rt.inject.Len()/len(rt.workers)+1, w.queue.Free(), queueCapacity/2)
	first := rt.inject.Pop(rt.tasks)
	for i := 1; i < n; i++ {
		id := rt.inject.Pop(rt.tasks)
		if id == 0 {
			break
		}
		w.queue.Push(id)
	}
	return first
}

// runTask starts the tick's task (schedulers.md 1.5, steps 1 and 2).
func (rt *Runtime) runTask(w *worker, id scheduler.TaskID, source scheduler.Source) sim.Time {
	spent := rt.costs.Poll
	if w.searching {
		w.searching = false
		rt.searching--
		if rt.searching == 0 {
			spent += rt.notifyOne()
		}
	}
	w.counters.Polls++
	w.tuning.batchPolls++
	w.budget = coopBudget
	w.lifoPolls = 0
	w.task, w.source = id, source
	w.phase = phaseBegin
	return spent
}

// poll runs the task until time has to pass or the poll ends.
func (rt *Runtime) poll(w *worker) sim.Time {
	for {
		switch a := rt.tasks.Step(w.task); a.Kind {
		case scheduler.Compute:
			return a.Duration
		case scheduler.Spawn:
			if spent := rt.costs.Spawn + rt.scheduleLocal(w, a.Child); spent > 0 {
				return spent
			}
		case scheduler.Sleep:
			w.deadline = rt.sim.Now() + a.Duration
			w.phase = phaseTimer
			return rt.costs.TimerInsert
		case scheduler.IO:
			if a.Duration <= 0 { // readable at once
				continue
			}
			rt.sim.Schedule(rt.sim.Now()+a.Duration, rt.target, eventIO, uint64(w.task))
			return rt.pend(w)
		case scheduler.Yield:
			w.deferred = append(w.deferred, w.task)
			return rt.pend(w)
		case scheduler.Join:
			if !rt.pollHandle(w) {
				return rt.pend(w)
			}
		case scheduler.Done:
			w.phase = phaseNextLIFO
			spent := rt.costs.Finish
			if awaiter := rt.tasks.Finish(w.task); awaiter != 0 {
				spent += rt.wakeLocal(w, awaiter)
			}
			return spent
		}
	}
}

func (rt *Runtime) pend(w *worker) sim.Time {
	rt.tasks.Pend(w.task)
	w.phase = phaseNextLIFO
	return 0
}

// pollHandle polls a join handle, which spends a unit of the coop budget if it is ready (schedulers.md 1.10).
func (rt *Runtime) pollHandle(w *worker) (ready bool) {
	if w.budget == 0 {
		rt.tasks.ForcedYield(w.task)
		w.deferred = append(w.deferred, w.task)
		return false
	}
	if !rt.tasks.PollHandle(w.task) {
		return false
	}
	w.budget--
	if w.budget == 0 {
		rt.forcedYields++
	}
	return true
}

// nextLIFO goes on with the LIFO slot in the same tick and on the same budget (schedulers.md 1.5, step 4).
func (rt *Runtime) nextLIFO(w *worker) sim.Time {
	w.phase = phaseTick
	id := w.lifo
	if id == 0 {
		w.lifoEnabled = true
		return 0
	}
	w.lifo = 0
	if w.budget == 0 {
		rt.pushBack(w, id)
		return 0
	}
	w.lifoPolls++
	if w.lifoPolls >= maxLIFOPolls {
		w.lifoEnabled = false
	}
	w.counters.LIFOPolls++
	w.task, w.source = id, scheduler.FromLIFO
	w.phase = phaseBegin
	return rt.costs.Poll
}

// wakeLocal wakes a waiting task from a worker.
func (rt *Runtime) wakeLocal(w *worker, id scheduler.TaskID) sim.Time {
	if !rt.tasks.Wake(id) {
		return 0
	}
	return rt.costs.Wake + rt.scheduleLocal(w, id)
}

// scheduleLocal queues a runnable task on the worker that made it so (schedulers.md 1.6) and returns the cost of waking
// another worker, if one is.
func (rt *Runtime) scheduleLocal(w *worker, id scheduler.TaskID) sim.Time {
	w.counters.LocalSchedules++
	if w.lifoEnabled {
		id, w.lifo = w.lifo, id
	}
	if id == 0 { // the slot was empty: nothing for others to steal
		return 0
	}
	rt.pushBack(w, id)
	if w.inTurn {
		return 0
	}
	return rt.notifyOne()
}

// pushBack appends to the run queue. If that is full, its newest half and the task overflow to the inject queue; while a
// thief copies from it, the task alone does.
func (rt *Runtime) pushBack(w *worker, id scheduler.TaskID) {
	switch {
	case w.queue.Free() > 0:
		w.queue.Push(id)
	case w.stolenUntil > rt.sim.Now():
		rt.scheduleRemote(id)
	default:
		w.counters.Overflows++
		for range queueCapacity / 2 { // turn the ring: the oldest half goes behind the newest
			w.queue.Push(w.queue.Pop())
		}
		for range queueCapacity / 2 {
			rt.inject.Push(rt.tasks, w.queue.Pop())
		}
		rt.inject.Push(rt.tasks, id)
	}
}

// startSearch admits a worker to the searchers (schedulers.md 1.6, stealing).
func (rt *Runtime) startSearch(w *worker) sim.Time {
	if !w.searching {
		if 2*rt.searching >= len(rt.workers) {
			w.phase = phasePark
			return 0
		}
		w.searching = true
		rt.searching++
	}
	w.victim = w.rand.IntN(len(rt.workers))
	w.victimsLeft = len(rt.workers)
	w.phase = phaseVictim
	return 0
}

// tryVictim steals from the next victim; after the last one it looks at the inject queue.
func (rt *Runtime) tryVictim(w *worker) sim.Time {
	now := rt.sim.Now()
	if w.victimsLeft == 0 {
		id := rt.inject.Pop(rt.tasks)
		if id == 0 {
			w.phase = phasePark
			return 0
		}
		w.tuning.openBatch(now)
		return rt.costs.GlobalPop + rt.runTask(w, id, scheduler.FromGlobal)
	}
	v := &rt.workers[w.victim]
	w.victim = (w.victim + 1) % len(rt.workers)
	w.victimsLeft--
	if v == w {
		return 0
	}
	if v.queue.Len() == 0 || v.stolenUntil > now || w.queue.Len() > queueCapacity/2 {
		return rt.costs.StealAttempt
	}
	n := v.queue.Len() - v.queue.Len()/2
	for range n - 1 {
		id := v.queue.Pop()
		rt.tasks.Stolen(id)
		w.queue.Push(id)
	}
	newest := v.queue.Pop()
	rt.tasks.Stolen(newest)
	w.counters.Steals += uint64(n) //nolint:gosec // G115: at most half a queue
	w.counters.StealOperations++
	copying := rt.costs.StealAttempt + sim.Time(n)*rt.costs.StealTask
	v.stolenUntil = now + copying
	w.tuning.openBatch(now)
	return copying + rt.runTask(w, newest, scheduler.FromSteal)
}

// commitPark takes the worker off the books (schedulers.md 1.8, step 3).
func (rt *Runtime) commitPark(w *worker) sim.Time {
	rt.unparked--
	last := false
	if w.searching {
		w.searching = false
		rt.searching--
		last = rt.searching == 0
	}
	rt.sleepers = append(rt.sleepers, w)
	w.phase = phaseSleep
	if last {
		return rt.notifyIfWorkPending()
	}
	return 0
}

// fallAsleep sleeps in the driver if it is free, else on the condvar (schedulers.md 1.8, step 4).
func (rt *Runtime) fallAsleep(w *worker) sim.Time {
	w.counters.Parks++
	if w.counters.Polls == w.pollsAtPark {
		w.counters.Noops++
	}
	w.pollsAtPark = w.counters.Polls
	if w.token {
		w.token = false
		w.phase = phaseAwake
		return 0
	}
	if rt.driver.holder != nil {
		w.sleep = onCondvar
		return blocked
	}
	rt.driver.holder = w
	w.sleep = inDriver
	if rt.sleepInDriver() {
		return blocked
	}
	w.phase = phaseDriverReturned
	return rt.costs.DriverPoll
}

// wakeUp finds out why the worker is awake (schedulers.md 1.8, step 4).
func (rt *Runtime) wakeUp(w *worker) sim.Time {
	sleeper := slices.Index(rt.sleepers, w)
	switch {
	case sleeper < 0:
		// Someone woke this worker and counted it as unparked and searching.
		w.searching = true
	case w.localTasks() > 0:
		rt.sleepers = slices.Delete(rt.sleepers, sleeper, sleeper+1)
		rt.unparked++
	default:
		// Nothing to do: a timer was set anew, or the like.
		w.phase = phaseSleep
		return 0
	}
	w.tuning.openBatch(rt.sim.Now())
	w.phase = phaseTick
	return 0
}
