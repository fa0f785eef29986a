// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestRows: if reality were the model, no figure would be off, but for what was disturbed.
func TestRows(t *testing.T) {
	m, err := matrix.Read()
	require.NoError(t, err)
	only := regexp.MustCompile("^(mm1_30|sleep_1ms|ping_pong_spawn)/(tokio2|smol1|per_core2)")
	of := &measure.Measured{CPUs: 2, Cells: map[string]*measure.Cell{}}
	for i := range m.Cells {
		c := &m.Cells[i]
		if !only.MatchString(c.Name()) {
			continue
		}
		p, err := plan.Make(c.Service, m.Seed, c.Requests(), plan.Options{})
		require.NoError(t, err)
		run := measure.Run{}
		for _, r := range p.Requests {
			run.Arrivals = append(run.Arrivals, r.At+sim.Time(1_000_000))
		}
		cell := &measure.Cell{Runs: []measure.Run{run, run, run}}
		of.Cells[c.Name()] = cell
		predicted, err := Predict(m, c, cell, 2, nil)
		require.NoError(t, err)
		for i := range cell.Runs {
			cell.Runs[i].Figures = map[string]float64{}
			for name, values := range predicted {
				cell.Runs[i].Figures[name] = values[i]
			}
		}
	}
	require.Len(t, of.Cells, 11)
	of.Cells["mm1_30/smol1"].Runs = of.Cells["mm1_30/smol1"].Runs[:2]
	rows, err := Rows(m, of, nil, true, only)
	require.NoError(t, err)
	s := Summarize(rows)
	assert.Equal(t, s.Times.Counted, s.Times.In10)
	assert.Equal(t, s.Counters.Counted, s.Counters.In10)
	assert.Greater(t, s.Times.Counted, 20)
	assert.Greater(t, s.Counters.Counted, 5)
	assert.Equal(t, 6, s.Open["disturbed"])
	assert.Positive(t, s.Orders)
	assert.Zero(t, s.Wrong)
}

func TestModelEnds(t *testing.T) {
	m, err := matrix.Read()
	require.NoError(t, err)
	for i := range m.Cells { // every cell can be played, and each of its requests ends
		c := &m.Cells[i]
		result, err := model.Play(c.Service, m.Seed, []sim.Time{1_000_000, 1_000_500, 200_000_000}, model.Setup{CPUs: 2})
		require.NoError(t, err, c.Name())
		for _, r := range result.Requests {
			assert.Greater(t, r.End, r.Spawned, c.Name())
		}
	}
}

func TestSummarize(t *testing.T) {
	row := func(runtime string, predicted, measured, width float64) Row {
		return Row{Workload: "w", Runtime: runtime, Figure: "wait_p50", Predicted: predicted, Measured: measured, Low: measured - width, High: measured + width}
	}
	rows := []Row{
		row("a", 100, 100, 5), row("b", 130, 120, 5), // 8 % off
		row("c", 90, 150, 5), // 40 % off, and less than the two that are less in reality
		row("d", 90, 152, 5), // no clear order with c
	}
	fitted, open, counter := row("e", 1, 100, 1), row("f", 0, 0, 0), row("g", 109, 100, 0)
	fitted.Fitted, open.Open, counter.Figure = true, "disturbed", "polls"
	s := Summarize(append(rows, fitted, open, counter))
	assert.Equal(t, Shares{Counted: 4, In10: 2, In15: 2, In25: 2, In50: 4}, s.Times)
	assert.Equal(t, Shares{Counted: 1, In10: 1, In15: 1, In25: 1, In50: 1}, s.Counters)
	assert.Equal(t, 5, s.Orders) // a b, a c, a d, b c, b d
	assert.Equal(t, 4, s.Wrong)
	assert.Equal(t, 1, s.Fitted)
}
