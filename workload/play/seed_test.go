// SPDX-License-Identifier: Apache-2.0

package play

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestSeedReproducesTheDocument: with the profile "seed" the spawn benchmark takes as long as the document's table says, and
// the first poll at light load comes as late as its P99.
func TestSeedReproducesTheDocument(t *testing.T) {
	const us = float64(time.Microsecond)
	for _, tc := range []struct {
		runtime   string
		low, high float64 // time of 1000 tasks
		firstPoll float64 // p99
	}{
		{"{model: tokio}", 485.23 * us, 490.82 * us, 5 * us},
		{"{model: async_std}", 612.45 * us, 618.11 * us, 15 * us},
		{"{model: smol, executor: main}", 892.67 * us, 898.31 * us, 20 * us},
	} {
		t.Run(tc.runtime, func(t *testing.T) {
			play := func(rest string, requests int) []scheduler.Finished {
				service := mustFleet(t, "[{name: a, runtime: "+tc.runtime+", "+rest+"}]")[0]
				service.Runtime.Costs = new(cost.Seed())
				var s sim.Simulation
				var roots []scheduler.Finished
				NewNetwork(&s).Play(service, 1, 0, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
					if f.Root {
						roots = append(roots, *f)
					}
				}}})
				s.Run(sim.Time(requests) * sim.Time(10*time.Millisecond))
				require.InDelta(t, requests, len(roots), float64(requests)/10)
				return roots
			}

			total := 0.0
			benchmark := play("arrivals: {process: constant, rate: 100}, workload: spawn_benchmark", 1000)
			for _, f := range benchmark {
				total += float64(f.End - f.Spawned)
			}
			mean := total / float64(len(benchmark))
			assert.Greater(t, mean, tc.low)
			assert.Less(t, mean, tc.high)

			var waits []sim.Time
			for _, f := range play("arrivals: {process: poisson, rate: 100}, operations: [{name: one, steps: [{compute: 1us}]}]", 20_000) {
				waits = append(waits, f.FirstPoll-f.Spawned)
			}
			slices.Sort(waits)
			assert.InEpsilon(t, tc.firstPoll, float64(waits[len(waits)*99/100]), 0.03)
		})
	}
}
