// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadatatest"
)

// fleetOfThree is a configuration with a service on each runtime.
func fleetOfThree(change func(*Config)) *Config {
	cfg := NewDefaultConfig()
	services := map[string]any{}
	for _, model := range []string{"tokio", "async_std", "smol"} {
		services["on-"+model] = map[string]any{
			"runtime":  map[string]any{"model": model},
			"arrivals": map[string]any{"process": "poisson", "rate": 100},
			"workload": "api_gateway",
		}
	}
	cfg.RunID, cfg.Services = "test", services
	if change != nil {
		change(cfg)
	}
	return cfg
}

func unpaced(d time.Duration) func(*Config) {
	return func(c *Config) { c.Clock, c.Duration = ClockUnpaced, d }
}

// newTraces makes a receiver and the telemetry it reports to.
func newTraces(t *testing.T, cfg *Config, next consumer.Traces) (*loadReceiver, *componenttest.Telemetry) {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	r, err := NewFactory().CreateTraces(t.Context(), metadatatest.NewSettings(tel), cfg, next)
	require.NoError(t, err)
	return r.(*loadReceiver), tel
}

// play runs a finite unpaced configuration to its end and returns what came out.
func play(t *testing.T, cfg *Config) []ptrace.Traces {
	t.Helper()
	sink := new(consumertest.TracesSink)
	r, _ := newTraces(t, cfg, sink)
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	r.running.Wait()
	require.NoError(t, r.Shutdown(t.Context()))
	return sink.AllTraces()
}

func eachSpan(batches []ptrace.Traces, do func(ptrace.Span)) {
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					do(span)
				}
			}
		}
	}
}

// TestSameSeedSameBytes runs one configuration twice: the batches are equal byte for byte once the start times are.
func TestSameSeedSameBytes(t *testing.T) {
	normalised := func() [][]byte {
		batches := play(t, fleetOfThree(unpaced(2*time.Second)))
		first := pcommon.Timestamp(1 << 63)
		eachSpan(batches, func(s ptrace.Span) { first = min(first, s.StartTimestamp()) })
		eachSpan(batches, func(s ptrace.Span) {
			s.SetStartTimestamp(s.StartTimestamp() - first)
			s.SetEndTimestamp(s.EndTimestamp() - first)
		})
		var out [][]byte
		for _, td := range batches {
			b, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
			require.NoError(t, err)
			out = append(out, b)
		}
		return out
	}
	a := normalised()
	require.Greater(t, len(a), 10)
	assert.Equal(t, a, normalised())
}

func TestAnotherSeedOtherSpans(t *testing.T) {
	ids := map[pcommon.SpanID]bool{}
	count := 0
	for seed := range uint64(2) {
		cfg := fleetOfThree(unpaced(time.Second))
		cfg.Seed = seed
		eachSpan(play(t, cfg), func(s ptrace.Span) {
			ids[s.SpanID()] = true
			count++
		})
	}
	assert.Len(t, ids, count)
}

// TestRealtimePacing follows the wall clock, which synctest fakes: slice k is handed over when it is due.
func TestRealtimePacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			at = append(at, time.Since(start))
			eachSpan([]ptrace.Traces{td}, func(s ptrace.Span) {
				assert.False(t, s.EndTimestamp().AsTime().After(time.Now()), "a span from the future")
			})
			return nil
		})
		require.NoError(t, err)
		r, _ := newTraces(t, fleetOfThree(nil), next)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(time.Second + time.Millisecond)
		require.NoError(t, r.Shutdown(t.Context()))
		var want []time.Duration
		for k := range 12 {
			want = append(want, time.Duration(k+1)*100*time.Millisecond)
		}
		want = append(want, want[11]) // the slice in hand, and what the SDKs still held
		assert.Equal(t, want, at)
	})
}

