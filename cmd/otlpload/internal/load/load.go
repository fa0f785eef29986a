// SPDX-License-Identifier: Apache-2.0

// Package load plays a plan: the receiver synthetic_load, behind the Collector's OTLP exporter, without a Collector around them.
//
//	receiver --Consume--> stage --Consume--> exporter ~~OTLP~~> backend
//	    |                   |                   |
//	 metrics        errors for good     log: retries, partial success
//	    +-------------------+-------------------+----> tally.Snapshot
//
// Both components are set by the YAML that the plan makes, so that a Collector with the same YAML does the same. The exporter's queue waits
// for the backend's answer before Consume returns: what the receiver counts as emitted has arrived.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/receiver"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/diagnosis"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver"
)

// Load is a run of a plan.
type Load struct {
	plan     *plan.Plan
	say      func(string)
	stages   []*stage
	exports  []component.Component
	receiver []component.Component // one for each signal; they are one run
	keeper   keeper
	metrics  *metric.ManualReader
	ending   chan diagnosis.Diagnosis // why the run cannot go on
	began    time.Time
	sight    sight
	accepted atomic.Bool            // something has been, of any signal
	reached  atomic.Bool            // the backend was, by some attempt
	trouble  atomic.Pointer[string] // what the last failure means; nil: there was none
}

// New makes the components of a plan, which do nothing yet. What happens to the load is said in a sentence each, from any goroutine.
func New(ctx context.Context, p *plan.Plan, version string, say func(string)) (*Load, error) {
	conf, err := configuration(ctx, p)
	if err != nil {
		return nil, err
	}
	l := &Load{plan: p, say: say, metrics: metric.NewManualReader(), ending: make(chan diagnosis.Diagnosis, 1)}
	m := &maker{receiver: syntheticloadreceiver.NewFactory(), exporter: otlpexporter.NewFactory()}
	if p.Target.Protocol == plan.HTTP {
		m.exporter = otlphttpexporter.NewFactory()
	}
	if m.receiverConfig, err = configure(m.receiver, conf, "receivers"); err != nil {
		return nil, err
	}
	if m.exporterConfig, err = configure(m.exporter, conf, "exporters"); err != nil {
		return nil, err
	}
	info := component.BuildInfo{Command: "otlpload", Description: "otlpload", Version: version}
	m.receiverSettings = receiver.Settings{ID: component.NewID(m.receiver.Type()), BuildInfo: info, TelemetrySettings: telemetry()}
	m.receiverSettings.MeterProvider = metric.NewMeterProvider(metric.WithReader(l.metrics))
	m.exporterSettings = exporter.Settings{ID: component.NewID(m.exporter.Type()), BuildInfo: info, TelemetrySettings: telemetry()}
	for _, signal := range p.Signals {
		s := &stage{load: l, signal: signal}
		m.exporterSettings.Logger = zap.New(&watch{stage: s})
		to, from, err := m.join(ctx, s)
		if err != nil {
			return nil, err
		}
		l.stages, l.exports, l.receiver = append(l.stages, s), append(l.exports, to), append(l.receiver, from)
	}
	return l, nil
}

// telemetry is that of a component whose own telemetry nobody reads.
func telemetry() component.TelemetrySettings {
	return component.TelemetrySettings{
		Logger: zap.NewNop(), TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(), Resource: pcommon.NewResource(),
	}
}

// Start starts what sends, and then the load.
func (l *Load) Start(ctx context.Context) error {
	for _, e := range l.exports {
		if err := e.Start(ctx, noExtensions{}); err != nil {
			return fmt.Errorf("the exporter does not start: %w", err)
		}
	}
	l.began = time.Now()
	for _, r := range l.receiver {
		if err := r.Start(ctx, &l.keeper); err != nil {
			return fmt.Errorf("the load does not start: %w", err)
		}
	}
	return nil
}

// Ending says why a run ended.
type Ending struct {
	// Hopeless is why the backend will never take anything; nil: it may.
	Hopeless *diagnosis.Diagnosis
	// Interrupted: the context ended, before the plan's duration was over.
	Interrupted bool
	// Silent: the duration was over, and the backend took nothing any more.
	Silent bool
}

// Run waits until the plan's duration is over, ctx ends, or the backend cannot take anything. Then it lets the backend take what is on the
// way, for a few seconds. The error says what did not end.
func (l *Load) Run(ctx context.Context) (Ending, error) {
	run := l.keeper.generator
	ending := l.wait(ctx, run.Ended())
	drain, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if ending.Hopeless != nil || l.silent(time.Now()) {
		cancel() // the backend would not take the rest
	}
	err := run.End(drain)
	for _, r := range l.receiver {
		err = errors.Join(err, r.Shutdown(drain))
	}
	return ending, err
}

// Stop stops what sends, and waits for it as long as ctx lasts.
func (l *Load) Stop(ctx context.Context) {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for _, e := range l.exports {
			_ = e.Shutdown(ctx) // all that mattered has been answered, or given up
		}
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
	}
}

// wait waits for the end of the run.
func (l *Load) wait(ctx context.Context, ended <-chan struct{}) Ending {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return Ending{}
		case <-ctx.Done():
			return Ending{Interrupted: true}
		case why := <-l.ending:
			return Ending{Hopeless: &why}
		case now := <-look.C:
			if l.plan.Request.Duration > 0 && now.Sub(l.began) > l.plan.Request.Duration && l.silent(now) {
				return Ending{Silent: true}
			}
		}
	}
}

// lookEvery is how often a run looks whether it can end. It ends by itself otherwise.
const lookEvery = 250 * time.Millisecond

// silent reports whether the backend takes nothing any more.
func (l *Load) silent(now time.Time) bool {
	for _, s := range l.stages {
		if givenUp(s.state(now)) {
			return true
		}
	}
	return false
}

// givenUp reports whether a request has waited so long that its end need not wait for it. A backend that throttles refuses, and takes it a
// little later. One that does not answer gets longer than the exporter gives it for one attempt over gRPC.
func givenUp(waiting time.Duration, refused bool) bool {
	if refused {
		return waiting > 5*time.Second
	}
	return waiting > 10*time.Second
}

// Snapshot reads the run's counts. Ended: no answer will come any more.
func (l *Load) Snapshot(ctx context.Context, ended bool) (tally.Snapshot, error) {
	now := time.Now()
	counts, err := read(ctx, l.metrics)
	if err != nil {
		return tally.Snapshot{}, err
	}
	s := tally.Snapshot{
		After: now.Sub(l.began), Lag: counts.lag, WorstLag: counts.worstLag, Arrived: counts.arrived, Shed: counts.shed, SDKDropped: counts.sdkDropped,
	}
	if why := l.trouble.Load(); why != nil {
		s.Trouble, s.Unreached = *why, !l.reached.Load()
	}
	for _, stage := range l.stages {
		answers, waiting := stage.read(now)
		signal := tally.Read(itemNames[stage.signal], counts.signals[stage.signal.String()], answers, ended)
		if !ended {
			signal.Waiting = waiting
		}
		s.Signals = append(s.Signals, signal)
	}
	return s, nil
}

var itemNames = map[plan.Signal]string{plan.Traces: "spans", plan.Metrics: "data points", plan.Logs: "log records"}
