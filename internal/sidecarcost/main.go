// SPDX-License-Identifier: Apache-2.0

// Command sidecarcost measures what the sidecar costs on this machine (Linux): start-up time, and memory and CPU at given rates. It
// runs three Collectors, as they are run in earnest:
//
//	synthetic_load --OTLP/gRPC--> sidecar: config/sidecar.yaml --OTLP/gRPC--> backend that drops what it gets
//
// and watches the one in the middle from outside, in /proc. At each rate it does so twice, with the processor runtime_stats and without
// it: what the processor costs is the difference of two pipelines measured one right after the other. docs/sidecar.md has the result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	s := setup{}
	flag.StringVar(&s.binary, "binary", "dist/otelcol-runtimelab", "the Collector")
	flag.StringVar(&s.config, "config", "config/sidecar.yaml", "the sidecar's configuration")
	flag.DurationVar(&s.settle, "settle", 10*time.Second, "time between the first spans and the measurement")
	flag.DurationVar(&s.window, "window", 20*time.Second, "length of the measurement")
	flag.Func("with", "a change to the sidecar's configuration, as in exporters::otlp_grpc::compression: none (may be repeated)", func(change string) error {
		s.changes = append(s.changes, "yaml:"+change)
		return nil
	})
	flag.BoolVar(&s.taskFields, "task-fields", true, "a service that measures its own futures; false: one with plain tracing-opentelemetry")
	rates := flag.String("rates", "0,1000,10000,50000", "spans a second")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, *rates); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do: run ended every process
	}
}

func run(ctx context.Context, s setup, rates string) error {
	fmt.Printf("%d CPUs, %s; %s each after %s\n\n", runtime.NumCPU(), runtime.GOARCH, s.window, s.settle)
	fmt.Println("| spans/s wanted | runtime_stats | taken | refused | bytes in the queue | CPU, % of a core | CPU, µs a span | times that without | " +
		"own memory, mean | peak | RSS, mean | ready after |")
	fmt.Println("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for field := range strings.SplitSeq(rates, ",") {
		rate, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || rate < 0 {
			return fmt.Errorf("-rates: %q is not allowed; want numbers, 0 or more", field)
		}
		without := 0.0 // CPU time for a span
		for _, enriches := range []bool{false, true} {
			c, err := s.measure(ctx, rate, enriches)
			if err != nil {
				return fmt.Errorf("at %d spans/s: %w", rate, err)
			}
			c.print(rate, enriches, without)
			without = c.each()
		}
	}
	return nil
}

// print prints a row of the table.
func (c *cost) print(rate int, enriches bool, without float64) {
	name, each, times := "no", "-", "-"
	if enriches {
		name = "yes"
	}
	if c.taken > 0 {
		each = fmt.Sprintf("%.1f", c.each()*1e6)
	}
	if enriches && without > 0 && c.taken > 0 {
		times = fmt.Sprintf("%.2f", c.each()/without)
	}
	fmt.Printf("| %d | %s | %.0f | %.0f | %.0f | %.1f | %s | %s | %.0f MB | %.0f MB | %.0f MB | %d ms |\n", rate, name, c.taken, c.refused, c.waiting,
		c.cpu*100, each, times, c.meanAnon/1e6, c.peakAnon/1e6, c.meanRSS/1e6, c.ready.Milliseconds())
}

// setup is what is measured, and for how long.
type setup struct {
	binary, config string
	changes        []string // further --config
	taskFields     bool
	settle, window time.Duration
}

// cost is what the sidecar took, from the kernel's accounting, and what it did for that, from its own metrics.
type cost struct {
	ready          time.Duration // from its start to the first answer of its health check
	taken, refused float64       // spans a second
	waiting        float64       // in its queue at the end: bytes, as that is its sizer
	cpu            float64       // seconds of CPU a second
	// Bytes. RSS is anonymous memory, which only the process can give back, and pages of files (the program, the queue), which
	// the kernel takes back when it needs them.
	meanAnon, peakAnon, meanRSS float64
}

// each returns the seconds of CPU for a span, 0 where none came.
func (c *cost) each() float64 {
	if c.taken == 0 {
		return 0
	}
	return c.cpu / c.taken
}

// withoutStats takes the processor out of the sidecar's pipelines, and leaves everything else as it is.
var withoutStats = []string{
	"yaml:service::pipelines::traces::processors: [memory_limiter]",
	"yaml:service::pipelines::metrics::processors: [memory_limiter]",
}

const backendConfig = `
receivers: {otlp: {protocols: {grpc: {endpoint: %q}}}}
exporters: {nop: }
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
`

