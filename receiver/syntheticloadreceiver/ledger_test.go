// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// measured is the value of one of the receiver's metrics, of a signal if it has that attribute; 0 if it was never recorded.
func measured(t *testing.T, tel *componenttest.Telemetry, name, signal string) int {
	t.Helper()
	m, err := tel.GetMetric("otelcol_receiver_synthetic_load_" + name)
	if err != nil {
		return 0
	}
	var points []metricdata.DataPoint[int64]
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		points = data.DataPoints
	case metricdata.Gauge[int64]:
		points = data.DataPoints
	default:
		require.Fail(t, "not a number", "%s is a %T", name, data)
	}
	for _, p := range points {
		if of, found := p.Attributes.Value("signal"); !found || of.AsString() == signal {
			return int(p.Value)
		}
	}
	return 0
}

// requireBalance holds at any moment, of each signal.
func requireBalance(t *testing.T, tel *componenttest.Telemetry, signal string) (queued int) {
	t.Helper()
	queued = measured(t, tel, "queued_items", signal)
	require.Equal(t, measured(t, tel, "offered_items", signal),
		measured(t, tel, "emitted_items", signal)+measured(t, tel, "dropped_items", signal)+queued, signal)
	return queued
}

// slowPipeline takes 150 ms for each request, of which the receiver has one every 100 ms, and may refuse every so many.
type slowPipeline struct {
	refuseEvery int

	attempts, refused, taken int // taken: spans
}

const takes = 150 * time.Millisecond

func (p *slowPipeline) consume(_ context.Context, td ptrace.Traces) error {
	time.Sleep(takes)
	p.attempts++
	if p.refuses(p.attempts) {
		p.refused++
		return errors.New("not now")
	}
	p.taken += td.SpanCount()
	return nil
}

func (p *slowPipeline) refuses(attempt int) bool {
	return p.refuseEvery > 0 && attempt%p.refuseEvery == 0
}

// outcome is what the documented rules make of slices of a load, at the pace of slowPipeline.
type outcome struct {
	emitted, dropped, late int // spans
	lateness               []time.Duration
}

// expect follows the rules: a slice is handed on when it is due, or when the one before it is done; under drop not at all if it is
// more than a second late, and never twice. What the SDKs hold in the end, here nothing, is due with the last slice.
func (p *slowPipeline) expect(slices []int, length time.Duration, policy Backpressure) (o outcome) {
	var now time.Duration
	attempts := 0
	for k, spans := range append(slices, 0) {
		due := time.Duration(min(k+1, len(slices))) * length
		now = max(now, due)
		late := now - due
		o.lateness = append(o.lateness, late)
		if late > time.Second {
			o.late += spans
			if policy == BackpressureDrop {
				o.dropped += spans
				continue
			}
		}
		if spans == 0 {
			continue
		}
		attempts++
		now += takes
		if p.refuses(attempts) {
			o.dropped += spans
		} else {
			o.emitted += spans
		}
	}
	return o
}

// TestSlowPipelineLedger: the pipeline takes half as long again as the load leaves it. Whatever the policy and whatever is refused, at
// any moment offered = emitted + dropped + queued; in the end the load is what the schedule prescribes, the log says the same as the
// metrics, and as the pipeline itself. Under the rules all of it can be told beforehand, but for retries, whose waits are
// random.
func TestSlowPipelineLedger(t *testing.T) {
	const (
		lasts  = 5 * time.Second
		length = 100 * time.Millisecond
	)
	cfg := func(policy Backpressure) *Config {
		return configOf(t, `
- name: a
  runtime: {model: ideal}
  arrivals: {process: poisson, rate: 1000}
  export: {processor: simple}
  operations: [{name: GET /, steps: [{compute: 1us}]}]
`, func(c *Config) { c.Duration, c.OnBackpressure = lasts, policy })
	}
	arrivals := prescribed(t, cfg(BackpressureBlock), lasts)["a-0"]
	inSlices := make([]int, lasts/length)
	for _, at := range arrivals {
		ends := at + sim.Time(time.Microsecond)
		inSlices[(ends-1)/sim.Time(length)]++
	}
	require.Greater(t, slices.Min(inSlices), 50)

	for _, tc := range []struct {
		name        string
		policy      Backpressure
		refuseEvery int
	}{
		{"block", BackpressureBlock, 0},
		{"drop", BackpressureDrop, 0},
		{"block, refused", BackpressureBlock, 7},
		{"drop, refused", BackpressureDrop, 7},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &slowPipeline{refuseEvery: tc.refuseEvery}
				next, err := consumer.NewTraces(p.consume)
				require.NoError(t, err)
				tel := componenttest.NewTelemetry()
				defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
				core, logs := observer.New(zap.InfoLevel)
				set := metadatatest.NewSettings(tel)
				set.Logger = zap.New(core)
				r, err := NewFactory().CreateTraces(t.Context(), set, cfg(tc.policy), next)
				require.NoError(t, err)
				require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))

				ended := func() bool { return logs.FilterMessage("The run ended").Len() > 0 }
				queued := 0
				for !ended() {
					time.Sleep(37 * time.Millisecond)
					synctest.Wait()
					if requireBalance(t, tel, "traces") > 0 {
						queued++
					}
				}
				assert.Greater(t, queued, 50, "moments with a request in hand")
				require.NoError(t, r.Shutdown(t.Context()))

				emitted, dropped := measured(t, tel, "emitted_items", "traces"), measured(t, tel, "dropped_items", "traces")
				assert.Equal(t, len(arrivals), measured(t, tel, "arrivals", "traces"))
				assert.Equal(t, len(arrivals), measured(t, tel, "offered_items", "traces"))
				assert.Equal(t, len(arrivals), emitted+dropped)
				assert.Zero(t, measured(t, tel, "queued_items", "traces"))
				assert.Zero(t, measured(t, tel, "sdk_dropped_items", "traces"))
				assert.Equal(t, p.taken, emitted)
				said := logs.FilterMessage("The run ended").All()[0].ContextMap()
				assert.EqualValues(t, len(arrivals), said["requests"])
				assert.EqualValues(t, emitted, said["spans_emitted"])
				assert.EqualValues(t, dropped, said["spans_dropped"])

				if tc.policy == BackpressureBlock && tc.refuseEvery > 0 {
					assert.Zero(t, dropped)
					assert.Positive(t, p.refused)
					assert.Equal(t, p.refused, measured(t, tel, "retries", "traces"))
					return
				}
				want := p.expect(inSlices, length, tc.policy)
				assert.Equal(t, want.emitted, emitted)
				assert.Equal(t, want.dropped, dropped)
				assert.Equal(t, want.late, measured(t, tel, "late_items", "traces"))
				assert.Positive(t, want.late)
				assertLateness(t, tel, want.lateness)
			})
		})
	}
}

