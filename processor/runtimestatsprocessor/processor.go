// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

type statsProcessor struct {
	key       keyParts
	roles     *roles // of the attributes of a span
	overwrite bool
	category  bool
	reach     time.Duration // a span that ended longer ago is late, one that ends longer after now is dated ahead
	rules     []runtimes.Rule
	drop      bool // source attributes
	join      *join
	findings  findings.Limits
	joinAll   bool
	windows   *latency.Windows
	telemetry *telemetry

	// opens the store of the windows; nil without one
	openStore func(component.Host) (*store, error)
	store     *store // from start to shutdown

	cancel context.CancelFunc // nil until started
	ticker sync.WaitGroup
}

func newStatsProcessor(cfg *Config, settings component.TelemetrySettings) (*statsProcessor, error) {
	telemetry, err := newTelemetry(settings)
	if err != nil {
		return nil, err
	}
	key := newKeyParts(cfg.Key)
	return &statsProcessor{
		key:       key,
		roles:     newRoles(key.attributes),
		overwrite: cfg.Overwrite,
		category:  cfg.LatencyCategory,
		reach:     cfg.Window.Length,
		rules:     runtimeRules(cfg.Runtimes),
		drop:      cfg.DropSourceAttributes,
		joinAll:   cfg.Join.Spans == joinAll,
		findings:  cfg.Findings.limits(),
		windows:   latency.New(cfg.latencySettings(), time.Now()),
		telemetry: telemetry,
	}, nil
}

func (p *statsProcessor) start(ctx context.Context, host component.Host) error {
	if err := p.telemetry.observeKeys(p.windows.Keys); err != nil {
		return err
	}
	if p.openStore != nil {
		store, err := p.openStore(host)
		if err != nil {
			return err
		}
		p.store = store
		p.store.load(ctx, p.windows)
	}
	ticking, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the context of Start may end with it
	p.cancel = cancel
	p.ticker.Go(func() { p.tick(ticking) })
	return nil
}

// shutdown ends the ticker and waits for it, which takes a few microseconds per key at most, and stores the windows. Spans may
// still come: they are annotated from the windows as they are.
func (p *statsProcessor) shutdown(ctx context.Context) error {
	if p.cancel != nil {
		p.cancel()
		p.ticker.Wait()
	}
	p.telemetry.shutdown()
	if p.store == nil {
		return nil
	}
	p.store.save(ctx, p.windows)
	err := p.store.close(ctx)
	p.store = nil
	p.join.stored.Store(false)
	return err
}

func (p *statsProcessor) tick(ctx context.Context) {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	saved := time.Now()
	for {
		select {
		case now := <-ticker.C:
			p.telemetry.expired(ctx, p.windows.Tick(now))
			if p.store != nil && now.Sub(saved) >= saveInterval {
				p.store.save(ctx, p.windows)
				saved = now
			}
		case <-ctx.Done():
			return
		}
	}
}

// processTraces annotates all spans. It is safe for concurrent use, each call with its own traces.
func (p *statsProcessor) processTraces(ctx context.Context, traces ptrace.Traces) (ptrace.Traces, error) {
	var counts tally
	now := time.Now()
	oldest, newest := pcommon.NewTimestampFromTime(now.Add(-p.reach)), pcommon.NewTimestampFromTime(now.Add(p.reach))
	for _, resourceSpans := range traces.ResourceSpans().All() {
		r := newResourceState(ctx, resourceSpans, &p.key, p.rules, p.windows, p.join)
		if r.full {
			p.telemetry.rejectedInstances(ctx, 1)
		}
		r.process.Lock()
		r.oldest, r.newest = oldest, newest
		r.listen(resourceSpans)
		for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
			names := r.names.InScope(scopeSpans.Scope().Name())
			for _, span := range scopeSpans.Spans().All() {
				p.processSpan(r, &names, span, &counts)
			}
		}
		r.process.Unlock()
		p.telemetry.addSources(ctx, &counts, &r.sources)
		r.keepWork(p.join.instances)
		if p.drop {
			dropSources(resourceSpans)
		}
	}
	p.telemetry.add(ctx, &counts)
	return traces, nil
}

// processSpan annotates one span.
func (p *statsProcessor) processSpan(r *resourceState, names *runtimes.Names, span ptrace.Span, counts *tally) {
	p.examine(r, names, span, counts)
	attributes, a := span.Attributes(), &r.annotation
	switch {
	case r.found.derived == 0:
	case !p.overwrite:
		a.yield(r.found.derived)
	case r.found.derived.hasLatency() && a.verdict.State == latency.Judged && !a.outlier():
		removeOutlier(attributes, p.category)
	}
	if n := a.size(); n > 0 {
		attributes.EnsureCapacity(attributes.Len() + n)
		a.write(attributes)
	}
}

// examine finds out what there is to write on a span, and learns from it for the spans to come.
func (p *statsProcessor) examine(r *resourceState, names *runtimes.Names, span ptrace.Span, counts *tally) {
	found, a := &r.found, &r.annotation
	found.read(span.Attributes(), p.roles)
	duration := untrusted.Duration(span.StartTimestamp(), span.EndTimestamp())
	if found.derived != 0 {
		found.fields.Merge(&found.upstream, !p.overwrite)
	}

	a.begin(duration, p.category)
	found.fields.Account(duration, found.legacy, &a.account)
	// Whoever named the runtime before knew it better, also with overwrite.
	sign, runtime := r.recognize(names)
	if a.named = found.derived.has(derivedRuntimeName); !a.named {
		a.runtime = runtime
	}
	late := span.EndTimestamp() < r.oldest
	switch name, kind := p.key.ofSpan(span, found); {
	case duration < 0:
		counts.invalid++
	case late:
		a.verdict = r.windows.Judge(name, kind, duration)
		counts.add(a.verdict)
		counts.late++
	default:
		a.verdict = r.windows.Observe(name, kind, duration)
		counts.add(a.verdict)
	}
	r.find(&p.findings, a, sign, span, late, counts)
	r.context(a, span, p.joinAll, counts)
}

// dropSources removes what the tracing layer wrote, when the last span has been read: spans look at their children.
func dropSources(resourceSpans ptrace.ResourceSpans) {
	for _, scopeSpans := range resourceSpans.ScopeSpans().All() {
		for _, span := range scopeSpans.Spans().All() {
			span.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool { return isSource(name) })
		}
	}
}