// TestSlowPipelineDelaysButLosesNothing: a consumer stalls once for 2 s. What was due meanwhile comes late, with the times
// of the schedule, and the schedule is caught up with.
func TestSlowPipelineDelaysButLosesNothing(t *testing.T) {
	reference := 0
	eachSpan(play(t, fleetOfThree(unpaced(5*time.Second))), func(ptrace.Span) { reference++ })
	synctest.Test(t, func(t *testing.T) {
		got := 0
		var stall sync.Once
		next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			stall.Do(func() { time.Sleep(2 * time.Second) })
			got += td.SpanCount()
			return nil
		})
		require.NoError(t, err)
		r, tel := newTraces(t, fleetOfThree(func(c *Config) { c.Duration = 5 * time.Second }), next)
		start := time.Now()
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		r.running.Wait()
		assert.Less(t, time.Since(start), 5500*time.Millisecond, "the absolute schedule is kept")
		assert.Equal(t, reference, got)
		lateness, err := tel.GetMetric("otelcol_receiver_synthetic_load_lateness")
		require.NoError(t, err)
		require.NotNil(t, lateness)
		require.NoError(t, r.Shutdown(t.Context()))
	})
}

func dataPoints(value int64) []metricdata.DataPoint[int64] {
	return []metricdata.DataPoint[int64]{{Value: value, Attributes: attribute.NewSet(attribute.String("signal", "traces"))}}
}

func TestRefusals(t *testing.T) {
	const spans = 3 * 50
	for _, tc := range []struct {
		name    string
		policy  Backpressure
		err     error
		times   int // refusals
		retries int64
		dropped bool
	}{
		{"retryable, block", BackpressureBlock, errors.New("not now"), 3, 3, false},
		{"retryable, drop", BackpressureDrop, errors.New("not now"), 1, 0, true},
		{"permanent, block", BackpressureBlock, consumererror.NewPermanent(errors.New("never")), 1, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refused := 0
			firstBatch := 0
			accepted := 0
			next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
				if refused < tc.times {
					refused++
					firstBatch = td.SpanCount()
					return tc.err
				}
				accepted += td.SpanCount()
				return nil
			})
			require.NoError(t, err)
			r, tel := newTraces(t, fleetOfThree(func(c *Config) {
				unpaced(500 * time.Millisecond)(c)
				c.OnBackpressure = tc.policy
			}), next)
			require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
			r.running.Wait()
			assert.Equal(t, r.sinks[fleet.Traces].totals.emitted, accepted)
			assert.Greater(t, accepted+r.sinks[fleet.Traces].totals.dropped, spans/2)
			if tc.dropped {
				assert.Equal(t, firstBatch, r.sinks[fleet.Traces].totals.dropped)
				metadatatest.AssertEqualReceiverSyntheticLoadDroppedItems(t, tel,
					dataPoints(int64(firstBatch)), metricdatatest.IgnoreTimestamp())
			} else {
				assert.Zero(t, r.sinks[fleet.Traces].totals.dropped)
			}
			if tc.retries > 0 {
				metadatatest.AssertEqualReceiverSyntheticLoadRetries(t, tel, dataPoints(tc.retries), metricdatatest.IgnoreTimestamp())
			}
			require.NoError(t, r.Shutdown(t.Context()))
		})
	}
}

// TestShutdownWithABlockedConsumer: the pipeline holds the batch in hand and never answers. Shutdown gives it drainGrace,
// or as long as its own context allows, and then takes it back.
func TestShutdownWithABlockedConsumer(t *testing.T) {
	for _, tc := range []struct {
		name    string
		timeout time.Duration
		want    time.Duration
	}{
		{"grace", time.Hour, drainGrace},
		{"context", 500 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var entered atomic.Bool
				next, err := consumer.NewTraces(func(ctx context.Context, _ ptrace.Traces) error {
					entered.Store(true)
					<-ctx.Done()
					return ctx.Err()
				})
				require.NoError(t, err)
				r, _ := newTraces(t, fleetOfThree(nil), next)
				require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
				time.Sleep(time.Second)
				require.True(t, entered.Load())
				ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
				defer cancel()
				start := time.Now()
				require.NoError(t, r.Shutdown(ctx))
				assert.Equal(t, tc.want, time.Since(start))
				assert.Positive(t, r.sinks[fleet.Traces].totals.dropped)
			})
		})
	}
}

func TestShutdownTwiceAndWithoutStart(t *testing.T) {
	r, _ := newTraces(t, fleetOfThree(nil), consumertest.NewNop())
	require.NoError(t, r.Shutdown(t.Context()))
	require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
	require.NoError(t, r.Shutdown(t.Context()))
	require.NoError(t, r.Shutdown(t.Context()))
}
