// SPDX-License-Identifier: Apache-2.0

package asyncstd

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestThreads(t *testing.T) {
	var s sim.Simulation
	rt := check.Must(New(&s, Config{Threads: 4}, scheduler.Observer{}))
	assert.Equal(t, 4, rt.Workers())
	for i := range 4 {
		assert.Equal(t, "async-std/runtime", rt.ThreadName(i))
	}
}

// TestOverhead: a spawn and a poll cost async-std more than the same on the bare executor.
func TestOverhead(t *testing.T) {
	child := &program.Program{Steps: []program.Step{{Op: program.Compute, Duration: program.Constant(1000)}}}
	parent := &program.Program{Steps: []program.Step{{Op: program.Spawn, Child: child, Count: 1, Detached: true}}}
	costs := cost.Default()
	end := func(p cost.Profile) sim.Time {
		p.WakeDriverLatency.Sigma = 0
		var s sim.Simulation
		var log check.Log
		rt := check.Must(New(&s, Config{Threads: 1, Costs: p}, log.Observer()))
		check.Must(rt.Spawn(parent, 0, 0))
		s.Run(1e6)
		require.Len(t, log.Polls, 2)
		return log.Polls[1].End
	}
	assert.EqualValues(t, 1000, end(cost.Zero.AsyncStd))
	adds := cost.DefaultParameters().AsyncStd
	assert.Equal(t, adds.Spawn+2*adds.Poll, end(costs.AsyncStd)-end(costs.AsyncExecutor))
}
