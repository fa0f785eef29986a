// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

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
			e.wakeFromEpoll(e.wakeDriverLatency())
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
	e.wakeFromEpoll(e.wakeDriverLatency())
}

// wakeDriverLatency is how long the thread in epoll takes to run when somebody or a socket wakes it.
func (e *Executor) wakeDriverLatency() sim.Time {
	idle := sim.Time(0)
	if r := e.reactor.holder; r != nil { // not the async-io thread, which is no thread of the host
		idle = r.cpu.Rouse()
	}
	return e.costs.Rise(e.costs.WakeDriverLatency, idle, &e.latency)
}

// wakeFromEpoll lets the thread in epoll run after a delay.
func (e *Executor) wakeFromEpoll(after sim.Time) {
	re := &e.reactor
	re.waking = true
	re.generation++
	e.sim.Schedule(e.sim.Now()+after, e.target, evEpollReturn, re.generation)
}
