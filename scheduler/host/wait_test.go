// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestWaitsWithoutAQuota: nothing of them is because of one.
func TestWaitsWithoutAQuota(t *testing.T) {
	for _, h := range []func(*sim.Simulation) *Host{cpus(1), within(1, Quota{CPUs: 2})} {
		_, _, _, stats := play(h, 0, []do{{run: 9 * ms}}, []do{{run: 5 * ms}})
		assert.Positive(t, stats.Waited)
		assert.Equal(t, stats.Waited, stats.CPUWait())
		assert.Zero(t, stats.Stopped)
	}
}

// TestWaitsAddUp: the time of a thread is its sleep, its CPU time and its CPU wait. The wait because of the quota is part of that, and all of it
// while the quota stops every CPU.
func TestWaitsAddUp(t *testing.T) {
	for seed := range uint64(300) {
		r := sim.Stream(seed)
		n := 1 + r.IntN(3)
		q := Quota{CPUs: 0.05 + 1.2*r.Float64(), Phase: sim.Time(r.IntN(int(100 * ms)))}
		threads := random(&r)
		asleep := sim.Time(0)
		for i, todo := range threads {
			asleep += ms * sim.Time(i) // before its start
			for k := range todo {
				todo[k].run *= 5
				asleep += todo[k].sleep + todo[k].pause
			}
		}
		scripts, _, _, stats := play(within(n, q), ms, threads...)
		all := sim.Time(0)
		for _, s := range scripts {
			require.Empty(t, s.todo)
			all += s.end()
		}
		require.Equal(t, all, asleep+stats.Busy+stats.CPUWait(), "seed %d", seed)
		if stats.Throttled == 0 {
			require.Zero(t, stats.Stopped, "seed %d", seed)
		}
	}
}

// TestTheQuotaIsTheWholeWait: two CPUs that are enough for two threads. With a quota, all that they wait is because of it.
func TestTheQuotaIsTheWholeWait(t *testing.T) {
	todo := []do{{run: 150 * ms}}
	_, _, _, stats := play(within(2, Quota{CPUs: 1}), 0, todo, todo)
	assert.Positive(t, stats.CPUWait())
	assert.Equal(t, stats.CPUWait(), stats.Stopped)
}

// TestQuotaOfMoreThanTheCPUs: it stops nobody if a period has the time of all CPUs, and a portion and a tick for each besides. With less, which short
// periods have, a CPU fetches what another lacks.
func TestQuotaOfMoreThanTheCPUs(t *testing.T) {
	long := []do{{run: 300 * ms}}
	for n := 1; n <= 4; n++ {
		for _, period := range []sim.Time{ms, 3 * ms, 10 * ms, 100 * ms} {
			for phase := range sim.Time(4) {
				enough := float64(n) * float64(period+portion+tick) / float64(period)
				_, _, _, stats := play(within(n, Quota{CPUs: enough, Period: period, Phase: phase * period / 4}), ms/3, long, long, long, long, long)
				require.Zero(t, stats.Throttled, "%d CPUs, a period of %v", n, period)
			}
		}
	}
	_, _, _, stats := play(within(2, Quota{CPUs: 3.7, Period: ms}), 0, long, long)
	assert.Positive(t, stats.Throttled)
}
