// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var stamped = source{run: "r", name: "s", at: noon, content: true}

// verified lets items arrive at a verifier with some expectation.
type verified struct {
	*verifier
	t *testing.T
}

func verifying(t *testing.T, expect ContentConfig) verified {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.Expect.Content = configoptional.Some(expect)
	require.NoError(t, cfg.Validate())
	v, err := newVerifier(exportertest.NewNopSettings(metadata.Type), cfg, io.Discard)
	require.NoError(t, err)
	return verified{v, t}
}

func (v verified) end() audit.RunReport {
	v.t.Helper()
	report := v.ledger.report(noon.Add(time.Hour), true)
	require.Len(v.t, report.Runs, 1)
	return report.Runs[0]
}

// spans lets four spans arrive, which a pipeline may have changed, and their end marker.
func (v verified) spans(change func(ptrace.Traces)) audit.RunReport {
	v.t.Helper()
	td := stamped.traces(0, 1, 2, 3)
	if change != nil {
		change(td)
	}
	require.NoError(v.t, v.consumeTraces(v.t.Context(), td))
	require.NoError(v.t, v.consumeTraces(v.t.Context(), stamped.tracesEnd(4, 0)))
	return v.end()
}

func eachSpan(do func(ptrace.Span)) func(ptrace.Traces) {
	return func(td ptrace.Traces) {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					do(span)
				}
			}
		}
	}
}

// second appends an attribute, whatever there is.
func second(a pcommon.Map, key, value string) {
	var b xpdata.MapBuilder
	for key, v := range a.All() {
		v.CopyTo(b.AppendEmpty(key))
	}
	b.AppendEmpty(key).SetStr(value)
	b.UnsafeIntoMap(a)
}

func onResource(do func(pcommon.Map)) func(ptrace.Traces) {
	return func(td ptrace.Traces) { do(td.ResourceSpans().At(0).Resource().Attributes()) }
}

func onScope(do func(pcommon.InstrumentationScope)) func(ptrace.Traces) {
	return func(td ptrace.Traces) { do(td.ResourceSpans().At(0).ScopeSpans().At(0).Scope()) }
}

// faultsOf are the faults of a signal: kind, path.
func faultsOf(s *audit.SignalReport) (list []string) {
	for _, f := range s.Faults {
		list = append(list, f.Kind+" "+f.Path)
	}
	slices.Sort(list)
	return list
}

