// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/page"
	"github.com/runtimelab/otelcol-runtimelab/internal/operation"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// view counts what arrives and owns the goroutine that reports it.
type view struct {
	id       component.ID
	title    string
	interval time.Duration
	rows     int // operations of a service in a table
	logger   *zap.Logger
	out      io.Writer

	mu     sync.Mutex
	totals aggregate.Totals // guarded by mu
	lag    aggregate.Lag    // of simulated services; guarded by mu
	// operations is nil if neither a table nor a page asks for them; guarded by mu
	operations *aggregate.Operations
	recent     *live.Recent // nil without a page; guarded by mu
	name       []byte       // memory for the name of an operation; guarded by mu

	byOperation bool                     // what a table compares
	config      *confighttp.ServerConfig // of the page; nil: there is none
	telemetry   component.TelemetrySettings
	page        *page.Server // nil until start

	stop     context.CancelFunc // nil until start
	finished chan struct{}      // closed when the last table is out
}

func newView(cfg *Config, set exporter.Settings, out io.Writer) *view {
	v := &view{
		id: set.ID, title: cfg.Title, interval: cfg.Interval, rows: cfg.Rows, logger: set.Logger, out: out,
		byOperation: cfg.By == ByOperation, config: cfg.Page.Get(), telemetry: set.TelemetrySettings,
	}
	if v.config != nil {
		v.recent = live.NewRecent(1)
	}
	if v.byOperation || v.config != nil {
		v.operations = new(aggregate.Operations)
	}
	return v
}

// start begins reporting, which goes on until shutdown: ctx itself ends with the startup.
func (v *view) start(ctx context.Context, host component.Host) error {
	if v.config != nil {
		opened, err := page.Open(ctx, host, v.config, v.telemetry, v.frame)
		if err != nil {
			return err
		}
		v.page = opened
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	v.stop = stop
	v.finished = make(chan struct{})
	go v.report(ctx)
	return nil
}

// patience is how long shutdown waits for a stdout that takes no more. The Collector itself gives it all the time in the world, and
// a terminal that somebody has stopped (Ctrl-S) may never go on.
const patience = 5 * time.Second

// shutdown prints the final table, once, and closes the page. It does nothing if reporting never started. Only a blocked stdout can hold it up, for
// as long as patience and ctx have it; the final table is then lost or cut short.
func (v *view) shutdown(ctx context.Context) error {
	if v.stop == nil {
		return nil
	}
	v.stop()
	var closed error
	if v.page != nil {
		closed = v.page.Close(ctx)
		v.page = nil
	}
	return errors.Join(closed, v.finish(ctx))
}

// finish waits for the final table.
func (v *view) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-v.finished:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("final table not printed, stdout is blocked: %w", ctx.Err())
	}
}

// consumeTraces never fails. It holds the lock for the whole batch: one lock is cheaper than one for each span, and
// nobody waits for it but other batches and, for microseconds each interval, the report.
func (v *view) consumeTraces(_ context.Context, traces ptrace.Traces) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var newest pcommon.Timestamp
	now := time.Now()
	for _, resource := range traces.ResourceSpans().All() {
		mark, found := resource.Resource().Attributes().Get(semconv.Simulated)
		simulated := found && mark.Type() == pcommon.ValueTypeBool && mark.Bool()
		service := ""
		if name, found := resource.Resource().Attributes().Get(semconv.ServiceName); found {
			service = untrusted.Cut(name.Str())
		}
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				s := readSpan(span)
				v.totals.Observe(&s)
				if v.operations != nil {
					v.name = operation.AppendName(v.name[:0], span)
					number := v.operations.Observe(service, v.name, &s, now.UnixNano())
					v.keep(number, service, &s, now.UnixNano())
				}
				if simulated {
					newest = max(newest, span.EndTimestamp())
				}
			}
		}
	}
	v.totals.EndBatch(now)
	if newest > 0 {
		v.lag.Arrived(now, newest.AsTime())
	}
	return nil
}

// snapshot reads what there is to tell, at the end for the last time.
func (v *view) snapshot(end bool) snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := snapshot{Snapshot: v.totals.Snapshot()}
	s.Behind = v.lag.Behind()
	if v.byOperation {
		operations := v.operations.Snapshot(v.rows, end)
		s.operations = &operations
		s.pressure = cpuPressure()
	}
	return s
}

// firstTable is when the first table comes if spans have arrived: a whole interval is long for a first sign of life.
const firstTable = 1500 * time.Millisecond

// report runs until ctx ends. It prints at every tick, then the final table; no other goroutine writes.
func (v *view) report(ctx context.Context) {
	defer close(v.finished)
	console := console{out: v.out, logger: v.logger, title: v.title}
	reporter := newReporter(v.id.String(), time.Now())
	ticker, early := time.NewTicker(v.interval), time.NewTimer(firstTable)
	defer ticker.Stop()
	defer early.Stop()
	for {
		select {
		case <-early.C:
			if s := v.snapshot(false); v.interval > firstTable && s.Counts.Total() > 0 {
				console.print(reporter.periodic(time.Now(), s))
			}
		case <-ticker.C:
			console.print(reporter.periodic(time.Now(), v.snapshot(false)))
		case <-ctx.Done():
			console.print(reporter.final(time.Now(), v.snapshot(true)))
			return
		}
	}
}
