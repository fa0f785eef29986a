// SPDX-License-Identifier: Apache-2.0

package quality

// heldOut are services that nothing was chosen with, neither rules nor limits nor the loads themselves: they were written down, with
// their cures, before they were played for the first time. Whoever changes a rule because of what they show makes them varied ones,
// and writes down others.
var heldOut = set{
	troubled: []load{
		{
			preset: "blocking_in_async", cure: []string{"block:", "spawn_blocking:"}, tested: []string{blocking, starved},
			altered: []string{
				"runtime", "{model: async_std, worker_threads: 6}", "arrivals", "{process: on_off, rate: 900, on: 1s, off: 2s}",
				"block: 20ms", "block: {bimodal: {p: 0.8, fast: 3ms, slow: 30ms}}",
			},
		},
		{
			preset: "noisy_neighbor", cure: []string{"- compute: {lognormal", "- spawn_blocking: {lognormal"}, tested: []string{blocking, starved},
			altered: []string{
				"runtime", `{model: tokio, version: "1.50", worker_threads: 2}`, "arrivals", "{process: poisson, rate: 400}",
				"median: 30ms, sigma: 0.3", "median: 25ms, sigma: 0.4",
			},
		},
		{
			preset: "head_of_line_blocking", cure: []string{"compute: {log", "spawn_blocking: {log"}, tested: []string{blocking, starved},
			altered: []string{"arrivals", "{process: poisson, rate: 60}", "compute: 50ms", "compute: {lognormal: {median: 30ms, sigma: 0.7}}"},
		},
		{
			preset: "stalled_driver", cure: []string{"compute: {exp", "spawn_blocking: {exp"}, tested: []string{blocking},
			altered: []string{
				"runtime", `{model: tokio, version: "1.50", worker_threads: 8}`, "arrivals", "{process: poisson, rate: 8}",
				"compute: 50ms", "compute: {exponential: {mean: 25ms}}",
			},
		},
		{
			preset: "no_budget", cure: []string{"runtime", "{model: tokio, worker_threads: 2}"}, tested: []string{blocking, neverIdle},
			altered: []string{"runtime", "{model: async_std, worker_threads: 2}", "arrivals", "{process: poisson, rate: 80}", "compute: 40us", "compute: 60us"},
		},
		{
			preset: "all_workers_blocked", cure: []string{"block:", "spawn_blocking:"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: smol, worker_threads: 3}", "arrivals", "{process: poisson, rate: 300}",
				"block: 50ms", "block: {uniform: {min: 10ms, max: 40ms}}",
			},
		},
		{
			preset: "block_in_place_burst", cure: []string{", max_blocking_threads: 10", ""}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: tokio, worker_threads: 6, max_blocking_threads: 10}", "arrivals", "{process: poisson, rate: 250}",
				"block_in_place: 20ms", "block_in_place: 12ms",
			},
		},
		{
			preset: "lifo_starvation", cure: []string{"runtime", "{model: tokio, worker_threads: 3, disable_lifo_slot: true}"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: tokio, worker_threads: 3}", "arrivals", "{process: poisson, rate: 120}",
				"compute: 5ms", "compute: {exponential: {mean: 3ms}}",
			},
		},
		{
			preset: "remote_work_delayed", cure: []string{", global_queue_interval: 40", ""}, tested: []string{starved},
			altered: []string{
				"runtime", `{model: tokio, version: "1.51.0", worker_threads: 1, global_queue_interval: 40}`, "arrivals", "{process: poisson, rate: 15}",
				"compute: 200us", "compute: 300us",
			},
		},
		{
			preset: "spawn_storm", cure: []string{"count: 3000", "count: 30"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: smol, worker_threads: 2}", "arrivals", "{process: poisson, rate: 120}",
				"count: 10000", "count: 3000", "compute: 20us", "compute: 40us",
			},
		},
		{
			preset: "thundering_herd", cure: []string{"io: 50ms", "io: {uniform: {min: 50ms, max: 150ms}}"}, tested: []string{starved},
			altered: []string{
				"runtime", "{model: async_std, worker_threads: 6}", "arrivals", "{process: constant, rate: 6}",
				"count: 1000", "count: 1500", "io: 20ms", "io: 50ms", "compute: 20us", "compute: {exponential: {mean: 30us}}",
			},
		},
		{
			preset: "hot_worker", cure: []string{"runtime", `{model: tokio, version: "1.51.0", worker_threads: 16}`}, tested: []string{starved, skewed},
			altered: []string{
				"runtime", "{model: tokio, worker_threads: 16}", "arrivals", "{process: closed, users: 1, think: 20ms}",
				"io: 1ms", "io: {exponential: {mean: 500us}}", "compute: 2ms", "compute: 3ms", "compute: 1ms", "compute: 2ms",
			},
		},
		{
			preset: "channel_backpressure", older: true, tested: []string{held},
			altered: []string{
				"runtime", "{model: tokio, flavor: current_thread}", "arrivals", "{process: gamma, rate: 120, shape: 0.5}",
				"io: {exponential: {mean: 5ms}}", "io: {lognormal: {median: 3ms, sigma: 1}}", "capacity: 4", "capacity: 50",
			},
		},
		{
			preset: "one_thread", cure: []string{"runtime", "{model: smol, worker_threads: 16}"}, tested: []string{starved},
			altered: []string{"arrivals", "{process: poisson, rate: 120}", "count: 8", "count: 12"},
		},
		{
			preset: "hoarding", cure: []string{"compute: 120ms", "spawn_blocking: 120ms"}, tested: []string{blocking, starved},
			altered: []string{"runtime", "{model: async_std, worker_threads: 6}", "arrivals", "{process: poisson, rate: 3000}", "compute: 200ms", "compute: 120ms"},
		},
		{
			preset: "timer_storm", cure: []string{"sleep: 20ms", "sleep: {uniform: {min: 20ms, max: 80ms}}"}, tested: []string{starved},
			altered: []string{"runtime", "{model: async_std, worker_threads: 4}", "arrivals", "{process: constant, rate: 5}", "count: 2000", "count: 3000"},
		},
		{
			preset: "slow_ramp_up", cure: []string{"count: 32", "count: 2"}, tested: []string{starved},
			altered: []string{"runtime", "{model: async_std, worker_threads: 16}", "arrivals", "{process: constant, rate: 30}", "count: 16", "count: 32"},
		},
		{
			preset: "budget_exhaustion", cure: []string{"weight: 4", "weight: 0.001"}, tested: []string{starved},
			altered: []string{"arrivals", "{process: poisson, rate: 8}", "compute: 100us", "compute: 150us"},
		},
		{
			preset: "lifo_ping_pong", cure: []string{"runtime", "{model: tokio, worker_threads: 1, disable_lifo_slot: true}"}, tested: []string{starved},
			altered: []string{"arrivals", "{process: poisson, rate: 150}", "compute: 100us", "compute: 300us"},
		},
	},
	untroubled: []load{
		{preset: "api_gateway", altered: []string{"runtime", "{model: async_std, worker_threads: 8}", "arrivals", "{process: poisson, rate: 800}"}},
		{preset: "background_work", altered: []string{"runtime", `{model: tokio, version: "1.50"}`, "arrivals", "{process: poisson, rate: 200}"}},
		{preset: "cli_tool", altered: []string{"arrivals", "{process: poisson, rate: 4}"}},
		{preset: "data_processing", altered: []string{"runtime", "{model: smol, worker_threads: 2}", "arrivals", "{process: poisson, rate: 300}"}},
		{preset: "traced_stream", altered: []string{"runtime", "{model: tokio, flavor: current_thread}", "arrivals", "{process: poisson, rate: 80}"}},
		{preset: "blocking_pool_exhaustion", altered: []string{"runtime", "{model: smol}", "arrivals", "{process: poisson, rate: 450}"}},
		{preset: "channel_backpressure", altered: []string{"runtime", `{model: tokio, version: "1.51.0"}`, "arrivals", "{process: poisson, rate: 100}", "capacity: 4", "capacity: 2"}},
		{preset: "lock_convoy", altered: []string{"runtime", "{model: async_std}", "arrivals", "{process: poisson, rate: 170}"}},
		{preset: "slow_pool_growth", altered: []string{"arrivals", "{process: poisson, rate: 1}"}},
		{preset: "wake_thrash", altered: []string{"runtime", "{model: tokio, worker_threads: 8}", "arrivals", "{process: poisson, rate: 3000}"}},
		{preset: "more_threads_than_cpus", altered: []string{"runtime", "{model: tokio, worker_threads: 4}", "arrivals", "{process: poisson, rate: 500}"}}, // its polls wait for a CPU
	},
}
