// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// read lists the points of a metric: attribute values, interval and number.
func read(m pmetric.Metric) (all []string) {
	var points pmetric.NumberDataPointSlice
	if m.Type() == pmetric.MetricTypeSum {
		points = m.Sum().DataPoints()
	} else {
		points = m.Gauge().DataPoints()
	}
	for _, p := range points.All() {
		var text strings.Builder
		for _, v := range p.Attributes().All() {
			text.WriteString(v.AsString() + " ")
		}
		if p.ValueType() == pmetric.NumberDataPointValueTypeDouble {
			fmt.Fprintf(&text, "%.4g", p.DoubleValue())
		} else {
			fmt.Fprintf(&text, "%d", p.IntValue())
		}
		if m.Type() == pmetric.MetricTypeSum {
			fmt.Fprintf(&text, " from %d", p.StartTimestamp()-1000)
		}
		fmt.Fprintf(&text, " at %d", p.Timestamp()-1000)
		all = append(all, text.String())
	}
	return all
}

// pointsOf counts the points that a sampler builds.
func pointsOf(s *Sampler, first, end int) int {
	md := pmetric.NewMetrics()
	s.Samples(first, end).Build(md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty(),
		func(sim.Time) pcommon.Timestamp { return 0 })
	return md.DataPointCount()
}

