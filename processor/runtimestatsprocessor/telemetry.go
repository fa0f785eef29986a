package runtimestatsprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
)

// tally counts the spans of one batch, so that the instruments are touched once per batch, not per span.
type tally struct {
	classes  [latency.NumClasses]int64
	overflow int64
	invalid  int64
	late     int64
}

func (t *tally) add(verdict latency.Verdict) {
	switch verdict.State {
	case latency.Judged:
		t.classes[verdict.Class]++
	case latency.Overflow:
		t.overflow++
	case latency.Warming:
	}
}

// telemetry is what the processor reports about itself.
type telemetry struct {
	builder *metadata.TelemetryBuilder
	classes [latency.NumClasses]metric.MeasurementOption // made once
}

func newTelemetry(settings component.TelemetrySettings) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(settings)
	if err != nil {
		return nil, fmt.Errorf("cannot create own telemetry: %w", err)
	}
	t := &telemetry{builder: builder}
	for class := range t.classes {
		name := latency.Class(class).String()
		t.classes[class] = metric.WithAttributeSet(attribute.NewSet(attribute.String("class", name)))
	}
	return t, nil
}

// observeKeys reports the number of keys until shutdown.
func (t *telemetry) observeKeys(keys func() int) error {
	err := t.builder.RegisterProcessorRuntimeStatsKeysCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(keys()))
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot report the number of keys: %w", err)
	}
	return nil
}

func (t *telemetry) expired(ctx context.Context, keys int) {
	if keys > 0 {
		t.builder.ProcessorRuntimeStatsExpiredKeys.Add(ctx, int64(keys))
	}
}

func (t *telemetry) add(ctx context.Context, counts *tally) {
	for class, n := range counts.classes {
		if n > 0 {
			t.builder.ProcessorRuntimeStatsClassifiedSpans.Add(ctx, n, t.classes[class])
		}
	}
	if counts.overflow > 0 {
		t.builder.ProcessorRuntimeStatsOverflowSpans.Add(ctx, counts.overflow)
	}
	if counts.invalid > 0 {
		t.builder.ProcessorRuntimeStatsInvalidDurationSpans.Add(ctx, counts.invalid)
	}
	if counts.late > 0 {
		t.builder.ProcessorRuntimeStatsLateSpans.Add(ctx, counts.late)
	}
}

func (t *telemetry) shutdown() {
	t.builder.Shutdown()
}
