// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// tally counts the spans of one batch, so that the instruments are touched once per batch, not per span.
type tally struct {
	classes  [latency.NumClasses]int64
	overflow int64
	invalid  int64
	late     int64

	queueWaits [runtimes.NumSources]int64
	joined     [numOutcomes]int64
	findings   [findings.NumKinds]int64
	async      int64                    // spans of async code,
	judged     [findings.NumKinds]int64 // and those of them of which it is known whether they have the finding
}

// outcome says whether a lookup of metrics told anything.
type outcome uint8

const (
	hit outcome = iota
	miss
	numOutcomes int = iota
)

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

	queueWaits map[string]metric.MeasurementOption // by source
	outcomes   [numOutcomes]metric.MeasurementOption
	findings   [findings.NumKinds]metric.MeasurementOption
}

func newTelemetry(settings component.TelemetrySettings) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(settings)
	if err != nil {
		return nil, fmt.Errorf("cannot create own telemetry: %w", err)
	}
	t := &telemetry{builder: builder}
	for class := range t.classes {
		t.classes[class] = option("class", latency.Class(class).String())
	}
	t.outcomes = [...]metric.MeasurementOption{hit: option("outcome", "hit"), miss: option("outcome", "miss")}
	for kind, name := range findings.Names {
		t.findings[kind] = option("finding", name)
	}
	t.queueWaits = map[string]metric.MeasurementOption{}
	for _, source := range []string{
		semconv.QueueWaitMeasured, semconv.QueueWaitSimulated, semconv.QueueWaitFirstPoll, semconv.QueueWaitHistogramMean,
		semconv.QueueWaitNone,
	} {
		t.queueWaits[source] = option("source", source)
	}
	return t, nil
}

func option(key, value string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String(key, value)))
}

// observeInstances reports the number of watched instances until shutdown.
func (t *telemetry) observeInstances(number func() int) error {
	err := t.builder.RegisterProcessorRuntimeStatsInstancesCallback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(number()))
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot report the number of instances: %w", err)
	}
	return nil
}

func (t *telemetry) rejectedInstances(ctx context.Context, n int64) {
	if n > 0 {
		t.builder.ProcessorRuntimeStatsRejectedInstances.Add(ctx, n)
	}
}

// addSources reports how the queue waits of a resource's spans are known, and empties that part of the tally.
func (t *telemetry) addSources(ctx context.Context, counts *tally, names *[runtimes.NumSources]string) {
	for source, n := range counts.queueWaits {
		if n > 0 {
			t.builder.ProcessorRuntimeStatsQueueWaitSpans.Add(ctx, n, t.queueWaits[names[source]])
		}
	}
	clear(counts.queueWaits[:])
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
	for kind, n := range counts.findings {
		if n > 0 {
			t.builder.ProcessorRuntimeStatsFindings.Add(ctx, n, t.findings[kind])
		}
	}
	for kind, n := range counts.judged {
		if n > 0 {
			t.builder.ProcessorRuntimeStatsJudgedSpans.Add(ctx, n, t.findings[kind])
		}
	}
	if counts.async > 0 {
		t.builder.ProcessorRuntimeStatsAsyncSpans.Add(ctx, counts.async)
	}
	for outcome, n := range counts.joined {
		if n > 0 {
			t.builder.ProcessorRuntimeStatsJoinedSpans.Add(ctx, n, t.outcomes[outcome])
		}
	}
}

func (t *telemetry) shutdown() {
	t.builder.Shutdown()
}
