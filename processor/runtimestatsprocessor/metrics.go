// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// metricsProcessor watches the metrics that pass for those of runtimes. It changes none.
type metricsProcessor struct {
	join      *join
	telemetry *telemetry
	logger    *zap.Logger
	shutdown  func()
}

func newMetricsProcessor(shared *join, telemetry *telemetry, logger *zap.Logger) *metricsProcessor {
	shared.watching.Add(1)
	return &metricsProcessor{join: shared, telemetry: telemetry, logger: logger, shutdown: sync.OnceFunc(func() {
		shared.watching.Add(-1)
		telemetry.shutdown()
	})}
}

func (p *metricsProcessor) start(context.Context, component.Host) error {
	return p.telemetry.observeInstances(p.join.instances.Len)
}

// watched are the metrics that tell something about spans, by name.
var watched = watchedMetrics()

func watchedMetrics() map[string]semconv.ReadMetric {
	found := map[string]semconv.ReadMetric{}
	for _, m := range semconv.ReadMetrics() {
		found[m.Name] = m
	}
	return found
}

// warnUnclaimed says that metrics of the kernel are of no span, which is mostly a wrong name.
func (p *metricsProcessor) warnUnclaimed(who *instances.Identity, now time.Time) {
	if services := p.join.instances.Unclaimed(who, now); services != nil {
		p.logger.Warn("No span came of a process whose threads' CPU time is told. Is service.name in process_threads the one that the spans have?",
			zap.String(semconv.ServiceName, who.Service), zap.String(semconv.ProcessPID, who.PID), zap.Strings("spans came of", services))
	}
}

func (p *metricsProcessor) processMetrics(ctx context.Context, metrics pmetric.Metrics) (pmetric.Metrics, error) {
	now := time.Now()
	rejected := int64(0)
	for _, resourceMetrics := range metrics.ResourceMetrics().All() {
		told, readings, runtime := hear(resourceMetrics)
		if told == nil && len(readings) == 0 && runtime < 0 {
			continue
		}
		who := identityOf(ctx, resourceMetrics.Resource().Attributes())
		if len(readings) > 0 {
			history := p.join.instances.CPU(&who, now)
			if history == nil {
				rejected++
				continue
			}
			for _, r := range readings {
				history.Add(r)
			}
			p.warnUnclaimed(&who, now)
		}
		if told == nil && runtime < 0 {
			continue
		}
		instance := p.join.instances.Seen(&who, now)
		if instance == nil {
			rejected++
			continue
		}
		if runtime >= 0 {
			nameRuntime(instance, runtime)
		}
		if told != nil {
			told.keepWorkers(instance)
			told.keepWaits(instance)
		}
	}
	p.telemetry.rejectedInstances(ctx, rejected)
	return metrics, nil
}

// hear collects what the metrics of one resource tell, nil for nothing, and what the kernel tells of its process; and the number of the
// runtime that their names give away, negative for none.
func hear(resourceMetrics pmetric.ResourceMetrics) (told *runtimeMetrics, readings []*cputime.Reading, runtime int) {
	runtime = -1
	var cpu cpuMetrics
	var heard runtimeMetrics
	for _, scopeMetrics := range resourceMetrics.ScopeMetrics().All() {
		for _, metric := range scopeMetrics.Metrics().All() {
			if runtime < 0 {
				runtime = semconv.RuntimeOfMetric(metric.Name())
			}
			what, ok := watched[metric.Name()]
			switch {
			case !ok:
			case what.Told == semconv.CPUTold, what.Told == semconv.QuotaTold:
				if cpu == nil {
					cpu = cpuMetrics{}
				}
				cpu.add(metric)
			default:
				heard.add(scopeMetrics.Scope().Name(), metric, &what)
			}
		}
	}
	if !heard.empty() {
		told = &heard
	}
	return told, cpu.readings(), runtime
}

func nameRuntime(instance *instances.Instance, runtime int) {
	instance.Process.Lock()
	defer instance.Process.Unlock()
	instance.Process.NameRuntime(runtime)
}
