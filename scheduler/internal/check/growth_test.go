// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// BenchmarkLiveTasks is the price of a task by how many are alive at once, up to ten million: all are spawned, then run to
// their ends. bytes/task is what the first burst takes; later ones use it again. -short stops at a million.
func BenchmarkLiveTasks(b *testing.B) {
	for _, load := range []struct {
		name  string
		steps []program.Step
		most  uint64
	}{
		{"compute", []program.Step{step(program.Compute, us, 0)}, 10_000_000},
		{"sleep", []program.Step{step(program.Sleep, 50*ms, 0)}, 1_000_000}, // each with a timer
	} {
		for _, model := range oracles {
			for n := uint64(1000); n <= load.most; n *= 10 {
				if testing.Short() && n > 1_000_000 {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/tasks=%d", load.name, model.name, n), func(b *testing.B) {
					benchmarkLive(b, model.start, &program.Program{Steps: load.steps}, n)
				})
			}
		}
	}
}

func benchmarkLive(b *testing.B, start func(*sim.Simulation, scheduler.Observer) scheduler.Runtime, p *program.Program, n uint64) {
	b.Helper()
	before := heap()
	var s sim.Simulation
	rt := start(&s, scheduler.Observer{})
	perTask := 0.0
	b.ReportAllocs()
	rounds := uint64(0)
	for b.Loop() {
		for i := range n {
			check.Must(rt.Spawn(p, i, sim.Rand(i)))
		}
		if rounds == 0 {
			b.StopTimer()
			s.Run(s.Now() + us) // those that sleep have their timers
			perTask = float64(heap()-before) / float64(n)
			b.StartTimer()
		}
		for rt.Live() > 0 {
			s.Run(s.Now() + 10_000*ms)
		}
		rounds++
	}
	require.Equal(b, rounds*n, rt.Counters().Finished)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds)/float64(n), "ns/task")
	b.ReportMetric(perTask, "bytes/task")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
