// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

func (b *bench) blockOnFuture(s ...program.Step) {
	p := steps(s...)
	p.BlockOn = true
	check.Must(b.Spawn(p, 0, 1))
}

// TestBlockOnIsTheMainThreads: its future is polled there and no worker's, what the future spawns goes to the inject queue, and a worker
// unparks the thread.
func TestBlockOnIsTheMainThreads(t *testing.T) {
	b := start(t, 2, cost.Profile{WakeLatency: cost.Latency{Median: 10 * us}, WakeDriverLatency: cost.Latency{Median: us}})
	b.sim.Run(ms)
	before := b.Counters().RemoteSchedules
	b.blockOnFuture(compute(us), spawn(3, compute(100*us)), join, compute(us))
	b.sim.Run(20 * ms)
	assert.EqualValues(t, 3, b.Counters().RemoteSchedules-before)
	polls := b.pollsOf(1)
	require.Len(t, polls, 3, "two children run beside each other, and the third after them")
	for _, p := range polls {
		assert.Equal(t, scheduler.Outside, p.Worker)
		assert.Equal(t, scheduler.Outside, p.Thread)
	}
	assert.Equal(t, 10*us, polls[1].Start-polls[1].Queued)
	for _, f := range b.finished {
		assert.Equal(t, f.Task == 1, f.Root)
		assert.Equal(t, scheduler.Outside, f.Spawner)
		assert.Equal(t, f.Root, f.FirstWorker == scheduler.Outside)
	}
	assert.EqualValues(t, 3, b.Counters().Workers[0].Polls+b.Counters().Workers[1].Polls)
}

// TestBlockOnComesOneAfterTheOther, and holds up no worker.
func TestBlockOnComesOneAfterTheOther(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.sim.Run(ms)
	for range 2 {
		b.blockOnFuture(compute(ms))
	}
	b.spawn(compute(us))
	b.sim.Run(20 * ms)
	assert.Equal(t, ms, b.pollsOf(1)[0].Start)
	assert.Equal(t, 2*ms, b.pollsOf(2)[0].Start)
	assert.Equal(t, ms, b.pollsOf(3)[0].Start)
}

// TestTheMainFutureHasABudgetAPoll, and whoever gives way there is polled again at once: there is no driver to wait for.
func TestTheMainFutureHasABudgetAPoll(t *testing.T) {
	b := start(t, 1, cost.Profile{Park: 10 * us})
	b.sim.Run(ms)
	b.blockOnFuture(append(times(200, socket(0)), yield, compute(us))...)
	b.sim.Run(2 * ms)
	polls := b.pollsOf(1)
	require.Len(t, polls, 3)
	assert.Equal(t, ms, polls[2].Start)
	assert.EqualValues(t, 1, b.finish(1).ForcedYields)
}

// TestWhatSpawnsOnTheMainThreadPays: the task, the inject queue, and the wakes.
func TestWhatSpawnsOnTheMainThreadPays(t *testing.T) {
	b := start(t, 1, cost.Profile{Spawn: 10 * us, GlobalPush: us, UnparkDriver: cost.Latency{Median: 100 * us}, Contention: 2 * us})
	b.sim.Run(ms)
	b.blockOnFuture(spawn(2, compute(5*ms)), compute(us))
	b.sim.Run(20 * ms)
	main := b.pollsOf(1)[0]
	// The first finds the worker asleep, and wakes it. The price of the push is that beside one worker.
	assert.Equal(t, (10+1+100)*us+(10+1)*us+us, main.End-main.Start)
}
