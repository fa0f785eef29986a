// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What tasks exchange costs time: an atomic operation or a lock, and a cache line or two. A message, a lock and a join handle that is ready cost
// a hop each, which passes before the step takes effect. A task that has to wait pays for leaving its waker, and not again for the hop when it
// comes back.

// SetHops sets what tasks pay for what they exchange.
func (ts *Tasks) SetHops(h cost.Hop) {
	ts.hops[program.Send], ts.hops[program.Receive] = h.Channel, h.Channel
	ts.hops[program.Lock], ts.hops[program.Unlock] = h.Lock, h.Lock
	ts.hops[program.Join] = h.Join
	ts.hopWait = h.Wait
}

// hop is asked before the running task does a step that costs a hop. The result says whether the cost has passed; else the action lets it
// pass, and Step comes again.
func (ts *Tasks) hop(t *Task, op program.Op) (a Action, passed bool) {
	if t.begun || ts.hops[op] == 0 {
		t.begun = false
		return Action{}, true
	}
	t.begun = true
	return Action{Kind: Compute, Duration: ts.hops[op]}, false
}

// hopFirst is what a step, which the running task comes to next, costs first, and notes that it passes; 0: nothing. Others cannot see it: a task
// that has ended stays so.
func (ts *Tasks) hopFirst(t *Task, st *program.Step) sim.Time {
	if t.begun || ts.hops[st.Op] == 0 || ts.exhausted() {
		return 0
	}
	if st.Op == program.Join && (t.firstHandle == 0 || ts.Get(t.firstHandle).state != stateDone) {
		return 0
	}
	t.begun = true
	return ts.hops[st.Op]
}
