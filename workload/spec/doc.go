// SPDX-License-Identifier: Apache-2.0

// Package spec reads services that are written in YAML, and writes them.
//
//	services:      --Decode-->                      play.Network.Play
//	(YAML tree)    <--Encode--   workload.Service  ------------------>  requests on a runtime
//	      ^
//	      |  Schema: what an editor knows of it
//
// Every map of the tree is a form: which keys it has, what each takes within which bounds, what holds without it, and a line that says
// what it means. Forms are tables, and the only place where a bound or a default of YAML stands. Decode reads by them, its messages
// quote them, and [Schema] and the tables of the receiver's README are made of them. Which runtimes there are, and what each can be
// told, comes from package models; steps, distributions, processes and generators of attributes are tables here. A step that takes a
// duration is one line of the table in steps.go.
//
// A tree is what a YAML library makes of a text: map[string]any, []any and scalars. Nothing here keeps a tree, blocks, or may not be
// called by several goroutines at once. Decode reads the files that `replay` names, and no others.
//
// The package stands above packages workload, arrive and dist. The receiver synthetic_load and the commands runtimesim and otlpload use
// it. The keys are stable: what is valid stays valid and means the same.
//
// [Decode] is the only reader of the `services:` list, for the receiver and the command line alike. It accepts nothing that
// it does not play, and reports every mistake at once, each with its path: a service is either played as written or not at
// all. The keys and their limits:
//
//	services:
//	  - name: api-gateway            # required, unique
//	    instances: 2                 # 1 to 1000, default 1; each has a runtime and arrivals of its own
//	    seed: 7                      # same seed: same arrivals, operations and durations, on whatever runtime
//	    runtime:
//	      model: tokio               # tokio, async_std or smol; or ideal: one queue, no costs, no real runtime
//	      version: "1.53"            # not ideal; default: the newest that is modelled
//	      flavor: multi_thread       # tokio only; or current_thread, tokio_per_core
//	      worker_threads: 4          # 1 to 1024; default 4, for smol 1; with a quota what it leaves
//	      thread_name: otlp-worker   # default tokio-rt-worker; of smol only for threads that the program starts
//	      executor: global           # smol only; or main, threads, thread_per_task
//	      max_blocking_threads: 512  # not ideal; 1 to 10000
//	      blocking_version: "1.7"    # async_std and smol only; or 1.6
//	    runtimes: {small: {model: smol}} # further runtimes of the process, for run_on; keys as of runtime
//	    host:                        # not ideal
//	      cpus: 4                    # default: one for each thread
//	      quota: {cpus: 1.5, period: 100ms, burst: 0} # CPU time that an instance may use; decides the default of worker_threads
//	    arrivals: {process: poisson, rate: 500}      # below; per instance and second; none if others call the service
//	    connections: {count: 100, exponent: 1.1}     # of its clients; exponent: how uneven they are
//	    max_in_flight: 10000         # 1 to 1000000, default 10000; an instance turns requests beyond it away at once
//	    export: {processor: batch, schedule_delay: 5s} # or simple, the default on smol; also max_queue_size: 2048,
//	                                 # max_export_batch_size: 512, export_duration: 2ms
//	    workload: api_gateway        # a preset, or:
//	    operations:
//	      - name: GET /orders/{id}   # required; the span's name
//	        kind: server             # server (default), client, internal, producer, consumer
//	        weight: 9                # share of the arrivals, relative to the other operations; default 1
//	        timeout: 250ms           # drops the steps if the task waits then
//	        attributes: {http.request.method: GET}   # of the span: text, whole numbers, numbers, true or false, or drawn
//	        errors: {rate: 0.02, message: upstream reset, attributes: {http.response.status_code: 502}} # share that fails
//	        links: {operation: publish order, count: 3}  # to the spans of that name that ended last before; default 1
//	        steps:
//	          - compute: {lognormal: {median: 80us, sigma: 0.6}}   # holds the worker
//	          - io: {exponential: {mean: 2ms}}                     # a socket wait; holds nothing
//	          - sleep: 10ms                                        # a timer; holds nothing
//	          - yield                                              # gives way once
//	          - spawn: {count: 3, name: fetch, steps: [{io: 1ms}]} # with a name: traced as spans of that name; then with
//	                                                               # kind, attributes, errors, links too
//	          - join                                               # awaits what was spawned and not detached
//	          - cancel                                             # cancels it
//	          - repeat: {times: 3, steps: [{io: 1ms}]}             # stands for its steps, so many times
//	          - timeout: {after: 1ms, steps: [{io: 2ms}]}          # drops the steps if the task waits then
//	          - call: {service: stock, operation: get, network: 1ms} # a request to another service; attributes,
//	                                                               # errors, links of its client span
//	          - run_on: {runtime: small, name: index, steps: [{compute: 1ms}]} # another runtime of the process; awaited
//	          - block: 1ms                                         # holds the worker too, without progress
//	          - block_in_place: 1ms                                # holds the thread only (tokio's multi_thread)
//	          - signal: 1s                                         # a signal of the operating system (not smol)
//	          - process: 1s                                        # a child process
//	          - file: 1ms                                          # on the blocking pool
//	          - spawn_blocking: 1ms                                # likewise
//	          - lock: cache                                        # an async mutex of the process, by name
//	          - unlock: cache
//	          - channel: {send: jobs, capacity: 100}               # a bounded channel of the process, by name
//	          - channel: {receive: jobs}
//	          - span: {name: render, steps: [{compute: 40us}]}     # a span inside the task; kind, attributes, errors,
//	                                                               # links too
//	          - event: cache miss                                  # an event of the span; {name, attributes, severity, body} too
//	    metrics:                     # of the service's own
//	      - {name: d, type: histogram, unit: s, operation: "GET /orders/{id}", exemplars: 4} # each span's duration; value and
//	                                                               # bounds too; types: gauge, counter, up_down_counter,
//	                                                               # histogram, exponential_histogram
//	      - {name: g, type: gauge, value: {normal: {mean: 5, deviation: 1}}, attributes: {pod: {cardinality: 9}}, series: 9}
//	    logs:                        # of the service's own, outside of spans
//	      - {body: cache is full, severity: warn, rate: 0.5}       # or a map for a body; attributes too
//
// A duration is fixed (`80us`) or drawn from a distribution:
//
//	constant: 80us
//	uniform: {min: 1ms, max: 2ms}
//	exponential: {mean: 1ms}
//	lognormal: {median: 80us, sigma: 0.6}
//	hyperexponential: {p: 0.9, fast: 1ms, slow: 11ms}   # exponential of mean fast with probability p, else of mean slow
//	bimodal: {p: 0.995, fast: 1us, slow: 500us}         # fast with probability p, else slow
//	pareto: {min: 1ms, alpha: 1.5, max: 10s}            # P(X > x) = (min/x)^alpha, cut off at max; default 1h
//	weibull: {scale: 1ms, shape: 0.5}                   # P(X > x) = exp(-(x/scale)^shape)
//	empirical: {p50: 2ms, p90: 10ms, p99.9: 50ms}       # measured percentiles, two or more, both sides increasing; between
//	                                                    # two of them log(x) is linear in the percentile, beyond them flat
//
// A number of a metric is fixed (`40`) or drawn: uniform: {min, max}, normal: {mean, deviation}, exponential: {mean}, lognormal: {median, sigma}.
//
// The value of an attribute is the same in each span, or drawn for each:
//
//	cardinality: 10000                                  # one of <key>-1 to <key>-10000, each as often; at most 1e9
//	cardinality: {count: 10000, prefix: tenant-}        # with another prefix
//	zipf: {count: 100, exponent: 1.1, prefix: tenant-}  # number n with a probability proportional to n^-exponent; at most 20
//	uuid:                                               # a random UUID
//	payload: 2KiB                                       # text of that many bytes; 1B to 1MiB
//	uniform: {min: 1, max: 100}                         # a whole number
//
// A failed span has status error, the message, and the attributes of its errors in place of those of its own that have the same
// key; error.type is by default the status code among them (http.response.status_code and the like), else _OTHER. A span that
// a timeout or a cancellation cut short is an error of another kind, and has no part in these.
//
// Arrivals are one of these. Rates are per second, at most a million; durations of the load at most 8760h:
//
//	{process: poisson, rate: 500}                       # independent of each other
//	{process: constant, rate: 500}                      # one every 1/rate
//	{process: gamma, rate: 500, shape: 0.25}            # gamma-distributed gaps; shape 1 is Poisson, less (from 0.01) bursts
//	{process: on_off, rate: 1000, on: 1s, off: 4s}      # Poisson while on, exponential times; off_rate: while off, default 0
//	{process: sine, rate: 100, amplitude: 0.8, period: 24h}    # Poisson of rate * (1 + amplitude*sin(2 pi t/period))
//	{process: stages, start_rate: 0, stages: [{duration: 30s, target: 500}]}   # Poisson; the rate goes from target to target
//	{process: replay, file: gaps.csv, repeat: false}    # recorded gaps, one a line: 1.5ms, or a number of seconds
//	{process: closed, users: 50, think: 1s}             # each user thinks, sends a request and waits for its end
//
// A fleet has at most 400,000 worker threads and 20 million users of closed loops in all; one request becomes at most a million tasks
// and calls, those of the services called included. All services together have at most 500,000 steps, those of a repeat counted each time.
package spec
