// SPDX-License-Identifier: Apache-2.0

package play

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// symptom is a figure that a pathology moves; higher is worse.
type symptom func(*testing.T, played) float64

// quantile of a duration of the traced tasks of a name.
func quantile(q float64, name string, of func(*scheduler.Finished) sim.Time) symptom {
	return func(t *testing.T, p played) float64 {
		t.Helper()
		require.Greater(t, len(p.tasks[name]), 10, name)
		values := make([]sim.Time, len(p.tasks[name]))
		for i := range values {
			values[i] = of(&p.tasks[name][i])
		}
		slices.Sort(values)
		return float64(values[int(q*float64(len(values)-1))])
	}
}

func p50(name string, of func(*scheduler.Finished) sim.Time) symptom { return quantile(0.5, name, of) }

func p99(name string, of func(*scheduler.Finished) sim.Time) symptom { return quantile(0.99, name, of) }

func latency(f *scheduler.Finished) sim.Time { return f.End - f.Spawned }

func queueWait(f *scheduler.Finished) sim.Time { return f.QueueWait }

func longestPoll(f *scheduler.Finished) sim.Time { return f.LongestPoll }

func forcedYields(f *scheduler.Finished) sim.Time { return sim.Time(f.ForcedYields) }

func workerIndex(f *scheduler.Finished) sim.Time { return sim.Time(f.FirstWorker) }

func steals(f *scheduler.Finished) sim.Time { return sim.Time(f.Steals) }

// queueWaitOnceStarted leaves out the wait for the first poll.
func queueWaitOnceStarted(f *scheduler.Finished) sim.Time {
	return f.QueueWait - (f.FirstPoll - f.Spawned)
}

// beyond is what a task takes beyond what it waits for.
func beyond(d time.Duration) func(*scheduler.Finished) sim.Time {
	return func(f *scheduler.Finished) sim.Time { return latency(f) - sim.Time(d) }
}

// counted sums a counter of the workers.
func counted(of func(*scheduler.WorkerCounters) uint64) symptom {
	return func(_ *testing.T, p played) float64 {
		sum := uint64(0)
		for i := range p.counters.Workers {
			sum += of(&p.counters.Workers[i])
		}
		return float64(sum)
	}
}

func noops(w *scheduler.WorkerCounters) uint64 { return w.Noops }

func overflows(w *scheduler.WorkerCounters) uint64 { return w.Overflows }

// busiest is the work of the busiest worker, relative to the mean of the others.
func busiest(_ *testing.T, p played) float64 {
	sum, most := sim.Time(0), sim.Time(0)
	for i := range p.counters.Workers {
		sum += p.counters.Workers[i].Busy
		most = max(most, p.counters.Workers[i].Busy)
	}
	return float64(most) * float64(len(p.counters.Workers)-1) / float64(sum-most)
}

// throttledPercent is how many of a hundred periods of the quota were throttled, as cpu.stat counts them.
func throttledPercent(_ *testing.T, p played) float64 {
	return 100 * float64(p.host.ThrottledPeriods) / float64(max(1, p.host.Periods))
}

// idlePercent is how much of their time the workers were parked.
func idlePercent(_ *testing.T, p played) float64 {
	parked := sim.Time(0)
	for i := range p.counters.Workers {
		parked += p.counters.Workers[i].Parked
	}
	return float64(parked) / float64(len(p.counters.Workers)) / float64(10*time.Second) * 100
}

// runtime is where a cure begins that replaces the runtime of a service.
const runtime = "runtime: "

// healthy presets have no symptom.
var healthy = []string{"api_gateway", "background_work", "cli_tool", "data_processing", "minimal", "multi_runtime", "spawn_benchmark", "traced_stream"}

