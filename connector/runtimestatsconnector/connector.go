// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
)

type statsConnector struct {
	interval  time.Duration
	next      consumer.Metrics
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder

	mu    sync.Mutex
	table table

	cancel  context.CancelFunc // nil until started, and after shutdown
	ticker  sync.WaitGroup
	refused bool // whether the last export was: only the first in a row is logged
}

func newStatsConnector(cfg *Config, settings component.TelemetrySettings, next consumer.Metrics) (*statsConnector, error) {
	telemetry, err := metadata.NewTelemetryBuilder(settings)
	if err != nil {
		return nil, fmt.Errorf("cannot create own telemetry: %w", err)
	}
	return &statsConnector{
		interval:  cfg.Interval,
		next:      next,
		logger:    settings.Logger,
		telemetry: telemetry,
		table:     table{maxKeys: cfg.MaxKeys, series: map[key]*series{}, writer: writerOf(settings.Resource.Attributes())},
	}, nil
}

// Start begins to export.
func (c *statsConnector) Start(ctx context.Context, _ component.Host) error {
	ticking, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the context of Start may end with it
	c.cancel = cancel
	c.ticker.Go(func() { c.tick(ticking) })
	return nil
}

// Shutdown exports once more. It waits for an export under way.
func (c *statsConnector) Shutdown(ctx context.Context) error {
	if c.cancel == nil {
		return nil
	}
	c.cancel()
	c.cancel = nil
	c.ticker.Wait()
	c.export(ctx, time.Now())
	c.telemetry.Shutdown()
	return nil
}

// Capabilities says that spans stay as they are.
func (*statsConnector) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{}
}

// ConsumeTraces counts all spans. It is safe for concurrent use.
func (c *statsConnector) ConsumeTraces(ctx context.Context, traces ptrace.Traces) error {
	now := time.Now()
	var overflow, invalid int64
	c.mu.Lock()
	for _, resourceSpans := range traces.ResourceSpans().All() {
		k := key{origin: originOf(resourceSpans.Resource().Attributes())}
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for _, span := range scopeSpans.Spans().All() {
				took := untrusted.Duration(span.StartTimestamp(), span.EndTimestamp())
				if took < 0 {
					invalid++
					continue
				}
				route, busyNs, queueWaitNs := read(span.Attributes(), took)
				k.span, k.route, k.kind = untrusted.Valid(span.Name()), route, kindOf(span)
				found, beyond := c.table.find(k, now)
				if beyond {
					overflow++
				}
				found.add(duration, took)
				if busyNs >= 0 {
					found.add(busy, busyNs)
				}
				if queueWaitNs >= 0 {
					found.add(queueWait, queueWaitNs)
				}
			}
		}
	}
	c.mu.Unlock()
	if overflow > 0 {
		c.telemetry.ConnectorRuntimeStatsOverflowSpans.Add(ctx, overflow)
	}
	if invalid > 0 {
		c.telemetry.ConnectorRuntimeStatsInvalidDurationSpans.Add(ctx, invalid)
	}
	return nil
}

func (c *statsConnector) tick(ctx context.Context) {
	ticker := time.NewTicker(c.interval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			c.export(ctx, now)
		case <-ctx.Done():
			return
		}
	}
}

// export sends all series. Spans wait while the metrics are made, not while they are sent.
func (c *statsConnector) export(ctx context.Context, now time.Time) {
	c.mu.Lock()
	c.table.expire(now)
	metrics := c.table.metrics(now)
	c.mu.Unlock()
	points := metrics.DataPointCount()
	if points == 0 {
		return
	}
	err := c.next.ConsumeMetrics(ctx, metrics)
	if err != nil {
		c.telemetry.ConnectorRuntimeStatsDroppedDatapoints.Add(ctx, int64(points))
		if !c.refused {
			c.logger.Warn("Metrics refused; what they count is in the next ones again", zap.Int("data_points", points), zap.Error(err))
		}
	}
	c.refused = err != nil
}
