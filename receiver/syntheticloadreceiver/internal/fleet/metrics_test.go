// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// mixed is a service on each runtime whose requests do a bit of everything that metrics show.
func mixed(t *testing.T) []*workload.Service {
	t.Helper()
	var services strings.Builder
	for _, on := range [][2]string{
		{"tokio", "{model: tokio}"},
		{"current_thread", "{model: tokio, flavor: current_thread}"},
		{"tokio_per_core", "{model: tokio, flavor: tokio_per_core}"},
		{"async_std", "{model: async_std}"},
		{"smol", "{model: smol}"},
		{"thread_per_task", "{model: smol, executor: thread_per_task}"},
		{"ideal", "{model: ideal}"},
	} {
		fmt.Fprintf(&services, `
- name: %s
  seed: 7
  instances: 2
  runtime: %s
  arrivals: {process: poisson, rate: 100}
  max_in_flight: 2
  operations:
    - name: GET /
      timeout: 9ms
      errors: {rate: 0.1, message: upstream reset}
      steps:
        - compute: {exponential: {mean: 300us}}
        - event: {name: parsed, attributes: {key: 7, tenant: {cardinality: 1000}}}
        - spawn: {count: 3, name: part, steps: [{io: {exponential: {mean: 2ms}}}, {event: half}, {compute: 50us}]}
        - spawn: {count: 2, steps: [{compute: 20us}, {event: {name: in no span}}]}
        - span: {name: render, steps: [{spawn_blocking: {exponential: {mean: 1ms}}}, {compute: 100us}]}
        - join
`, on[0], on[1])
		if on[0] != "thread_per_task" { // there it would wait for the next request's thread, at the end for ever
			services.WriteString("        - spawn: {name: refresh, detached: true, steps: [{sleep: 20ms}]}\n")
		}
	}
	return mustParse(t, services.String())
}

// record is what a runtime reported.
type record struct {
	Polls    []scheduler.Poll
	Finished []scheduler.Finished
}

// log plays one instance of a service as the fleet does, and takes everything down.
func log(s *workload.Service, instance int, until ...sim.Time) (*record, *play.Instance) {
	var sm sim.Simulation
	log := &record{}
	in := play.NewNetwork(&sm).Play(s, 1, instance, play.Observer{Observer: scheduler.Observer{
		Poll:     func(p *scheduler.Poll) { log.Polls = append(log.Polls, *p) },
		Finished: func(f *scheduler.Finished) { log.Finished = append(log.Finished, *f) },
	}})
	sm.Run(until[0])
	in.Stop()
	sm.Run(until[1])
	return log, in
}

// eachMetric calls do for all metrics.
func eachMetric(md pmetric.Metrics, do func(resource pcommon.Map, metric pmetric.Metric)) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				do(rm.Resource().Attributes(), m)
			}
		}
	}
}

// number of a point, of whatever type.
func number(p pmetric.NumberDataPoint) float64 {
	if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
		return float64(p.IntValue())
	}
	return p.DoubleValue()
}

// newSignals makes a fleet that sends all three signals.
func newSignals(services []*workload.Service, change func(*runtimemetrics.Config)) *Fleet {
	metrics, logs := runtimemetrics.DefaultConfig(), DefaultLogsConfig()
	metrics.Interval = time.Second
	if change != nil {
		change(&metrics)
	}
	return New(services, 1, Options{Signals: []Signal{Traces, Metrics, Logs}, TaskFields: true, Metrics: &metrics, Logs: &logs})
}

// items counts what a fleet has exported, by signal.
func items(f *Fleet) (n [signals]int) {
	for _, r := range f.Requests() {
		n[r.Signal] += r.Items
	}
	return n
}

func sentMetrics(f *Fleet) pmetric.Metrics {
	all := pmetric.NewMetrics()
	for _, r := range f.Requests() {
		if r.Signal == Metrics {
			f.Metrics(&r, epoch).ResourceMetrics().MoveAndAppendTo(all.ResourceMetrics())
		}
	}
	return all
}

