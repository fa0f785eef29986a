// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const ms = sim.Time(1_000_000)

// TestQuota: if reality were the model, no figure would be off. What a model says depends on when periods begin.
func TestQuota(t *testing.T) {
	m, err := matrix.ReadQuota()
	require.NoError(t, err)
	only := regexp.MustCompile("^(light|bursts)_at_0.5/(tokio2|smol2)$")
	of := &measure.Measured{CPUs: 2, Cells: map[string]*measure.Cell{}}
	for i := range m.Cells {
		c := &m.Cells[i]
		if !only.MatchString(c.Name()) {
			continue
		}
		p, err := plan.Make(c.Service, m.Seed, c.Requests(), plan.Options{})
		require.NoError(t, err)
		cell := &measure.Cell{}
		for n := range 3 {
			run := measure.Run{Began: (1000 + 37*sim.Time(n)) * ms}
			for _, r := range p.Requests {
				run.Arrivals = append(run.Arrivals, 2000*ms+r.At)
			}
			quota := c.Quota
			quota.Phase = 37 * sim.Time(n) * ms
			result, err := model.Play(c.Service, m.Seed, run.Arrivals, model.Setup{CPUs: 2, Quota: quota, Seed: uint64(n)})
			require.NoError(t, err)
			run.Quota = played(result)
			cell.Runs = append(cell.Runs, run)
		}
		of.Cells[c.Name()] = cell
	}
	require.Len(t, of.Cells, 4)
	rows, err := Quota(m, of, nil, true, only)
	require.NoError(t, err)
	require.Len(t, rows, 4*6)
	s := SummarizeQuota(rows, func(*Row) bool { return true })
	assert.Equal(t, s.Models.Counted, s.Models.In10)
	assert.Equal(t, 2*6+2*3, s.Models.Counted, "the quota is never used up by what is light")
	assert.Equal(t, 6, Summarize(rows).Open["too few to tell"])

	bursts := of.Cells["bursts_at_0.5/tokio2"]
	for i := range m.Cells {
		if c := &m.Cells[i]; c.Name() == "bursts_at_0.5/tokio2" {
			now, err := predictQuota(m, c, bursts, 2, nil)
			require.NoError(t, err)
			for i := range bursts.Runs {
				bursts.Runs[i].Began += 15 * ms
			}
			later, err := predictQuota(m, c, bursts, 2, nil)
			require.NoError(t, err)
			assert.NotEqual(t, now.Time, later.Time)
		}
	}

	of.Cells["light_at_0.5/smol2"].Runs = of.Cells["light_at_0.5/smol2"].Runs[:2]
	rows, err = Quota(m, of, nil, false, only)
	require.NoError(t, err)
	assert.Equal(t, 6, Summarize(rows).Open["disturbed"])
}

// TestHalves: each half against the other, whichever way the runs are halved.
func TestHalves(t *testing.T) {
	runs := make([]measure.Run, 4)
	for i, throttled := range []uint64{10, 10, 20, 20} {
		runs[i].Quota = &figure.Quota{Periods: 100, Throttled: throttled}
	}
	low, high, noise := halves(runs, "throttled_share")
	assert.InDelta(t, 0.10, low, 1e-9)
	assert.InDelta(t, 0.20, high, 1e-9)
	assert.Zero(t, noise, "four of the six ways are even")

	runs[1].Quota.Throttled = 30 // halves of 40 and 40, twice; of 30 and 50, four times
	low, high, noise = halves(runs, "throttled_share")
	assert.InDelta(t, 0.15, low, 1e-9)
	assert.InDelta(t, 0.25, high, 1e-9)
	assert.InDelta(t, 0.4, noise, 1e-9)
}

func TestQuotaRow(t *testing.T) {
	cell := &measure.Cell{Runs: []measure.Run{
		{Quota: &figure.Quota{Periods: 50, Throttled: 15, Wall: 5000 * ms, Waited: 500 * ms, Latencies: []sim.Time{ms, 3 * ms}}},
		{Quota: &figure.Quota{Periods: 50, Throttled: 25, Wall: 5000 * ms, Waited: 700 * ms, Latencies: []sim.Time{2 * ms, 4 * ms}}},
	}}
	predicted := &figure.Quota{
		Periods: plays * 100, Throttled: plays * 44, Wall: plays * 10_000 * ms, Waited: plays * 1500 * ms, Latencies: []sim.Time{2 * ms, 6 * ms},
	}
	row := Row{Figure: "throttled_share"}.judgeQuota(cell, predicted)
	assert.InDelta(t, 0.10, row.Error(), 1e-9)
	assert.Empty(t, row.Open)
	assert.InDelta(t, 0.10, row.Must(), 1e-9)
	row = Row{Figure: "cpu_wait"}.judgeQuota(cell, predicted)
	assert.InDelta(t, 0.12, row.Measured, 1e-9)
	assert.InDelta(t, 0.25, row.Error(), 1e-9)
	assert.Zero(t, row.Must())
	row = Row{Figure: "latency_mean"}.judgeQuota(cell, predicted)
	assert.InDelta(t, 0.6, row.Error(), 1e-9)
	row = Row{Figure: "throttled_time"}.judgeQuota(cell, predicted)
	assert.Equal(t, "too few to tell", row.Open)
	cell.Runs[0].Quota.Throttled, cell.Runs[1].Quota.Throttled, predicted.Throttled = 9, 10, plays*29
	assert.Equal(t, "too few to tell", Row{Figure: "throttled_share"}.judgeQuota(cell, predicted).Open)
}
