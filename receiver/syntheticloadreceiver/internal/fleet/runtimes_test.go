// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// TestRuntimesAreInTheTable: the far side recognises a runtime by what its row in semconv says, so the models behind synthetic_load
// have to say the same.
func TestRuntimesAreInTheTable(t *testing.T) {
	for _, runtime := range semconv.Runtimes {
		t.Run(runtime.Name, func(t *testing.T) {
			services, err := spec.Decode([]any{map[string]any{
				"name":     "app",
				"runtime":  map[string]any{"model": runtime.Name},
				"arrivals": map[string]any{"process": "poisson", "rate": 200},
				"workload": "api_gateway",
			}})
			require.NoError(t, err)
			f := New(services, 1, sendSpans)
			f.Advance(sim.Time(time.Second))
			threads := map[string]bool{}
			each(exported(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
				require.Equal(t, runtime.Crate, value(t, resource, semconv.ProcessRuntimeName).Str())
				threads[value(t, span.Attributes(), semconv.ThreadName).Str()] = true
			})
			delete(threads, semconv.ThreadMain)
			require.NotEmpty(t, threads)
			for thread := range threads {
				known := slices.ContainsFunc(slices.Concat(runtime.Threads, runtime.Blocking), func(p semconv.ThreadPattern) bool { return p.Matches(thread) })
				assert.Equal(t, !runtime.Baseline, known, "thread %q", thread)
			}
		})
	}
}

// TestTableAndModelsAgree: what the models can play is what the far side can name, in one order.
func TestTableAndModelsAgree(t *testing.T) {
	var named []string
	for _, runtime := range semconv.Runtimes {
		named = append(named, runtime.Name)
	}
	require.Equal(t, models.Names(), named)
}
