// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestSchemaURL: the resource of a simulated service and the scope of our own metrics name our schema; scopes that a real service's
// crates would name carry none, as from the crates.
func TestSchemaURL(t *testing.T) {
	for _, scheme := range semconv.Schemes {
		f := newSignals(mixed(t), func(c *runtimemetrics.Config) { c.Naming = scheme.Naming })
		f.Advance(sim.Time(20 * time.Second))
		f.End()
		traces, metrics, logs := sent(f), sentMetrics(f), sentLogs(f)
		require.NotZero(t, traces.SpanCount())
		require.NotZero(t, metrics.DataPointCount())
		require.NotZero(t, logs.LogRecordCount())
		for _, rs := range traces.ResourceSpans().All() {
			assert.Equal(t, semconv.SchemaURL, rs.SchemaUrl())
			for _, ss := range rs.ScopeSpans().All() {
				assert.Empty(t, ss.SchemaUrl())
			}
		}
		for _, rm := range metrics.ResourceMetrics().All() {
			assert.Equal(t, semconv.SchemaURL, rm.SchemaUrl())
			for _, sm := range rm.ScopeMetrics().All() {
				assert.Equal(t, scheme.Naming == semconv.NamingAsyncRuntime, sm.SchemaUrl() == semconv.SchemaURL)
				assert.Equal(t, scheme.SchemaURL, sm.SchemaUrl())
			}
		}
		for _, rl := range logs.ResourceLogs().All() {
			assert.Equal(t, semconv.SchemaURL, rl.SchemaUrl())
			for _, sl := range rl.ScopeLogs().All() {
				assert.Empty(t, sl.SchemaUrl())
			}
		}
	}
}
