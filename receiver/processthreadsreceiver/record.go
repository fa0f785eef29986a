// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
)

// recordGroup makes data points of a group of threads: of what is known, and of nothing else.
func recordGroup(b *metadata.MetricsBuilder, now pcommon.Timestamp, p *watch.Process, g *watch.Group) {
	b.Reset(metadata.WithStartTime(pcommon.NewTimestampFromTime(g.Since)))
	b.RecordProcessThreadCountDataPoint(now, int64(g.Threads), g.Name)
	if p.HasCPUTime() {
		b.RecordProcessCPUTimeDataPoint(now, ticks(g.User), g.Name, metadata.AttributeCPUModeUser)
		b.RecordProcessCPUTimeDataPoint(now, ticks(g.System), g.Name, metadata.AttributeCPUModeSystem)
	}
	if p.HasSchedstat() {
		b.RecordAsyncRuntimeThreadTimeDataPoint(now, nanoseconds(g.OnCPU), g.Name, metadata.AttributeThreadStateOnCPU)
		b.RecordAsyncRuntimeThreadTimeDataPoint(now, nanoseconds(g.Wait), g.Name, metadata.AttributeThreadStateCPUWait)
		b.RecordAsyncRuntimeThreadTimeslicesDataPoint(now, int64(g.Slices), g.Name) //nolint:gosec // no thread lives that long
	}
	if p.HasSwitches() {
		b.RecordProcessContextSwitchesDataPoint(now, int64(g.Voluntary), g.Name, metadata.AttributeContextSwitchTypeVoluntary)     //nolint:gosec // no thread lives that long
		b.RecordProcessContextSwitchesDataPoint(now, int64(g.Involuntary), g.Name, metadata.AttributeContextSwitchTypeInvoluntary) //nolint:gosec // no thread lives that long
	}
}

// ticks returns ticks as seconds. Linux shows programs 100 a second, however often its clock ticks.
func ticks(n uint64) float64 { return float64(n) / 100 }

func nanoseconds(n uint64) float64 { return float64(n) / float64(time.Second) }
