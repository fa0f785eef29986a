// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"io"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/refcount"
	"github.com/runtimelab/otelcol-runtimelab/internal/stdout"
)

// NewFactory makes the factory of the exporter.
func NewFactory() exporter.Factory { return newFactory(stdout.Writer) }

// newFactory lets the tables go elsewhere than to stdout. The Collector logs to stderr: either can be redirected alone.
func newFactory(out func() io.Writer) exporter.Factory {
	v := verifiers{out: out}
	return exporter.NewFactory(metadata.Type, createDefaultConfig,
		exporter.WithTraces(v.traces, metadata.TracesStability),
		exporter.WithMetrics(v.metrics, metadata.MetricsStability),
		exporter.WithLogs(v.logs, metadata.LogsStability))
}

// verifiers are those that have been made and not shut down. The Collector asks for one for each signal, with the same
// configuration: they are one, so that a run has one verdict.
type verifiers struct {
	out    func() io.Writer
	shared refcount.Values[*Config, *verifier]
}

// part makes what one signal needs of the one verifier.
func (v *verifiers) part(set exporter.Settings, cfg *Config, signal audit.Signal) (*part, error) {
	of, release, err := v.shared.Acquire(cfg, func() (*verifier, error) { return newVerifier(set, cfg, v.out()) })
	if err != nil {
		return nil, err
	}
	of.ledger.serve(signal)
	return &part{of: of, release: release}, nil
}

// options leave out queue, retry and timeout: the account is in memory, it neither fails nor waits.
func (p *part) options() []exporterhelper.Option {
	return []exporterhelper.Option{
		exporterhelper.WithStart(p.start),
		exporterhelper.WithShutdown(p.shutdown),
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
	}
}

func (v *verifiers) traces(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
	p, err := v.part(set, cfg.(*Config), audit.Traces)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewTraces(ctx, set, cfg, p.of.consumeTraces, p.options()...)
}

func (v *verifiers) metrics(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
	p, err := v.part(set, cfg.(*Config), audit.Metrics)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, cfg, p.of.consumeMetrics, p.options()...)
}

func (v *verifiers) logs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	p, err := v.part(set, cfg.(*Config), audit.Logs)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, cfg, p.of.consumeLogs, p.options()...)
}