func assertLateness(t *testing.T, tel *componenttest.Telemetry, want []time.Duration) {
	t.Helper()
	m, err := tel.GetMetric("otelcol_receiver_synthetic_load_lateness")
	require.NoError(t, err)
	got := m.Data.(metricdata.Histogram[float64]).DataPoints[0]
	assert.EqualValues(t, len(want), got.Count)
	sum := 0.0
	for _, late := range want {
		sum += late.Seconds()
	}
	assert.InDelta(t, sum, got.Sum, 1e-6)
	longest, _ := got.Max.Value()
	assert.InDelta(t, slices.Max(want).Seconds(), longest, 1e-9)
}

// TestLedgersOfAllSignals: three pipelines, each slow and each refusing now and then, share one receiver. For each signal the ledger
// balances at any moment, and what is offered in the end is what the same fleet sends to pipelines that are fast.
func TestLedgersOfAllSignals(t *testing.T) {
	config := func(policy Backpressure, clock Clock) *Config {
		return configOf(t, calling, func(c *Config) {
			c.Clock, c.Duration, c.OnBackpressure, c.Requests = clock, 2*time.Second, policy, RequestsSeparate
		})
	}
	signals := []string{"traces", "metrics", "logs"}
	traces, metrics, logs := new(consumertest.TracesSink), new(consumertest.MetricsSink), new(consumertest.LogsSink)
	for _, r := range startAll(t, receivertest.NewNopSettings(metadata.Type), config(BackpressureBlock, ClockUnpaced), traces, metrics, logs) {
		r.(*loadReceiver).running.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
	}
	want := map[string]int{"traces": traces.SpanCount(), "metrics": metrics.DataPointCount(), "logs": logs.LogRecordCount()}

	for _, policy := range []Backpressure{BackpressureBlock, BackpressureDrop} {
		t.Run(string(policy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts, taken := map[string]int{}, map[string]int{}
				take := func(signal string, items int) error {
					time.Sleep(300 * time.Microsecond)
					if attempts[signal]++; attempts[signal]%3 == 0 {
						return errors.New("not now")
					}
					taken[signal] += items
					return nil
				}
				toTraces, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error { return take("traces", td.SpanCount()) })
				require.NoError(t, err)
				toMetrics, err := consumer.NewMetrics(func(_ context.Context, md pmetric.Metrics) error { return take("metrics", md.DataPointCount()) })
				require.NoError(t, err)
				toLogs, err := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error { return take("logs", ld.LogRecordCount()) })
				require.NoError(t, err)
				tel := componenttest.NewTelemetry()
				defer func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) }()
				all := startAll(t, metadatatest.NewSettings(tel), config(policy, ClockRealtime), toTraces, toMetrics, toLogs)

				ended := make(chan struct{})
				go func() {
					all[0].(*loadReceiver).running.Wait()
					close(ended)
				}()
				queued := 0
				for running := true; running; {
					select {
					case <-ended:
						running = false
					case <-time.After(4700 * time.Microsecond):
					}
					synctest.Wait()
					for _, signal := range signals {
						queued += requireBalance(t, tel, signal)
					}
				}
				for _, r := range all {
					require.NoError(t, r.Shutdown(t.Context()))
				}
				assert.Greater(t, queued, 100, "items in hand, at all moments")
				for _, signal := range signals {
					assert.Equal(t, want[signal], measured(t, tel, "offered_items", signal), signal)
					assert.Equal(t, taken[signal], measured(t, tel, "emitted_items", signal), signal)
					assert.Zero(t, measured(t, tel, "queued_items", signal), signal)
					assert.Equal(t, policy == BackpressureDrop, measured(t, tel, "dropped_items", signal) > 0, signal)
				}
			})
		})
	}
}
