// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

func timeout(s ...program.Step) []program.Step {
	return concat(one(program.Step{Op: program.Timeout, Duration: program.Constant(ms)}), s, one(program.Step{Op: program.EndTimeout}))
}

// TestADroppedTimerWakesNobody: neither a task nor the driver, once it has looked. Taking it out of the wheel costs as much as
// putting it in.
func TestADroppedTimerWakesNobody(t *testing.T) {
	b := start(t, 1, cost.Profile{TimerInsert: us})
	b.spawn(concat(timeout(socket(200*us)), one(sleep(100*ms)))...)
	b.sim.Run(50 * ms)
	assert.Equal(t, int64(101), b.driver.timers.next()|37, "on the wheel: the second sleep alone, first at a slot further up") // 64 | 37
	polls := b.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, us, polls[0].End, "the timeout's timer")
	assert.Equal(t, 2*us, polls[1].End-polls[1].Start, "cleared, and the sleep's")
	b.sim.Run(200 * ms)
	assert.Len(t, b.pollsOf(1), 3)
	assert.Equal(t, scheduler.Completed, b.finish(1).Outcome)
	// One sleep each for the socket, the slot at 64 ms and the timer, the first of all and the last.
	assert.EqualValues(t, 5, b.Counters().Workers[0].Parks)
}

// TestATaskWokenInItsPollGoesToTheBack: here by a timeout that elapses while the task registers what it waits for.
func TestATaskWokenInItsPollGoesToTheBack(t *testing.T) {
	b := start(t, 2, cost.Profile{TimerInsert: 2 * ms})
	b.spawn(timeout(sleep(50*ms), compute(us))...)
	b.spawn(compute(100 * us)) // whose worker sees to the timeout
	b.sim.Run(20 * ms)
	polls := b.pollsOf(1)
	require.Len(t, polls, 2)
	assert.Equal(t, 4*ms, polls[0].End)
	assert.Equal(t, polls[0].End, polls[1].Queued)
	assert.Equal(t, scheduler.FromLocal, polls[1].Source)
	assert.Equal(t, scheduler.TimedOut, b.finish(1).Outcome)
}

func TestAProcessCostsItsStart(t *testing.T) {
	b := start(t, 1, cost.Profile{ProcessStart: 500 * us})
	b.spawn(program.Step{Op: program.Process, Duration: program.Constant(3 * ms)}, compute(us))
	b.sim.Run(50 * ms)
	polls := b.pollsOf(1)
	assert.Equal(t, 500*us, polls[0].End)
	assert.Equal(t, 3500*us, polls[1].Start)
}