func sentLogs(f *Fleet) plog.Logs {
	all := plog.NewLogs()
	for _, r := range f.Requests() {
		if r.Signal == Logs {
			f.Logs(&r, epoch).ResourceLogs().MoveAndAppendTo(all.ResourceLogs())
		}
	}
	return all
}

// The run of the tests: requests for 3.4 s, and time for the last ones to end.
const (
	stop = sim.Time(3400 * time.Millisecond)
	end  = sim.Time(3750 * time.Millisecond)
)

func playAll(f *Fleet) {
	f.Advance(stop)
	f.StopArrivals()
	f.Advance(end)
	f.End()
}

// TestMetricsAddUp holds the metrics of a run against a log of the same run, and against its spans.
func TestMetricsAddUp(t *testing.T) {
	services := mixed(t)
	f := newSignals(services, nil)
	playAll(f)
	require.Zero(t, f.Live())
	md := sentMetrics(f)
	require.Equal(t, items(f)[Metrics], md.DataPointCount())

	busy := map[string]int64{} // of the spans of tasks, by instance
	each(sent(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
		if _, task := span.Attributes().Get(semconv.TaskID); task {
			busy[value(t, resource, semconv.ServiceInstanceID).Str()] += value(t, span.Attributes(), semconv.BusyNs).Int()
		}
	})
	require.Len(t, busy, 14)

	for _, rm := range md.ResourceMetrics().All() {
		name := value(t, rm.Resource().Attributes(), semconv.ServiceName).Str()
		pid := value(t, rm.Resource().Attributes(), semconv.ProcessPID).Int()
		id := value(t, rm.Resource().Attributes(), semconv.ServiceInstanceID).Str()
		t.Run(fmt.Sprint(name, pid), func(t *testing.T) {
			var service *workload.Service
			for _, s := range services {
				if s.Name == name {
					service = s
				}
			}
			log, in := log(service, int(pid-1000), stop, end)
			metrics := map[string]pmetric.Metric{}
			for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
				metrics[m.Name()] = m
			}
			// At each sample, tasks spawned and not finished are those in the log.
			counts, spawned := numberPoints(metrics["async_runtime.task.count"]), numberPoints(metrics["async_runtime.task.spawned"])
			first := sim.Time(counts.At(0).Timestamp().AsTime().Sub(epoch))
			assert.True(t, first > 0 && first <= sim.Time(time.Second), "the timer of a process has a phase of its own")
			for k := range counts.Len() {
				at := min(first+sim.Time(k)*sim.Time(time.Second), end)
				assert.Equal(t, epoch.Add(at.Duration()), counts.At(k).Timestamp().AsTime())
				assert.Equal(t, k == counts.Len()-1, at == end, "each second, and at the end")
				begun, live := int64(0), int64(0)
				for i := range log.Finished {
					if log.Finished[i].Spawned <= at {
						begun++
						if log.Finished[i].End > at {
							live++
						}
					}
				}
				assert.Equal(t, begun, spawned.At(k).IntValue())
				assert.Equal(t, live, counts.At(k).IntValue())
			}
			// The histograms hold all polls; what tasks waited for in queues is their queue wait.
			for metric, duration := range map[string]func(i int) sim.Time{
				"async_runtime.task.poll.duration":     func(i int) sim.Time { return log.Polls[i].End - log.Polls[i].Start },
				"async_runtime.task.schedule.duration": func(i int) sim.Time { return log.Polls[i].Start - log.Polls[i].Queued },
			} {
				var sum, greatest sim.Time
				for i := range log.Polls {
					sum += duration(i)
					greatest = max(greatest, duration(i))
				}
				points := metrics[metric].ExponentialHistogram().DataPoints()
				p := points.At(points.Len() - 1)
				assert.EqualValues(t, len(log.Polls), p.Count())
				in := p.ZeroCount()
				for _, n := range p.Positive().BucketCounts().All() {
					in += n
				}
				assert.Equal(t, p.Count(), in)
				assert.InDelta(t, sum.Duration().Seconds(), p.Sum(), 1e-12)
				assert.InDelta(t, greatest.Duration().Seconds(), p.Max(), 1e-12)
				if metric == "async_runtime.task.schedule.duration" {
					var waits sim.Time
					for i := range log.Finished {
						waits += log.Finished[i].QueueWait
					}
					assert.Equal(t, waits, sum)
				}
			}
			// Now that nobody polls, the workers' time is in one of three states.
			states := map[string]float64{}
			for _, p := range numberPoints(metrics["async_runtime.worker.time"]).All() {
				states[value(t, p.Attributes(), semconv.WorkerState).Str()] = p.DoubleValue()
			}
			require.Len(t, states, 3)
			workers := in.Runtime().Workers()
			assert.InEpsilon(t, float64(workers)*end.Duration().Seconds(), states["busy"]+states["parked"]+states["searching"], 1e-9)
			assert.GreaterOrEqual(t, states["busy"], time.Duration(busy[id]).Seconds(), "all tasks, and what lies between polls")
			var polling sim.Time
			for i := range log.Polls {
				polling += log.Polls[i].End - log.Polls[i].Start
			}
			assert.InEpsilon(t, polling.Duration().Seconds(), states["busy"], 0.03)
			// Steals are those of the tasks.
			var steals int64
			for i := range log.Finished {
				steals += int64(log.Finished[i].Steals)
			}
			points := numberPoints(metrics["async_runtime.task.steals"])
			assert.Equal(t, steals, points.At(points.Len()-1).IntValue())
			if service.Runtime.Workers > 1 && name != "ideal" && name != "thread_per_task" && name != "tokio_per_core" {
				assert.Positive(t, steals, "a load that says little")
			}
			// Utilization is the busy time of the interval.
			before, from := 0.0, epoch
			for k, p := range numberPoints(metrics["async_runtime.worker.utilization"]).All() {
				now := numberPoints(metrics["async_runtime.worker.time"]).At(3 * k).DoubleValue()
				if name != "thread_per_task" { // whose workers become more
					length := p.Timestamp().AsTime().Sub(from)
					assert.InDelta(t, (now-before)/length.Seconds()/float64(workers), p.DoubleValue(), 1e-9)
				}
				before, from = now, p.Timestamp().AsTime()
			}
		})
	}
}

