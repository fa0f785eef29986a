// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// signal is a kind of telemetry.
type signal struct {
	name string
	// corrupt changes the first item of a request, and says whether there is one.
	corrupt func(message) (changed message, ok bool)
	// reject takes the first items out of a request, n or all, and says how many those were; 0: there was none, or it could not be read.
	reject func(m message, n int) (rest message, rejected int)
	// answer is what says that items were rejected. Those that the target has rejected itself, in its own answer, are added.
	answer func(m message, of []byte, rejected int, text string) (message, bool)
}

var (
	traces  = &signal{"traces", corruptTraces, rejectTraces, answerTraces}
	metrics = &signal{"metrics", corruptMetrics, rejectMetrics, answerMetrics}
	logs    = &signal{"logs", corruptLogs, rejectLogs, answerLogs}
)

// signals by the gRPC method that exports them.
var signals = map[string]*signal{
	"/opentelemetry.proto.collector.trace.v1.TraceService/Export":     traces,
	"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": metrics,
	"/opentelemetry.proto.collector.logs.v1.LogsService/Export":       logs,
}

// signalAt is the signal that is exported to a path over OTLP/HTTP; nil: none.
func signalAt(path string) *signal {
	for _, s := range []*signal{traces, metrics, logs} {
		if strings.HasSuffix(path, "/v1/"+s.name) {
			return s
		}
	}
	return nil
}

// corruption is appended to a name or a body.
const corruption = "~corrupt"

// corruptTraces changes the name of the first span.
func corruptTraces(m message) (message, bool) {
	request := ptraceotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, false
	}
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				span.SetName(span.Name() + corruption)
				return m.written(request)
			}
		}
	}
	return message{}, false
}

// corruptMetrics changes the name of the first metric that has a point.
func corruptMetrics(m message) (message, bool) {
	request := pmetricotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, false
	}
	for _, resource := range request.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				if points(metric) == 0 {
					continue
				}
				metric.SetName(metric.Name() + corruption)
				return m.written(request)
			}
		}
	}
	return message{}, false
}

func points(m pmetric.Metric) int {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return m.Gauge().DataPoints().Len()
	case pmetric.MetricTypeSum:
		return m.Sum().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		return m.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return m.Summary().DataPoints().Len()
	case pmetric.MetricTypeEmpty:
	}
	return 0
}

// corruptLogs changes the body of the first record.
func corruptLogs(m message) (message, bool) {
	request := plogotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, false
	}
	for _, resource := range request.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				record.Body().SetStr(record.Body().AsString() + corruption)
				return m.written(request)
			}
		}
	}
	return message{}, false
}

// first counts to n: it is true for the first n items that it is asked about.
type first struct{ n, taken int }

func (f *first) takes() bool {
	if f.taken >= f.n {
		return false
	}
	f.taken++
	return true
}

func rejectTraces(m message, n int) (message, int) {
	request := ptraceotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, 0
	}
	f := first{n: n}
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			scope.Spans().RemoveIf(func(ptrace.Span) bool { return f.takes() })
		}
	}
	return f.rest(m, request, request.Traces().SpanCount())
}

func rejectMetrics(m message, n int) (message, int) {
	request := pmetricotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, 0
	}
	f := first{n: n}
	for _, resource := range request.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				f.points(metric)
			}
		}
	}
	return f.rest(m, request, request.Metrics().DataPointCount())
}

// points takes the points that are to be taken out of a metric.
func (f *first) points(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		m.Gauge().DataPoints().RemoveIf(func(pmetric.NumberDataPoint) bool { return f.takes() })
	case pmetric.MetricTypeSum:
		m.Sum().DataPoints().RemoveIf(func(pmetric.NumberDataPoint) bool { return f.takes() })
	case pmetric.MetricTypeHistogram:
		m.Histogram().DataPoints().RemoveIf(func(pmetric.HistogramDataPoint) bool { return f.takes() })
	case pmetric.MetricTypeExponentialHistogram:
		m.ExponentialHistogram().DataPoints().RemoveIf(func(pmetric.ExponentialHistogramDataPoint) bool { return f.takes() })
	case pmetric.MetricTypeSummary:
		m.Summary().DataPoints().RemoveIf(func(pmetric.SummaryDataPoint) bool { return f.takes() })
	case pmetric.MetricTypeEmpty:
	}
}

func rejectLogs(m message, n int) (message, int) {
	request := plogotlp.NewExportRequest()
	if !m.read(request) {
		return message{}, 0
	}
	f := first{n: n}
	for _, resource := range request.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			scope.LogRecords().RemoveIf(func(plog.LogRecord) bool { return f.takes() })
		}
	}
	return f.rest(m, request, request.Logs().LogRecordCount())
}

// rest is what is left of a request: nothing, if no item is.
func (f *first) rest(m message, request export, left int) (message, int) {
	if left == 0 {
		return message{}, f.taken
	}
	rest, ok := m.written(request)
	if !ok {
		return message{}, 0
	}
	return rest, f.taken
}

func answerTraces(m message, of []byte, rejected int, text string) (message, bool) {
	response := ptraceotlp.NewExportResponse()
	said := message{data: of, json: m.json}.read(response)
	partial := response.PartialSuccess()
	partial.SetRejectedSpans(partial.RejectedSpans() + int64(rejected))
	partial.SetErrorMessage(text)
	return answered(m, response, said || len(of) == 0)
}

func answerMetrics(m message, of []byte, rejected int, text string) (message, bool) {
	response := pmetricotlp.NewExportResponse()
	said := message{data: of, json: m.json}.read(response)
	partial := response.PartialSuccess()
	partial.SetRejectedDataPoints(partial.RejectedDataPoints() + int64(rejected))
	partial.SetErrorMessage(text)
	return answered(m, response, said || len(of) == 0)
}

func answerLogs(m message, of []byte, rejected int, text string) (message, bool) {
	response := plogotlp.NewExportResponse()
	said := message{data: of, json: m.json}.read(response)
	partial := response.PartialSuccess()
	partial.SetRejectedLogRecords(partial.RejectedLogRecords() + int64(rejected))
	partial.SetErrorMessage(text)
	return answered(m, response, said || len(of) == 0)
}

// answered is an answer in the form of its request, if the target's could be read.
func answered(m message, response export, readable bool) (message, bool) {
	if !readable {
		return message{}, false
	}
	return m.written(response)
}