// TestContentOfSpans lets a pipeline do one thing, and says what is found with nothing said.
func TestContentOfSpans(t *testing.T) {
	remove := func(key string) func(ptrace.Traces) {
		return eachSpan(func(s ptrace.Span) { s.Attributes().Remove(key) })
	}
	for name, tc := range map[string]struct {
		change func(ptrace.Traces)
		want   []string
	}{
		"nothing":      {nil, nil},
		"an attribute": {remove("user.email"), []string{`removed span.attributes["user.email"]`}},
		"all attributes but stamps": {eachSpan(func(s ptrace.Span) {
			s.Attributes().RemoveIf(func(key string, _ pcommon.Value) bool { return !strings.HasPrefix(key, "load_verify.") })
		}), []string{`removed span.attributes["http.response.status_code"]`, `removed span.attributes["http.route"]`, `removed span.attributes["user.email"]`}},
		"another value":     {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("user.email", "x") }), []string{`changed span.attributes["user.email"]`}},
		"another type":      {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("http.response.status_code", "200") }), []string{`changed span.attributes["http.response.status_code"]`}},
		"another key":       {eachSpan(func(s ptrace.Span) { s.Attributes().Remove("user.email"); s.Attributes().PutStr("mail", "x") }), []string{`removed span.attributes["user.email"]`}},
		"an attribute more": {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("added", "x") }), nil},
		"a second value": {eachSpan(func(s ptrace.Span) {
			second(s.Attributes(), "user.email", "x")
			second(s.Attributes(), "user.email", "y")
		}), []string{`changed span.attributes["user.email"]`}},
		"the same value twice":    {eachSpan(func(s ptrace.Span) { second(s.Attributes(), "http.route", "/orders/{id}") }), nil},
		"a second value there":    {onResource(func(a pcommon.Map) { second(a, "service.name", "x") }), []string{`changed resource.attributes["service.name"]`}},
		"what looks like a stamp": {eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("load_verify.x", "x") }), nil},
		"another order": {eachSpan(func(s ptrace.Span) {
			v, _ := s.Attributes().Get("http.route")
			text := v.Str()
			s.Attributes().Remove("http.route")
			s.Attributes().PutStr("http.route", text)
		}), nil},
		"an event less":            {eachSpan(func(s ptrace.Span) { s.Events().RemoveIf(func(ptrace.SpanEvent) bool { return true }) }), []string{"removed span.events"}},
		"an event more":            {eachSpan(func(s ptrace.Span) { s.Events().AppendEmpty() }), []string{"changed span.events"}},
		"an attribute of an event": {eachSpan(func(s ptrace.Span) { s.Events().At(0).Attributes().Clear() }), []string{"changed span.events"}},
		"a link less":              {eachSpan(func(s ptrace.Span) { s.Links().RemoveIf(func(ptrace.SpanLink) bool { return true }) }), []string{"removed span.links"}},
		"a trace state":            {eachSpan(func(s ptrace.Span) { s.TraceState().FromRaw("ot=th:8") }), nil},
		"a name":                   {eachSpan(func(s ptrace.Span) { s.SetName("x") }), []string{"changed span.name"}},
		"service.name renamed":     {onResource(func(a pcommon.Map) { a.PutStr("service.name", "x") }), []string{`changed resource.attributes["service.name"]`}},
		"host.name gone":           {onResource(func(a pcommon.Map) { a.Remove("host.name") }), []string{`removed resource.attributes["host.name"]`}},
		"an attribute more there":  {onResource(func(a pcommon.Map) { a.PutStr("k8s.pod.name", "x") }), nil},
		"a resource emptied":       {onResource(func(a pcommon.Map) { a.Clear() }), []string{`removed resource.attributes["load_verify.content"]`}},
		"a scope renamed":          {onScope(func(s pcommon.InstrumentationScope) { s.SetName("x") }), []string{"changed scope.name"}},
		"a scope without version":  {onScope(func(s pcommon.InstrumentationScope) { s.SetVersion("") }), []string{"removed scope.version"}},
		"a scope emptied":          {onScope(func(s pcommon.InstrumentationScope) { pcommon.NewInstrumentationScope().CopyTo(s) }), []string{`removed scope.attributes["load_verify.content"]`}},
		"another resource": {func(td ptrace.Traces) {
			other := stamped.traces(0)
			a := other.ResourceSpans().At(0).Resource().Attributes()
			a.Clear()
			stamped.otherPlace(a)
			a.CopyTo(td.ResourceSpans().At(0).Resource().Attributes())
		}, []string{"changed resource"}},
		"the stamp of another item": {func(td ptrace.Traces) { swapStamps(td) }, nil},
		"the stamp gone":            {remove(semconv.StampContent), nil},
	} {
		t.Run(name, func(t *testing.T) {
			run := verifying(t, ContentConfig{}).spans(tc.change)
			s := &run.Signals[0]
			got := faultsOf(s)
			assert.Equal(t, tc.want, got)
			assert.EqualValues(t, 4, s.Checked+s.Unread)
			stampsGone := strings.HasPrefix(name, "the stamp")
			wantVerdict := audit.Pass
			if len(tc.want) > 0 || stampsGone {
				wantVerdict = audit.Fail
			}
			assert.Equal(t, wantVerdict, run.Verdict, run.Findings)
			if len(tc.want) > 0 {
				assert.EqualValues(t, 4, s.Wrong)
				assert.LessOrEqual(t, s.Faults[0].Items, uint64(4), "an item counts once")
			}
			if stampsGone {
				assert.NotZero(t, s.Unread)
				assert.Contains(t, run.NotChecked, "attributes", "what could not be read was not checked")
			} else if !strings.HasSuffix(name, "emptied") {
				assert.Equal(t, []string{
					"span.trace_state (none was sent)", "span.flags (none was sent)", "resource.schema_url (none was sent)",
					"scope.schema_url (none was sent)", "scope.attributes (none was sent)", "order", "dropped counts", "entity refs",
				}, run.NotChecked, "events and links are, because there were some")
			}
		})
	}
}