// key names a series.
func key(resource pcommon.Map, m pmetric.Metric, attributes pcommon.Map) string {
	id, _ := resource.Get(semconv.ServiceInstanceID)
	return fmt.Sprint(id.Str(), " ", m.Name(), " ", attributes.AsRaw())
}

// TestDeltasAddUp: the deltas of a run add up to its cumulative numbers; each begins where the one before ended.
func TestDeltasAddUp(t *testing.T) {
	for _, naming := range []semconv.Naming{semconv.NamingAsyncRuntime, semconv.NamingTokioCrate} {
		for _, perWorker := range []bool{false, true} {
			cumulative := newSignals(mixed(t), func(c *runtimemetrics.Config) { c.Naming, c.PerWorker = naming, perWorker })
			playAll(cumulative)
			totals := map[string]float64{}
			counts := map[string]uint64{}
			eachMetric(sentMetrics(cumulative), func(resource pcommon.Map, m pmetric.Metric) {
				if m.Type() == pmetric.MetricTypeExponentialHistogram {
					for _, p := range m.ExponentialHistogram().DataPoints().All() {
						assert.Equal(t, epoch, p.StartTimestamp().AsTime())
						counts[key(resource, m, p.Attributes())], totals[key(resource, m, p.Attributes())] = p.Count(), p.Sum()
					}
					return
				}
				before := map[string]float64{}
				for _, p := range numberPoints(m).All() {
					k := key(resource, m, p.Attributes())
					if m.Type() == pmetric.MetricTypeSum {
						assert.Equal(t, epoch, p.StartTimestamp().AsTime())
						if m.Sum().IsMonotonic() {
							assert.GreaterOrEqual(t, number(p), before[k], k)
						}
					}
					before[k], totals[k] = number(p), number(p)
				}
			})

			f := newSignals(mixed(t), func(c *runtimemetrics.Config) {
				c.Naming, c.PerWorker, c.Temporality = naming, perWorker, runtimemetrics.Delta
			})
			sums := map[string]float64{}
			playAll(f)
			checked := 0
			ends := map[string]pcommon.Timestamp{}
			begins := func(k string, start, at pcommon.Timestamp) {
				if before, found := ends[k]; found {
					assert.Equal(t, before, start, k)
				}
				assert.Less(t, start, at)
				ends[k] = at
			}
			eachMetric(sentMetrics(f), func(resource pcommon.Map, m pmetric.Metric) {
				if m.Type() == pmetric.MetricTypeExponentialHistogram {
					assert.Equal(t, pmetric.AggregationTemporalityDelta, m.ExponentialHistogram().AggregationTemporality())
					for _, p := range m.ExponentialHistogram().DataPoints().All() {
						k := key(resource, m, p.Attributes())
						begins(k, p.StartTimestamp(), p.Timestamp())
						counts[k] -= p.Count()
						sums[k] += p.Sum()
					}
					return
				}
				for _, p := range numberPoints(m).All() {
					k := key(resource, m, p.Attributes())
					switch {
					case m.Type() == pmetric.MetricTypeGauge:
						assert.Zero(t, p.StartTimestamp())
						sums[k] = number(p)
					case !m.Sum().IsMonotonic():
						assert.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
						sums[k] = number(p)
					default:
						assert.Equal(t, pmetric.AggregationTemporalityDelta, m.Sum().AggregationTemporality())
						begins(k, p.StartTimestamp(), p.Timestamp())
						sums[k] += number(p)
						checked++
					}
				}
			})
			for k, n := range counts {
				assert.Zero(t, n, k)
			}
			require.Len(t, sums, len(totals))
			for k, total := range totals {
				assert.InDelta(t, total, sums[k], 1e-9*math.Abs(total), k)
			}
			assert.Greater(t, checked, 100)
		}
	}
}

