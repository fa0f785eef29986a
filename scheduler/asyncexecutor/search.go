// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// search looks for a task once: local queue, global queue, the other runners (schedulers.md 2.3). The task is 0 if there is none;
// the time is what the search costs, found or not.
func (e *Executor) search(r *runner) (task.ID, scheduler.Source, sim.Time) {
	if id := r.local.Pop(); id != 0 {
		return id, scheduler.FromLocal, 0
	}
	if id := e.global.Pop(e.tasks); id != 0 {
		return id, scheduler.FromGlobal, e.costs.GlobalPop + e.shared + e.takeHalf(r)
	}
	n := len(e.runners)
	if n == 1 {
		return 0, 0, 0
	}
	first := r.rng.IntN(n)
	id, spent := e.stealFrom(r, first, n)
	if id == 0 {
		var more sim.Time
		id, more = e.stealFrom(r, 0, first)
		spent += more
	}
	return id, scheduler.FromSteal, spent
}

// stealFrom looks at the runners from an index on, before another, until one has tasks. The task is 0 if none has.
//
// Most looks meet an empty queue, which costs the look and changes nothing. With many runners such looks would be most of what a
// simulation does, so those between two queues with tasks are counted and not made.
func (e *Executor) stealFrom(r *runner, from, before int) (id task.ID, spent sim.Time) {
	for {
		victim := e.mayHaveTasks.Next(from, before)
		if victim < before && e.runners[victim].local.Len() == 0 {
			e.mayHaveTasks.Remove(victim)
			continue
		}
		spent += sim.Time(e.looks(r, from, victim)) * e.costs.StealAttempt
		if victim == before {
			return 0, spent
		}
		spent += e.costs.StealAttempt + e.shared + e.steal(r, e.runners[victim])
		return r.local.Pop(), spent
	}
}

// looks is the number of looks at the runners from an index on, before another: at all but the thief itself and those whose thread has
// ended.
func (e *Executor) looks(r *runner, from, before int) int {
	n := before - from
	if from <= r.index && r.index < before {
		n--
	}
	for _, i := range e.gone {
		if from <= i && i < before {
			n--
		}
	}
	return n
}

// push puts a task into a runner's local queue.
func (e *Executor) push(r *runner, id task.ID) {
	r.local.Push(id)
	e.mayHaveTasks.Add(r.index)
}

// takeHalf moves half of the global queue, rounded up, to a runner's local queue, as far as it fits.
func (e *Executor) takeHalf(r *runner) sim.Time {
	count := min((e.global.Len()+1)/2, r.local.Free())
	for range count {
		e.push(r, e.global.Pop(e.tasks))
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
	e.tasks.Robbed(r.index, victim.index, count)
	for range count {
		id := victim.local.Pop()
		e.tasks.Stolen(id)
		r.counters.Steals++
		e.push(r, id)
	}
	return sim.Time(count) * e.costs.StealTask
}
