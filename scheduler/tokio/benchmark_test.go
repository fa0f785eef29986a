// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// BenchmarkSpawnAndRun simulates tasks that spawn 1000 tasks which compute and end: the price of one task, spawn to end. The
// spawner awaits each, so most ends wake it, and it is polled about as often as tasks end.
func BenchmarkSpawnAndRun(b *testing.B) {
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var s sim.Simulation
			benchmarkSpawn(b, &s, check.Must(New(&s, Config{Workers: workers, Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})), join)
		})
	}
	b.Run("current_thread", func(b *testing.B) {
		var s sim.Simulation
		benchmarkSpawn(b, &s, check.Must(NewCurrentThread(&s, Config{Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})), join)
	})
}

// BenchmarkSpawnDetached is the same with nobody waiting: one poll a task.
func BenchmarkSpawnDetached(b *testing.B) {
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var s sim.Simulation
			benchmarkSpawn(b, &s, check.Must(New(&s, Config{Workers: workers, Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})))
		})
	}
}

func benchmarkSpawn(b *testing.B, s *sim.Simulation, rt scheduler.Runtime, wait ...program.Step) {
	b.Helper()
	const tasks = 1000
	children := spawn(tasks, compute(us))
	children.Detached = len(wait) == 0
	p := steps(concat(one(children), wait)...)
	b.ReportAllocs()
	rounds := uint64(0)
	for b.Loop() {
		check.Must(rt.Spawn(p, 0, sim.Stream(rounds)))
		s.Run(s.Now() + 10*ms)
		rounds++
	}
	require.Zero(b, rt.Live())
	require.Equal(b, rounds*(tasks+1), rt.Counters().Finished)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*tasks), "ns/task")
	b.ReportMetric(float64(rounds*tasks)/b.Elapsed().Seconds()/1e6, "Mtasks/s")
}
