// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// added processes one span and returns the attributes that it did not have before.
func added(t *testing.T, p *statsProcessor, traces ptrace.Traces) map[string]any {
	t.Helper()
	attributes := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
	before := attributes.AsRaw()
	_, err := p.processTraces(t.Context(), traces)
	require.NoError(t, err)
	after := attributes.AsRaw()
	for name, value := range before {
		assert.Equal(t, value, after[name], name)
		delete(after, name)
	}
	return after
}

// From the first span of a service to its first outlier.
func TestAnOperationFromItsFirstSpan(t *testing.T) {
	p := newTestProcessor(t, nil)
	send := func(duration time.Duration) map[string]any {
		traces, spans := newService("orders")
		addTracingAttributes(addSpan(spans, "GET /orders/{id}", duration), duration/4, duration-duration/4)
		return added(t, p, traces)
	}

	// While the operation warms up, a span says what it knows of itself, and nothing about its latency.
	for i := range 100 {
		require.Equal(t, map[string]any{
			"async_runtime.name":       "tokio",
			"async_runtime.busy_ratio": 0.25,
		}, send(time.Duration(i%10+11)*ms), "span %d", i)
	}

	// The hundredth span has completed the window: ten spans each of 11 to 20 ms. Half of them are faster than 15.5 ms.
	normal := send(15_500 * time.Microsecond)
	assert.Len(t, normal, 4, "name, busy ratio, percentile and class: no more on a span that is fine")
	assert.Equal(t, 50.0, normal["latency.percentile"])
	assert.Equal(t, "normal", normal["latency.class"])

	// One that is slower than all, but not twice the median: elevated, with as few attributes.
	elevated := send(22 * ms)
	assert.Len(t, elevated, 4)
	assert.Equal(t, 100.0, elevated["latency.percentile"])
	assert.Equal(t, "elevated", elevated["latency.class"])

	// An outlier says how it was found out.
	outlier := send(45 * ms)
	assert.Len(t, outlier, 11)
	assert.Equal(t, "none", outlier["async_runtime.task.queue_wait_source"], "it may have waited for a worker: nobody has measured it")
	assert.Equal(t, "outlier", outlier["latency.class"])
	assert.Equal(t, true, outlier["latency.outlier"])
	assert.InEpsilon(t, 3, outlier["latency.ratio_to_median"], 0.02)
	assert.InEpsilon(t, 15*ms, outlier["latency.baseline.p50_ns"], 0.02)
	assert.InEpsilon(t, 19*ms, outlier["latency.baseline.p90_ns"], 0.02)
	assert.InEpsilon(t, 20*ms, outlier["latency.baseline.p99_ns"], 0.02)
	assert.Equal(t, int64(100), outlier["latency.baseline.count"])

	// Four times the slowest and more.
	extreme := send(100 * ms)
	assert.Len(t, extreme, 11)
	assert.Equal(t, "extreme", extreme["latency.class"])
}

func TestWhereTheTimeWent(t *testing.T) {
	for _, simulated := range []bool{false, true} {
		traces, spans := newService("orders")
		if simulated {
			traces.ResourceSpans().At(0).Resource().Attributes().PutBool(semconv.Simulated, true)
		}
		span := addSpan(spans, "GET /orders/{id}", 10*ms)
		addTracingAttributes(span, 2*ms, 7*ms)
		addTaskFields(span, 3*ms)

		want := map[string]any{
			"async_runtime.name":                    "tokio",
			"async_runtime.busy_ratio":              0.20001220703125, // 0.2, with as many digits as it is right to
			"async_runtime.worker.index":            int64(2),
			"async_runtime.task.id":                 int64(4711),
			"async_runtime.task.poll_count":         int64(3),
			"async_runtime.task.busy_ns":            int64(2 * ms),
			"async_runtime.task.idle_ns":            int64(7 * ms),
			"async_runtime.task.queue_wait_ns":      int64(3 * ms),
			"async_runtime.task.queue_wait_source":  "measured",
			"async_runtime.task.io_wait_ns":         int64(4 * ms),
			"async_runtime.task.longest_poll_ns":    int64(100 * time.Microsecond),
			"async_runtime.task.steal_count":        int64(1),
			"async_runtime.task.forced_yield_count": int64(0),
			"async_runtime.task.unaccounted_ns":     int64(1 * ms),
			"async_runtime.finding":                 []any{"held_after_completion"},
		}
		if simulated {
			want["async_runtime.task.queue_wait_source"] = "simulated"
		}
		assert.Equal(t, want, added(t, newTestProcessor(t, nil), traces))
	}
}

