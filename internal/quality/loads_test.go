// SPDX-License-Identifier: Apache-2.0

package quality

import "testing"

// load is a service whose trouble is known, and what is changed for it to be gone: old and new text, in pairs (see change).
type load struct {
	preset string
	cure   []string
	tested []string // findings that the cure makes the difference of
	// altered is what makes it another load than the preset plays: pairs, like the cure.
	altered []string
	// older: the trouble is that an older tracing layer writes its spans; that is cured by a newer one.
	older bool
}

// otherSeed is that of all loads that are not as their preset suggests.
const otherSeed = "seed: 20240229\n"

func (l *load) service(t *testing.T) string {
	t.Helper()
	service := serviceOf(t, l.preset)
	if l.altered != nil {
		service = otherSeed + change(t, service, l.altered)
	}
	return service
}

func (l *load) name() string {
	if l.older {
		return "`" + l.preset + "`, older layer"
	}
	return "`" + l.preset + "`"
}

func (l *load) play(t *testing.T, how setting) (sick, well []played) {
	t.Helper()
	service := l.service(t)
	return play(t, service, how, l.older), play(t, change(t, service, l.cure), how, false)
}

// set is services to play: troubled ones, and others that have nothing of what is found: some are well, some wait for other things
// than a worker.
type set struct{ troubled, untroubled []load }

// tuned are the services that rules and limits of the findings were chosen with.
var tuned = set{
	troubled: []load{
		{preset: "blocking_in_async", cure: []string{"block:", "spawn_blocking:"}, tested: []string{blocking, starved}},
		{preset: "noisy_neighbor", cure: []string{"- compute: {lognormal", "- spawn_blocking: {lognormal"}, tested: []string{blocking, starved}},
		{preset: "head_of_line_blocking", cure: []string{"compute: 50ms", "spawn_blocking: 50ms"}, tested: []string{blocking, starved}},
		{preset: "stalled_driver", cure: []string{"compute: 50ms", "spawn_blocking: 50ms"}, tested: []string{blocking}},
		{preset: "no_budget", cure: []string{"runtime", "{model: tokio, worker_threads: 1}"}, tested: []string{blocking, neverIdle}},
		{preset: "all_workers_blocked", cure: []string{"block:", "spawn_blocking:"}, tested: []string{starved}},
		{preset: "block_in_place_burst", cure: []string{", max_blocking_threads: 16", ""}, tested: []string{starved}},
		{preset: "lifo_starvation", cure: []string{"runtime", "{model: tokio, disable_lifo_slot: true}"}, tested: []string{starved}},
		// Tokio's own interval is no cure: after short polls it is 127, and so many polls of an import are 25 ms.
		{preset: "remote_work_delayed", cure: []string{"global_queue_interval: 61", "global_queue_interval: 2"}, tested: []string{starved}},
		{preset: "spawn_storm", cure: []string{"count: 10000", "count: 100"}, tested: []string{starved}},
		{preset: "thundering_herd", cure: []string{"io: 20ms", "io: {uniform: {min: 20ms, max: 80ms}}"}, tested: []string{starved}},
		{preset: "hot_worker", cure: []string{"runtime", "{model: tokio, worker_threads: 8, disable_lifo_slot: true}"}, tested: []string{starved, skewed}},
		{preset: "channel_backpressure", older: true, tested: []string{held}},
	},
	untroubled: []load{
		{preset: "api_gateway"},
		{preset: "background_work"},
		{preset: "cli_tool"},
		{preset: "data_processing"},
		{preset: "traced_stream"},
		{preset: "blocking_pool_exhaustion"},
		{preset: "channel_backpressure"},
		{preset: "lock_convoy"},
		{preset: "slow_pool_growth"},
		{preset: "wake_thrash"},
	},
}

