// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/runtimelab/otelcol-runtimelab/internal/gate"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// sinks take all signals of a receiver.
type sinks struct {
	traces  consumertest.TracesSink
	metrics consumertest.MetricsSink
	logs    consumertest.LogsSink
}

// playSinks plays an unpaced configuration to its end.
func playSinks(t *testing.T, cfg *Config) *sinks {
	t.Helper()
	s := &sinks{}
	for _, r := range startAll(t, receivertest.NewNopSettings(metadata.Type), cfg, &s.traces, &s.metrics, &s.logs) {
		r.(*loadReceiver).running.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
	}
	return s
}

// names gives each id that it meets a number, so that two runs can be compared but for their ids.
type names map[string]int

func (n names) of(id string) string {
	if _, known := n[id]; !known {
		n[id] = len(n)
	}
	return strconv.Itoa(n[id])
}

func (n names) resource(r pcommon.Resource) {
	id, _ := r.Attributes().Get(semconv.ServiceInstanceID)
	id.SetStr(n.of(id.Str()))
}

// texts are all requests as OTLP JSON, with numbers in place of ids.
func (s *sinks) texts(t *testing.T) (all []string, ids names) {
	t.Helper()
	ids = names{}
	traceID := func(id pcommon.TraceID) (to pcommon.TraceID) {
		if !id.IsEmpty() {
			copy(to[:], ids.of(string(id[:])))
		}
		return to
	}
	spanID := func(id pcommon.SpanID) (to pcommon.SpanID) {
		if !id.IsEmpty() {
			copy(to[:], ids.of(string(id[:])))
		}
		return to
	}
	for _, td := range s.traces.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			ids.resource(rs.Resource())
		}
		eachSpan([]ptrace.Traces{td}, func(span ptrace.Span) {
			span.SetTraceID(traceID(span.TraceID()))
			span.SetSpanID(spanID(span.SpanID()))
			span.SetParentSpanID(spanID(span.ParentSpanID()))
			for _, l := range span.Links().All() {
				l.SetTraceID(traceID(l.TraceID()))
				l.SetSpanID(spanID(l.SpanID()))
			}
		})
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	for _, md := range s.metrics.AllMetrics() {
		for _, rm := range md.ResourceMetrics().All() {
			ids.resource(rm.Resource())
		}
		text, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	for _, ld := range s.logs.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			ids.resource(rl.Resource())
			for _, sl := range rl.ScopeLogs().All() {
				for _, r := range sl.LogRecords().All() {
					r.SetTraceID(traceID(r.TraceID()))
					r.SetSpanID(spanID(r.SpanID()))
				}
			}
		}
		text, err := (&plog.JSONMarshaler{}).MarshalLogs(ld)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	return all, ids
}

// TestRunsShareAllButIds: two runs of one seed have no id in common, unless they have the same run_id, and everything else is the same,
// byte for byte. Without a run_id each run has a name of its own.
func TestRunsShareAllButIds(t *testing.T) {
	play := func(run string) (texts []string, ids names) {
		synctest.Test(t, func(t *testing.T) { // whose clock starts at the same time for all
			texts, ids = playSinks(t, configOf(t, calling, func(c *Config) {
				unpaced(2 * time.Second)(c)
				c.RunID, c.PollEvents = run, 0.2
			})).texts(t)
		})
		return texts, ids
	}
	texts, ids := play("one")
	require.Greater(t, len(ids), 1000)
	for _, run := range []string{"one", "two", ""} {
		otherTexts, otherIDs := play(run)
		require.Equal(t, texts, otherTexts)
		shared := 0
		for id := range ids {
			if _, both := otherIDs[id]; both {
				shared++
			}
		}
		if run == "one" {
			assert.Len(t, ids, shared)
		} else {
			assert.Zero(t, shared, "run %q", run)
		}
	}
	_, again := play("")
	_, andAgain := play("")
	for id := range again {
		require.NotContains(t, andAgain, id, "two runs that begin at the same moment")
	}
}