// TestMetricsFollowTheTable: all metrics of the naming are sent, and no others, as the table has them; only Tokio has Tokio's.
func TestMetricsFollowTheTable(t *testing.T) {
	types := map[semconv.Type]pcommon.ValueType{semconv.String: pcommon.ValueTypeStr, semconv.Int: pcommon.ValueTypeInt}
	for _, scheme := range semconv.Schemes {
		t.Run(string(scheme.Naming), func(t *testing.T) {
			f := newSignals(mixed(t), func(c *runtimemetrics.Config) { c.Naming, c.PerWorker = scheme.Naming, true })
			playAll(f)
			md := sentMetrics(f)
			require.Equal(t, items(f)[Metrics], md.DataPointCount())
			senders := map[string]bool{}
			for _, rm := range md.ResourceMetrics().All() {
				for _, a := range semconv.Attributes {
					if a.Family == semconv.Resource {
						value(t, rm.Resource().Attributes(), a.Name)
					}
				}
				senders[value(t, rm.Resource().Attributes(), semconv.ServiceName).Str()] = true
				require.Equal(t, 1, rm.ScopeMetrics().Len())
				assert.Equal(t, scheme.Scope, rm.ScopeMetrics().At(0).Scope().Name())
				assert.Equal(t, scheme.Version, rm.ScopeMetrics().At(0).Scope().Version())
				metrics := rm.ScopeMetrics().At(0).Metrics()
				next := 0
				for _, row := range semconv.Metrics {
					if of := row.Series[0].Of; row.Naming != scheme.Naming || of.OfHost() || of.OfQuota() {
						continue
					}
					m := metrics.At(next)
					next++
					require.Equal(t, row.Name, m.Name())
					assert.Equal(t, row.Unit, m.Unit())
					assert.Equal(t, row.Meaning, m.Description())
					switch row.Instrument {
					case semconv.Counter, semconv.UpDownCounter:
						require.Equal(t, pmetric.MetricTypeSum, m.Type(), row.Name)
						assert.Equal(t, row.Instrument == semconv.Counter, m.Sum().IsMonotonic())
					case semconv.Gauge:
						require.Equal(t, pmetric.MetricTypeGauge, m.Type(), row.Name)
					default:
						require.Equal(t, pmetric.MetricTypeExponentialHistogram, m.Type(), row.Name)
						continue
					}
					for _, p := range numberPoints(m).All() {
						for name, v := range p.Attributes().All() {
							for _, a := range semconv.Attributes {
								if a.Name == name {
									assert.Equal(t, types[a.Type], v.Type(), name)
								}
							}
						}
						if scheme.Doubles {
							assert.Equal(t, pmetric.NumberDataPointValueTypeDouble, p.ValueType(), row.Name)
						}
					}
				}
				assert.Equal(t, next, metrics.Len())
			}
			if scheme.Crate == semconv.CrateTokio {
				assert.Equal(t, map[string]bool{"tokio": true, "current_thread": true, "tokio_per_core": true}, senders)
			} else {
				assert.Len(t, senders, 7)
			}
		})
	}
}

