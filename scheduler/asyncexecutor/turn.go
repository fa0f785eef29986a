// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// eventsPerTurn is how many I/O events one turn takes from the kernel (polling's default).
const eventsPerTurn = 1024

const allTimers = math.MaxInt

// startTurn begins a react call of the holder, with timeout 0 or without a timeout.
func (e *Executor) startTurn(noWait bool) {
	t := &e.reactor.turn
	t.stage = starting
	t.noWait = noWait
	t.wakers = t.wakers[:0]
	t.woken = 0
}

// react carries the holder's turn on. The result is the time to pass before the next call, or done.
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
		return e.queue(t.task, by, 0), false
	}
}
