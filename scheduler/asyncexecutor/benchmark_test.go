// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

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

// BenchmarkSpawnAndRun simulates tasks that spawn 1000 tasks which compute and end: the price of one task, spawn to end.
func BenchmarkSpawnAndRun(b *testing.B) {
	for _, threads := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			benchmarkBatches(b, threads, steps(spawn(1000, compute(us)), join), 1000)
		})
	}
}

// BenchmarkTimers simulates tasks that spawn 1000 tasks which sleep.
func BenchmarkTimers(b *testing.B) {
	for _, threads := range []int{1, 4} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			benchmarkBatches(b, threads, steps(spawn(1000, sleep(ms)), join), 1000)
		})
	}
}

func benchmarkBatches(b *testing.B, threads int, p *program.Program, tasks uint64) {
	b.Helper()
	var s sim.Simulation
	e := check.Must(New(&s, Config{Threads: threads, Costs: cost.AsyncExecutor(), Seed: 1}, scheduler.Observer{}))
	b.ReportAllocs()
	rounds := uint64(0)
	for b.Loop() {
		check.Must(e.Spawn(p, 0, sim.Stream(rounds)))
		s.Run(s.Now() + 50*ms)
		rounds++
	}
	require.Zero(b, e.Live())
	require.Equal(b, rounds*(tasks+1), e.Counters().Finished)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*tasks), "ns/task")
	b.ReportMetric(float64(rounds*tasks)/b.Elapsed().Seconds()/1e6, "Mtasks/s")
}
