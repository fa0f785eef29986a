// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// verifier audits what arrives, of all signals, and owns the goroutine that reports. It is one component for each signal: the first
// that starts starts it, and the last that is shut down ends it, for until then something may arrive.
type verifier struct {
	ledger    ledger
	telemetry *telemetry
	rules     *content.Rules
	buffers   sync.Pool

	life     sync.Mutex // guards what follows
	running  bool
	reporter *reporter
	stop     context.CancelFunc
	finished chan struct{} // closed when the last report is out
}

func newVerifier(set exporter.Settings, cfg *Config, out io.Writer) (*verifier, error) {
	telemetry, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	expectations, rules, err := cfg.Expect.expectations()
	if err != nil {
		return nil, err
	}
	v := &verifier{
		ledger: ledger{
			auditor: audit.New(cfg.limits(), cfg.Grace, expectations), origin: newOrigin(cfg.State.Verifier, set.ID, time.Now()), clock: ownClock,
		},
		telemetry: telemetry, rules: rules,
	}
	v.buffers.New = func() any {
		return &buffer{items: make([]audit.Item, 0, bufferSize), places: make([]position, 0, bufferSize), checker: content.New(rules)}
	}
	v.reporter = newReporter(set, cfg, &v.ledger, telemetry, out)
	return v, nil
}

// part is the verifier as the component of one signal.
type part struct {
	of      *verifier
	release func() (last bool) // of the factory
	err     error              // of the end
}

// start restores state, writes the first report, so that a path that cannot be written is told now, and begins to report.
func (p *part) start(ctx context.Context, host component.Host) error {
	v := p.of
	v.life.Lock()
	defer v.life.Unlock()
	v.reporter.addHost(host)
	if v.running {
		return nil
	}
	if err := v.reporter.open(ctx, host); err != nil {
		return err
	}
	ctx, v.stop = context.WithCancel(context.WithoutCancel(ctx))
	v.running, v.finished = true, make(chan struct{})
	go v.reporter.run(ctx, v.finished)
	return nil
}

// shutdown of the last part ends the audit: with the last report, state and table. Only a blocked stdout or storage can hold it up, for as
// long as patience and ctx have it.
func (p *part) shutdown(ctx context.Context) error {
	if p.release() {
		p.err = p.of.end(ctx)
	}
	return p.err
}

func (v *verifier) end(ctx context.Context) error {
	v.life.Lock()
	defer v.life.Unlock()
	defer v.telemetry.builder.Shutdown()
	if !v.running {
		return nil
	}
	v.stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-v.finished:
		return v.reporter.failed
	case <-ctx.Done():
		return fmt.Errorf("the last table is not out: %w", ctx.Err())
	}
}

// bufferSize is how many items are read before the lock is taken for them: few enough to be small, many enough to make the lock cheap.
const bufferSize = 512

// buffer collects items of one batch, and where each is there.
type buffer struct {
	verifier *verifier
	checker  *content.Checker
	signal   audit.Signal
	now      time.Time
	of       batch
	at       position // of the next item
	items    []audit.Item
	places   []position
	tally    audit.Tally
}

func (v *verifier) buffer(signal audit.Signal, of batch) *buffer {
	b := v.buffers.Get().(*buffer)
	b.verifier, b.signal, b.now, b.tally, b.of, b.at = v, signal, time.Now(), audit.Tally{}, of, position{}
	return b
}

func (b *buffer) add(it audit.Item) {
	if len(b.items) == cap(b.items) {
		b.flush()
	}
	b.items = append(b.items, it)
	b.places = append(b.places, b.at)
	b.at.item++
}

func (b *buffer) flush() {
	tally := b.verifier.ledger.take(b.signal, b.now, b.items)
	for _, wanted := range tally.Wanted { // a handful of each run
		text, left := show(b.of, b.places[wanted.Item], b.verifier.rules)
		b.verifier.ledger.show(wanted, text, left)
	}
	tally.Wanted = nil
	b.tally.Add(tally)
	clear(b.items) // of references to the batch
	b.items, b.places = b.items[:0], b.places[:0]
}

func (b *buffer) close(ctx context.Context) error {
	b.flush()
	v := b.verifier
	v.telemetry.add(ctx, b.signal, &b.tally)
	b.of = nil
	v.buffers.Put(b)
	return nil
}

func (v *verifier) consumeTraces(ctx context.Context, traces ptrace.Traces) error {
	b := v.buffer(audit.Traces, tracesBatch{traces})
	for i, resource := range traces.ResourceSpans().All() {
		b.checker.Resource(audit.Traces, resource.Resource(), resource.SchemaUrl())
		for j, scope := range resource.ScopeSpans().All() {
			b.checker.Scope(scope.Scope(), scope.SchemaUrl())
			b.at = position{resource: i, scope: j}
			for _, span := range scope.Spans().All() {
				b.add(readSpan(b.checker, span))
			}
		}
	}
	return b.close(ctx)
}

func (v *verifier) consumeMetrics(ctx context.Context, metrics pmetric.Metrics) error {
	b := v.buffer(audit.Metrics, metricsBatch{metrics})
	for i, resource := range metrics.ResourceMetrics().All() {
		b.checker.Resource(audit.Metrics, resource.Resource(), resource.SchemaUrl())
		for j, scope := range resource.ScopeMetrics().All() {
			b.checker.Scope(scope.Scope(), scope.SchemaUrl())
			for k, metric := range scope.Metrics().All() {
				b.at = position{resource: i, scope: j, metric: k}
				readMetric(b.checker, metric, b.add)
			}
		}
	}
	return b.close(ctx)
}

func (v *verifier) consumeLogs(ctx context.Context, logs plog.Logs) error {
	b := v.buffer(audit.Logs, logsBatch{logs})
	for i, resource := range logs.ResourceLogs().All() {
		b.checker.Resource(audit.Logs, resource.Resource(), resource.SchemaUrl())
		for j, scope := range resource.ScopeLogs().All() {
			b.checker.Scope(scope.Scope(), scope.SchemaUrl())
			b.at = position{resource: i, scope: j}
			for _, record := range scope.LogRecords().All() {
				b.add(readRecord(b.checker, record))
			}
		}
	}
	return b.close(ctx)
}
