// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"context"
	"io"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/stdout"
)

// NewFactory returns the factory of the runtime_view exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithTraces(createTraces, metadata.TracesStability),
	)
}

// The table goes to stdout because the Collector logs to stderr: either can be redirected alone.
func createTraces(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	return newTraces(ctx, set, cfg.(*Config), stdout.Writer())
}

// newTraces leaves out queue, retry and timeout: counting in memory neither fails nor waits.
func newTraces(ctx context.Context, set exporter.Settings, cfg *Config, out io.Writer) (exporter.Traces, error) {
	view := newView(cfg, set, out)
	return exporterhelper.NewTraces(ctx, set, cfg, view.consumeTraces,
		exporterhelper.WithStart(view.start),
		exporterhelper.WithShutdown(view.shutdown),
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
	)
}
