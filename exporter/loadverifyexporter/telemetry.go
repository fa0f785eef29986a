// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"fmt"
	"math"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// telemetry is what the exporter reports about itself. The options are made once.
type telemetry struct {
	builder    *metadata.TelemetryBuilder
	signals    [audit.Signals]metric.MeasurementOption
	unexpected [audit.Signals][reasons]metric.MeasurementOption
	faults     [audit.Signals][audit.FaultKinds]metric.MeasurementOption
	verdicts   map[audit.Verdict]metric.MeasurementOption
}

const reasons = 4

// reasonNames are in the order of unexpected.
var reasonNames = [reasons]string{"unstamped", "malformed", "beyond", "over_limit"}

func unexpected(t *audit.Tally) [reasons]uint64 {
	return [reasons]uint64{t.Unstamped, t.Malformed, t.Beyond, t.OverLimit}
}

func newTelemetry(settings component.TelemetrySettings) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(settings)
	if err != nil {
		return nil, fmt.Errorf("cannot create own telemetry: %w", err)
	}
	t := &telemetry{builder: builder, verdicts: map[audit.Verdict]metric.MeasurementOption{}}
	with := func(attributes ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(attributes...))
	}
	for s := range audit.Signals {
		signal := attribute.String("signal", s.String())
		t.signals[s] = with(signal)
		for k := range audit.FaultKinds {
			t.faults[s][k] = with(attribute.String("fault", k.String()), signal)
		}
		for i, reason := range reasonNames {
			t.unexpected[s][i] = with(signal, attribute.String("reason", reason))
		}
	}
	for _, v := range []audit.Verdict{audit.Running, audit.Pass, audit.Unknown, audit.Fail} {
		t.verdicts[v] = with(attribute.String("verdict", string(v)))
	}
	return t, nil
}

// add counts a batch.
func (t *telemetry) add(ctx context.Context, signal audit.Signal, tally *audit.Tally) {
	for _, c := range []struct {
		counter metric.Int64Counter
		n       uint64
	}{
		{t.builder.ExporterLoadVerifyReceivedItems, tally.Received},
		{t.builder.ExporterLoadVerifyDuplicateItems, tally.Duplicate},
		{t.builder.ExporterLoadVerifyOutOfOrderItems, tally.OutOfOrder},
		{t.builder.ExporterLoadVerifyCorruptItems, tally.Corrupt},
		{t.builder.ExporterLoadVerifyContentCheckedItems, tally.Content.Checked},
	} {
		if c.n > 0 {
			c.counter.Add(ctx, int64(c.n), t.signals[signal]) //nolint:gosec // G115: items of a batch, all of which are in memory
		}
	}
	for k := range audit.FaultKinds {
		if n := *tally.Content.Of(k); n > 0 {
			t.builder.ExporterLoadVerifyContentFaultyItems.Add(ctx, int64(n), t.faults[signal][k]) //nolint:gosec // G115: likewise
		}
	}
	for i, n := range unexpected(tally) {
		if n > 0 {
			t.builder.ExporterLoadVerifyUnexpectedItems.Add(ctx, int64(n), t.unexpected[signal][i]) //nolint:gosec // G115: likewise
		}
	}
}

// show brings the gauges up to date.
func (t *telemetry) show(ctx context.Context, report *audit.Report) {
	var lost [audit.Signals]uint64
	var p99 [audit.Signals]float64
	var seen, sampled [audit.Signals]bool
	orphans := uint64(0)
	runs := map[audit.Verdict]int64{audit.Running: 0, audit.Pass: 0, audit.Unknown: 0, audit.Fail: 0}
	for i := range report.Runs {
		runs[report.Runs[i].Verdict]++
		for _, s := range report.Runs[i].Signals {
			seen[s.Signal], sampled[s.Signal] = true, s.Sampled
			lost[s.Signal] += s.Lost
			p99[s.Signal] = max(p99[s.Signal], s.Latency.P99.Seconds())
			orphans += s.Orphans
		}
	}
	for s := range audit.Signals {
		if seen[s] {
			if !sampled[s] {
				t.builder.ExporterLoadVerifyLostItems.Record(ctx, int64(min(lost[s], math.MaxInt64)), t.signals[s])
			}
			t.builder.ExporterLoadVerifyLatencyP99.Record(ctx, p99[s], t.signals[s])
		}
	}
	t.builder.ExporterLoadVerifyOrphanSpans.Record(ctx, int64(orphans))
	for verdict, n := range runs {
		t.builder.ExporterLoadVerifyRuns.Record(ctx, n, t.verdicts[verdict])
	}
}