func TestRuntimeRecognition(t *testing.T) {
	for _, tt := range []struct {
		name, thread, crate, upstream string
		want                          any // what is added
	}{
		{name: "no hint", want: nil},
		{name: "main says nothing", thread: "main", want: nil},
		{name: "thread", thread: "smol-3", want: "smol"},
		{name: "crate", crate: "async-std", want: "async_std"},
		{name: "crate behind main", thread: "main", crate: "tokio", want: "tokio"},
		{name: "crate behind threads with names of their own", thread: "api-worker", crate: "tokio", want: "tokio"},
		{name: "thread before crate", thread: "tokio-rt-worker", crate: "smol", want: "tokio"},
		{name: "another language", thread: "main", crate: "nodejs", want: nil},
		{name: "known upstream", thread: "tokio-rt-worker", crate: "tokio", upstream: "glommio", want: nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, overwrite := range []bool{false, true} {
				traces, spans := newService("orders")
				span := addSpan(spans, "GET", ms)
				if tt.thread != "" {
					span.Attributes().PutStr(semconv.ThreadName, tt.thread)
				}
				if tt.crate != "" {
					traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.ProcessRuntimeName, tt.crate)
				}
				if tt.upstream != "" {
					span.Attributes().PutStr(semconv.RuntimeName, tt.upstream)
				}
				p := newTestProcessor(t, func(c *Config) { c.Overwrite = overwrite })
				assert.Equal(t, tt.want, added(t, p, traces)[semconv.RuntimeName])
			}
		})
	}
}

// A Collector beside the service was here before: a fast span that it found to be an outlier, with a queue wait of its own
// source and a wrong busy ratio.
func upstreamTraces() ptrace.Traces {
	traces, spans := newService("orders")
	span := addSpan(spans, "GET", 5*ms)
	addTracingAttributes(span, 1*ms, 3*ms)
	addTaskFields(span, 2*ms)
	a := span.Attributes()
	a.PutDouble(semconv.BusyRatio, 0.99)
	a.PutStr(semconv.QueueWaitSource, "histogram_mean")
	a.PutStr(semconv.LatencyClass, semconv.ClassOutlier)
	a.PutBool(semconv.LatencyOutlier, true)
	a.PutInt(semconv.LatencyBaselineP50, 1_000)
	a.PutStr("order.state", "open")
	return traces
}

func TestUpstreamValuesStay(t *testing.T) {
	p := newTestProcessor(t, nil)
	warmUp(t, p, "orders", "GET", 200)
	more := added(t, p, upstreamTraces()) // checks that the old ones stay
	assert.Contains(t, more, semconv.TaskBusyNs, "what was missing is added")
	for _, name := range []string{semconv.LatencyPercentile, semconv.LatencyRatioToMedian} {
		assert.NotContains(t, more, name, "verdicts of two windows do not mix")
	}
	assert.NotContains(t, more, semconv.QueueWaitNs, "the source there is not that of our value")
}

func TestOverwrite(t *testing.T) {
	overwriting := func(c *Config) { c.Overwrite, c.Key = true, []string{keySpanName} }
	process := func(p *statsProcessor) map[string]any {
		traces := upstreamTraces()
		_, err := p.processTraces(t.Context(), traces)
		require.NoError(t, err)
		return traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
	}

	warm := newTestProcessor(t, overwriting)
	warmUp(t, warm, "orders", "GET", 200)
	got := process(warm)
	assert.InEpsilon(t, 0.2, got[semconv.BusyRatio], 2e-4)
	assert.Equal(t, int64(2*ms), got[semconv.QueueWaitNs])
	assert.Equal(t, "measured", got[semconv.QueueWaitSource])
	assert.Equal(t, "normal", got[semconv.LatencyClass])
	assert.NotContains(t, got, semconv.LatencyOutlier)
	assert.NotContains(t, got, semconv.LatencyBaselineP50)
	assert.Equal(t, "open", got["order.state"])

	// Without a verdict of its own it leaves the other.
	got = process(newTestProcessor(t, overwriting))
	assert.InEpsilon(t, 0.2, got[semconv.BusyRatio], 2e-4)
	assert.Equal(t, "outlier", got[semconv.LatencyClass])
	assert.Equal(t, true, got[semconv.LatencyOutlier])
}

