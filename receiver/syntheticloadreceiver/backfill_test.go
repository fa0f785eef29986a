// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// steady is a service of which a span ends every 10 ms, and arrives by itself.
const steady = `[{name: a, runtime: {model: smol}, arrivals: {process: constant, rate: 100}, export: {processor: simple},
  operations: [{name: op, steps: [{compute: 1us}]}]}]`

// TestBackfill: ten minutes that are past come first, as fast as the pipeline takes it, here 10 ms for each request. Then the load is live: each
// span comes within a slice of its end. Between any two spans lies what the service left between them, so there is no gap and no jump; and
// what is marked as past is what came late.
func TestBackfill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var ends []time.Time
		var live, past int
		liveFrom := time.Time{}
		next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			time.Sleep(10 * time.Millisecond)
			eachSpan([]ptrace.Traces{td}, func(s ptrace.Span) {
				if s.Name() != "op" {
					return // the end marker
				}
				end := s.EndTimestamp().AsTime()
				ends = append(ends, end)
				marked, isPast := s.Attributes().Get(semconv.StampPast)
				late := time.Since(end)
				assert.GreaterOrEqual(t, late, time.Duration(0), "a span from the future")
				if isPast {
					past++
					assert.True(t, marked.Bool())
					assert.Zero(t, live, "the past comes first")
					return
				}
				live++
				if liveFrom.IsZero() {
					liveFrom = time.Now()
				}
				assert.Less(t, late, 250*time.Millisecond)
			})
			return nil
		})
		require.NoError(t, err)
		cfg := configOf(t, steady, func(c *Config) { c.Backfill, c.Duration, c.Verify = 10*time.Minute, 12*time.Minute, true })
		r, tel := newTraces(t, cfg, next)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		r.running.Wait()
		require.InDelta(t, 12*60*100, len(ends), 1)
		assert.WithinDuration(t, began.Add(-10*time.Minute), ends[0], 20*time.Millisecond)
		for i := 1; i < len(ends); i++ {
			require.InDelta(t, 10*time.Millisecond, ends[i].Sub(ends[i-1]), float64(time.Millisecond))
		}
		// The 6,000 slices of 10 minutes take 10 ms each, and so do those of the time that this takes: 600 s / 9.
		assert.WithinDuration(t, began.Add(66700*time.Millisecond), liveFrom, time.Second)
		assert.Equal(t, len(ends), live+past)
		assert.InDelta(t, 66670, past, 200)
		assert.WithinDuration(t, began.Add(2*time.Minute), time.Now(), time.Second, "it ends when its duration is over")
		lateness, err := tel.GetMetric("otelcol_receiver_synthetic_load_lateness")
		require.NoError(t, err)
		require.NotNil(t, lateness)
		require.NoError(t, r.Shutdown(t.Context()))
	})
}

// TestBackfillAlone: a duration that ends now sends the past, and nothing else.
func TestBackfillAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := playSinks(t, configOf(t, steady, func(c *Config) { c.Backfill, c.Duration = time.Minute, time.Minute }))
		require.InDelta(t, 60*100, s.traces.SpanCount(), 1)
		eachSpan(s.traces.AllTraces(), func(span ptrace.Span) {
			assert.False(t, span.EndTimestamp().AsTime().After(began.Add(time.Millisecond)), "the last one may arrive at the end, and take a moment")
			assert.False(t, span.StartTimestamp().AsTime().Before(began.Add(-time.Minute)))
		})
	})
}

