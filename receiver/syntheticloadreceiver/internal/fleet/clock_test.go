// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// skewedFleet has clocks that are ahead, behind, and either. Its processes have several runtimes.
func skewedFleet(clock string) string {
	return `
- name: a
  instances: 40
  runtime: {model: tokio}
  runtimes: {other: {model: smol}}
  arrivals: {process: constant, rate: 20}
  ` + clock + `
  operations: [{name: op, links: {operation: op}, steps: [{event: e}, {compute: 1ms}, {run_on: {runtime: other, name: inner, steps: [{compute: 1ms}]}}]}]
`
}

// toldTimes are all times that an instance tells, in a fixed order, by its host.name; and the skews that its items name.
type toldTimes struct {
	at    map[string][]pcommon.Timestamp
	skews map[string]map[int64]bool
}

func (x *toldTimes) add(resource, attributes pcommon.Map, at ...pcommon.Timestamp) {
	host, _ := resource.Get(semconv.HostName)
	x.at[host.Str()] = append(x.at[host.Str()], at...)
	skew, _ := attributes.Get(semconv.StampClockSkew)
	if x.skews[host.Str()] == nil {
		x.skews[host.Str()] = map[int64]bool{}
	}
	x.skews[host.Str()][skew.Int()] = true
}

// timesOf plays half a second of all signals, end markers included.
func timesOf(t *testing.T, services string) *toldTimes {
	t.Helper()
	metrics, logs := runtimemetrics.DefaultConfig(), DefaultLogsConfig()
	metrics.Interval = 100 * time.Millisecond
	f := New(mustParse(t, services), 1, Options{
		Signals: []Signal{Traces, Metrics, Logs}, Metrics: &metrics, Logs: &logs, Verify: true, Run: "run", PollEvents: 0.5,
	})
	f.Advance(second / 2)
	f.End()
	x := &toldTimes{map[string][]pcommon.Timestamp{}, map[string]map[int64]bool{}}
	for _, r := range f.Requests() {
		switch r.Signal {
		case Traces:
			each(f.Traces(&r, epoch), func(resource pcommon.Map, _ string, span ptrace.Span) {
				x.add(resource, span.Attributes(), span.StartTimestamp(), span.EndTimestamp())
				for _, e := range span.Events().All() {
					x.add(resource, span.Attributes(), e.Timestamp())
				}
			})
		case Metrics:
			eachMetric(f.Metrics(&r, epoch), func(resource pcommon.Map, m pmetric.Metric) {
				if m.Type() == pmetric.MetricTypeExponentialHistogram {
					for _, p := range m.ExponentialHistogram().DataPoints().All() {
						x.add(resource, p.Attributes(), p.StartTimestamp(), p.Timestamp())
					}
					return
				}
				for _, p := range numberPoints(m).All() {
					if m.Type() == pmetric.MetricTypeSum {
						x.add(resource, p.Attributes(), p.StartTimestamp())
					}
					x.add(resource, p.Attributes(), p.Timestamp())
				}
			})
		default:
			eachLog(f.Logs(&r, epoch), func(resource pcommon.Map, _ string, record plog.LogRecord) {
				x.add(resource, record.Attributes(), record.Timestamp(), record.ObservedTimestamp())
			})
		}
	}
	return x
}

// TestSkewedClocks: every time that an instance tells, of every signal and on all its runtimes, is off by the same; durations are what they
// were; and each item says by how much.
func TestSkewedClocks(t *testing.T) {
	right := timesOf(t, skewedFleet(""))
	for clock, want := range map[string][2]time.Duration{ // least and most
		"clock: {skew: 3s, direction: ahead}":                                       {3 * time.Second, 3 * time.Second},
		"clock: {skew: 3s, direction: behind}":                                      {-3 * time.Second, -3 * time.Second},
		"clock: {skew: {uniform: {min: 1ms, max: 500ms}}}":                          {-500 * time.Millisecond, 500 * time.Millisecond},
		"clock: {skew: {lognormal: {median: 50ms, sigma: 1}}, direction: behind}":   {-time.Hour, 0},
		"clock: {skew: {bimodal: {p: 0.9, fast: 1ns, slow: 1h}}, direction: ahead}": {time.Nanosecond, time.Hour},
	} {
		skewed := timesOf(t, skewedFleet(clock))
		require.Len(t, skewed.at, 40)
		skews := map[time.Duration]bool{}
		ahead := 0
		for host, times := range right.at {
			require.Equal(t, map[int64]bool{0: true}, right.skews[host])
			skew := int64(skewed.at[host][0]) - int64(times[0])
			assert.Equal(t, map[int64]bool{skew: true}, skewed.skews[host], clock)
			for i, at := range times {
				require.Equal(t, int64(at)+skew, int64(skewed.at[host][i]), "%s: %s", clock, host)
			}
			assert.GreaterOrEqual(t, time.Duration(skew), want[0])
			assert.LessOrEqual(t, time.Duration(skew), want[1])
			skews[time.Duration(skew)] = true
			if skew > 0 {
				ahead++
			}
		}
		if want[0] == -want[1] {
			assert.Len(t, skews, 40, "each instance has its own")
			assert.InDelta(t, 20, ahead, 12, "one way as often as the other")
		}
	}
}