// TestSignalsRepeat: the same configuration makes the same bytes, in slices of whatever length; and what is measured and logged
// changes nothing in the spans.
func TestSignalsRepeat(t *testing.T) {
	bytes := func(f *Fleet) (traces, metrics, logs []byte) {
		traces, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(sent(f))
		require.NoError(t, err)
		metrics, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(sentMetrics(f))
		require.NoError(t, err)
		logs, err = (&plog.ProtoMarshaler{}).MarshalLogs(sentLogs(f))
		require.NoError(t, err)
		return traces, metrics, logs
	}
	services := mixed(t)
	whole := newSignals(services, nil)
	playAll(whole)
	traces, metrics, logs := bytes(whole)
	again, metricsAgain, logsAgain := bytes(whole)
	assert.Equal(t, traces, again, "built anew")
	assert.Equal(t, metrics, metricsAgain)
	assert.Equal(t, logs, logsAgain)

	sliced := newSignals(services, nil)
	for now := sim.Time(0); now < stop; now = min(now+sim.Time(37*time.Millisecond), stop) {
		sliced.Advance(now)
	}
	playAll(sliced)
	tracesSliced, metricsSliced, logsSliced := bytes(sliced)
	assert.Equal(t, traces, tracesSliced)
	assert.Equal(t, metrics, metricsSliced)
	assert.Equal(t, logs, logsSliced)

	silent := New(services, 1, sendSpans)
	playAll(silent)
	tracesSilent, metricsSilent, logsSilent := bytes(silent)
	assert.Equal(t, traces, tracesSilent)
	assert.Empty(t, metricsSilent)
	assert.Empty(t, logsSilent)

	whole.Discard()
	assert.Zero(t, items(whole))
	tracesNone, metricsNone, logsNone := bytes(whole)
	assert.Empty(t, tracesNone)
	assert.Empty(t, metricsNone)
	assert.Empty(t, logsNone)
}

