// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// localCapacity bounds a runner's local queue.
const localCapacity = 512

// search looks for a task once: local queue, global queue, the other runners (schedulers.md 2.3). The task is 0 if there is none;
// the time is what the search costs, found or not.
func (e *Executor) search(r *runner) (task.ID, scheduler.Source, sim.Time) {
	if id := r.local.Pop(); id != 0 {
		return id, scheduler.FromLocal, 0
	}
	if id := e.global.Pop(e.tasks); id != 0 {
		return id, scheduler.FromGlobal, e.costs.GlobalPop + e.takeHalf(r)
	}
	n := len(e.runners)
	if n == 1 {
		return 0, 0, 0
	}
	var spent sim.Time
	victim := r.rng.IntN(n)
	for range n {
		if victim != r.index && e.runners[victim].phase != ended {
			spent += e.costs.StealAttempt + e.steal(r, e.runners[victim])
			if id := r.local.Pop(); id != 0 {
				return id, scheduler.FromSteal, spent
			}
		}
		victim++
		if victim == n {
			victim = 0
		}
	}
	return 0, 0, spent
}

// takeHalf moves half of the global queue, rounded up, to a runner's local queue, as far as it fits.
func (e *Executor) takeHalf(r *runner) sim.Time {
	count := min((e.global.Len()+1)/2, r.local.Free())
	for range count {
		r.local.Push(e.global.Pop(e.tasks))
	}
	return sim.Time(count) * e.costs.StealTask
}

// steal moves half of a victim's local queue, rounded up, the oldest tasks first, to a runner's.
func (e *Executor) steal(r, victim *runner) sim.Time {
	count := min((victim.local.Len()+1)/2, r.local.Free())
	if count == 0 {
		return 0
	}
	r.counters.StealOperations++
	for range count {
		id := victim.local.Pop()
		e.tasks.Stolen(id)
		r.counters.Steals++
		r.local.Push(id)
	}
	return sim.Time(count) * e.costs.StealTask
}
