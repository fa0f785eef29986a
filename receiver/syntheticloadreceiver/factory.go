package syntheticloadreceiver

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
)

// NewFactory makes the factory of the receiver.
func NewFactory() receiver.Factory {
	r := receivers{byConfig: map[*Config]*loadReceiver{}}
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithTraces(r.traces, metadata.TracesStability),
		receiver.WithMetrics(r.metrics, metadata.MetricsStability),
		receiver.WithLogs(r.logs, metadata.LogsStability))
}

// receivers are those that have been made and not shut down. The Collector asks for one for each signal, with the same
// configuration: they are one, so that all signals come from one fleet.
type receivers struct {
	mu       sync.Mutex
	byConfig map[*Config]*loadReceiver
}

func (r *receivers) of(set receiver.Settings, cfg *Config) (*loadReceiver, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.byConfig[cfg]; known != nil {
		return known, nil
	}
	made, err := newReceiver(set, cfg, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.byConfig, cfg)
	})
	if err != nil {
		return nil, err
	}
	r.byConfig[cfg] = made
	return made, nil
}

func (r *receivers) traces(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces) (receiver.Traces, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return made, made.attachTraces(set, next)
}

func (r *receivers) metrics(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return made, made.attachMetrics(set, next)
}

func (r *receivers) logs(_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	made, err := r.of(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return made, made.attachLogs(set, next)
}