// TestSignalsAlone: each signal is sent without the others, and not without a configuration.
func TestSignalsAlone(t *testing.T) {
	services := mixed(t)
	all := newSignals(services, nil)
	playAll(all)
	whole := items(all)
	for s := range signals {
		require.Positive(t, whole[s])
		o := all.options
		o.Signals = []Signal{s}
		f := New(services, 1, o)
		playAll(f)
		var want [signals]int
		want[s] = whole[s]
		assert.Equal(t, want, items(f))
		assert.Equal(t, want, [signals]int{sent(f).SpanCount(), sentMetrics(f).DataPointCount(), sentLogs(f).LogRecordCount()})
		assert.Equal(t, s == Traces, slices.ContainsFunc(f.processes[0].spans.extras, func(x extras) bool { return len(x.events) > 0 }))
	}
	f := New(services, 1, Options{Signals: []Signal{Metrics, Logs}})
	playAll(f)
	assert.Zero(t, items(f))
}

// TestRequestsOfSamples: a service exports a sample at once, as a request of its own if that is asked for.
func TestRequestsOfSamples(t *testing.T) {
	play := func(separate bool) *Fleet {
		f := newSignals(mixed(t), nil)
		o := f.options
		o.Signals, o.Separate = []Signal{Metrics}, separate
		f = New(mixed(t), 1, o)
		playAll(f)
		return f
	}
	merged, separate := play(false), play(true)
	require.Len(t, merged.Requests(), 1)
	requests := separate.Requests()
	before := epoch
	samples := map[string][]time.Time{} // by process: when
	for _, r := range requests {
		md := separate.Metrics(&r, epoch)
		require.Equal(t, r.Items, md.DataPointCount())
		eachMetric(md, func(resource pcommon.Map, m pmetric.Metric) {
			if m.Name() == "async_runtime.task.count" {
				require.Equal(t, 1, numberPoints(m).Len())
				at := numberPoints(m).At(0).Timestamp().AsTime()
				assert.False(t, at.Before(before), "in the order of time")
				before = at
				of := key(resource, m, pcommon.NewMap())
				samples[of] = append(samples[of], at)
			}
		})
	}
	require.Len(t, samples, 14)
	phases := map[time.Duration]bool{}
	for _, times := range samples {
		phases[times[0].Sub(epoch)] = true
		last := len(times) - 1
		for k, at := range times[1:last] {
			assert.Equal(t, times[0].Add(time.Duration(k+1)*time.Second), at)
		}
		assert.Equal(t, epoch.Add(end.Duration()), times[last])
	}
	assert.Len(t, phases, 14, "no two processes at the same time")
	assert.Equal(t, items(merged), items(separate))
}

// BenchmarkSignals is what a span costs with metrics and log records beside it.
func BenchmarkSignals(b *testing.B) {
	services, err := spec.Decode([]any{map[string]any{
		"name": "gateway", "runtime": map[string]any{"model": "tokio"},
		"arrivals": map[string]any{"process": "poisson", "rate": 5000}, "workload": "api_gateway",
	}})
	require.NoError(b, err)
	metrics, logs := runtimemetrics.DefaultConfig(), DefaultLogsConfig()
	for _, bc := range []struct {
		name    string
		signals []Signal
	}{
		{"traces", []Signal{Traces}},
		{"metrics", []Signal{Traces, Metrics}},
		{"logs", []Signal{Traces, Logs}},
		{"all", []Signal{Traces, Metrics, Logs}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			f := New(services, 1, Options{Signals: bc.signals, TaskFields: true, Metrics: &metrics, Logs: &logs})
			now := second
			f.Advance(now)
			spans := 0
			b.ReportAllocs()
			for b.Loop() {
				f.Discard()
				now += f.SliceLength()
				f.Advance(now)
				for _, r := range f.Requests() {
					switch r.Signal {
					case Traces:
						require.Equal(b, r.Items, f.Traces(&r, epoch).SpanCount())
						spans += r.Items
					case Metrics:
						require.Equal(b, r.Items, f.Metrics(&r, epoch).DataPointCount())
					default:
						require.Equal(b, r.Items, f.Logs(&r, epoch).LogRecordCount())
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
		})
	}
}