// otherPlace makes a resource of another process, with its own stamp.
func (s source) otherPlace(a pcommon.Map) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "payments")
	s.stampResource(rs.Resource())
	rs.Resource().Attributes().CopyTo(a)
}

func swapStamps(td ptrace.Traces) {
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	x, _ := spans.At(0).Attributes().Get(semconv.StampContent)
	y, _ := spans.At(1).Attributes().Get(semconv.StampContent)
	x.CopyTo(y)
}

// TestContentSaid: what is said to change must, and nothing else may.
func TestContentSaid(t *testing.T) {
	const email, route = `span.attributes["user.email"]`, `attributes["http.route"]`
	redact := eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("user.email", "****") })
	remove := eachSpan(func(s ptrace.Span) { s.Attributes().Remove("user.email") })
	redactSome := func(td ptrace.Traces) {
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(2).Attributes().PutStr("user.email", "****")
	}
	redactBeside := eachSpan(func(s ptrace.Span) {
		was, _ := s.Attributes().Get("user.email")
		text := was.Str()
		was.SetStr("****")
		second(s.Attributes(), "user.email", text)
	})
	for name, tc := range map[string]struct {
		said    ContentConfig
		change  func(ptrace.Traces)
		verdict audit.Verdict
		finding string
	}{
		"removed as said":              {ContentConfig{Removed: []string{email}}, remove, audit.Pass, ""},
		"changed, and sent beside":     {ContentConfig{Changed: []string{email}}, redactBeside, audit.Fail, email + " arrived as it was sent: 4 of 4 items"},
		"nothing like a stamp":         {ContentConfig{Added: []string{}}, eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("load_verify.x", "") }), audit.Fail, `span.attributes["load_verify.x"] added`},
		"not removed":                  {ContentConfig{Removed: []string{email}}, nil, audit.Fail, email + " arrived as it was sent: 4 of 4 items"},
		"changed instead":              {ContentConfig{Removed: []string{email}}, redact, audit.Fail, email + " changed: 4 of 4 items"},
		"changed as said":              {ContentConfig{Changed: []string{email}}, redact, audit.Pass, ""},
		"a redaction that misses":      {ContentConfig{Changed: []string{email}}, redactSome, audit.Fail, email + " arrived as it was sent: 3 of 4 items"},
		"removed instead":              {ContentConfig{Changed: []string{email}}, remove, audit.Fail, " removed: 4 of 4 items"},
		"some changed, as may be":      {ContentConfig{MayDiffer: []string{email}}, redactSome, audit.Pass, ""},
		"removed, as may be":           {ContentConfig{MayDiffer: []string{email}}, remove, audit.Pass, ""},
		"another one changed":          {ContentConfig{MayDiffer: []string{route}}, redact, audit.Fail, email + " changed"},
		"never sent":                   {ContentConfig{Removed: []string{`span.attributes["no.such"]`}}, nil, audit.Unknown, `no item was sent with span.attributes["no.such"], so nothing shows that it is removed: take it out of content.removed`},
		"of a signal that is not sent": {ContentConfig{Changed: []string{"log.body"}}, nil, audit.Pass, ""},
		"nothing may be added":         {ContentConfig{Added: []string{}}, eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("extra", "") }), audit.Fail, `span.attributes["extra"] added: 4 of 4 items`},
		"what may be added": {ContentConfig{Added: []string{`span.attributes["ext*"]`, `resource.attributes["k8s.pod.name"]`}}, func(td ptrace.Traces) {
			eachSpan(func(s ptrace.Span) { s.Attributes().PutStr("extra", "") })(td)
			onResource(func(a pcommon.Map) { a.PutStr("k8s.pod.name", "x") })(td)
		}, audit.Pass, ""},
		"added to the resource":        {ContentConfig{Added: []string{`span.attributes["*"]`}}, onResource(func(a pcommon.Map) { a.PutStr("k8s.pod.name", "x") }), audit.Fail, `resource.attributes["k8s.pod.name"] added`},
		"a field added":                {ContentConfig{Added: []string{}}, eachSpan(func(s ptrace.Span) { s.TraceState().FromRaw("a=b") }), audit.Fail, "span.trace_state added"},
		"the resource changed as said": {ContentConfig{Changed: []string{`resource.attributes["service.name"]`}, Removed: []string{`resource.attributes["host.name"]`}}, onResource(func(a pcommon.Map) { a.PutStr("service.name", "x"); a.Remove("host.name") }), audit.Pass, ""},
		"a few, as is allowed":         {ContentConfig{MaxShare: 0.25}, redactSome, audit.Pass, ""},
		"more than allowed":            {ContentConfig{MaxShare: 0.2}, redactSome, audit.Fail, email + " changed: 1 of 4 items; want it unchanged"},
		"the name changed as said":     {ContentConfig{Changed: []string{"span.name"}}, eachSpan(func(s ptrace.Span) { s.SetName("GET /*") }), audit.Pass, ""},
		"more than the name changed":   {ContentConfig{Changed: []string{"span.name"}}, eachSpan(func(s ptrace.Span) { s.SetName("GET /*"); s.SetKind(ptrace.SpanKindClient) }), audit.Fail, "4 corrupt"},
		"status beside the name": {ContentConfig{Changed: []string{"span.name"}}, eachSpan(func(s ptrace.Span) {
			s.SetName("GET /*")
			s.Status().SetMessage("x")
		}), audit.Fail, "4 corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			run := verifying(t, tc.said).spans(tc.change)
			assert.Equal(t, tc.verdict, run.Verdict, run.Findings)
			messages := []string{}
			for _, f := range run.Findings {
				messages = append(messages, f.Message)
			}
			if tc.finding != "" {
				assert.Contains(t, strings.Join(messages, "\n"), tc.finding)
			} else {
				assert.Empty(t, messages)
			}
		})
	}
}

