package tokio

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// BenchmarkSpawnAndRun simulates tasks that spawn 1000 tasks which compute and end: the price of one task, spawn to end.
func BenchmarkSpawnAndRun(b *testing.B) {
	const tasks = 1000
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var s sim.Simulation
			rt := New(&s, Config{Workers: workers, Costs: cost.Tokio(), Seed: 1}, scheduler.Observer{})
			p := steps(spawn(tasks, compute(us)), join)
			b.ReportAllocs()
			rounds := uint64(0)
			for b.Loop() {
				rt.Spawn(p, 0, sim.Stream(rounds))
				s.Run(s.Now() + 10*ms)
				rounds++
			}
			require.Zero(b, rt.Live())
			require.Equal(b, rounds*(tasks+1), rt.Counters().Finished)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*tasks), "ns/task")
			b.ReportMetric(float64(rounds*tasks)/b.Elapsed().Seconds()/1e6, "Mtasks/s")
		})
	}
}
