package runtimestatsprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
)

// NewFactory returns the factory of the runtime_stats processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(createTraces, metadata.TracesStability),
	)
}

func createTraces(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces,
) (processor.Traces, error) {
	config := cfg.(*Config)
	p, err := newStatsProcessor(config, set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	if config.Storage != nil {
		p.openStore = func(ctx context.Context, host component.Host) (*store, error) {
			return openStore(ctx, host, config, set.ID, set.Logger)
		}
	}
	return processorhelper.NewTraces(ctx, set, cfg, next, p.processTraces,
		processorhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}),
		processorhelper.WithStart(p.start),
		processorhelper.WithShutdown(p.shutdown),
	)
}
