// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// metricsProcessor watches the metrics that pass for those of runtimes. It changes none.
type metricsProcessor struct {
	join      *join
	telemetry *telemetry
	shutdown  func()
}

func newMetricsProcessor(shared *join, telemetry *telemetry) *metricsProcessor {
	shared.watching.Add(1)
	return &metricsProcessor{join: shared, telemetry: telemetry, shutdown: sync.OnceFunc(func() {
		shared.watching.Add(-1)
		telemetry.shutdown()
	})}
}

func (p *metricsProcessor) start(context.Context, component.Host) error {
	return p.telemetry.observeInstances(p.join.instances.Len)
}

// watched are the metrics that tell something about spans, under all namings: the quantity, and what makes nanoseconds of
// durations.
var watched = watchedMetrics()

type watchedMetric struct {
	quantity semconv.Quantity
	scale    float64
}

func watchedMetrics() map[string]watchedMetric {
	scales := map[semconv.Number]float64{semconv.AsIs: 1, semconv.Seconds: 1e9, semconv.Milliseconds: 1e6, semconv.Microseconds: 1e3}
	found := map[string]watchedMetric{}
	for _, m := range semconv.Metrics {
		for _, series := range m.Series {
			if series.Of == semconv.Workers || series.Of == semconv.ScheduleDuration {
				found[m.Name] = watchedMetric{series.Of, scales[m.Number]}
			}
		}
	}
	return found
}

func (p *metricsProcessor) processMetrics(ctx context.Context, metrics pmetric.Metrics) (pmetric.Metrics, error) {
	now := time.Now()
	rejected := int64(0)
	for _, resourceMetrics := range metrics.ResourceMetrics().All() {
		instance := unseen
		for _, scopeMetrics := range resourceMetrics.ScopeMetrics().All() {
			for _, metric := range scopeMetrics.Metrics().All() {
				what, ok := watched[metric.Name()]
				if !ok {
					continue
				}
				if instance == unseen {
					if instance = p.join.instances.Seen(instanceKey(resourceMetrics.Resource().Attributes()), now); instance == nil {
						rejected++
					}
				}
				if instance != nil {
					keep(instance, metric, what)
				}
			}
		}
	}
	p.telemetry.rejectedInstances(ctx, rejected)
	return metrics, nil
}

// unseen stands for an instance that has not been looked up yet.
var unseen = new(instances.Instance)

func keep(instance *instances.Instance, metric pmetric.Metric, what watchedMetric) {
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		keepWorkers(instance, metric.Gauge().DataPoints(), what)
	case pmetric.MetricTypeSum:
		keepWorkers(instance, metric.Sum().DataPoints(), what)
	case pmetric.MetricTypeHistogram:
		h := metric.Histogram()
		keepDurations[pmetric.HistogramDataPoint](instance, h.DataPoints(), h.AggregationTemporality(), what)
	case pmetric.MetricTypeExponentialHistogram:
		h := metric.ExponentialHistogram()
		keepDurations[pmetric.ExponentialHistogramDataPoint](instance, h.DataPoints(), h.AggregationTemporality(), what)
	default: // a summary; no naming has one
	}
}

// keepWorkers adds up the workers of all runtimes of the process.
func keepWorkers(instance *instances.Instance, points pmetric.NumberDataPointSlice, what watchedMetric) {
	if what.quantity != semconv.Workers {
		return
	}
	at, sum := int64(0), 0.0
	for _, point := range points.All() {
		n := point.DoubleValue()
		if point.ValueType() == pmetric.NumberDataPointValueTypeInt {
			n = float64(point.IntValue())
		}
		if !(n >= 0) { // or NaN: without this part, the others are no sum
			return
		}
		sum += n
		at = max(at, nanoseconds(point.Timestamp()))
	}
	if sum >= 1 && sum < 1<<31 {
		instance.SetWorkers(int64(sum), at)
	}
}

// histogramPoint is a point of either kind of histogram.
type histogramPoint interface {
	StartTimestamp() pcommon.Timestamp
	Timestamp() pcommon.Timestamp
	Count() uint64
	HasSum() bool
	Sum() float64
}

// histogramPoints is a slice of points of either kind.
type histogramPoints[P histogramPoint] interface {
	Len() int
	At(i int) P
}

// keepDurations adds up the queue waits of all runtimes of the process.
func keepDurations[P histogramPoint](
	instance *instances.Instance, points histogramPoints[P], temporality pmetric.AggregationTemporality, what watchedMetric,
) {
	if what.quantity != semconv.ScheduleDuration || points.Len() == 0 {
		return
	}
	total := instances.Total{From: math.MaxInt64}
	for i := range points.Len() {
		point := points.At(i)
		// Without a part that is not a number, or would wrap round, the others are no total.
		if !point.HasSum() || !(point.Sum() >= 0) || point.Count() > math.MaxUint64-total.Count {
			return
		}
		total.Sum += point.Sum() * what.scale
		total.Count += point.Count()
		total.From = min(total.From, nanoseconds(point.StartTimestamp()))
		total.To = max(total.To, nanoseconds(point.Timestamp()))
	}
	switch temporality {
	case pmetric.AggregationTemporalityCumulative:
		instance.AddTotal(total)
	case pmetric.AggregationTemporalityDelta:
		instance.AddInterval(total)
	default:
	}
}
