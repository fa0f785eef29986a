// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadata"
)

// NewFactory returns the factory of the runtime_stats connector.
func NewFactory() connector.Factory {
	return connector.NewFactory(
		metadata.Type,
		createDefaultConfig,
		connector.WithTracesToMetrics(createTracesToMetrics, metadata.TracesToMetricsStability),
	)
}

func createTracesToMetrics(
	_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics,
) (connector.Traces, error) {
	return newStatsConnector(cfg.(*Config), set.TelemetrySettings, next)
}
