// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
)

func TestDocument(t *testing.T) {
	rows := []judge.Row{
		{Class: "queueing", Workload: "mm1", Runtime: "tokio1", Figure: "wait_p50", Predicted: 1080, Measured: 1000, Low: 900, High: 1200},
		{Class: "queueing", Workload: "mm1", Runtime: "tokio1", Figure: "parks", Predicted: 2, Measured: 1, Low: 1, High: 1, Open: "too few to tell"},
		{Class: "queueing", Workload: "mm1", Runtime: "smol1", Figure: "wait_p50", Predicted: 1e6, Measured: 2e6, Low: 2e6, High: 2e6},
		{Class: "light", Workload: "one", Runtime: "smol1", Figure: "latency_mean", Open: "disturbed", HeldOut: true},
	}
	require.NoError(t, Explain(rows))
	text := Document(&measure.Measured{Machine: "a CPU", CPUs: 2, Cells: map[string]*measure.Cell{"x": {Disturbed: []string{"y"}}}}, rows, "")
	for _, want := range []string{
		"| runtime | wait_p50 | parks |",
		"| tokio1 | 1.08 us / 1 us (900 ns to 1.2 us) +8 % | 2 / 1 (1 to 1) |",
		"| smol1 | 1 ms / 2 ms (2 ms to 2 ms) **-50 %** |  |",
		"Class light. Held out.",
		"| smol1 | disturbed |",
		"- **Not explained**: `mm1` smol1 wait_p50 -50 %.",
		"| times and throughput | 2 | 50 % | 50 % | 50 % | 100 % |",
		"Of 1 clear orders of two runtimes, 0 are wrong.",
		"the default profile",
	} {
		assert.Contains(t, text, want)
	}
	var printed strings.Builder
	require.NoError(t, Print(&printed, rows))
	assert.Contains(t, printed.String(), "4 rows; left out: 1 disturbed, 1 with counts too small to tell; fitted: 0")
	assert.Contains(t, printed.String(), "More than a fifth of the rows was disturbed.")
}