func TestLatencyCategory(t *testing.T) {
	for _, tt := range []struct {
		duration  time.Duration
		upstream  string
		overwrite bool
		want      any
	}{
		{5 * ms, "", false, nil},
		{16 * ms, "", false, "slow"},
		{90 * ms, "", false, "very_slow"},
		{90 * ms, "slow", false, "slow"},
		{90 * ms, "slow", true, "very_slow"},
		{5 * ms, "slow", false, "slow"},
		{5 * ms, "slow", true, nil},
	} {
		for _, enabled := range []bool{false, true} {
			p := newTestProcessor(t, func(c *Config) { c.LatencyCategory, c.Overwrite = enabled, tt.overwrite })
			warmUp(t, p, "orders", "GET", 200)
			traces, spans := newService("orders")
			span := addSpan(spans, "GET", tt.duration)
			want := tt.want
			if !enabled {
				want = nil
			}
			if tt.upstream != "" {
				span.Attributes().PutStr(semconv.LatencyCategory, tt.upstream)
				if !enabled {
					want = tt.upstream
				}
			}
			_, err := p.processTraces(t.Context(), traces)
			require.NoError(t, err)
			got := span.Attributes().AsRaw()
			assert.Equal(t, want, got[semconv.LatencyCategory], "%+v, enabled: %v", tt, enabled)
			assert.Contains(t, got, semconv.LatencyPercentile, "another processor's category does not keep ours away")
		}
	}
}

func TestSpansWithoutDuration(t *testing.T) {
	for name, times := range map[string]struct{ start, end pcommon.Timestamp }{
		"end before start": {2_000_000, 1_000_000},
		"no end":           {2_000_000, 0},
		"no start":         {0, 2_000_000},
		"no times":         {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTestProcessor(t, func(c *Config) { c.MinCount = 1 })
			for range 3 {
				traces, spans := newService("orders")
				span := addSpan(spans, "GET", ms)
				span.SetStartTimestamp(times.start)
				span.SetEndTimestamp(times.end)
				addTracingAttributes(span, ms, ms)
				assert.Equal(t, map[string]any{"async_runtime.name": "tokio"}, added(t, p, traces))
			}
			assert.Zero(t, p.windows.Keys(), "never recorded")
		})
	}
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  []string
		want int
	}{
		{"service, name and kind", []string{"service.name", "span.name", "span.kind"}, 8},
		{"name alone", []string{"span.name"}, 2},
		{"kind alone", []string{"span.kind"}, 2},
		{"service alone", []string{"service.name"}, 2},
		{"two resource attributes", []string{"host.name", "service.name"}, 4},
		{"the order does not matter", []string{"span.name", "service.name"}, 4},
		{"an attribute that nobody has", []string{"deployment.environment.name"}, 1},
		{"as shipped, without routes", createDefaultConfig().(*Config).Key, 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newTestProcessor(t, func(c *Config) { c.Key = tt.key })
			for _, service := range []string{"orders", "stock"} {
				for _, host := range []string{"a", "b"} {
					traces, spans := newService(service)
					traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.HostName, host)
					for _, operation := range []string{"GET", "PUT"} {
						addSpan(spans, operation, ms)
						addSpan(spans, operation, ms).SetKind(ptrace.SpanKindClient)
					}
					_, err := p.processTraces(t.Context(), traces)
					require.NoError(t, err)
				}
			}
			assert.Equal(t, tt.want, p.windows.Keys())
		})
	}
}

// tower-http calls every span "request"; what tells the operations apart is the route. An attribute of the span makes the key whatever its
// position and type, and where it is missing there is a key without it.
func TestKeysOfSpanAttributes(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  []string
		want int
	}{
		{"as shipped", createDefaultConfig().(*Config).Key, 4},
		{"names alone", []string{"span.name"}, 1},
		{"a number", []string{"http.response.status_code"}, 3},
		{"route and number", []string{"http.route", "http.response.status_code"}, 7},
		{"the order does not matter", []string{"http.response.status_code", "span.name", "http.route"}, 7},
		{"a name that the processor reads for itself", []string{"thread.name"}, 2},
		{"a list is not looked into", []string{"list"}, 1},
		{"a value of the span differs from one of the resource", []string{"place"}, 2},
		{"two attributes do not run into each other", []string{"left", "right"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newTestProcessor(t, func(c *Config) { c.Key = tt.key })
			traces, spans := newService("orders")
			traces.ResourceSpans().At(0).Resource().Attributes().PutStr("place", "a")
			for i, route := range []string{"/fast", "/fast", "/streams", "/streams", "/{id}", "", ""} {
				a := addSpan(spans, "request", ms).Attributes()
				a.PutStr("other", "http.route")
				if i%2 == 0 {
					a.PutInt("http.response.status_code", 200)
					a.PutStr("left", "x")
				} else {
					a.PutStr("right", "x")
				}
				if route != "" {
					a.PutStr("http.route", route)
				}
				if i%3 == 1 {
					a.PutStr("http.response.status_code", "503") // some write it as text
					a.PutStr("place", "b")
					a.PutStr(semconv.ThreadName, "smol-1")
				}
				a.PutEmptySlice("list").AppendEmpty().SetInt(int64(i))
			}
			for range 2 {
				_, err := p.processTraces(t.Context(), copyOf(traces))
				require.NoError(t, err)
				assert.Equal(t, tt.want, p.windows.Keys())
			}
		})
	}
}

