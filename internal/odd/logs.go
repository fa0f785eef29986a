// SPDX-License-Identifier: Apache-2.0

package odd

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// recordKinds are the kinds that log records alone have.
func recordKinds() []Kind {
	return []Kind{
		{Name: "zero_times", Has: "no time and no observed time", record: func(r plog.LogRecord) {
			r.SetTimestamp(0)
			r.SetObservedTimestamp(0)
		}},
		{Name: "observed_only", Has: "no time, as appenders leave it; only the observed time", record: func(r plog.LogRecord) { r.SetTimestamp(0) }},
		{Name: "far_future", Has: "a time in the year 2262, the last that 63 bits of nanoseconds hold", record: func(r plog.LogRecord) { r.SetTimestamp(farFuture) }},
		{Name: "time_overflow", Has: "a time in the year 2554, negative as a signed number", record: func(r plog.LogRecord) { r.SetTimestamp(noTime) }},
		{Name: "no_body", Has: "no body", record: func(r plog.LogRecord) { pcommon.NewValueEmpty().CopyTo(r.Body()) }},
		{Name: "empty_body", Has: "a body that is an empty text", record: func(r plog.LogRecord) { r.Body().SetStr("") }},
		{Name: "map_body", Has: "a body that is a map", record: func(r plog.LogRecord) {
			m := r.Body().SetEmptyMap()
			m.PutStr("message", "structured")
			m.PutEmptyMap("within").PutInt("n", 1)
		}},
		{Name: "list_body", Has: "a body that is a list", record: func(r plog.LogRecord) { r.Body().SetEmptySlice().AppendEmpty().SetInt(1) }},
		{Name: "bytes_body", Has: "a body of bytes", record: func(r plog.LogRecord) { r.Body().SetEmptyBytes().FromRaw([]byte{0, 1, 0xff}) }},
		{Name: "number_body", Has: "a body that is NaN", record: func(r plog.LogRecord) { r.Body().SetDouble(math.NaN()) }},
		{Name: "deep_body", Has: "a body of lists nested " + strconv.Itoa(deepNesting) + " deep", record: func(r plog.LogRecord) { nest(r.Body()) }},
		{Name: "long_body", Has: "a body of " + strconv.Itoa(LongText) + " bytes", record: func(r plog.LogRecord) { r.Body().SetStr(strings.Repeat("0123456789", LongText/10)) }},
		{Name: "raw_body", Has: "a body with escape sequences, line ends and a zero byte", record: func(r plog.LogRecord) { r.Body().SetStr(rawText + "\n" + rawText) }},
		{Name: "invalid_body", Forbidden: true, Has: "a body that is not UTF-8", record: func(r plog.LogRecord) { r.Body().SetStr(invalidText) }},
		{Name: "invalid_severity", Has: "a severity of 99", record: func(r plog.LogRecord) { r.SetSeverityNumber(99) }},
		{Name: "negative_severity", Has: "a severity of -1", record: func(r plog.LogRecord) { r.SetSeverityNumber(-1) }},
		{Name: "other_severity_text", Has: "a severity text that is not its number's", record: func(r plog.LogRecord) { r.SetSeverityText("Fatal?!") }},
		{Name: "no_severity", Has: "no severity", record: func(r plog.LogRecord) {
			r.SetSeverityNumber(plog.SeverityNumberUnspecified)
			r.SetSeverityText("")
		}},
		{Name: "span_without_trace", Forbidden: true, Has: "a span id and no trace id", record: func(r plog.LogRecord) { r.SetTraceID(pcommon.TraceID{}) }},
		{Name: "trace_without_span", Has: "a trace id and no span id", record: func(r plog.LogRecord) { r.SetSpanID(pcommon.SpanID{}) }},
		{Name: "all_flags", Has: "all 32 flags", record: func(r plog.LogRecord) { r.SetFlags(math.MaxUint32) }},
		{Name: "dropped_counts", Has: "a count of dropped attributes of 4294967295", record: func(r plog.LogRecord) { r.SetDroppedAttributesCount(math.MaxUint32) }},
	}
}
