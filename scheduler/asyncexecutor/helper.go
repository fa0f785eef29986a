// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// patience is how many fruitless sleeps the helper takes before it blocks on the reactor lock.
const patience = 10

// backoff is how long the helper sleeps, by the number of fruitless sleeps before; then the last value stays.
var backoff = [...]sim.Time{
	50_000, 75_000, 100_000, 250_000, 500_000, 750_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
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
