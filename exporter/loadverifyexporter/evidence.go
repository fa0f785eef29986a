// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// position is where an item is in its batch.
type position struct{ resource, scope, metric, item int }

// batch is what arrived together, from which one item can be shown. The exporter does not change it.
type batch interface {
	// only copies an item, with its resource and scope, and masks what the rules forbid. size is that of the copy, in bytes of OTLP.
	only(at position, rules *content.Rules) (size int, marshal func() ([]byte, error))
}

// show makes an item ready for a bug report: the JSON of a request that has nothing else. If that is too long, left says so.
func show(b batch, at position, rules *content.Rules) (text []byte, left string) {
	size, marshal := b.only(at, rules)
	if size <= audit.LongestEvidence { // its JSON is longer
		var err error
		if text, err = marshal(); err != nil {
			return nil, err.Error()
		}
		size = len(text)
	}
	if size > audit.LongestEvidence {
		return nil, fmt.Sprintf("the item takes %d bytes; %d are kept", size, audit.LongestEvidence)
	}
	return text, ""
}

type tracesBatch struct{ ptrace.Traces }

func (b tracesBatch) only(at position, rules *content.Rules) (size int, marshal func() ([]byte, error)) {
	td := ptrace.NewTraces()
	from, to := b.ResourceSpans().At(at.resource), td.ResourceSpans().AppendEmpty()
	from.Resource().CopyTo(to.Resource())
	to.SetSchemaUrl(rules.Mask(from.SchemaUrl()))
	fromScope, toScope := from.ScopeSpans().At(at.scope), to.ScopeSpans().AppendEmpty()
	fromScope.Scope().CopyTo(toScope.Scope())
	toScope.SetSchemaUrl(rules.Mask(fromScope.SchemaUrl()))
	span := toScope.Spans().AppendEmpty()
	fromScope.Spans().At(at.item).CopyTo(span)
	rules.MaskPlace(to.Resource(), toScope.Scope())
	rules.MaskSpan(span)
	return (&ptrace.ProtoMarshaler{}).TracesSize(td), func() ([]byte, error) { return (&ptrace.JSONMarshaler{}).MarshalTraces(td) }
}

type logsBatch struct{ plog.Logs }

func (b logsBatch) only(at position, rules *content.Rules) (size int, marshal func() ([]byte, error)) {
	ld := plog.NewLogs()
	from, to := b.ResourceLogs().At(at.resource), ld.ResourceLogs().AppendEmpty()
	from.Resource().CopyTo(to.Resource())
	to.SetSchemaUrl(rules.Mask(from.SchemaUrl()))
	fromScope, toScope := from.ScopeLogs().At(at.scope), to.ScopeLogs().AppendEmpty()
	fromScope.Scope().CopyTo(toScope.Scope())
	toScope.SetSchemaUrl(rules.Mask(fromScope.SchemaUrl()))
	record := toScope.LogRecords().AppendEmpty()
	fromScope.LogRecords().At(at.item).CopyTo(record)
	rules.MaskPlace(to.Resource(), toScope.Scope())
	rules.MaskRecord(record)
	return (&plog.ProtoMarshaler{}).LogsSize(ld), func() ([]byte, error) { return (&plog.JSONMarshaler{}).MarshalLogs(ld) }
}

type metricsBatch struct{ pmetric.Metrics }

func (b metricsBatch) only(at position, rules *content.Rules) (size int, marshal func() ([]byte, error)) {
	md := pmetric.NewMetrics()
	from, to := b.ResourceMetrics().At(at.resource), md.ResourceMetrics().AppendEmpty()
	from.Resource().CopyTo(to.Resource())
	to.SetSchemaUrl(rules.Mask(from.SchemaUrl()))
	fromScope, toScope := from.ScopeMetrics().At(at.scope), to.ScopeMetrics().AppendEmpty()
	fromScope.Scope().CopyTo(toScope.Scope())
	toScope.SetSchemaUrl(rules.Mask(fromScope.SchemaUrl()))
	metric := toScope.Metrics().AppendEmpty()
	copyPoint(fromScope.Metrics().At(at.metric), metric, at.item)
	rules.MaskPlace(to.Resource(), toScope.Scope())
	rules.MaskMetric(metric)
	return (&pmetric.ProtoMarshaler{}).MetricsSize(md), func() ([]byte, error) { return (&pmetric.JSONMarshaler{}).MarshalMetrics(md) }
}

// copyPoint copies a metric with one of its points.
func copyPoint(from, to pmetric.Metric, point int) {
	to.SetName(from.Name())
	to.SetDescription(from.Description())
	to.SetUnit(from.Unit())
	from.Metadata().CopyTo(to.Metadata())
	switch from.Type() {
	case pmetric.MetricTypeGauge:
		from.Gauge().DataPoints().At(point).CopyTo(to.SetEmptyGauge().DataPoints().AppendEmpty())
	case pmetric.MetricTypeSum:
		sum := to.SetEmptySum()
		sum.SetAggregationTemporality(from.Sum().AggregationTemporality())
		sum.SetIsMonotonic(from.Sum().IsMonotonic())
		from.Sum().DataPoints().At(point).CopyTo(sum.DataPoints().AppendEmpty())
	case pmetric.MetricTypeHistogram:
		h := to.SetEmptyHistogram()
		h.SetAggregationTemporality(from.Histogram().AggregationTemporality())
		from.Histogram().DataPoints().At(point).CopyTo(h.DataPoints().AppendEmpty())
	case pmetric.MetricTypeExponentialHistogram:
		h := to.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(from.ExponentialHistogram().AggregationTemporality())
		from.ExponentialHistogram().DataPoints().At(point).CopyTo(h.DataPoints().AppendEmpty())
	case pmetric.MetricTypeSummary:
		from.Summary().DataPoints().At(point).CopyTo(to.SetEmptySummary().DataPoints().AppendEmpty())
	case pmetric.MetricTypeEmpty:
	}
}
