// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// eventsPerTurn is how many I/O events one turn takes from the kernel (polling's default).
const eventsPerTurn = 1024

const allTimers = math.MaxInt

// reactor is async-io's process-wide reactor: timers, sockets, and a lock that says who polls them (schedulers.md 4.1).
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

// tryLock takes the reactor lock for a runner, or for the async-io thread (nil).
func (e *Executor) tryLock(by *runner) bool {
	e.startHelper()
	if e.reactor.locked {
		return false
	}
	e.reactor.locked = true
	e.reactor.holder = by
	return true
}

// unlock releases the reactor lock and returns what waking the async-io thread costs, if that waits for it.
func (e *Executor) unlock() sim.Time {
	e.reactor.locked = false
	e.reactor.holder = nil
	return e.wakeLockWaiter()
}

func (e *Executor) addTimer(at sim.Time, w scheduler.Waker) {
	e.startHelper()
	e.reactor.timers.push(at, w)
}

// addSocket registers a socket; a thread in epoll sees it become ready.
func (e *Executor) addSocket(at sim.Time, w scheduler.Waker) {
	e.startHelper()
	re := &e.reactor
	re.sockets.push(at, w)
	if re.asleep && !re.waking && at < re.wakeAt {
		e.awaitReadiness(at)
	}
}

// notifyPoller ends the sleep in epoll, or the next one if nobody is in it. Notifications coalesce until a wait returns.
func (e *Executor) notifyPoller() sim.Time {
	d := e.notifyPollerCost()
	re := &e.reactor
	if !re.notified {
		re.notified = true
		if re.asleep && !re.waking {
			e.wakeFromEpoll(e.costs.WakeDriverLatency.Sample(&e.latency))
		}
	}
	return d
}

// notifyPollerCost is what notifyPoller costs its caller now. An eventfd write that wakes nobody is part of DriverPoll.
func (e *Executor) notifyPollerCost() sim.Time {
	re := &e.reactor
	if re.notified || !re.asleep || re.waking {
		return 0
	}
	return e.costs.UnparkDriver.Sample(&e.latency)
}

// startTurn begins a react call of the holder, with timeout 0 or without a timeout.
func (e *Executor) startTurn(noWait bool) {
	t := &e.reactor.turn
	t.stage = starting
	t.noWait = noWait
	t.wakers = t.wakers[:0]
	t.woken = 0
}

// react carries the holder's turn on. It returns the time to pass before it is called again, or done.
func (e *Executor) react(by *runner) (d sim.Time, done bool) {
	re := &e.reactor
	t := &re.turn
	now := e.sim.Now()
	switch t.stage {
	case starting:
		t.wakers = re.timers.due(now, allTimers, t.wakers)
		t.noWait = t.noWait || len(t.wakers) > 0
		re.ticker++
		if t.noWait || re.ready(now) {
			t.stage = returned
			return e.costs.DriverPoll, false
		}
		t.stage = waiting
		return e.costs.Park, false
	case waiting:
		t.stage = returned
		if re.ready(now) || re.timers.next() <= now {
			return 0, false
		}
		if by != nil {
			by.countPark()
		}
		re.asleep = true
		e.awaitReadiness(min(re.timers.next(), re.sockets.next()))
		return blocked, false
	case returned:
		re.notified = false
		expired := len(t.wakers)
		t.wakers = re.sockets.due(now, eventsPerTurn, t.wakers)
		if len(t.wakers) == expired && !t.noWait {
			t.wakers = re.timers.due(now, allTimers, t.wakers)
		}
		t.stage = waking
		return 0, false
	case waking:
		if t.woken == len(t.wakers) {
			return 0, true
		}
		id, queue := e.tasks.WakeBy(t.wakers[t.woken])
		t.woken++
		if !queue {
			return 0, false
		}
		t.task = id
		t.stage = dispatching
		return e.costs.Wake, false
	default:
		t.stage = waking
		return e.schedule(t.task, by), false
	}
}

// ready reports whether epoll would return at once, timers apart.
func (re *reactor) ready(now sim.Time) bool {
	return re.notified || re.sockets.next() <= now
}

// awaitReadiness makes the sleep in epoll end when the nearest timer or socket is due.
func (e *Executor) awaitReadiness(at sim.Time) {
	re := &e.reactor
	re.generation++
	re.wakeAt = at
	if at != sim.Never {
		e.sim.Schedule(at, e.target, evEpollReady, re.generation)
	}
}

// epollReady ends a sleep because a timer or a socket is due.
func (e *Executor) epollReady() {
	if e.reactor.timers.next() <= e.sim.Now() {
		e.wakeFromEpoll(e.costs.TimerOvershoot)
		return
	}
	e.wakeFromEpoll(e.costs.WakeDriverLatency.Sample(&e.latency))
}

// wakeFromEpoll lets the thread in epoll run after a delay.
func (e *Executor) wakeFromEpoll(after sim.Time) {
	re := &e.reactor
	re.waking = true
	re.generation++
	e.sim.Schedule(e.sim.Now()+after, e.target, evEpollReturn, re.generation)
}

// epollReturn lets the thread that was in epoll go on.
func (e *Executor) epollReturn() {
	re := &e.reactor
	re.asleep, re.waking = false, false
	if r := re.holder; r != nil {
		if r.cpu.WakeNow() {
			e.resume(r)
		}
		return
	}
	e.resumeHelper()
}