// A service whose requests have two spans. Each of its exports (512 spans) is a request to the sidecar, uncompressed, as Rust's
// exporter sends it. Four may be under way at a time, so that the sidecar's latency does not limit the rate.
const serviceConfig = `
receivers:
  synthetic_load:
    requests: separate
    task_fields: %t
    services:
      - name: orders
        runtime: {model: tokio, worker_threads: 8}
        arrivals: {process: poisson, rate: %d}
        operations:
          - name: GET /orders/{id}
            weight: 9
            attributes: {http.request.method: GET, http.route: "/orders/{id}", url.path: /orders/42, url.scheme: http, http.response.status_code: 200}
            steps:
              - compute: {lognormal: {median: 20us, sigma: 0.5}}
              - span: {name: SELECT orders, kind: client, attributes: {db.system.name: postgresql}, steps: [{io: {lognormal: {median: 2ms, sigma: 0.4}}}]}
          - name: POST /orders
            attributes: {http.request.method: POST, http.route: /orders, url.path: /orders, url.scheme: http, http.response.status_code: 201}
            steps:
              - compute: {lognormal: {median: 50us, sigma: 0.5}}
              - span: {name: INSERT orders, kind: client, attributes: {db.system.name: postgresql}, steps: [{io: {lognormal: {median: 4ms, sigma: 0.4}}}]}
exporters:
  otlp_grpc:
    endpoint: %q
    compression: none
    tls: {insecure: true}
    sending_queue: {num_consumers: 4, queue_size: 8, block_on_overflow: true}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [synthetic_load], exporters: [otlp_grpc]}}
`

const spansPerRequest = 2

// measure runs a sidecar of its own at a rate of spans, with the processor runtime_stats or without it.
func (s setup) measure(ctx context.Context, rate int, enriches bool) (c cost, err error) {
	ctx, stop := context.WithCancel(ctx)
	var started []*collector
	defer func() {
		stop()
		for _, p := range started {
			err = errors.Join(err, p.end())
		}
	}()
	start := func(env []string, config ...string) (*collector, error) {
		p, err := startCollector(ctx, s.binary, env, config...)
		if err == nil {
			started = append(started, p)
		}
		return p, err
	}
	ports, err := freePorts(ctx, 5)
	if err != nil {
		return c, err
	}
	backend, grpc, http, health, metrics := ports[0], ports[1], ports[2], ports[3], ports[4]
	if _, err = start(nil, "yaml:"+fmt.Sprintf(backendConfig, backend)); err != nil {
		return c, err
	}
	state, err := os.MkdirTemp("", "sidecarcost")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(state)) }()

	changes := s.changes
	if !enriches {
		changes = slices.Concat(withoutStats, changes)
	}
	_, metricsPort, _ := strings.Cut(metrics, ":")
	began := time.Now()
	sidecar, err := start(
		[]string{"BACKEND_ENDPOINT=" + backend, "BACKEND_INSECURE=true", "SIDECAR_STATE=" + state, "GOMEMLIMIT=200MiB"},
		append([]string{
			s.config,
			"yaml:receivers::otlp::protocols::grpc::endpoint: " + grpc,
			"yaml:receivers::otlp::protocols::http::endpoint: " + http,
			"yaml:extensions::health_check::endpoint: " + health,
			"yaml:service::telemetry::metrics::readers: [{pull: {exporter: {prometheus: {host: localhost, without_units: true, " +
				"without_type_suffix: true, port: " + metricsPort + "}}}}]",
		}, changes...)...)
	if err != nil {
		return c, err
	}
	if err = sidecar.waitReady(ctx, "http://"+health); err != nil {
		return c, err
	}
	c.ready = time.Since(began)
	if rate > 0 {
		if _, err = start(nil, "yaml:"+fmt.Sprintf(serviceConfig, s.taskFields, rate/spansPerRequest, grpc)); err != nil {
			return c, err
		}
		if err = sidecar.waitSpans(ctx, "http://"+metrics+"/metrics"); err != nil {
			return c, err
		}
	}
	if err = sleep(ctx, s.settle); err != nil {
		return c, err
	}
	err = s.watch(ctx, sidecar, "http://"+metrics+"/metrics", &c)
	return c, err
}

// watch fills in what a window of time cost.
func (s setup) watch(ctx context.Context, sidecar *collector, metrics string, c *cost) error {
	const interval = 500 * time.Millisecond
	before, err := sidecar.usage(ctx, metrics)
	if err != nil {
		return err
	}
	began, samples := time.Now(), 0.0
	for time.Since(began) < s.window {
		if err = sleep(ctx, interval); err != nil {
			return err
		}
		anon, rss, err := sidecar.memory()
		if err != nil {
			return err
		}
		samples++
		c.meanAnon += (anon - c.meanAnon) / samples
		c.peakAnon = max(c.peakAnon, anon)
		c.meanRSS += (rss - c.meanRSS) / samples
	}
	after, err := sidecar.usage(ctx, metrics)
	if err != nil {
		return err
	}
	c.between(before, after, time.Since(began))
	return nil
}

// between fills in what was used and done in a window of time.
func (c *cost) between(before, after usage, window time.Duration) {
	seconds := window.Seconds()
	c.cpu = (after.cpu - before.cpu).Seconds() / seconds
	c.taken = (after.accepted - before.accepted) / seconds
	c.waiting = after.waiting
	c.refused = (after.refused - before.refused) / seconds
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
