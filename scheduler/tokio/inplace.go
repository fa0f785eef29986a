// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// block_in_place (schedulers.md 1.10). The worker leaves its thread to the task that blocks and asks the blocking pool for
// another thread, on which the worker goes on with its loop. If the task has blocked for less time than the new thread needs to start, the
// task takes the worker back. Else the rest of the task's poll runs without a worker: what the task makes runnable goes to the inject
// queue, and at the end of the poll the thread is the pool's.

// blockInPlace implements flavor.
func (rt *Runtime) blockInPlace(p *poller, d sim.Time) {
	w := &rt.workers[p.index]
	spent := rt.wakeDeferred(p)
	if id := w.lifo; id != 0 { // all others can be stolen while the worker has no thread
		w.lifo = 0
		spent += rt.pushBack(w, id)
	}
	i := 0
	for i < len(rt.loose) && rt.loose[i].task != 0 {
		i++
	}
	if i == len(rt.loose) {
		rt.loose = append(rt.loose, loose{})
	}
	rt.loose[i] = loose{thread: w.thread, blocks: true, poller: poller{
		cpu: w.cpu, index: p.index, task: p.task, source: p.source, budget: p.budget, inPlace: true,
	}}
	w.task = 0
	w.phase = phaseNoThread
	w.leftLast = noTask
	if rt.tasks.BlockedInPlace(rt.loose[i].task) {
		w.leftLast = i
	}
	spent += rt.pool.SubmitWorker(p.index)
	w.cpu.Give(rt, rt.target, eventInPlace, uint64(i))
	if w.cpu.Pause(spent + d) {
		rt.sim.Schedule(rt.sim.Now(), rt.target, eventInPlace, uint64(i))
	}
}

// runOn gives a worker a thread.
func (rt *Runtime) runOn(w *worker, thread int) {
	w.thread, w.cpu = thread, rt.pool.CPU(thread)
	w.cpu.Give(rt, rt.target, eventResume, narrow.Uint64(w.index))
	rt.tasks.Threads[w.index] = rt.pool.Number(thread)
}

// giveThread is the pool's Run: a thread has come for a worker. The result is false if the worker has a thread.
func (rt *Runtime) giveThread(worker, thread int) bool {
	w := &rt.workers[worker]
	if w.phase != phaseNoThread {
		return false
	}
	rt.runOn(w, thread)
	w.phase = phaseStart
	if w.cpu.Run(0) {
		rt.resume(w)
	}
	return true
}

// resumeInPlace goes on with a task that has blocked in place.
func (rt *Runtime) resumeInPlace(i int) {
	l := &rt.loose[i]
	if l.blocks {
		l.blocks = false
		if w := &rt.workers[l.index]; w.phase == phaseNoThread {
			w.task, w.source, w.budget = l.task, l.source, l.budget
			w.phase = phasePoll
			rt.runOn(w, l.thread)
			if w.leftLast == i {
				rt.tasks.BackOnWorker(w.task)
			}
			l.task = 0
			rt.resume(w)
			return
		}
	}
	for {
		spent, ended := rt.poll(&l.poller)
		if ended {
			l.task = 0
			rt.pool.Leave(l.thread)
			return
		}
		if !l.spend(spent) {
			return
		}
	}
}
