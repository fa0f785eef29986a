// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// maker makes the components of a run.
type maker struct {
	receiver         receiver.Factory
	receiverSettings receiver.Settings
	receiverConfig   component.Config
	exporter         exporter.Factory
	exporterSettings exporter.Settings
	exporterConfig   component.Config
}

// join makes the exporter of a signal and the receiver, with the signal's stage between them.
func (m *maker) join(ctx context.Context, s *stage) (to, from component.Component, err error) {
	switch s.signal {
	case plan.Metrics:
		return m.joinMetrics(ctx, s)
	case plan.Logs:
		return m.joinLogs(ctx, s)
	default:
		return m.joinTraces(ctx, s)
	}
}

// In these three, items are counted before the data is the exporter's.

func (m *maker) joinTraces(ctx context.Context, s *stage) (to, from component.Component, err error) {
	e, err := m.exporter.CreateTraces(ctx, m.exporterSettings, m.exporterConfig)
	if err != nil {
		return nil, nil, err
	}
	next, err := consumer.NewTraces(func(ctx context.Context, td ptrace.Traces) error {
		return s.offer(ctx, td.SpanCount(), func() error { return e.ConsumeTraces(ctx, td) })
	})
	if err != nil {
		return nil, nil, err
	}
	from, err = m.receiver.CreateTraces(ctx, m.receiverSettings, m.receiverConfig, next)
	return e, from, err
}

func (m *maker) joinMetrics(ctx context.Context, s *stage) (to, from component.Component, err error) {
	e, err := m.exporter.CreateMetrics(ctx, m.exporterSettings, m.exporterConfig)
	if err != nil {
		return nil, nil, err
	}
	next, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		return s.offer(ctx, md.DataPointCount(), func() error { return e.ConsumeMetrics(ctx, md) })
	})
	if err != nil {
		return nil, nil, err
	}
	from, err = m.receiver.CreateMetrics(ctx, m.receiverSettings, m.receiverConfig, next)
	return e, from, err
}

func (m *maker) joinLogs(ctx context.Context, s *stage) (to, from component.Component, err error) {
	e, err := m.exporter.CreateLogs(ctx, m.exporterSettings, m.exporterConfig)
	if err != nil {
		return nil, nil, err
	}
	next, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
		return s.offer(ctx, ld.LogRecordCount(), func() error { return e.ConsumeLogs(ctx, ld) })
	})
	if err != nil {
		return nil, nil, err
	}
	from, err = m.receiver.CreateLogs(ctx, m.receiverSettings, m.receiverConfig, next)
	return e, from, err
}
