// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Runtime::block_on on a multi_thread runtime (schedulers.md 1.1). The calling thread polls the future, which is a task here, and is no
// worker: what the future spawns or wakes goes to the inject queue, and who wakes the future unparks the thread from a condition variable of
// its own.
//
//	a future comes        woken                  no other future
//	begin --> poll --> pending --> park --> begin     |
//	            |                                     v
//	            +-- the future has ended --> next --> idle

// startBlockOn prepares the thread.
func (rt *Runtime) startBlockOn(s *sim.Simulation, h *host.Host) {
	m := &rt.main
	m.poller = poller{index: scheduler.Outside, inPlace: true, cpu: h.NewThread(s, rt, rt.target, eventBlockOn, 0)}
}

// blockOn gives the thread a future.
func (rt *Runtime) blockOn(id task.ID) {
	m := &rt.main
	m.line.Push(rt.tasks, id)
	if m.phase == blockOnIdle {
		m.phase = blockOnNext
		m.cpu.Wake(0)
	}
}

// wakeMain implements flavor.
func (rt *Runtime) wakeMain() sim.Time {
	m := &rt.main
	m.woken = true
	if m.phase != blockOnAsleep {
		return 0
	}
	m.phase = blockOnBegin
	m.cpu.Wake(rt.costs.Rise(rt.costs.WakeLatency, m.cpu.Rouse(), &rt.latencies))
	return rt.costs.Unpark.Sample(&rt.latencies)
}

// resumeBlockOn runs the thread from its phase on, for as long as nothing else is due before its next step.
func (rt *Runtime) resumeBlockOn() {
	for {
		d := rt.stepBlockOn()
		if d == blocked {
			rt.main.cpu.Sleep()
			return
		}
		if d > 0 && !rt.main.spend(d) {
			return
		}
	}
}

// stepBlockOn does what the thread does at this moment, sets the next phase, and returns the time until then.
func (rt *Runtime) stepBlockOn() sim.Time {
	m := &rt.main
	switch m.phase {
	case blockOnNext:
		m.task = m.line.Pop(rt.tasks)
		rt.mainTask = m.task
		if m.task == 0 {
			m.phase = blockOnIdle
			return blocked
		}
		m.phase = blockOnBegin
		return 0
	case blockOnBegin:
		m.woken = false
		m.budget = coopBudget
		m.phase = blockOnPoll
		return rt.begin(&m.poller, rt.costs.Poll)
	case blockOnPoll:
		spent, ended := rt.poll(&m.poller)
		switch {
		case !ended:
		case rt.tasks.Ended(m.task):
			rt.mainTask = 0
			m.phase = blockOnNext
		default:
			m.phase = blockOnPending
		}
		return spent
	case blockOnPending:
		if m.woken {
			m.phase = blockOnBegin
			return 0
		}
		m.phase = blockOnPark
		return m.takeCarry() + rt.costs.Park
	default: // blockOnPark
		if m.woken {
			m.phase = blockOnBegin
			return 0
		}
		m.phase = blockOnAsleep
		return blocked
	}
}