// TestContentOfMetricsAndLogs changes the fields that only these have.
func TestContentOfMetricsAndLogs(t *testing.T) {
	metric := func(n int, do func(pmetric.Metric)) func(pmetric.Metrics) {
		return func(md pmetric.Metrics) { do(md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(n)) }
	}
	for name, tc := range map[string]struct {
		change func(pmetric.Metrics)
		want   string
	}{
		"unit":       {metric(0, func(m pmetric.Metric) { m.SetUnit("By") }), ""},
		"start time": {metric(1, func(m pmetric.Metric) { m.Sum().DataPoints().At(0).SetStartTimestamp(7) }), ""},
		"type":       {metric(1, func(m pmetric.Metric) { m.Sum().SetIsMonotonic(true) }), "changed metric.type"},
		"buckets":    {metric(2, func(m pmetric.Metric) { m.Histogram().DataPoints().At(0).BucketCounts().FromRaw([]uint64{1}) }), "changed datapoint.buckets"},
		"scale":      {metric(3, func(m pmetric.Metric) { m.ExponentialHistogram().DataPoints().At(0).SetScale(3) }), "changed datapoint.buckets"},
		"an attribute": {metric(3, func(m pmetric.Metric) {
			m.ExponentialHistogram().DataPoints().At(0).Attributes().PutStr("http.route", "")
		}), `changed datapoint.attributes["http.route"]`},
		"name":         {metric(0, func(m pmetric.Metric) { m.SetName("x") }), "changed metric.name"},
		"gauge to sum": {metric(0, func(m pmetric.Metric) { m.Gauge().DataPoints().MoveAndAppendTo(m.SetEmptySum().DataPoints()) }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifying(t, ContentConfig{})
			md := stamped.metrics(upTo(4)...)
			tc.change(md)
			require.NoError(t, v.consumeMetrics(t.Context(), md))
			require.NoError(t, v.consumeMetrics(t.Context(), stamped.metricsEnd(4, 0)))
			run := v.end()
			if tc.want == "" {
				assert.LessOrEqual(t, len(faultsOf(&run.Signals[0])), 1)
				return
			}
			assert.Contains(t, faultsOf(&run.Signals[0]), tc.want)
			assert.Equal(t, audit.Fail, run.Verdict)
		})
	}
	for name, tc := range map[string]struct {
		said   ContentConfig
		change func(plog.LogRecord)
		want   audit.Verdict
	}{
		"nothing":                  {ContentConfig{}, func(plog.LogRecord) {}, audit.Pass},
		"the body":                 {ContentConfig{}, func(r plog.LogRecord) { r.Body().SetStr("x") }, audit.Fail},
		"the body, as said":        {ContentConfig{Changed: []string{"log.body"}}, func(r plog.LogRecord) { r.Body().SetStr("x") }, audit.Pass},
		"the body, not as said":    {ContentConfig{Changed: []string{"log.body"}}, func(plog.LogRecord) {}, audit.Fail},
		"severity beside the body": {ContentConfig{Changed: []string{"log.body"}}, func(r plog.LogRecord) { r.Body().SetStr("x"); r.SetSeverityNumber(9) }, audit.Fail},
		"the time beside the body": {ContentConfig{Changed: []string{"log.body"}}, func(r plog.LogRecord) { r.Body().SetStr("x"); r.SetTimestamp(9) }, audit.Fail},
		"severity text":            {ContentConfig{Added: []string{}}, func(r plog.LogRecord) { r.SetSeverityText("INFO") }, audit.Fail},
		"a secret in the body":     {ContentConfig{Forbidden: []string{"^hunter2$"}, MayDiffer: []string{"log.body"}}, func(r plog.LogRecord) { r.Body().SetStr("hunter2") }, audit.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			v := verifying(t, tc.said)
			ld := stamped.logs(0, 1)
			for _, r := range ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
				tc.change(r)
			}
			require.NoError(t, v.consumeLogs(t.Context(), ld))
			require.NoError(t, v.consumeLogs(t.Context(), stamped.logsEnd(2, 0)))
			run := v.end()
			assert.Equal(t, tc.want, run.Verdict, run.Findings)
		})
	}
}

// TestContentTelemetry: the exporter's own metrics count what is wrong with content.
func TestContentTelemetry(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	set := exportertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	v, err := newVerifier(set, createDefaultConfig().(*Config), io.Discard)
	require.NoError(t, err)
	td := stamped.traces(0, 1, 2)
	a := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(1).Attributes()
	a.Remove("user.email")
	a.PutStr("http.route", "x")
	require.NoError(t, v.consumeTraces(t.Context(), td))
	ignore := []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}
	signal := attribute.String("signal", "traces")
	metadatatest.AssertEqualExporterLoadVerifyContentCheckedItems(t, telemetry, []metricdata.DataPoint[int64]{{Attributes: attribute.NewSet(signal), Value: 3}}, ignore...)
	metadatatest.AssertEqualExporterLoadVerifyContentFaultyItems(t, telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(signal, attribute.String("fault", "removed")), Value: 1},
		{Attributes: attribute.NewSet(signal, attribute.String("fault", "changed")), Value: 1},
	}, ignore...)
}