// Without a route, a path tells operations apart, and what is unique to a request does not.
func TestKeysOfPaths(t *testing.T) {
	p := newTestProcessor(t, func(*Config) {})
	traces, spans := newService("orders")
	for _, uri := range []string{"/orders/1", "/orders/2?full=1", "http://shop/orders/3", "/health", "/orders/4/items"} {
		addSpan(spans, "request", ms).Attributes().PutStr("uri", uri)
	}
	for i := range 5 {
		a := addSpan(spans, "request", ms).Attributes()
		a.PutStr("uri", "/users/name"+strconv.Itoa(i))
		a.PutStr("http.route", "/users/{name}") // says it better
	}
	_, err := p.processTraces(t.Context(), traces)
	require.NoError(t, err)
	assert.Equal(t, 4, p.windows.Keys())
}

// A name that ends with the route says it all; but only if it is clear which part of the name that is.
func TestNamesThatSayTheRoute(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"GET /orders", "/orders", true},
		{"SELECT orders", "orders", true},
		{"GET /a /b", "/b", false},
		{"GET /a /b", "/a /b", true},
		{"GET /orders", "orders", false},
		{"GET/orders", "/orders", false},
		{"/orders", "/orders", false},
		{" /orders", "/orders", true},
		{"GET", "/orders", false},
		{"", "/", false},
	} {
		assert.Equal(t, tt.want, endsWith(tt.name, tt.text), "%q, %q", tt.name, tt.text)
	}
	p := newTestProcessor(t, nil)
	traces, spans := newService("orders")
	for _, name := range []string{"GET /orders", "GET /orders", "PUT /orders", "request"} {
		addSpan(spans, name, ms).Attributes().PutStr(semconv.HTTPRoute, "/orders")
	}
	addSpan(spans, "GET /orders", ms)
	addSpan(spans, "GET /orders", ms).Attributes().PutStr(semconv.HTTPRoute, "/elsewhere")
	_, err := p.processTraces(t.Context(), traces)
	require.NoError(t, err)
	assert.Equal(t, 4, p.windows.Keys())
}

// A route that is slow by nature is compared with itself.
func TestRoutesAreJudgedByThemselves(t *testing.T) {
	p := newTestProcessor(t, nil)
	send := func(route string, duration time.Duration) map[string]any {
		traces, spans := newService("orders")
		addSpan(spans, "request", duration).Attributes().PutStr(semconv.HTTPRoute, route)
		return added(t, p, traces)
	}
	for i := range 100 {
		send("/fast", time.Duration(i%10+1)*ms)
		send("/streams", time.Duration(i%10+1)*10*ms)
	}
	assert.Equal(t, "normal", send("/streams", 47*ms)[semconv.LatencyClass])
	assert.Equal(t, "extreme", send("/fast", 47*ms)[semconv.LatencyClass])
}

// A key is read before its memory is used for the next: what is remembered are copies.
func TestKeysOutliveTheirBatch(t *testing.T) {
	p := newTestProcessor(t, nil)
	traces, spans := newService("orders")
	for i := range 100 {
		addSpan(spans, "request", ms).Attributes().PutStr(semconv.HTTPRoute, "/"+strings.Repeat("x", i%5))
	}
	for range 3 {
		_, err := p.processTraces(t.Context(), copyOf(traces))
		require.NoError(t, err)
		assert.Equal(t, 5, p.windows.Keys())
	}
}

// TestLongNamesDoNotFillMemory: of a name that a hostile client made megabytes long, a key keeps the first 256 bytes.
func TestLongNamesDoNotFillMemory(t *testing.T) {
	p := newTestProcessor(t, nil)
	long := strings.Repeat("x", untrusted.Limit)
	traces, spans := newService(strings.Repeat("s", 1<<20))
	addSpan(spans, long+"a", ms)
	addSpan(spans, long+"b", ms)
	addSpan(spans, long[1:]+"c", ms)
	_, err := p.processTraces(t.Context(), traces)
	require.NoError(t, err)
	assert.Equal(t, 2, p.windows.Keys())
	var found observation
	found.read(spans.At(0).Attributes(), p.roles)
	name, _ := p.key.ofSpan(spans.At(0), &found)
	assert.Len(t, name, untrusted.Limit)

	// So it does of an attribute, and no list or map is looked into.
	a := spans.At(0).Attributes()
	a.PutStr(semconv.HTTPRoute, strings.Repeat("r", 1<<20))
	found.read(a, p.roles)
	name, _ = p.key.ofSpan(spans.At(0), &found)
	assert.Less(t, len(name), 2*untrusted.Limit+4)
	assert.Len(t, p.key.ofResource(traces.ResourceSpans().At(0).Resource().Attributes()), untrusted.Limit)
}
