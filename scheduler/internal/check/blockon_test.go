// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestFuturesOfBlockOn: every identity holds beside futures of block_on, whatever they do, on every runtime, with and without costs.
func TestFuturesOfBlockOn(t *testing.T) {
	for _, m := range models.All() {
		var configs []models.Config
		for _, k := range m.Keys {
			for _, choice := range k.Choices {
				if choice == "thread_per_task" { // where tasks that are left wait for the next request
					continue
				}
				c := m.Config()
				*k.Text(&c) = choice
				m.Settle(&c, func(key string) bool { return key == k.Name })
				configs = append(configs, c)
			}
		}
		configs = append(configs, m.Config())
		outside := 0
		for i, c := range configs {
			for seed := range uint64(12) {
				r := sim.Stream(seed, uint64(i))
				mix := check.Mix{Cancels: seed%3 == 1}
				c.Seed = seed
				if seed%2 == 0 {
					c.Costs = new(cost.Zero)
				} else {
					c.Costs = new(busyCosts())
				}
				var s sim.Simulation
				var log check.Log
				rt := check.Must(m.New(&s, c, log.Observer()))
				for range 12 {
					p := mix.RandomProgram(&r, 2)
					p.BlockOn = r.IntN(2) == 0
					check.Must(rt.Spawn(p, 0, sim.Stream(seed)))
					s.Run(s.Now() + sim.Time(r.Exp()*100_000))
				}
				for rounds := 0; rt.Live() > 0 && rounds < 10_000; rounds++ {
					s.Run(s.Now() + 1_000_000)
				}
				s.Run(s.Now() + 10_000_000)
				require.NoError(t, log.Check(rt), "%+v, seed %d", c, seed)
				for _, p := range log.Polls {
					if p.Worker == scheduler.Outside {
						outside++
					}
				}
			}
		}
		if m.Name == "tokio" || m.Name == "async_std" || m.Name == "smol" {
			assert.Greater(t, outside, 100, m.Name)
		}
	}
}

// busyCosts are the default's, with what that leaves out.
func busyCosts() cost.Set {
	costs := cost.Default()
	for _, p := range []*cost.Profile{&costs.Tokio, &costs.AsyncExecutor, &costs.AsyncStd, &costs.Smol} {
		p.Hop, p.Migration, p.Contention = cost.Hop{Channel: 30, Wait: 30, Lock: 30, Join: 30}, 300, 50
		p.BlockingSubmit, p.ThreadCreate = 200, 15_000
		p.DeepSleep = cost.DeepSleep{After: 100_000, Latency: 5_000}
	}
	return costs
}