// TestRequestsAreBounded: a load that exports at once far more than a request may have is handed on in pieces, each within the bound, and
// none of it is lost or sent twice.
func TestRequestsAreBounded(t *testing.T) {
	const services = `
- {name: a, instances: 50, runtime: {model: tokio}, arrivals: {process: poisson, rate: 40}, export: {schedule_delay: 2s}, workload: api_gateway}
- name: b
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 200}
  operations:
    - {name: small, weight: 99, steps: [{compute: 50us}]}
    - {name: large, weight: 1, attributes: {body: {payload: 100KiB}}, steps: [{compute: 50us}]}
`
	play := func(bytes int) *sinks {
		return playSinks(t, configOf(t, services, func(c *Config) {
			unpaced(3 * time.Second)(c)
			c.Metrics.Interval, c.MaxRequestBytes, c.Verify = time.Second, bytes, true
		}))
	}
	whole := play(mostRequestBytes)
	for _, bound := range []int{20 << 10, 200 << 10, 1 << 20} {
		s := play(bound)
		assert.Equal(t, whole.traces.SpanCount(), s.traces.SpanCount())
		assert.Equal(t, whole.metrics.DataPointCount(), s.metrics.DataPointCount())
		assert.Equal(t, whole.logs.LogRecordCount(), s.logs.LogRecordCount())
		stamps := map[string]bool{}
		eachSpan(s.traces.AllTraces(), func(span ptrace.Span) {
			a := span.Attributes().AsRaw()
			stamps[fmt.Sprint(a[semconv.StampSource], a[semconv.StampSequence], a[semconv.StampTotal])] = true
		})
		assert.Len(t, stamps, s.traces.SpanCount(), "none twice")
		pieces := 0
		check := func(size, items int) {
			pieces++
			if items > 1 {
				assert.LessOrEqual(t, size, bound)
			}
		}
		for _, td := range s.traces.AllTraces() {
			check((&ptrace.ProtoMarshaler{}).TracesSize(td), td.SpanCount())
		}
		for _, ld := range s.logs.AllLogs() {
			check((&plog.ProtoMarshaler{}).LogsSize(ld), ld.LogRecordCount())
		}
		for _, md := range s.metrics.AllMetrics() { // a sample of a process is not divided: it is some 7 KiB
			check((&pmetric.ProtoMarshaler{}).MetricsSize(md), md.DataPointCount())
		}
		assert.Greater(t, pieces, 20)
	}
}

// TestPermanentRefusalIsShouted: what the pipeline refuses for good is lost, is counted as dropped, and stands in the log as an error, once
// for many.
func TestPermanentRefusalIsShouted(t *testing.T) {
	next, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error {
		return consumererror.NewPermanent(errors.New("ResourceExhausted: larger than max"))
	})
	require.NoError(t, err)
	tel := componenttest.NewTelemetry()
	defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
	core, logs := observer.New(zap.InfoLevel)
	set := metadatatest.NewSettings(tel)
	set.Logger = zap.New(core, zap.AddStacktrace(zap.ErrorLevel))
	r, err := NewFactory().CreateTraces(t.Context(), set, fleetOfThree(unpaced(5*time.Second)), next)
	require.NoError(t, err)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	r.(*loadReceiver).running.Wait()
	require.NoError(t, r.Shutdown(t.Context()))

	shouted := logs.FilterLevelExact(zap.ErrorLevel).All()
	require.Len(t, shouted, 1, "one line for all, in the first seconds")
	assert.Contains(t, shouted[0].Message, "LOST")
	assert.Empty(t, shouted[0].Stack)
	ended := logs.FilterMessage("The run ended").All()
	require.Len(t, ended, 1)
	assert.Equal(t, zap.WarnLevel, ended[0].Level)
	lost := int(ended[0].ContextMap()["spans_dropped"].(int64))
	assert.Positive(t, lost)
	assert.EqualValues(t, 0, ended[0].ContextMap()["spans_emitted"])
	assert.Equal(t, lost, measured(t, tel, "dropped_items", "traces"))
	assert.Zero(t, measured(t, tel, "emitted_items", "traces"))
}

// TestLatenessIsToldOnce: a load about as fast as the machine is a second late now and then. The log tells each change once, in words that
// say what happens to the telemetry and what to do.
func TestLatenessIsToldOnce(t *testing.T) {
	for policy, consequence := range map[Backpressure]string{
		BackpressureBlock: "Telemetry arrives late; none is dropped for that.",
		BackpressureDrop:  "What is more than a second late is dropped (on_backpressure: drop).",
	} {
		core, logs := observer.New(zap.InfoLevel)
		r := &loadReceiver{delivery: delivery{config: &Config{OnBackpressure: policy}, logger: zap.New(core)}}
		for _, r.late = range []time.Duration{
			0, tooLate, 1500 * time.Millisecond, 900 * time.Millisecond, 1100 * time.Millisecond, onTime + 1, 3 * time.Second, onTime, 0, 2 * time.Second,
		} {
			r.reportLateness()
		}
		var told []string
		for _, line := range logs.All() {
			assert.Empty(t, line.Context, "a reader finds it all in the sentence")
			told = append(told, line.Level.String()+": "+line.Message)
		}
		const cause = " behind schedule: the pipeline, or this machine, is too slow for it. "
		const remedy = " To keep up, lower the rate of the services, or find what holds the pipeline up."
		assert.Equal(t, []string{
			"warn: The load is 1.5 s" + cause + consequence + remedy,
			"info: The load is on schedule again",
			"warn: The load is 2.0 s" + cause + consequence + remedy,
		}, told)
	}
}

