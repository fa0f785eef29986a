// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/runtimelab/otelcol-runtimelab/internal/refcount"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
)

// NewFactory makes the factory of the receiver.
func NewFactory() receiver.Factory {
	var r receivers
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithTraces(r.traces, metadata.TracesStability),
		receiver.WithMetrics(r.metrics, metadata.MetricsStability),
		receiver.WithLogs(r.logs, metadata.LogsStability))
}

// receivers are those that have been made and not shut down. The Collector asks for one for each signal, with the same
// configuration: they are one, so that all signals come from one fleet.
type receivers struct {
	shared refcount.Values[*Config, *loadReceiver]
}

func (r *receivers) of(set receiver.Settings, cfg *Config) (*loadReceiver, error) {
	made, release, err := r.shared.Acquire(cfg, func() (*loadReceiver, error) { return newReceiver(set, cfg) })
	if err != nil {
		return nil, err
	}
	made.releases = append(made.releases, release)
	return made, nil
}

func (r *receivers) traces(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	made.sinks[fleet.Traces], err = newTracesSink(set, next)
	return made, err
}

func (r *receivers) metrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	made.sinks[fleet.Metrics], err = newMetricsSink(set, next)
	return made, err
}

func (r *receivers) logs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	made.sinks[fleet.Logs], err = newLogsSink(set, next)
	return made, err
}
