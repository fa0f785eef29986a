// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
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

// unlock releases the reactor lock and returns what waking the async-io thread costs, if that thread waits for the lock.
func (e *Executor) unlock() sim.Time {
	e.reactor.locked = false
	e.reactor.holder = nil
	return e.wakeLockWaiter()
}

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

// unparkHelper sets the helper's token and ends the helper's sleep. The result is what that costs the caller.
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

// wakeLockWaiter wakes the helper if the helper is blocked on the reactor lock. A thread that takes the lock first keeps the lock.
func (e *Executor) wakeLockWaiter() sim.Time {
	h := &e.helper
	if h.phase != helperLocking || h.lockWoken {
		return 0
	}
	h.lockWoken = true
	e.scheduleHelper(e.costs.WakeLatency.Sample(&e.latency))
	return e.costs.Unpark.Sample(&e.latency)
}