// TestBackfillIsChecked: what cannot be played is told with its key and value.
func TestBackfillIsChecked(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"backfill: -1s is not allowed; want 0s (none) to 8760h0m0s":       func(c *Config) { c.Backfill = -time.Second },
		"backfill: 8761h0m0s is not allowed; want 0s (none) to 8760h0m0s": func(c *Config) { c.Backfill = 8761 * time.Hour },
		"backfill: 1h0m0s is not allowed with clock: unpaced; want realtime, which does not wait while it plays the past": func(c *Config) {
			c.Backfill, c.Clock = time.Hour, ClockUnpaced
		},
		"duration: 10m0s is not allowed with backfill: 1h0m0s; want at least as much, because it counts from the beginning in the past, or 0s": func(c *Config) {
			c.Backfill, c.Duration = time.Hour, 10*time.Minute
		},
	} {
		require.EqualError(t, fleetOfThree(change).Validate(), want)
	}
}

// lateBy is a service all of whose exports are late.
func lateBy(by string) string {
	return `[{name: a, runtime: {model: smol}, arrivals: {process: constant, rate: 100}, export: {processor: simple, late: {share: 1, by: ` + by + `}},
  operations: [{name: op, steps: [{compute: 1us}]}]}]`
}

// TestTheEndWaitsForWhatIsLate, for a minute at most; then the rest comes at once. A stop does not wait at all. Nothing is lost either way, and
// the end marker comes last.
func TestTheEndWaitsForWhatIsLate(t *testing.T) {
	for name, tt := range map[string]struct {
		by          string
		stop        time.Duration // 0: it ends by itself after 10 s
		least, most time.Duration // how late a span is
		took        time.Duration
	}{
		"within a minute": {by: "20s", least: 20 * time.Second, most: 20*time.Second + 200*time.Millisecond, took: 30 * time.Second},
		"later":           {by: "30m", least: time.Minute - time.Millisecond, most: 70*time.Second + 200*time.Millisecond, took: 70 * time.Second},
		"stopped":         {by: "30m", stop: 5 * time.Second, most: 5*time.Second + 200*time.Millisecond, took: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				spans, markers := 0, 0
				next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
					eachSpan([]ptrace.Traces{td}, func(s ptrace.Span) {
						if s.Name() != "op" {
							markers++
							return
						}
						spans++
						assert.Zero(t, markers)
						assert.GreaterOrEqual(t, time.Since(s.EndTimestamp().AsTime()), tt.least)
						assert.LessOrEqual(t, time.Since(s.EndTimestamp().AsTime()), tt.most)
					})
					return nil
				})
				require.NoError(t, err)
				r, _ := newTraces(t, configOf(t, lateBy(tt.by), func(c *Config) { c.Verify, c.Duration = true, 10*time.Second }), next)
				require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
				if tt.stop > 0 {
					time.Sleep(tt.stop + time.Millisecond)
				} else {
					r.running.Wait()
				}
				require.NoError(t, r.Shutdown(t.Context()))
				assert.InDelta(t, tt.took, time.Since(began), float64(300*time.Millisecond))
				want := 999
				if tt.stop > 0 {
					want = int(tt.stop/time.Millisecond) / 10
				}
				assert.InDelta(t, want, spans, 20)
				assert.Equal(t, 1, markers)
			})
		})
	}
}

// TestSkewDoesNotMoveTheSchedule: a clock that is behind does not delay what its instance sends.
func TestSkewDoesNotMoveTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var skews []time.Duration
		next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
			eachSpan([]ptrace.Traces{td}, func(s ptrace.Span) { skews = append(skews, time.Until(s.EndTimestamp().AsTime())) })
			return nil
		})
		require.NoError(t, err)
		services := `[{name: a, runtime: {model: smol}, clock: {skew: 1h, direction: behind}, arrivals: {process: constant, rate: 100}, export: {processor: simple},
  operations: [{name: op, steps: [{compute: 1us}]}]}]`
		r, err := NewFactory().CreateTraces(t.Context(), receivertest.NewNopSettings(metadata.Type), configOf(t, services, func(c *Config) { c.Duration = time.Second }), next)
		require.NoError(t, err)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		r.(*loadReceiver).running.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
		require.InDelta(t, 100, len(skews), 1)
		for _, s := range skews {
			assert.InDelta(t, -time.Hour, s, float64(200*time.Millisecond))
		}
	})
}
