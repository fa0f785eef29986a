// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

var (
	lock    = program.Step{Op: program.Lock}
	unlock  = program.Step{Op: program.Unlock}
	send    = program.Step{Op: program.Send, Count: 1}
	receive = program.Step{Op: program.Receive}
)

// busy is how long each of the first tasks was polled.
func (j *journal) busy(t *testing.T, tasks uint64) (all []sim.Time) {
	t.Helper()
	require.GreaterOrEqual(t, len(j.finished), int(tasks))
	for i := range tasks {
		all = append(all, j.finish(i+1).Busy)
	}
	return all
}

// TestHops: each attempt at a mutex, a channel or a handle costs the task a hop, whether the task has to wait or not.
func TestHops(t *testing.T) {
	hop := cost.Profile{Hop: us}
	for _, tc := range []struct {
		name string
		play []program.Step
		want []sim.Time
	}{
		{"ready", []program.Step{lock, unlock, send, receive, compute(us)}, []sim.Time{5 * us}},
		{"in the middle of a poll", []program.Step{compute(us), send, compute(us), receive}, []sim.Time{4 * us}},
		{"a receive that waits is tried again", []program.Step{spawn(1, compute(3*us), send), receive, join}, []sim.Time{3 * us, 3*us + us}},
		{"a lock that waits is handed over", []program.Step{lock, detach(spawn(1, lock, unlock)), sleep(ms), unlock}, []sim.Time{2 * us, 2 * us}},
		{"no handle, no hop", []program.Step{join, detach(spawn(1)), join}, []sim.Time{0, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := start(t, 1, hop)
			b.spawn(tc.play...)
			b.sim.Run(10 * ms)
			assert.Equal(t, tc.want, b.busy(t, uint64(len(tc.want))))
		})
	}
}

// TestAMessageArrivesAtTheEndOfItsHop, and the end of a task that another awaits costs its worker a hop.
func TestAMessageArrivesAtTheEndOfItsHop(t *testing.T) {
	b := start(t, 2, cost.Profile{Hop: 10 * us})
	b.spawn(detach(spawn(2, receive, compute(us))), compute(us), send, compute(ms))
	b.sim.Run(10 * ms)
	var queued []sim.Time
	for _, p := range b.polls {
		if p.Task != 1 && p.Queued > 0 {
			queued = append(queued, p.Queued)
		}
	}
	assert.Equal(t, []sim.Time{11 * us}, queued)

	b = start(t, 1, cost.Profile{Hop: 10 * us})
	b.spawn(spawn(1, compute(us)), join)
	b.sim.Run(10 * ms)
	polls := b.pollsOf(1)
	require.Len(t, polls, 2)
	child := b.finish(2).End
	assert.Equal(t, child, polls[1].Queued)
	assert.Equal(t, child+10*us, polls[1].Start)
	assert.Equal(t, 10*us, polls[1].End-polls[1].Start)
}
