// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// patience is how many fruitless sleeps the helper takes before it blocks on the reactor lock.
const patience = 10

// backoff is how long the helper sleeps, by the number of fruitless sleeps before; then the last value stays.
var backoff = [...]sim.Time{
	50_000, 75_000, 100_000, 250_000, 500_000, 750_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
}

// helper is the thread `async-io`, started at the first use of the reactor: it polls timers and sockets when no thread of the
// executor does (schedulers.md 4.3). When the executor idles it ends in epoll or blocked on the reactor lock, so it keeps no
// simulation from ending.
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

func (e *Executor) startHelper() {
	if e.helper.phase == helperUnborn {
		e.helper.phase = helperLooking
		e.scheduleHelper(0)
	}
}

func (e *Executor) scheduleHelper(after sim.Time) {
	e.helper.generation++
	e.sim.Schedule(e.sim.Now()+after, e.target, evHelper, e.helper.generation)
}

func (e *Executor) resumeHelper() {
	for {
		d := e.nextHelper()
		if d == 0 {
			continue
		}
		if d == blocked {
			return
		}
		if !e.sim.Advance(d) {
			e.scheduleHelper(d)
			return
		}
	}
}

func (e *Executor) nextHelper() sim.Time {
	h := &e.helper
	switch h.phase {
	case helperLooking:
		return e.helperLook()
	case helperLocking:
		h.lockWoken = false
		if !e.tryLock(nil) {
			return blocked
		}
		e.startTurn(false)
		h.phase = helperReacting
		return 0
	case helperReacting:
		d, done := e.react(nil)
		if !done {
			return d
		}
		h.rest(e.reactor.ticker)
		h.phase = helperParking
		e.unlock()
		return e.costs.Park
	case helperParking:
		if h.token {
			h.phase = helperUnparked
			return 0
		}
		h.phase = helperParked
		e.scheduleHelper(backoff[min(h.sleeps, len(backoff)-1)] + e.costs.TimerOvershoot)
		return blocked
	case helperParked:
		h.sleeps++
		h.phase = helperLooking
		return 0
	case helperUnparked:
		h.token = false
		h.rest(e.reactor.ticker)
		h.phase = helperLooking
		return 0
	default:
		panic("asyncexecutor: resumed the async-io thread before its start")
	}
}

// helperLook takes the reactor if nobody has turned it since the last look.
func (e *Executor) helperLook() sim.Time {
	h := &e.helper
	switch {
	case h.lastTick != e.reactor.ticker:
		h.lastTick = e.reactor.ticker
	case e.tryLock(nil):
		e.startTurn(false)
		h.phase = helperReacting
		return 0
	case h.sleeps >= patience:
		h.phase = helperLocking
		return blocked
	}
	h.phase = helperParking
	return e.costs.Park
}

func (h *helper) rest(tick uint64) {
	h.lastTick = tick
	h.sleeps = 0
}

// unparkHelper sets the helper's token and ends its sleep. It returns what that costs the caller.
func (e *Executor) unparkHelper() sim.Time {
	h := &e.helper
	if h.token {
		return 0
	}
	h.token = true
	if h.phase != helperParked {
		return 0
	}
	h.phase = helperUnparked
	e.scheduleHelper(e.costs.WakeLatency.Sample(&e.latency))
	return e.costs.Unpark.Sample(&e.latency)
}

// wakeLockWaiter wakes the helper if it is blocked on the reactor lock. A thread that takes the lock first keeps it.
func (e *Executor) wakeLockWaiter() sim.Time {
	h := &e.helper
	if h.phase != helperLocking || h.lockWoken {
		return 0
	}
	h.lockWoken = true
	e.scheduleHelper(e.costs.WakeLatency.Sample(&e.latency))
	return e.costs.Unpark.Sample(&e.latency)
}
