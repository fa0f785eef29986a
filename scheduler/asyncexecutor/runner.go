// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// resume lets a runner go on until it sleeps, or until another event is due first.
func (e *Executor) resume(r *runner) {
	r.counters.WakeUp(e.sim.Now())
	if r.asleep {
		r.asleep = false
		if !r.alone {
			e.countAwake(1)
		}
	}
	for {
		d := e.next(r)
		if d == 0 {
			continue
		}
		if d < 0 {
			r.asleep = true
			if !r.alone {
				e.countAwake(-1)
			}
			r.counters.FallAsleep(e.sim.Now())
			if d == blocked {
				r.cpu.Sleep()
			}
			return
		}
		if r.blocks {
			r.blocks = false
			if !r.cpu.Pause(d) {
				return
			}
		} else if !r.cpu.Run(d) {
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
		r.phase = stepping
		return e.schedule(r.runnable, r)
	case delegating:
		d := e.schedule(r.runnable, r)
		return d + e.pend(r)
	case registering:
		return e.register(r)
	case scheduling:
		r.phase = polled
		return e.schedule(r.runnable, r)
	case entering:
		return e.enter(r)
	case accepting:
		return e.accept(r)
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

// found leaves the sleepers with a task in hand and wakes a sleeper, in case the task takes long.
func (e *Executor) found(r *runner) sim.Time {
	d := e.costs.Poll
	if r.sleeping {
		e.sleepers.remove(r)
		e.notified = e.sleepers.isNotified()
		d += e.shared
	}
	d += e.notify(r)
	r.ticks++
	if r.ticks%fairInterval == 0 && e.global.Len() > 0 {
		d += e.costs.GlobalPop + e.shared + e.takeHalf(r)
	}
	// Others see nothing of the poll before its first step that is no computing: up to that step all is one delay.
	d += r.takeCarry() + e.tasks.Moving(r.task, r.index)
	r.pollStart = e.sim.Now() + d
	r.phase = stepping
	return d + e.tasks.BeginAt(r.pollStart, r.task, r.index, r.source)
}

// step does the polled task's next step. What a step costs passes inside the poll, before its effect.
func (e *Executor) step(r *runner) sim.Time {
	a := e.tasks.Step(r.task)
	switch a.Kind {
	case task.Compute:
		return a.Duration
	case task.Block:
		r.blocks = true
		return a.Duration
	case task.Sleep, task.SetTimer, task.IO, task.Process:
		if a.Duration <= 0 && a.Kind != task.Process {
			e.tasks.Ready(e.tasks.WakerOf(r.task, a)) // without the reactor: at its first poll
			return 0
		}
		r.action = a
		r.deadline = e.sim.Now() + a.Duration
		r.phase = registering
		switch a.Kind {
		case task.IO:
			return 0
		case task.Process:
			r.deadline += e.costs.ProcessStart
			return e.costs.ProcessStart
		default:
			return e.costs.TimerInsert + e.notifyPollerCost()
		}
	case task.ClearTimer:
		e.reactor.timers.abandon()
		return e.costs.TimerInsert
	case task.Yield:
		// A task that wakes itself is scheduled again by its runner, after the poll (schedulers.md 2.5).
		e.tasks.Pend(r.task)
		e.tasks.Wake(r.task)
		return e.again(r)
	case task.Spawn:
		r.runnable = a.Other
		r.phase = spawning
		if r == e.main {
			return e.priceOutside()
		}
		return e.costs.Spawn + e.shared
	case task.Wake, task.Cancel:
		if !e.tasks.WakeOther(a) {
			return 0
		}
		r.runnable = a.Other
		r.phase = spawning
		return e.costs.Wake
	case task.Woken:
		return e.costs.Wake
	case task.Wait:
		r.carry += a.Duration
		return e.pend(r)
	case task.Call:
		return e.pend(r)
	case task.Blocking, task.File:
		if e.delegates && !e.tasks.IsBlockingJob(r.task) {
			r.runnable = e.tasks.NewBlockingJob(r.task, a)
			r.phase = delegating
			return e.costs.Spawn + e.shared
		}
		d := e.pool.Submit(e.tasks.Waker(r.task), max(a.Duration, 0), a.Kind == task.File)
		return d + e.pend(r)
	case task.Done:
		return e.finish(r)
	default:
		panic("asyncexecutor: a step that the runtime does not have")
	}
}

// register gives the reactor what the polled task waits for, or a timeout's timer.
func (e *Executor) register(r *runner) sim.Time {
	w := e.tasks.WakerOf(r.task, r.action)
	switch r.action.Kind {
	case task.SetTimer:
		e.addTimer(r.deadline, w)
		r.phase = stepping
		e.notifyPoller()
		return 0
	case task.Sleep:
		e.addTimer(r.deadline, w)
		e.tasks.Registered(w, 1) // the reactor knows it by its waker
		d := e.pend(r)
		e.notifyPoller()
		return d
	default:
		e.addSocket(r.deadline, w)
		return e.pend(r)
	}
}

// pend ends a poll whose task waits.
func (e *Executor) pend(r *runner) sim.Time {
	if e.tasks.Pend(r.task) {
		return e.again(r)
	}
	e.closePoll(r)
	return 0
}

// again ends a poll whose task was woken meanwhile.
func (e *Executor) again(r *runner) sim.Time {
	e.closePoll(r)
	r.runnable = r.task
	r.phase = scheduling
	return e.costs.Wake
}

// finish ends a task's last poll and makes the task that awaits the finished one runnable. If no task awaits, the cost is paid with the
// next search: the cost delays this runner, and nobody sees when it is paid.
func (e *Executor) finish(r *runner) sim.Time {
	awaiter := e.tasks.Finish(r.task)
	e.closePoll(r)
	if r.future.polled {
		r.future.done = true
		e.pinned[r.task] = 0
	}
	if awaiter != 0 && e.tasks.WakeAwaiter(awaiter) {
		r.runnable = awaiter
		r.phase = scheduling
		return e.costs.Finish + e.shared
	}
	r.carry = e.costs.Finish + e.shared
	return 0
}

func (e *Executor) closePoll(r *runner) {
	r.counters.Polls++
	r.counters.Busy += e.sim.Now() - r.pollStart
	r.phase = polled
}

// polled goes on to the next task; after a round of tasks the runner yields to block_on by unparking itself.
func (e *Executor) polled(r *runner) sim.Time {
	if r.future.polled {
		return e.futurePolled(r)
	}
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
