// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Giving way (schedulers.md 1.10): yield_now and the coop budget.

func TestYieldedTasksRunInTheOrderOfTheDeferStack(t *testing.T) {
	// d1..dk run as d1, dk, ..., d2.
	b := start(t, 1, cost.Profile{})
	b.spawn(detach(spawn(4, yield)))
	b.sim.Run(ms)
	// First polls: 5 rides with the spawner, then 2, 3, 4: the stack is 5, 2, 3, 4.
	assert.Equal(t, []uint64{1, 5, 2, 3, 4, 5, 4, 3, 2}, b.order())
}

// TestAYieldedTaskWaitsForALookAtTheDriver: not merely for its turn in the queue.
func TestAYieldedTaskWaitsForALookAtTheDriver(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(detach(spawn(1, yield)), detach(spawn(150, compute(us))))
	b.sim.Run(20 * ms)
	assert.Equal(t, 61, b.position(2, 2))
}

// TestAWorkerNeverParksOnTasksThatGaveWay: it looks at the driver without sleeping.
func TestAWorkerNeverParksOnTasksThatGaveWay(t *testing.T) {
	b := start(t, 1, cost.Profile{DriverPoll: us})
	b.sim.Run(ms)
	before := b.Counters().Workers[0].Parks
	b.spawn(times(10, yield)...)
	b.sim.Run(ms + 10*us)
	require.Len(t, b.finished, 1)
	assert.Equal(t, ms+10*us, b.finished[0].End, "a look a lap")
	assert.Equal(t, before+1, b.Counters().Workers[0].Parks)
}

func TestCoopBudgetBoundsReadyHandles(t *testing.T) {
	// One worker; the joiner sleeps until all 300 handles are ready, then may take 128 of them a tick.
	b := start(t, 1, cost.Profile{})
	b.spawn(spawn(300), sleep(5*ms), join)
	b.sim.Run(20 * ms)
	require.Zero(t, b.Live())
	root := b.finished[len(b.finished)-1]
	assert.EqualValues(t, 2, root.ForcedYields)
	assert.EqualValues(t, 1+3, root.Polls)
	assert.EqualValues(t, 2, b.Counters().ForcedYields)
}

// TestOperationsSpendTheBudget: what is ready takes a unit, and at 0 the next operation, whatever it is, gives way.
func TestOperationsSpendTheBudget(t *testing.T) {
	for _, ready := range []program.Step{
		socket(0),
		sleep(0), // at the runtime's start tick 0 has elapsed
	} {
		for name, tc := range map[string]struct {
			first, last  []program.Step
			counted      int // times the budget reached 0
			forcedYields int
			polls        int
		}{
			"127":                  {last: times(127, ready), polls: 1},
			"128":                  {last: times(128, ready), counted: 1, polls: 1},
			"129":                  {last: times(129, ready), counted: 1, forcedYields: 1, polls: 2},
			"and a socket":         {last: concat(times(128, ready), one(socket(us))), counted: 1, forcedYields: 1, polls: 3},
			"and a timer":          {last: concat(times(128, ready), one(sleep(us))), counted: 1, forcedYields: 1, polls: 3},
			"and a handle":         {first: one(spawn(1)), last: concat(times(128, ready), one(join)), counted: 1, forcedYields: 1, polls: 2},
			"not computing":        {last: concat(times(128, ready), times(5, compute(us))), counted: 1, polls: 1},
			"after a ready socket": {first: one(socket(us)), last: times(128, socket(0)), counted: 1, forcedYields: 1, polls: 3},
			"after a timer":        {first: one(sleep(us)), last: times(128, socket(0)), counted: 1, forcedYields: 1, polls: 3},
			"after a yield":        {first: one(yield), last: times(128, socket(0)), counted: 1, polls: 2},
		} {
			b := start(t, 1, cost.Profile{})
			b.spawn(concat(tc.first, tc.last)...)
			b.sim.Run(10 * ms)
			f := b.finish(1)
			assert.EqualValues(t, tc.polls, f.Polls, name)
			assert.EqualValues(t, tc.forcedYields, f.ForcedYields, name)
			assert.EqualValues(t, tc.counted, b.Counters().ForcedYields, name)
		}
	}
}

// TestWhatIsNotReadyGivesItsUnitBack: a task in the LIFO slot goes on with the budget that is left. Tokio counts the budget
// as used up all the same.
func TestWhatIsNotReadyGivesItsUnitBack(t *testing.T) {
	for name, tc := range map[string]struct {
		last    program.Step
		counted int
	}{
		"socket": {last: socket(ms), counted: 1},
		"timer":  {last: sleep(ms), counted: 1},
		"handle": {last: join, counted: 2}, // the child's end wakes the joiner in the same tick, which takes the last unit
	} {
		b := start(t, 1, cost.Profile{})
		b.spawn(concat(one(spawn(1, compute(us))), times(127, socket(0)), one(tc.last))...)
		b.sim.Run(10 * ms)
		assert.Equal(t, scheduler.FromLIFO, b.pollsOf(2)[0].Source, name)
		assert.EqualValues(t, tc.counted, b.Counters().ForcedYields, name)
		assert.Zero(t, b.finish(1).ForcedYields, name)
	}
}

// TestLIFOPollsShareTheBudget: what is left of it; a task from the LIFO slot that finds none is queued instead.
func TestLIFOPollsShareTheBudget(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(concat(times(100, socket(0)), one(detach(spawn(1, times(28, socket(0))...))))...)
	b.spawn(concat(times(100, socket(0)), one(detach(spawn(1, times(29, socket(0))...))))...)
	b.spawn(concat(times(128, socket(0)), one(detach(spawn(1, socket(0)))))...)
	b.sim.Run(10 * ms)
	require.Len(t, b.finished, 6)
	assert.Zero(t, b.finish(4).ForcedYields)
	assert.Equal(t, scheduler.FromLIFO, b.pollsOf(4)[0].Source)
	assert.EqualValues(t, 1, b.finish(5).ForcedYields)
	assert.Equal(t, scheduler.FromLIFO, b.pollsOf(5)[0].Source)
	assert.Zero(t, b.finish(6).ForcedYields, "polled in a tick of its own")
	assert.Equal(t, scheduler.FromLocal, b.pollsOf(6)[0].Source)
}

// TestARefusedOperationKeepsItsTime: the timer's deadline and the socket's peer do not wait for the budget.
func TestARefusedOperationKeepsItsTime(t *testing.T) {
	for name, tc := range map[string]struct {
		busy  sim.Time // another task's, meanwhile
		last  program.Step
		end   sim.Time
		polls int
	}{
		"timer due later":   {busy: 500 * us, last: sleep(3 * ms), end: 3*ms + 500*us, polls: 3}, // epoll: whole milliseconds
		"timer due":         {busy: 1500 * us, last: sleep(ms), end: 1500 * us, polls: 2},
		"socket not ready":  {busy: 500 * us, last: socket(ms), end: ms, polls: 3},
		"socket ready":      {busy: 1500 * us, last: socket(ms), end: 1500 * us, polls: 2},
		"socket just ready": {busy: ms, last: socket(ms), end: ms, polls: 2},
	} {
		b := start(t, 1, cost.Profile{})
		b.spawn(concat(times(128, socket(0)), one(tc.last))...)
		b.spawn(compute(tc.busy))
		b.sim.Run(10 * ms)
		f := b.finish(1)
		assert.Equal(t, tc.end, f.End, name)
		assert.EqualValues(t, tc.polls, f.Polls, name)
		assert.EqualValues(t, 1, f.ForcedYields, name)
	}
}
