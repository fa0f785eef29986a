// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// blockOn is async-io's block_on around the runner (schedulers.md 4.3).
func (e *Executor) blockOn(r *runner) sim.Time {
	switch r.phase {
	case pending:
		return e.pending(r)
	case looking:
		d, done := e.react(r)
		if !done {
			return d
		}
		r.phase = entering
		return e.unlock()
	case reacting:
		d, done := e.react(r)
		if !done {
			return d
		}
		return e.reacted(r)
	case parking:
		if r.takeToken() {
			r.phase = entering
			return 0
		}
		r.countPark()
		r.phase = parked
		return blocked
	case unparked:
		r.token = false
		r.phase = entering
		return 0
	default:
		panic("asyncexecutor: resumed a parked runner")
	}
}

// pending decides how the thread spends its time after run has returned: one look at the reactor if the thread was unparked meanwhile,
// else in epoll if the reactor is free, else parked.
func (e *Executor) pending(r *runner) sim.Time {
	if r.takeToken() {
		r.phase = entering
		if e.tryLock(r) {
			e.startTurn(true)
			r.phase = looking
		}
		return 0
	}
	if e.tryLock(r) {
		r.lockedAt = e.sim.Now()
		e.wait(r)
		return 0
	}
	r.phase = parking
	return e.costs.Park
}

// wait starts a turn without a timeout. From now on whoever unparks the thread writes the eventfd.
func (e *Executor) wait(r *runner) {
	r.ioBlocked = true
	e.startTurn(false)
	r.phase = reacting
}

// reacted follows a turn of the reactor: back to run if the turn brought work for this thread, else another turn, unless the thread
// has been serving the others for too long.
func (e *Executor) reacted(r *runner) sim.Time {
	if r.takeToken() {
		r.ioBlocked = false
		r.phase = entering
		return e.unlock()
	}
	if e.sim.Now()-r.lockedAt <= hogLimit {
		e.wait(r)
		return 0
	}
	r.ioBlocked = false
	r.phase = parking
	d := e.unlock()
	d += e.unparkHelper()
	return d + e.costs.Park
}