// keeperHost is a host with an extension that keeps a gate.
type keeperHost struct {
	component.Host
	extension component.Component
}

func (h *keeperHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("load_gate"): h.extension}
}

type keeper struct {
	component.StartFunc
	component.ShutdownFunc
	gate.Gate
}

// TestGate: with a keeper the run begins when the gate opens, ends when it closes, with its end markers, and Shutdown finds nothing
// left to do.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		r, _ := newTraces(t, fleetOfThree(func(c *Config) { c.Verify = true }), sink)
		k := &keeper{}
		require.NoError(t, r.Start(t.Context(), &keeperHost{componenttest.NewNopHost(), k}))
		time.Sleep(3 * time.Second)
		require.Zero(t, sink.SpanCount(), "pipelines still start")

		opened := time.Now()
		k.Open()
		time.Sleep(3 * time.Second)
		require.NoError(t, k.Close(t.Context()))
		taken, markers := sink.SpanCount(), 0
		eachSpan(sink.AllTraces(), func(s ptrace.Span) {
			assert.False(t, s.StartTimestamp().AsTime().Before(opened), "virtual time 0 is when the gate opens")
			if _, ends := s.Attributes().Get(semconv.StampTotal); ends {
				markers++
			}
		})
		assert.Equal(t, 3, markers, "one of each process")
		require.NoError(t, r.Shutdown(t.Context()))
		assert.Equal(t, taken, sink.SpanCount())
	})
}

// generatorKeeper is an extension that begins a generator at once, and notes which it was.
type generatorKeeper struct {
	component.StartFunc
	component.ShutdownFunc
	gate.Generator
}

func (k *generatorKeeper) Enter(g gate.Generator) {
	k.Generator = g
	g.Begin()
}

// TestEnded: a run that is over by itself says so when all it had to send has been taken, and not before.
func TestEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		const duration = 3 * time.Second
		r, _ := newTraces(t, fleetOfThree(func(c *Config) { c.Duration = duration }), sink)
		k := &generatorKeeper{}
		began := time.Now()
		require.NoError(t, r.Start(t.Context(), &keeperHost{componenttest.NewNopHost(), k}))
		<-k.Ended()
		assert.GreaterOrEqual(t, time.Since(began), duration)
		taken := sink.SpanCount()
		assert.Positive(t, taken)
		require.NoError(t, k.End(t.Context()))
		require.NoError(t, r.Shutdown(t.Context()))
		assert.Equal(t, taken, sink.SpanCount())
	})
}

// TestShutdownIsBounded: a pipeline that holds a request and does not listen to its context cannot hold up the stop. The error names the
// signal.
func TestShutdownIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		next, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error {
			<-release
			return nil
		})
		require.NoError(t, err)
		r, _ := newTraces(t, fleetOfThree(nil), next)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(time.Second)
		start := time.Now()
		require.ErrorContains(t, r.Shutdown(t.Context()), "traces: the pipeline has held a request of ")
		assert.Equal(t, drainGrace+abandonGrace, time.Since(start))
		close(release)
		r.running.Wait()
	})
}

// TestSlowPipelineIsDrained: at a stop, a pipeline that takes longer than drainGrace for what is left, but takes some of it all the time, gets
// all of it.
func TestSlowPipelineIsDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken, requests atomic.Int64
		next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			time.Sleep(time.Second)
			taken.Add(int64(td.SpanCount()))
			requests.Add(1)
			return nil
		})
		require.NoError(t, err)
		r, tel := newTraces(t, fleetOfThree(func(c *Config) { c.MaxRequestBytes = 8 << 10 }), next)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(time.Second)
		before, start := requests.Load(), time.Now()
		require.NoError(t, r.Shutdown(t.Context()))
		assert.Greater(t, time.Since(start), 2*drainGrace)
		assert.Greater(t, requests.Load(), before+8)
		assert.EqualValues(t, taken.Load(), measured(t, tel, "offered_items", "traces"))
		assert.Zero(t, measured(t, tel, "dropped_items", "traces"))
	})
}
