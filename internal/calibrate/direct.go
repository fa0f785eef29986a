// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// Costs that a measurement isolates need no fit.

// asMeasured is a measurement as it is.
func asMeasured(name string) source {
	return func(ms measurements) (finding, bool) {
		m, ok := ms.get(name)
		return finding{value: m.Median, low: m.Low, high: m.High, how: fmt.Sprintf("%s (%s)", m.How, name)}, ok
	}
}

// spread is the sigma of a measurement.
func spread(name string) source {
	return func(ms measurements) (finding, bool) {
		m, ok := ms.get(name)
		return finding{
			value: bound(m.Sigma), low: bound(m.SigmaLow), high: bound(m.SigmaHigh),
			how: fmt.Sprintf("84th percentile and median of %s", name),
		}, ok
	}
}

// spreads is the mean sigma of the measurements of a curve.
func spreads(kind string) source {
	return func(ms measurements) (f finding, ok bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return f, false
		}
		f.low = math.Inf(1)
		for _, p := range c.points {
			f.value += bound(p.Sigma) / float64(len(c.points))
			f.low, f.high = math.Min(f.low, bound(p.Sigma)), math.Max(f.high, bound(p.Sigma))
		}
		f.value = bound(f.value)
		f.how = fmt.Sprintf("84th percentile and median of %s/wake_latency, the mean over the times slept", kind)
		return f, true
	}
}

// bound makes a sigma one that package cost can say.
func bound(sigma float64) float64 { return math.Round(math.Min(sigma, cost.HighestSigma)*100) / 100 }

// half is the half of a measurement that covers two things which cannot be told apart: between a quarter of it and all of it.
func half(name, why string) source {
	return func(ms measurements) (finding, bool) {
		m, ok := ms.get(name)
		return finding{value: m.Median / 2, low: m.Low / 4, high: m.High, how: fmt.Sprintf("half of %s (%s)", name, why)}, ok
	}
}

// slope is what each of more operations takes, by two measurements of which one has so many more.
func slope(many, few string, more float64) source {
	return func(ms measurements) (finding, bool) {
		m, ok := ms.get(many)
		f, also := ms.get(few)
		how := fmt.Sprintf("%s less %s", many, few)
		if more > 1 {
			how += fmt.Sprintf(", over %g", more)
		}
		return finding{
			value: math.Max(0, (m.Median-f.Median)/more),
			low:   math.Max(0, (m.Low-f.High)/more),
			high:  math.Max(0, (m.High-f.Low)/more),
			how:   how,
		}, ok && also
	}
}

// between is the mean of measurements under different conditions, and reaches over all of them.
func between(names ...string) source {
	return func(ms measurements) (f finding, ok bool) {
		var points []measurement
		for _, name := range names {
			m, ok := ms.get(name)
			if !ok {
				return finding{}, false
			}
			points = append(points, m)
			f.value += m.Median / float64(len(names))
		}
		f.low, f.high = extent(points)
		f.how = fmt.Sprintf("%s (%s)", points[0].How, strings.Join(names, ", "))
		return f, true
	}
}

const (
	// Each task that a thread spawns outside makes two sleeping workers look at all others (schedulers.md 1.7 and 2.4); an executor's
	// search twice before they sleep.
	looksOfTokio    = 2 * (36 - 4)
	looksOfExecutor = 4 * (36 - 4)
	slept           = "100us" // how long a thread has slept when it is woken, where it matters little
)

// direct are the costs with a measurement of their own, by the full key.
func direct() map[string]source {
	sources := map[string]source{
		"tokio.global_push":              slope("tokio/outside_spawn", "tokio/spawn", 1),
		"async_executor.global_push":     slope("executor/outside_spawn", "executor/spawn", 1),
		"tokio.steal_attempt":            slope("tokio/cycle_36", "tokio/cycle_4", looksOfTokio),
		"tokio.steal_task":               slope("tokio/steal_64", "tokio/steal_1", 63),
		"tokio.blocking_submit":          asMeasured("tokio/pool_queue"),
		"tokio.thread_create":            slope("tokio/pool_grow", "tokio/pool_queue", 1),
		"tokio.timer_insert":             asMeasured("tokio/timer"),
		"tokio.timer_overshoot":          between("epoll/overshoot_1ms", "epoll/overshoot_5ms"),
		"async_executor.steal_attempt":   slope("executor/cycle_36", "executor/cycle_4", looksOfExecutor),
		"async_executor.blocking_submit": slope("executor/pool_hand", "condvar/unpark_30us", 1),
		"async_executor.thread_create":   slope("executor/pool_grow", "tokio/pool_queue", 1),
		"async_executor.driver_poll":     asMeasured("executor/look"),
		"async_executor.timer_insert":    asMeasured("executor/timer"),
		"async_executor.timer_overshoot": between("timerfd/overshoot_1ms", "timerfd/overshoot_5ms"),
	}
	for _, section := range []string{"tokio.", "async_executor."} {
		sources[section+"park"] = half("condvar/cycle", "out of a sleep and into the next, CPU time")
		sources[section+"process_start"] = asMeasured("process/start")
		for key, name := range map[string]string{
			"unpark":              "condvar/unpark_" + slept,
			"unpark_driver":       "epoll/unpark_" + slept,
			"wake_latency":        "condvar/wake_latency_" + slept,
			"wake_driver_latency": "epoll/wake_latency_" + slept,
			"thread_start":        "thread/start",
		} {
			sources[section+key+".median"], sources[section+key+".sigma"] = asMeasured(name), spread(name)
		}
		sources[section+"wake_latency.sigma"] = spreads("condvar")
		sources[section+"wake_driver_latency.sigma"] = spreads("epoll")
		sources[section+"wake_latency.median"] = shallowWake("condvar")
		sources[section+"wake_driver_latency.median"] = shallowWake("epoll")
		sources[section+"deep_sleep.after"] = deepAfter("epoll")
		sources[section+"deep_sleep.latency"] = deepLatency("epoll")
	}
	return sources
}

// unmeasured says why a cost keeps the value to begin with.
func unmeasured(key string, isolated bool) string {
	switch {
	case isolated:
		return "not measured: the machine was never quiet, or has one CPU"
	case strings.HasSuffix(key, ".wake_latency.median"): // of async_std and smol
		return "not measured: its threads sleep and wake like any other"
	default:
		return "not measured: no loop was measured that charges for it"
	}
}
