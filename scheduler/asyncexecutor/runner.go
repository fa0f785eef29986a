package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	// fairInterval is how many tasks a runner finds between two looks at the global queue beside its own.
	fairInterval = 64
	// runsPerRound is how many tasks a runner polls before it returns to block_on.
	runsPerRound = 200
	// hogLimit is how long a thread may hold the reactor without work of its own before it leaves it to the async-io thread.
	hogLimit = 500_000
	// blocked is the delay of a thread that sleeps until somebody wakes it.
	blocked sim.Time = -1
)

// runner is one thread in block_on(executor.run(pending)).
type runner struct {
	local scheduler.Ring
	index int
	arg   uint64 // index, as an event's Arg
	rng   sim.Rand

	phase     phase
	source    scheduler.Source // of task
	sleeping  bool             // registered in sleepers
	token     bool             // block_on's parker was unparked
	ioBlocked bool             // in epoll, or about to be, or dispatching what it returned

	task     scheduler.TaskID // being polled
	runnable scheduler.TaskID // to be pushed on the global queue
	runs     int              // tasks polled in this round
	ticks    uint32           // tasks found

	carry     sim.Time // cost of the last finish, to be paid with the next step
	pollStart sim.Time
	deadline  sim.Time // of the timer to be registered
	lockedAt  sim.Time // took the reactor lock

	pollsAtPark uint64
	counters    scheduler.WorkerCounters
}

// phase is what a runner does when it goes on.
type phase uint8

const (
	// In executor.run: schedulers.md 2.3.
	searching   phase = iota // look for a task
	missed                   // none: register as a sleeper and search once more, or leave to block_on
	found                    // leave the sleepers, notify one, start the poll
	stepping                 // do the task's next step
	spawning                 // push the spawned or woken task, go on with the poll
	registering              // register a timer; this ends the poll
	scheduling               // push the task that the poll made runnable; the poll is over
	polled                   // next task, or back to block_on

	// In block_on: schedulers.md 4.3.
	pending  // nothing to do, or the round is over
	looking  // react(0)
	reacting // react(None)
	parking  // about to park
	parked   // until unparked
	unparked // running again
)

// resume lets a runner go on until it sleeps, or until another event is due first.
func (e *Executor) resume(r *runner) {
	for {
		d := e.next(r)
		if d == 0 {
			continue
		}
		if d == blocked {
			return
		}
		if !e.sim.Advance(d) {
			e.sim.Schedule(e.sim.Now()+d, e.target, evRunner, r.arg)
			return
		}
	}
}

// next does what the runner's phase says, sets the phase to follow, and returns the time in between.
func (e *Executor) next(r *runner) sim.Time {
	switch r.phase {
	case searching:
		return e.look(r)
	case missed:
		if e.sleepers.add(r) {
			e.notified = e.sleepers.isNotified()
			r.phase = searching
		} else {
			r.phase = pending
		}
		return 0
	case found:
		return e.found(r)
	case stepping:
		return e.step(r)
	case spawning:
		e.push(r.runnable, r)
		r.phase = stepping
		return e.notify(r)
	case registering:
		e.addTimer(r.deadline, r.task)
		e.pend(r)
		e.notifyPoller()
		return 0
	case scheduling:
		e.push(r.runnable, r)
		r.phase = polled
		return e.notify(r)
	case polled:
		return e.polled(r)
	default:
		return e.blockOn(r)
	}
}

// look searches once.
func (e *Executor) look(r *runner) sim.Time {
	id, source, spent := e.search(r)
	if id == 0 {
		r.phase = missed
		return spent + r.takeCarry()
	}
	r.task, r.source = id, source
	if spent == 0 {
		return e.found(r)
	}
	r.phase = found
	return spent
}

// found leaves the sleepers with a task in hand and wakes one of them, in case the task takes long.
func (e *Executor) found(r *runner) sim.Time {
	if r.sleeping {
		e.sleepers.remove(r)
		e.notified = e.sleepers.isNotified()
	}
	d := e.notify(r) + e.costs.Poll
	r.ticks++
	if r.ticks%fairInterval == 0 && e.global.Len() > 0 {
		d += e.costs.GlobalPop + e.takeHalf(r)
	}
	// Others see nothing of the poll before its first step that is no computing: up to there it is one delay.
	d += r.takeCarry()
	r.pollStart = e.sim.Now() + d
	e.tasks.BeginAt(r.pollStart, r.task, r.index, r.source)
	r.phase = stepping
	return d + e.tasks.StepCompute(r.task)
}

// step does the polled task's next step. What a step costs passes inside the poll, before its effect.
func (e *Executor) step(r *runner) sim.Time {
	a := e.tasks.Step(r.task)
	switch a.Kind {
	case scheduler.Compute:
		return a.Duration
	case scheduler.Sleep:
		// A timer that is due at its first poll is ready without the reactor.
		if a.Duration <= 0 {
			return 0
		}
		r.deadline = e.sim.Now() + a.Duration
		r.phase = registering
		return e.costs.TimerInsert + e.notifyPollerCost()
	case scheduler.IO:
		// So is a socket that can be read at once.
		if a.Duration <= 0 {
			return 0
		}
		e.addSocket(e.sim.Now()+a.Duration, r.task)
		e.pend(r)
		return 0
	case scheduler.Yield:
		// A task that wakes itself is scheduled again by its runner, after the poll (schedulers.md 2.5).
		e.pend(r)
		e.tasks.Wake(r.task)
		r.runnable = r.task
		r.phase = scheduling
		return e.costs.Wake
	case scheduler.Spawn:
		r.runnable = a.Other
		r.phase = spawning
		return e.costs.Spawn
	case scheduler.Wake:
		if !e.tasks.Wake(a.Other) {
			return 0
		}
		r.runnable = a.Other
		r.phase = spawning
		return e.costs.Wake
	case scheduler.Wait:
		e.pend(r)
		return 0
	case scheduler.Blocking:
		e.pool.Submit(r.task, a.Duration)
		e.pend(r)
		return 0
	default:
		return e.finish(r)
	}
}

// pend ends a poll whose task waits.
func (e *Executor) pend(r *runner) {
	e.tasks.Pend(r.task)
	e.closePoll(r)
}

// finish ends a task's last poll and makes the task that awaits it runnable. Without one the cost is paid with the next
// search: it delays this runner and nobody sees it.
func (e *Executor) finish(r *runner) sim.Time {
	awaiter := e.tasks.Finish(r.task)
	e.closePoll(r)
	if awaiter != 0 && e.tasks.Wake(awaiter) {
		r.runnable = awaiter
		r.phase = scheduling
		return e.costs.Finish
	}
	r.carry = e.costs.Finish
	return 0
}

// takeCarry returns what the runner still has to pay.
func (r *runner) takeCarry() sim.Time {
	d := r.carry
	r.carry = 0
	return d
}

func (e *Executor) closePoll(r *runner) {
	r.counters.Polls++
	r.counters.Busy += e.sim.Now() - r.pollStart
	r.phase = polled
}

// polled goes on to the next task; after a round of tasks it yields to block_on by unparking itself.
func (e *Executor) polled(r *runner) sim.Time {
	r.runs++
	if r.runs < runsPerRound {
		r.phase = searching
		return e.look(r)
	}
	r.runs = 0
	r.token = true
	r.phase = pending
	return r.takeCarry()
}