// varied are the same kinds of trouble at other rates, with other durations, on other runtimes, and presets that are not among the
// tuned. They have been looked at, too, while rules were chosen.
var varied = set{
	troubled: []load{
		{
			preset: "blocking_in_async", cure: []string{"block:", "spawn_blocking:"}, tested: []string{blocking, starved},
			altered: []string{
				"runtime", "{model: smol, worker_threads: 4}", "arrivals", "{process: gamma, rate: 400, shape: 0.5}",
				"block: 20ms", "block: {lognormal: {median: 8ms, sigma: 0.5}}",
			},
		},
		{
			preset: "noisy_neighbor", cure: []string{"- compute: {lognormal", "- spawn_blocking: {lognormal"}, tested: []string{blocking, starved},
			altered: []string{
				"runtime", "{model: async_std, worker_threads: 8}", "arrivals", "{process: poisson, rate: 1500}",
				"median: 30ms, sigma: 0.3", "median: 15ms, sigma: 0.6",
			},
		},
		{
			preset: "head_of_line_blocking", cure: []string{"compute: {exp", "spawn_blocking: {exp"}, tested: []string{blocking, starved},
			altered: []string{"runtime", "{model: smol}", "arrivals", "{process: poisson, rate: 150}", "compute: 50ms", "compute: {exponential: {mean: 20ms}}"},
		},
		{
			preset: "stalled_driver", cure: []string{"compute: {uni", "spawn_blocking: {uni"}, tested: []string{blocking},
			altered: []string{
				"runtime", `{model: tokio, version: "1.51.0", worker_threads: 4}`, "arrivals", "{process: poisson, rate: 15}",
				"compute: 50ms", "compute: {uniform: {min: 5ms, max: 40ms}}",
			},
		},
		{
			preset: "no_budget", cure: []string{"runtime", "{model: tokio, worker_threads: 1}"}, tested: []string{blocking, neverIdle},
			altered: []string{"runtime", "{model: smol}", "arrivals", "{process: poisson, rate: 150}", "compute: 40us", "compute: 25us"},
		},
		{
			preset: "all_workers_blocked", cure: []string{"block:", "spawn_blocking:"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: async_std, worker_threads: 4}", "arrivals", "{process: poisson, rate: 400}",
				"block: 50ms", "block: {exponential: {mean: 15ms}}",
			},
		},
		{
			preset: "block_in_place_burst", cure: []string{", max_blocking_threads: 8", ""}, tested: []string{starved},
			altered: []string{
				"runtime", `{model: tokio, version: "1.51.0", worker_threads: 8, max_blocking_threads: 8}`, "arrivals", "{process: poisson, rate: 150}",
				"block_in_place: 20ms", "block_in_place: 30ms",
			},
		},
		{
			preset: "lifo_starvation", cure: []string{"runtime", `{model: tokio, version: "1.51.0", worker_threads: 8}`}, tested: []string{starved},
			altered: []string{
				"runtime", `{model: tokio, version: "1.50", worker_threads: 8}`, "arrivals", "{process: poisson, rate: 250}",
				"compute: 5ms", "compute: {lognormal: {median: 2ms, sigma: 0.5}}",
			},
		},
		{
			preset: "remote_work_delayed", cure: []string{", global_queue_interval: 100", ""}, tested: []string{starved},
			altered: []string{
				"runtime", `{model: tokio, version: "1.50", worker_threads: 1, global_queue_interval: 100}`, "arrivals", "{process: poisson, rate: 30}",
				"compute: 200us", "compute: 120us",
			},
		},
		{
			preset: "spawn_storm", cure: []string{"count: 4000", "count: 40"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: async_std, worker_threads: 8}", "arrivals", "{process: poisson, rate: 300}",
				"count: 10000", "count: 4000", "compute: 20us", "compute: 60us",
			},
		},
		{
			preset: "thundering_herd", cure: []string{"io: 5ms", "io: {uniform: {min: 5ms, max: 65ms}}"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: smol, worker_threads: 4}", "arrivals", "{process: constant, rate: 15}",
				"count: 1000", "count: 400", "io: 20ms", "io: 5ms", "compute: 20us", "compute: 60us",
			},
		},
		{
			preset: "hot_worker", cure: []string{"runtime", "{model: async_std, worker_threads: 6}"}, tested: []string{starved, skewed},
			altered: []string{
				"runtime", `{model: tokio, version: "1.50", worker_threads: 6}`, "arrivals", "{process: closed, users: 1, think: 5ms}",
				"io: 1ms", "io: 700us", "compute: 1ms", "compute: {exponential: {mean: 500us}}", "compute: 2ms", "compute: {lognormal: {median: 1500us, sigma: 0.5}}",
			},
		},
		{
			preset: "channel_backpressure", older: true, tested: []string{held},
			altered: []string{
				"runtime", "{model: async_std}", "arrivals", "{process: poisson, rate: 60}",
				"io: {exponential: {mean: 5ms}}", "io: {bimodal: {p: 0.7, fast: 300us, slow: 20ms}}",
			},
		},
		{
			preset: "one_thread", cure: []string{"runtime", "{model: smol, worker_threads: 16}"}, tested: []string{starved},
			altered: []string{"arrivals", "{process: poisson, rate: 180}"},
		},
		{
			preset: "hoarding", cure: []string{"compute: 200ms", "spawn_blocking: 200ms"}, tested: []string{blocking, starved},
			altered: []string{"arrivals", "{process: poisson, rate: 5000}"},
		},
	},
	untroubled: []load{
		{preset: "api_gateway", altered: []string{"runtime", `{model: tokio, version: "1.51.0", worker_threads: 2}`, "arrivals", "{process: poisson, rate: 1500}"}},
		{preset: "background_work", altered: []string{"runtime", "{model: smol}", "arrivals", "{process: poisson, rate: 300}"}},
		{preset: "cli_tool", altered: []string{"arrivals", "{process: poisson, rate: 5}"}},
		{preset: "data_processing", altered: []string{"runtime", "{model: tokio}", "arrivals", "{process: poisson, rate: 500}"}},
		{preset: "traced_stream", altered: []string{"runtime", "{model: smol}", "arrivals", "{process: poisson, rate: 150}"}},
		{preset: "blocking_pool_exhaustion", altered: []string{"runtime", "{model: async_std}", "arrivals", "{process: poisson, rate: 400}"}},
		{preset: "channel_backpressure", altered: []string{"runtime", "{model: async_std}", "arrivals", "{process: poisson, rate: 150}", "capacity: 4", "capacity: 10"}},
		{preset: "lock_convoy", altered: []string{"runtime", "{model: smol, worker_threads: 2}", "arrivals", "{process: poisson, rate: 160}"}},
		{preset: "slow_pool_growth", altered: []string{"runtime", `{model: smol, blocking_version: "1.6"}`, "arrivals", "{process: poisson, rate: 2}"}},
		{preset: "wake_thrash", altered: []string{"runtime", "{model: async_std, worker_threads: 16}", "arrivals", "{process: poisson, rate: 4000}"}},
		{preset: "timer_storm", altered: []string{"arrivals", "{process: constant, rate: 8}"}},
		{preset: "slow_ramp_up", altered: []string{"arrivals", "{process: constant, rate: 60}"}},
		{preset: "more_threads_than_cpus", altered: []string{"arrivals", "{process: poisson, rate: 600}"}}, // its polls wait for a CPU
	},
}
