// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
)

// factory makes the processors of one Collector, one for each pipeline. Those of one id share a join.
type factory struct {
	joins joins
}

// NewFactory returns the factory of the runtime_stats processor.
func NewFactory() processor.Factory {
	f := &factory{}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(f.createTraces, metadata.TracesStability),
		processor.WithMetrics(f.createMetrics, metadata.MetricsStability),
	)
}

func (f *factory) createTraces(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces,
) (processor.Traces, error) {
	config := cfg.(*Config)
	p, err := newStatsProcessor(config, set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	var release func() bool
	p.join, release = f.joins.acquire(set.ID, config.Join.settings())
	if config.Storage != nil {
		p.openStore = func(host component.Host) (*store, error) {
			store, err := openStore(host, config, set.ID, set.Logger)
			if err == nil && !p.join.stored.CompareAndSwap(false, true) {
				// Each traces pipeline has windows of its own, and there is one place for those of an id.
				return nil, fmt.Errorf("storage: %q already stores the windows of another traces pipeline; want another id here, such as %s/2",
					set.ID, set.ID.Type())
			}
			return store, err
		}
	}
	return processorhelper.NewTraces(ctx, set, cfg, next, p.processTraces,
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}),
		processorhelper.WithStart(p.start),
		processorhelper.WithShutdown(func(ctx context.Context) error {
			release()
			return p.shutdown(ctx)
		}),
	)
}

func (f *factory) createMetrics(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics,
) (processor.Metrics, error) {
	telemetry, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	shared, release := f.joins.acquire(set.ID, cfg.(*Config).Join.settings())
	p := newMetricsProcessor(shared, telemetry, set.Logger)
	return processorhelper.NewMetrics(ctx, set, cfg, next, p.processMetrics,
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		processorhelper.WithStart(p.start),
		processorhelper.WithShutdown(func(context.Context) error {
			p.shutdown()
			release()
			return nil
		}),
	)
}
