// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// TestRequestsOf: the operation and the work of each request are those that an instance plays.
func TestRequestsOf(t *testing.T) {
	operation := func(weight float64) workload.Operation {
		return workload.Operation{Weight: weight, Program: &program.Program{Label: workload.Untraced, Steps: []program.Step{
			{Op: program.Yield}, {Op: program.Compute, Duration: exponential{}},
		}}}
	}
	s := &workload.Service{
		Name: "a", Instances: 2, Runtime: workload.OnRuntime("ideal"), Arrivals: arrive.Poisson{Rate: 1000},
		Operations: []workload.Operation{operation(3), operation(1), operation(2)},
	}
	const seed, instance = 5, 1
	of := RequestsOf(s, seed, instance)
	var sm sim.Simulation
	seen := map[int]int{}
	NewNetwork(&sm).Play(s, seed, instance, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
		number, work := of.Number(f.Tag)
		assert.Same(t, s.Operations[number].Program, f.Program)
		assert.Equal(t, exponential{}.Sample(&work), f.Busy)
		seen[number]++
	}}})
	sm.Run(sim.Time(time.Second))
	require.Len(t, seen, 3)
	assert.Greater(t, seen[0], seen[2])
	assert.Greater(t, seen[2], seen[1])
}

type exponential struct{}

// Sample implements program.Sampler.
func (exponential) Sample(r *sim.Rand) sim.Time { return sim.Time(1000 * r.Exp()) }
