// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/connector/runtimestatsconnector/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// instruments are the metrics, one for each measure.
var instruments = [numMeasures]semconv.SpanMetric{
	duration:  semconv.SpanMetrics[0],
	busy:      semconv.SpanMetrics[1],
	queueWait: semconv.SpanMetrics[2],
}

// Names of data point attributes; the values of span.kind are those that the span_metrics connector uses, too.
const (
	attributeSpanName = "span.name"
	attributeSpanKind = "span.kind"
	// attributeOverflow marks the series of all keys beyond a limit (OpenTelemetry SDK specification, cardinality limits).
	attributeOverflow = "otel.metric.overflow"
	// attributeWriter tells which Collector counted. Beside each pod of a service stands one, and nobody can add up what two write to one
	// series. The span_metrics connector has the same attribute.
	attributeWriter = "collector.instance.id"
)

// writerOf returns what a Collector calls itself in its own telemetry. By default that is a UUID that each start makes anew.
func writerOf(resource pcommon.Map) string {
	if writer := textOf(resource, attributeWriter); writer != "" {
		return writer
	}
	return textOf(resource, semconv.ServiceInstanceID)
}

var kindNames = map[ptrace.SpanKind]string{
	ptrace.SpanKindInternal: "SPAN_KIND_INTERNAL",
	ptrace.SpanKindServer:   "SPAN_KIND_SERVER",
	ptrace.SpanKindClient:   "SPAN_KIND_CLIENT",
	ptrace.SpanKindProducer: "SPAN_KIND_PRODUCER",
	ptrace.SpanKindConsumer: "SPAN_KIND_CONSUMER",
}

// metrics returns all series: a resource for each origin, in alphabetical order, and one without attributes for the
// overflow. The environment is an attribute of points: a backend such as Prometheus tells services apart by namespace and name alone.
func (t *table) metrics(now time.Time) pmetric.Metrics {
	all := pmetric.NewMetrics()
	keys := make([]key, 0, len(t.series))
	for k := range t.series {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, key.compare)
	var current serviceMetrics
	for i, k := range keys {
		if i == 0 || k.origin != keys[i-1].origin {
			current = newServiceMetrics(all)
			putKnown(current.resource.Attributes(), semconv.ServiceNamespace, k.namespace)
			current.resource.Attributes().PutStr(semconv.ServiceName, k.service)
		}
		current.add(t.series[k], now, func(attributes pcommon.Map) {
			attributes.PutStr(attributeSpanName, k.span)
			putKnown(attributes, attributeSpanKind, kindNames[k.kind])
			putKnown(attributes, semconv.HTTPRoute, k.route)
			putKnown(attributes, semconv.DeploymentEnvironmentName, k.environment)
			putKnown(attributes, attributeWriter, t.writer)
		})
	}
	if t.overflow != nil {
		current = newServiceMetrics(all)
		current.add(t.overflow, now, func(attributes pcommon.Map) {
			attributes.PutBool(attributeOverflow, true)
			putKnown(attributes, attributeWriter, t.writer)
		})
	}
	return all
}

func putKnown(attributes pcommon.Map, name, value string) {
	if value != "" {
		attributes.PutStr(name, value)
	}
}

// serviceMetrics is the metrics of one resource, each made when it has a data point.
type serviceMetrics struct {
	resource pcommon.Resource
	metrics  pmetric.MetricSlice
	points   [numMeasures]*pmetric.ExponentialHistogramDataPointSlice
}

func newServiceMetrics(all pmetric.Metrics) serviceMetrics {
	resourceMetrics := all.ResourceMetrics().AppendEmpty()
	scopeMetrics := resourceMetrics.ScopeMetrics().AppendEmpty()
	scopeMetrics.Scope().SetName(metadata.ScopeName)
	scopeMetrics.SetSchemaUrl(semconv.SchemaURL)
	return serviceMetrics{resource: resourceMetrics.Resource(), metrics: scopeMetrics.Metrics()}
}

func (s *serviceMetrics) add(from *series, now time.Time, describe func(pcommon.Map)) {
	for m, times := range from.times {
		if times == nil {
			continue
		}
		if s.points[m] == nil {
			metric := s.metrics.AppendEmpty()
			metric.SetName(instruments[m].Name)
			metric.SetDescription(instruments[m].Meaning)
			metric.SetUnit(semconv.SpanMetricUnit)
			exponential := metric.SetEmptyExponentialHistogram()
			exponential.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			points := exponential.DataPoints()
			s.points[m] = &points
		}
		point := s.points[m].AppendEmpty()
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(from.start))
		point.SetTimestamp(pcommon.NewTimestampFromTime(now))
		describe(point.Attributes())
		times.writeTo(point)
	}
}

// writeTo fills a data point: bucket i of the histogram is OTLP's bucket i+histogram.OTLPOffset at histogram.Scale; the
// underflow bucket is its zero bucket.
func (t *times) writeTo(point pmetric.ExponentialHistogramDataPoint) {
	point.SetScale(histogram.Scale)
	point.SetCount(t.histogram.Count())
	point.SetSum(t.sum)
	point.SetZeroThreshold(histogram.UpperBound(0))
	point.SetZeroCount(t.histogram.Bucket(0))
	first, last := 1, histogram.Buckets-1
	for first <= last && t.histogram.Bucket(last) == 0 {
		last--
	}
	for first < last && t.histogram.Bucket(first) == 0 {
		first++
	}
	point.Positive().SetOffset(int32(first + histogram.OTLPOffset))
	counts := point.Positive().BucketCounts()
	counts.EnsureCapacity(last + 1 - first)
	for i := first; i <= last; i++ {
		counts.Append(t.histogram.Bucket(i))
	}
}
