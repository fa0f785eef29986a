// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// ownServices have metrics and log records of their own. The names of Tokio's own metrics are not sent by the second, on smol.
const ownServices = `
- name: a
  instances: 2
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 200}
  operations:
    - name: GET
      attributes: {tenant: {cardinality: 3}}
      steps: [{compute: 50us}, {io: 2ms}, {event: {name: read, severity: warn, body: {n: {uniform: {min: 1, max: 9}}}}}, {event: plain}]
  metrics:
    - {name: d, type: histogram, unit: s, operation: GET, attributes: {tenant: {cardinality: 3}}, exemplars: 5}
    - {name: g, type: gauge, value: 7}
  logs: [{body: full, severity: fatal, rate: 5, attributes: {x: {uuid: null}}}, {body: {k: v}, severity: trace, rate: 5}]
- {name: b, runtime: {model: smol}, arrivals: {process: poisson, rate: 20}, workload: api_gateway, metrics: [{name: only, type: counter}]}
`

func ownFleet(t *testing.T, naming semconv.Naming, level Level) *Fleet {
	t.Helper()
	metrics := runtimemetrics.DefaultConfig()
	metrics.Interval, metrics.Naming = 1e9, naming
	return New(mustParse(t, ownServices), 1, Options{
		Signals: []Signal{Traces, Metrics, Logs}, Metrics: &metrics, Logs: &LogsConfig{Level: level}, Run: "r", Verify: true, Content: true,
	})
}

// TestOwnMetrics: the durations of a service's own histogram are those of the spans that it sent, an exemplar is of one of them and its value that one's
// duration, and all points are numbered with those of the runtime.
func TestOwnMetrics(t *testing.T) {
	for _, naming := range []semconv.Naming{semconv.NamingAsyncRuntime, semconv.NamingPrometheus} {
		f := ownFleet(t, naming, LevelDebug)
		type spanOf struct {
			trace pcommon.TraceID
			span  pcommon.SpanID
		}
		spans, tenants := map[spanOf]float64{}, map[string]uint64{}
		counts := map[string]map[string]uint64{} // by source and tenant, the last cumulative ones
		var exemplars []pmetric.Exemplar
		numbers := map[string]map[int64]bool{}
		names := map[string]bool{}
		note := func(a pcommon.Map) {
			source := value(t, a, semconv.StampSource).Str()
			if numbers[source] == nil {
				numbers[source] = map[int64]bool{}
			}
			n := value(t, a, semconv.StampSequence).Int()
			assert.False(t, numbers[source][n])
			numbers[source][n] = true
		}
		playOdd(f, func(r *Request) {
			switch r.Signal {
			case Traces:
				each(f.Traces(r, epoch), func(_ pcommon.Map, _ string, s ptrace.Span) {
					if s.Name() == "GET" {
						spans[spanOf{s.TraceID(), s.SpanID()}] = float64(s.EndTimestamp()-s.StartTimestamp()) / 1e9
						tenants[value(t, s.Attributes(), "tenant").Str()]++
					}
				})
			case Metrics:
				md := f.Metrics(r, epoch)
				require.Equal(t, r.Items, md.DataPointCount())
				eachMetric(md, func(_ pcommon.Map, m pmetric.Metric) {
					names[m.Name()] = true
					if m.Type() != pmetric.MetricTypeHistogram {
						eachPoint(m, func(a pcommon.Map, _ stamp.Fields) { note(a) })
						return
					}
					for _, p := range m.Histogram().DataPoints().All() {
						note(p.Attributes())
						source := value(t, p.Attributes(), semconv.StampSource).Str()
						if counts[source] == nil {
							counts[source] = map[string]uint64{}
						}
						counts[source][value(t, p.Attributes(), "tenant").Str()] = p.Count()
						assert.Equal(t, identityOf(t, p.Attributes()).Seal(stamp.HistogramPoint("d", p)), value(t, p.Attributes(), semconv.StampChecksum).Int())
						for _, e := range p.Exemplars().All() {
							exemplars = append(exemplars, e)
						}
					}
				})
			}
		})
		assert.True(t, names["d"] && names["g"] && names["only"], "also where the naming has none for the runtime")
		sums := map[string]uint64{}
		for _, of := range counts {
			for tenant, n := range of {
				sums[tenant] += n
			}
		}
		assert.Equal(t, tenants, sums)
		require.Greater(t, len(exemplars), 50)
		for _, e := range exemplars {
			took, sent := spans[spanOf{e.TraceID(), e.SpanID()}]
			require.True(t, sent, "an exemplar of a span that was never sent")
			assert.InDelta(t, took, e.DoubleValue(), 1e-9)
		}
		for source, of := range numbers {
			for n := range int64(len(of)) {
				require.True(t, of[n], "%s lacks %d", source, n)
			}
		}
	}
}

// TestOwnLogs: what is less severe than the level is not sent; the rest says what it says.
func TestOwnLogs(t *testing.T) {
	for level, want := range map[Level]map[string]plog.SeverityNumber{
		LevelError: {"full": plog.SeverityNumberFatal},
		LevelInfo:  {"full": plog.SeverityNumberFatal, "n": plog.SeverityNumberWarn, "plain": plog.SeverityNumberInfo},
		LevelDebug: {"full": plog.SeverityNumberFatal, "n": plog.SeverityNumberWarn, "plain": plog.SeverityNumberInfo, "other": plog.SeverityNumberDebug},
	} {
		f := ownFleet(t, semconv.NamingAsyncRuntime, level)
		got, counts := map[string]plog.SeverityNumber{}, map[string]int{}
		values := map[string]bool{}
		playOdd(f, func(r *Request) {
			if r.Signal != Logs {
				return
			}
			eachLog(f.Logs(r, epoch), func(_ pcommon.Map, _ string, record plog.LogRecord) {
				name := "other"
				switch {
				case record.Body().Type() == pcommon.ValueTypeMap:
					n := value(t, record.Body().Map(), "n").Int()
					assert.True(t, n >= 1 && n <= 9)
					assert.False(t, record.TraceID().IsEmpty(), "it is of a span")
					name = "n"
				case record.Body().Str() == "plain", record.Body().Str() == "full":
					name = record.Body().Str()
				}
				if name == "full" {
					assert.True(t, record.TraceID().IsEmpty())
					values[value(t, record.Attributes(), "x").Str()] = true
				}
				counts[name]++
				got[name] = record.SeverityNumber()
			})
		})
		assert.Equal(t, want, got, level)
		assert.InDelta(t, 90, counts["full"], 40, "5 a second of two instances, for 9 s")
		assert.Len(t, values, counts["full"], "each is drawn anew")
	}
}
