// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// TestMatrixQuota: each workload asks for the share of the quota that its name promises, on each runtime, and lasts for 50 periods.
func TestMatrixQuota(t *testing.T) {
	m, err := ReadQuota()
	require.NoError(t, err)
	share := map[string]float64{"light": 0.40, "busy": 0.85, "bursts": 0.36, "services": 0.65}
	cells, heldOut := map[string]int{}, 0
	for i := range m.Cells {
		c := &m.Cells[i]
		require.Positive(t, c.Quota.CPUs, c.Name())
		for _, name := range c.Workload.Figures {
			assert.NotPanics(t, func() { (&figure.Quota{Latencies: []sim.Time{1}}).Of(name) }, name)
		}
		p, err := plan.Make(c.Service, m.Seed, c.Requests(), plan.Options{})
		require.NoError(t, err, c.Name())
		work, last := 0.0, sim.Time(0)
		for _, r := range p.Requests {
			for _, step := range r.Steps {
				if s := step.([]any); s[0] == "compute" { //nolint:forcetypeassert // a step is a list
					work += float64(s[1].(sim.Time)) //nolint:forcetypeassert // of a name and a time
				}
			}
			last = r.At
		}
		assert.GreaterOrEqual(t, float64(last), 4.5e9, c.Name())
		usable := min(c.Quota.CPUs, float64(p.Workers))
		name := baseName(c.Workload.Name)
		assert.InEpsilon(t, share[name], work/usable/5.2e9, 0.12, c.Name())
		cells[name]++
		if c.Workload.HeldOut {
			heldOut++
		}
	}
	assert.Equal(t, map[string]int{"light": 18, "busy": 24, "bursts": 24, "services": 18}, cells)
	assert.Equal(t, 30, heldOut)
}

func baseName(name string) string {
	for _, base := range []string{"light", "busy", "bursts", "services"} {
		if len(name) > len(base) && name[:len(base)] == base {
			return base
		}
	}
	return name
}