// TestPathologies plays each pathology as its preset suggests, and again with one thing changed, and compares a symptom.
func TestPathologies(t *testing.T) {
	const health, items = "GET /health", "GET /items/{id}"
	outcomes := map[string]played{} // by service
	outcome := func(t *testing.T, service string) played {
		t.Helper()
		p, known := outcomes[service]
		if !known {
			p = play(t, service, 10*time.Second)
			outcomes[service] = p
		}
		return p
	}
	shown := map[string]bool{}
	for _, tc := range []struct {
		preset string
		// cure is what is changed: old and new text, in pairs, or runtime and another runtime.
		cure    []string
		symptom symptom
		// worse and atMost bound the symptom, as a multiple of what it is when cured; what is cured to 0 counts as 1.
		worse, atMost float64
	}{
		{preset: "blocking_in_async", cure: []string{"block:", "spawn_blocking:"}, symptom: p99(health, queueWait), worse: 100},
		{preset: "blocking_in_async", cure: []string{runtime, "{model: ideal}"}, symptom: p99(health, queueWait), worse: 0.5, atMost: 2},

		{preset: "all_workers_blocked", cure: []string{"block:", "spawn_blocking:"}, symptom: p99("heartbeat", latency), worse: 5},
		{preset: "all_workers_blocked", cure: []string{runtime, "{model: async_std}"}, symptom: p99("heartbeat", latency), worse: 0.5, atMost: 2},

		{preset: "lifo_starvation", cure: []string{runtime, "{model: tokio, disable_lifo_slot: true}"}, symptom: p50("audit", queueWait), worse: 50},
		{preset: "lifo_starvation", cure: []string{runtime, `{model: tokio, version: "1.51.0"}`}, symptom: p50("audit", queueWait), worse: 50},
		{preset: "lifo_starvation", cure: []string{runtime, "{model: async_std}"}, symptom: p50("audit", queueWait), worse: 50},
		{preset: "lifo_starvation", cure: []string{runtime, `{model: tokio, version: "1.51.0"}`}, symptom: p50("audit", steals), atMost: 0.1},

		{preset: "hot_worker", cure: []string{runtime, "{model: tokio, worker_threads: 8, disable_lifo_slot: true}"}, symptom: p50("store", queueWait), worse: 30},
		{preset: "hot_worker", cure: []string{runtime, "{model: tokio, worker_threads: 8, disable_lifo_slot: true}"}, symptom: busiest, worse: 2},
		{preset: "hot_worker", cure: []string{runtime, `{model: tokio, version: "1.51.0", worker_threads: 8}`}, symptom: p50("store", queueWait), worse: 30},
		{preset: "hot_worker", cure: []string{runtime, "{model: async_std, worker_threads: 8}"}, symptom: p50("store", queueWait), worse: 30},
		{preset: "hot_worker", cure: []string{runtime, "{model: async_std, worker_threads: 8}"}, symptom: p50("connection", latency), worse: 1.2},

		{preset: "lifo_ping_pong", cure: []string{runtime, "{model: tokio, worker_threads: 1, disable_lifo_slot: true}"}, symptom: p99(health, queueWait), worse: 2.5},
		{preset: "lifo_ping_pong", cure: []string{runtime, "{model: async_std, worker_threads: 1}"}, symptom: p99(health, queueWait), worse: 2},

		{preset: "stalled_driver", cure: []string{runtime, "{model: async_std}"}, symptom: p50("fetch", latency), worse: 4},
		{preset: "stalled_driver", cure: []string{runtime, "{model: ideal}"}, symptom: p50("fetch", latency), worse: 4},
		{preset: "stalled_driver", cure: []string{runtime, "{model: smol, worker_threads: 4}"}, symptom: p50("fetch", latency), worse: 4},

		{preset: "timer_storm", cure: []string{"sleep: 20ms", "sleep: {uniform: {min: 20ms, max: 80ms}}"}, symptom: p99("refresh entry", queueWaitOnceStarted), worse: 8},
		{preset: "timer_storm", cure: []string{"sleep: 20ms", "sleep: {uniform: {min: 20ms, max: 80ms}}"}, symptom: counted(overflows), worse: 3},

		{preset: "wake_thrash", cure: []string{runtime, "{model: tokio, worker_threads: 16}"}, symptom: counted(noops), worse: 2},
		{preset: "wake_thrash", cure: []string{runtime, "{model: tokio, worker_threads: 16}"}, symptom: p99("process events", latency), worse: 0.8, atMost: 1.2},
		{preset: "wake_thrash", cure: []string{runtime, "{model: async_std, worker_threads: 16}"}, symptom: counted(noops), atMost: 1},

		{preset: "remote_work_delayed", cure: []string{", global_queue_interval: 61", ""}, symptom: p99(health, queueWait), worse: 20},
		{preset: "remote_work_delayed", cure: []string{runtime, "{model: async_std, worker_threads: 1}"}, symptom: p99(health, queueWait), atMost: 1},

		{preset: "blocking_pool_exhaustion", cure: []string{runtime, "{model: tokio, max_blocking_threads: 10000}"}, symptom: p99("GET /logo", latency), worse: 1000},
		{preset: "blocking_pool_exhaustion", cure: []string{runtime, "{model: tokio, max_blocking_threads: 10000}"}, symptom: p99(health, latency), worse: 0.5, atMost: 2},
		{preset: "blocking_pool_exhaustion", cure: []string{runtime, "{model: async_std}"}, symptom: p99("GET /logo", latency), worse: 0.5, atMost: 1},

		{preset: "block_in_place_burst", cure: []string{", max_blocking_threads: 16", ""}, symptom: p99(health, queueWait), worse: 50},
		{preset: "block_in_place_burst", cure: []string{"block_in_place:", "spawn_blocking:"}, symptom: p99(health, queueWait), worse: 50},

		{preset: "budget_exhaustion", cure: []string{runtime, "{model: async_std, worker_threads: 1}"}, symptom: p99("GET /aggregate", beyond(20*time.Millisecond)), worse: 20},
		{preset: "budget_exhaustion", cure: []string{runtime, "{model: async_std, worker_threads: 1}"}, symptom: p50("GET /aggregate", forcedYields), worse: 7},

		{preset: "yield_loop", cure: []string{runtime, "{model: async_std, worker_threads: 1}"}, symptom: p99("wait_until_ready", latency), worse: 20},

		{preset: "noisy_neighbor", cure: []string{"- compute: {lognormal", "- spawn_blocking: {lognormal"}, symptom: p99(items, queueWait), worse: 100},
		{preset: "noisy_neighbor", cure: []string{runtime, "{model: ideal}"}, symptom: p99(items, queueWait), worse: 0.5, atMost: 2},

		{preset: "more_threads_than_cpus", cure: []string{runtime, "{model: tokio, worker_threads: 1}"}, symptom: p99("GET /quote", longestPoll), worse: 2.5},

		{preset: "cpu_quota", cure: []string{"spawn: {count: 100, steps: [compute: 1ms]}", "lock: one", "- join", "- repeat: {times: 50, steps: [compute: 1ms, sleep: 1ms, compute: 1ms]}\n        - unlock: one"}, symptom: p99("GET /quote", latency), worse: 5},
		{preset: "cpu_quota", cure: []string{runtime, "{model: tokio}"}, symptom: p99("GET /quote", latency), worse: 0.2, atMost: 0.8}, // which is no cure
		{preset: "cpu_quota", cure: []string{"quota: {cpus: 1}", "quota: {cpus: 8}"}, symptom: p99("GET /quote", latency), worse: 10},
		{preset: "cpu_quota", cure: []string{"quota: {cpus: 1}", "quota: {cpus: 1, period: 10ms}"}, symptom: p99("GET /quote", latency), worse: 1.5},
		{preset: "cpu_quota", cure: []string{runtime, "{model: tokio}"}, symptom: throttledPercent, worse: 10},
		{preset: "cpu_quota", cure: []string{runtime, "{model: smol, worker_threads: 8}"}, symptom: p99("GET /quote", latency), worse: 0.5, atMost: 2},

		{preset: "rayon_beside_tokio", cure: []string{"thread_name: rayon, worker_threads: 8", "thread_name: rayon, worker_threads: 2"}, symptom: p99("POST /flags", latency), worse: 5},
		{preset: "rayon_beside_tokio", cure: []string{"thread_name: rayon, worker_threads: 8", "thread_name: rayon, worker_threads: 2"}, symptom: throttledPercent, worse: 7, atMost: 14},
		{preset: "rayon_beside_tokio", cure: []string{"thread_name: rayon, worker_threads: 8", "thread_name: rayon, worker_threads: 2"}, symptom: idlePercent, worse: 0.9, atMost: 1.1},

		{preset: "head_of_line_blocking", cure: []string{runtime, "{model: tokio}"}, symptom: p99(health, queueWait), worse: 100},
		{preset: "head_of_line_blocking", cure: []string{runtime, "{model: smol}"}, symptom: p99(health, queueWait), worse: 0.5, atMost: 2},

		{preset: "one_thread", cure: []string{runtime, "{model: smol, worker_threads: 4}"}, symptom: p50("render page", latency), worse: 5},
		{preset: "one_thread", cure: []string{runtime, "{model: smol, worker_threads: 4}"}, symptom: p99("render tile", workerIndex), atMost: 0},

		{preset: "slow_ramp_up", cure: []string{"count: 16", "count: 2"}, symptom: p99("part", queueWait), worse: 3},
		{preset: "slow_ramp_up", cure: []string{runtime, "{model: async_std, worker_threads: 16}"}, symptom: p99("part", queueWait), worse: 0.5, atMost: 2},

		{preset: "hoarding", cure: []string{runtime, "{model: ideal, worker_threads: 8}"}, symptom: quantile(0.999, "process records", queueWait), worse: 1.5},
		{preset: "hoarding", cure: []string{runtime, "{model: ideal, worker_threads: 8}"}, symptom: p99("process records", queueWait), worse: 0.8, atMost: 1.2},

		{preset: "no_budget", cure: []string{runtime, "{model: tokio, worker_threads: 1}"}, symptom: p50("drain", longestPoll), worse: 7},
		{preset: "no_budget", cure: []string{runtime, "{model: smol}"}, symptom: p50("drain", longestPoll), worse: 0.9, atMost: 1.1},

		{preset: "slow_pool_growth", cure: []string{runtime, "{model: async_std}"}, symptom: p99("load file", beyond(time.Millisecond)), worse: 1.2},

		{preset: "thundering_herd", cure: []string{"io: 20ms", "io: {uniform: {min: 20ms, max: 80ms}}"}, symptom: p50("push to client", queueWait), worse: 100},
		{preset: "thundering_herd", cure: []string{runtime, "{model: async_std}"}, symptom: p50("push to client", queueWait), worse: 0.5, atMost: 2},

		{preset: "lock_convoy", cure: []string{"- lock: sessions", "- event: locked", "- unlock: sessions", "- event: unlocked"}, symptom: p50("GET /session", latency), worse: 5},
		{preset: "lock_convoy", cure: []string{runtime, "{model: ideal}"}, symptom: p50("GET /session", latency), worse: 0.9, atMost: 1.1},

		{preset: "channel_backpressure", cure: []string{"capacity: 4", "capacity: 10000"}, symptom: p99("POST /events", latency), worse: 100},
		{preset: "channel_backpressure", cure: []string{"capacity: 4", "capacity: 10000"}, symptom: p99("POST /events", queueWait), worse: 0.5, atMost: 2},
		{preset: "channel_backpressure", cure: []string{"capacity: 4", "capacity: 10000"}, symptom: p99("write event", latency), worse: 0.9, atMost: 1.1},

		{preset: "spawn_storm", cure: []string{"count: 10000", "count: 100"}, symptom: p99(health, queueWait), worse: 100},
		{preset: "spawn_storm", cure: []string{runtime, "{model: async_std}"}, symptom: p99(health, queueWait), worse: 0.5, atMost: 2},
	} {
		t.Run(tc.preset, func(t *testing.T) {
			shown[tc.preset] = true
			service := fleettest.ReadPreset(t, tc.preset).Service()
			cured := service
			if tc.cure[0] == runtime {
				cured = runtimeLine.ReplaceAllString(cured, "  "+runtime+tc.cure[1])
			} else {
				for i := 0; i < len(tc.cure); i += 2 {
					require.Equal(t, 1, strings.Count(cured, tc.cure[i]), tc.cure[i])
					cured = strings.Replace(cured, tc.cure[i], tc.cure[i+1], 1)
				}
			}
			require.NotEqual(t, service, cured)
			sick, well := tc.symptom(t, outcome(t, service)), tc.symptom(t, outcome(t, cured))
			ratio := sick / max(1, well)
			t.Logf("cured by %q: %.4g, else %.4g: %.3g times", tc.cure, well, sick, ratio)
			if tc.worse > 0 {
				assert.GreaterOrEqual(t, ratio, tc.worse)
			}
			if tc.worse == 0 || tc.atMost > 0 {
				assert.LessOrEqual(t, ratio, tc.atMost)
			}
		})
	}
	for _, preset := range spec.Presets() {
		if !slices.Contains(healthy, preset) {
			assert.True(t, shown[preset], "%s is no pathology that is tested", preset)
		}
	}
}
