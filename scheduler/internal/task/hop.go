// SPDX-License-Identifier: Apache-2.0

package task

import "github.com/runtimelab/otelcol-runtimelab/scheduler/program"

// What tasks exchange costs time: an atomic operation or a lock, and a cache line or two. Each attempt to send, receive, lock or unlock costs a
// hop, and takes effect at its end. An attempt that has to wait is one too, as Rust polls the future then. So is the poll of a join handle; see
// pollHandles.

// hopping are the steps that cost a hop.
var hopping = program.OpsOf(program.Lock, program.Unlock, program.Send, program.Receive, program.Join)

// hop is asked before the running task does a step that costs a hop. The result says whether the cost has passed; else the action lets it
// pass, and Step comes again.
func (ts *Tasks) hop(t *Task) (a Action, passed bool) {
	if t.begun || ts.Hop == 0 {
		t.begun = false
		return Action{}, true
	}
	t.begun = true
	return Action{Kind: Compute, Duration: ts.Hop}, false
}

// hopsFirst reports whether a step, which the running task comes to next, costs a hop first, and notes that the hop passes.
func (ts *Tasks) hopsFirst(t *Task, st *program.Step) bool {
	if ts.Hop == 0 || !hopping.Has(st.Op) || st.Op == program.Join && t.firstHandle == 0 || ts.exhausted() {
		return false
	}
	t.begun = true
	return true
}