// TestSampler follows two workers, and a third that comes later, over two intervals of 10 ms.
func TestSampler(t *testing.T) {
	const ms = sim.Time(time.Millisecond)
	first := scheduler.Counters{
		Workers: []scheduler.WorkerCounters{
			{Polls: 10, Parks: 5, Busy: 2500 * ms / 1000, Parked: 7 * ms, LocalQueue: 3},
			{Polls: 1, Parks: 8, Busy: 999_999, Parked: 2 * ms, Unpublished: 6 * ms, LocalQueue: 1},
		},
		Spawned: 12, Finished: 9, GlobalQueue: 4, BlockingThreads: 3, BlockingIdle: 1,
	}
	second := scheduler.Counters{
		Workers: []scheduler.WorkerCounters{
			{Polls: 11, Parks: 7, Busy: 3 * ms, Parked: 16 * ms},
			{Polls: 31, Parks: 8, Busy: 18 * ms, Parked: 2 * ms}, // 17 ms were published in 10
			{Polls: 1, Parks: 1, Busy: 0, Parked: 19 * ms, LocalQueue: 7},
		},
		Spawned: 20, Finished: 20,
	}
	for _, tc := range []struct {
		name   string
		config Config
		want   map[string][]string
	}{
		{"cumulative", Config{Naming: semconv.NamingAsyncRuntime}, map[string][]string{
			"async_runtime.worker.count": {"2 from 0 at 10000000", "3 from 0 at 20000000"},
			"async_runtime.worker.time": {
				// 1.000001 ms of worker 1 and 0.5 ms of worker 0 went into looking for tasks, and 6 ms are not published.
				"busy 0.0035 from 0 at 10000000", "parked 0.009 from 0 at 10000000", "searching 0.0015 from 0 at 10000000",
				// Worker 1 has 0 ms left, but it cannot take back what it said.
				"busy 0.021 from 0 at 20000000", "parked 0.037 from 0 at 20000000", "searching 0.003 from 0 at 20000000",
			},
			"async_runtime.worker.utilization":    {"0.175 at 10000000", "0.5833 at 20000000"},
			"async_runtime.worker.parks":          {"13 from 0 at 10000000", "16 from 0 at 20000000"},
			"async_runtime.task.count":            {"3 from 0 at 10000000", "0 from 0 at 20000000"},
			"async_runtime.task.spawned":          {"12 from 0 at 10000000", "20 from 0 at 20000000"},
			"async_runtime.blocking.thread.count": {"busy 2 from 0 at 10000000", "idle 1 from 0 at 10000000", "busy 0 from 0 at 20000000", "idle 0 from 0 at 20000000"},
			"async_runtime.queue.length": {
				"global 4 from 0 at 10000000", "local 4 from 0 at 10000000", "blocking 0 from 0 at 10000000",
				"global 0 from 0 at 20000000", "local 7 from 0 at 20000000", "blocking 0 from 0 at 20000000",
			},
		}},
		{"delta, per worker", Config{Naming: semconv.NamingAsyncRuntime, Temporality: Delta, PerWorker: true}, map[string][]string{
			"async_runtime.worker.utilization": {
				"0 0.25 at 10000000", "1 0.1 at 10000000", "0 0.05 at 20000000", "1 1 at 20000000", "2 0 at 20000000",
			},
			"async_runtime.worker.parks": {
				"0 5 from 0 at 10000000", "1 8 from 0 at 10000000",
				"0 2 from 10000000 at 20000000", "1 0 from 10000000 at 20000000", "2 1 from 10000000 at 20000000",
			},
			"async_runtime.task.count":   {"3 from 0 at 10000000", "0 from 0 at 20000000"},
			"async_runtime.task.spawned": {"12 from 0 at 10000000", "8 from 10000000 at 20000000"},
		}},
		{"crate", Config{Naming: semconv.NamingTokioCrate}, map[string][]string{
			"tokio.workers": {"1 2 at 10000000", "1 3 at 20000000"},
			"tokio.worker.busy_duration": {
				"1 0 2 from 0 at 10000000", "1 1 0 from 0 at 10000000",
				"1 0 3 from 0 at 20000000", "1 1 18 from 0 at 20000000", "1 2 0 from 0 at 20000000",
			},
			"tokio.blocking_threads":      {"1 3 at 10000000", "1 0 at 20000000"},
			"tokio.idle_blocking_threads": {"1 1 at 10000000", "1 0 at 20000000"},
		}},
		{"crate, delta", Config{Naming: semconv.NamingTokioCrate, Temporality: Delta}, map[string][]string{
			// The crate rounds what it reports since the start: 2.5 and 3 ms are 2 and 3.
			"tokio.worker.busy_duration": {
				"1 0 2 from 0 at 10000000", "1 1 0 from 0 at 10000000",
				"1 0 1 from 10000000 at 20000000", "1 1 18 from 10000000 at 20000000", "1 2 0 from 10000000 at 20000000",
			},
		}},
		{"prometheus", Config{Naming: semconv.NamingPrometheus}, map[string][]string{
			"tokio_total_park_count":      {"13 at 10000000", "3 at 20000000"},
			"tokio_max_park_count":        {"8 at 10000000", "2 at 20000000"},
			"tokio_min_park_count":        {"5 at 10000000", "0 at 20000000"},
			"tokio_max_polls_count":       {"10 from 0 at 10000000", "40 from 0 at 20000000"},
			"tokio_min_polls_count":       {"1 from 0 at 10000000", "2 from 0 at 20000000"},
			"tokio_total_busy_duration":   {"3499 from 0 at 10000000", "2.1e+04 from 0 at 20000000"},
			"tokio_busy_ratio":            {"0.35 at 10000000", "1.75 at 20000000"},
			"tokio_max_local_queue_depth": {"3 at 10000000", "7 at 20000000"},
			"tokio_min_local_queue_depth": {"1 at 10000000", "0 at 20000000"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := New(&tc.config, semconv.CrateTokio, Machine{}, nil, 0)
			sampled := s.Sample(10*ms, first, host.Stats{})
			assert.Zero(t, s.Sample(10*ms, first, host.Stats{}), "no time has passed")
			only := sampled
			sampled += s.Sample(20*ms, second, host.Stats{})
			built := build(s)
			names := []string{}
			for _, m := range built.All() {
				names = append(names, m.Name())
			}
			assert.Equal(t, sampled, pointsOf(s, 0, sampled))
			assert.Equal(t, only, pointsOf(s, 0, only), "the first alone")
			assert.Equal(t, sampled-only, pointsOf(s, only, sampled), "the second alone")
			for name, want := range tc.want {
				require.Contains(t, names, name)
				assert.Equal(t, want, read(built.At(slices.Index(names, name))), name)
			}
			s.Discard()
			assert.Zero(t, pointsOf(s, 0, sampled))
		})
	}
}

// TestTokioOnly: other runtimes have no metrics under the names of Tokio's.
func TestTokioOnly(t *testing.T) {
	for _, scheme := range semconv.Schemes {
		c := DefaultConfig()
		c.Naming = scheme.Naming
		assert.NotNil(t, New(&c, semconv.CrateTokio, Machine{}, nil, 0))
		assert.Equal(t, scheme.Naming != semconv.NamingAsyncRuntime, New(&c, semconv.CrateSmol, Machine{}, nil, 0) == nil)
	}
}
