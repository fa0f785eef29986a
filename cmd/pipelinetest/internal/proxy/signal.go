// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// signal is a kind of telemetry.
type signal struct {
	// corrupt changes the first item of a request, and says whether there is one.
	corrupt func(payload []byte) (changed []byte, ok bool)
	// reject is the answer that says of all items of a request that they were rejected.
	reject func(payload []byte) (answer []byte, ok bool)
}

// signals by the method that exports them.
var signals = map[string]*signal{
	"/opentelemetry.proto.collector.trace.v1.TraceService/Export":     {corruptTraces, rejectTraces},
	"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": {corruptMetrics, rejectMetrics},
	"/opentelemetry.proto.collector.logs.v1.LogsService/Export":       {corruptLogs, rejectLogs},
}

// corruption is appended to a name or a body.
const corruption = "~corrupt"

// corruptTraces changes the name of the first span.
func corruptTraces(payload []byte) ([]byte, bool) {
	request := ptraceotlp.NewExportRequest()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				span.SetName(span.Name() + corruption)
				changed, err := request.MarshalProto()
				return changed, err == nil
			}
		}
	}
	return nil, false
}

// corruptMetrics changes the name of the first metric that has a point.
func corruptMetrics(payload []byte) ([]byte, bool) {
	request := pmetricotlp.NewExportRequest()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	for _, resource := range request.Metrics().ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				if points(metric) == 0 {
					continue
				}
				metric.SetName(metric.Name() + corruption)
				changed, err := request.MarshalProto()
				return changed, err == nil
			}
		}
	}
	return nil, false
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
func corruptLogs(payload []byte) ([]byte, bool) {
	request := plogotlp.NewExportRequest()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	for _, resource := range request.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				record.Body().SetStr(record.Body().AsString() + corruption)
				changed, err := request.MarshalProto()
				return changed, err == nil
			}
		}
	}
	return nil, false
}

// rejection is what a partial success says.
const rejection = "pipelinetest: otlp: partial_success"

func rejectTraces(payload []byte) ([]byte, bool) {
	request, response := ptraceotlp.NewExportRequest(), ptraceotlp.NewExportResponse()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	response.PartialSuccess().SetRejectedSpans(int64(request.Traces().SpanCount()))
	response.PartialSuccess().SetErrorMessage(rejection)
	answer, err := response.MarshalProto()
	return answer, err == nil
}

func rejectMetrics(payload []byte) ([]byte, bool) {
	request, response := pmetricotlp.NewExportRequest(), pmetricotlp.NewExportResponse()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	response.PartialSuccess().SetRejectedDataPoints(int64(request.Metrics().DataPointCount()))
	response.PartialSuccess().SetErrorMessage(rejection)
	answer, err := response.MarshalProto()
	return answer, err == nil
}

func rejectLogs(payload []byte) ([]byte, bool) {
	request, response := plogotlp.NewExportRequest(), plogotlp.NewExportResponse()
	if request.UnmarshalProto(payload) != nil {
		return nil, false
	}
	response.PartialSuccess().SetRejectedLogRecords(int64(request.Logs().LogRecordCount()))
	response.PartialSuccess().SetErrorMessage(rejection)
	answer, err := response.MarshalProto()
	return answer, err == nil
}
