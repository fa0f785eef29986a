// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
)

// TestMatrix: the rig can play all of the matrix, every runtime stands in every class that the matrix began with, and there are enough rows.
func TestMatrix(t *testing.T) {
	m, err := Read()
	require.NoError(t, err)
	rows, heldOut := 0, 0
	runtimes, classes := map[string]bool{}, map[string]map[string]bool{}
	for i := range m.Cells {
		c := &m.Cells[i]
		rows += len(c.Workload.Figures)
		if c.Workload.HeldOut {
			heldOut += len(c.Workload.Figures)
		}
		if c.Workload.Added == "" {
			runtimes[c.Runtime] = true
			if classes[c.Workload.Class] == nil {
				classes[c.Workload.Class] = map[string]bool{}
			}
			classes[c.Workload.Class][c.Runtime] = true
		}
		p, err := plan.Make(c.Service, m.Seed, 3, plan.Options{})
		require.NoError(t, err, c.Name())
		assert.Len(t, p.Requests, 3, c.Name())
	}
	for class, in := range classes {
		assert.GreaterOrEqual(t, len(in), len(runtimes)-1, class) // smol's main thread alone is for the document's benchmark
	}
	assert.GreaterOrEqual(t, rows, 300)
	assert.GreaterOrEqual(t, heldOut, rows/5)
	t.Logf("%d rows, %d of them held out, %d cells", rows, heldOut, len(m.Cells))
}

// TestUnevenClients: pinned and stolen play the same requests, of which core 0 gets more.
func TestUnevenClients(t *testing.T) {
	m, err := Read()
	require.NoError(t, err)
	seen := map[string]int{}
	for i := range m.Cells {
		c := &m.Cells[i]
		if c.Workload.Class != "uneven_clients" {
			continue
		}
		seen[c.Workload.Name]++
		assert.Equal(t, "2026-11-28", c.Workload.Added)
		assert.Equal(t, 2, c.Service.Runtime.Workers, c.Name())
		p, err := plan.Make(c.Service, m.Seed, c.Requests(), plan.Options{})
		require.NoError(t, err)
		ofCore0 := 0
		for _, r := range p.Requests {
			if r.Core == 0 {
				ofCore0++
			}
		}
		if c.Runtime == "per_core2" {
			assert.InDelta(t, map[string]float64{"uneven_clients_50": 0.62, "uneven_clients_io": 0.69}[c.Workload.Name],
				float64(ofCore0)/float64(len(p.Requests)), 0.04, c.Name())
		}
	}
	assert.Equal(t, map[string]int{"uneven_clients_50": 4, "uneven_clients_io": 4}, seen)
}
