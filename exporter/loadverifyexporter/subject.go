// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

type spanSubject struct {
	span ptrace.Span
}

func (s spanSubject) attributes() pcommon.Map                    { return s.span.Attributes() }
func (s spanSubject) at() pcommon.Timestamp                      { return s.span.EndTimestamp() }
func (s spanSubject) checksum() (int64, bool)                    { return stamp.Span(s.span), true }
func (s spanSubject) fields() stamp.Fields                       { return stamp.SpanContent(s.span) }
func (s spanSubject) forbidden(c *content.Checker) []audit.Fault { return c.Span(s.span) }

type recordSubject struct {
	record plog.LogRecord
}

func (s recordSubject) attributes() pcommon.Map { return s.record.Attributes() }
func (s recordSubject) at() pcommon.Timestamp   { return s.record.Timestamp() }
func (s recordSubject) checksum() (int64, bool) { return stamp.Record(s.record), true }

func (s recordSubject) fields() stamp.Fields                       { return stamp.RecordContent(s.record) }
func (s recordSubject) forbidden(c *content.Checker) []audit.Fault { return c.Record(s.record) }

type numberSubject struct {
	metric pmetric.Metric
	point  pmetric.NumberDataPoint
}

func (s numberSubject) attributes() pcommon.Map { return s.point.Attributes() }
func (s numberSubject) at() pcommon.Timestamp   { return s.point.Timestamp() }
func (s numberSubject) checksum() (int64, bool) {
	return stamp.NumberPoint(s.metric.Name(), s.point), true
}
func (s numberSubject) fields() stamp.Fields { return stamp.NumberContent(s.metric, s.point) }
func (s numberSubject) forbidden(c *content.Checker) []audit.Fault {
	return c.Point(s.metric, s.point.Attributes(), s.point.Exemplars())
}

type histogramSubject struct {
	metric pmetric.Metric
	point  pmetric.HistogramDataPoint
}

func (s histogramSubject) attributes() pcommon.Map { return s.point.Attributes() }
func (s histogramSubject) at() pcommon.Timestamp   { return s.point.Timestamp() }
func (s histogramSubject) checksum() (int64, bool) {
	return stamp.HistogramPoint(s.metric.Name(), s.point), true
}
func (s histogramSubject) fields() stamp.Fields { return stamp.HistogramContent(s.metric, s.point) }
func (s histogramSubject) forbidden(c *content.Checker) []audit.Fault {
	return c.Point(s.metric, s.point.Attributes(), s.point.Exemplars())
}

type exponentialSubject struct {
	metric pmetric.Metric
	point  pmetric.ExponentialHistogramDataPoint
}

func (s exponentialSubject) attributes() pcommon.Map { return s.point.Attributes() }
func (s exponentialSubject) at() pcommon.Timestamp   { return s.point.Timestamp() }
func (s exponentialSubject) checksum() (int64, bool) {
	return stamp.ExponentialPoint(s.metric.Name(), s.point), true
}

func (s exponentialSubject) fields() stamp.Fields { return stamp.ExponentialContent(s.metric, s.point) }

func (s exponentialSubject) forbidden(c *content.Checker) []audit.Fault {
	return c.Point(s.metric, s.point.Attributes(), s.point.Exemplars())
}

// summarySubject is stamped by nobody: one that has a stamp was something else.
type summarySubject struct {
	metric pmetric.Metric
	point  pmetric.SummaryDataPoint
}

func (s summarySubject) attributes() pcommon.Map { return s.point.Attributes() }
func (s summarySubject) at() pcommon.Timestamp   { return s.point.Timestamp() }
func (s summarySubject) checksum() (int64, bool) { return 0, false }
func (s summarySubject) fields() stamp.Fields    { return stamp.Fields{} }
func (s summarySubject) forbidden(c *content.Checker) []audit.Fault {
	return c.Point(s.metric, s.point.Attributes(), pmetric.NewExemplarSlice())
}
