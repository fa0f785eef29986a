// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
)

// TestMatrix: the rig can play all of the matrix, every runtime stands in every class, and there are enough rows.
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
		runtimes[c.Runtime] = true
		if classes[c.Workload.Class] == nil {
			classes[c.Workload.Class] = map[string]bool{}
		}
		classes[c.Workload.Class][c.Runtime] = true
		p, err := plan.Make(c.Service, m.Seed, 3, c.Cores, plan.Options{})
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
