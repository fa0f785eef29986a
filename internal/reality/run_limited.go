// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
)

// period of all quotas, as containers have it.
const period = 100 * time.Millisecond

// weight of a service's group, beside a program outside.
const weight = 16 * 1024

// withoutFile is what the sidecar makes of the spans when it is not told what the kernel counts.
const withoutFile = "without.jsonl"

// tapThreads changes the configuration of a sidecar that reads the threads of services. Spans and metrics go to one file, in the order in
// which they come. A second runtime_stats is not told of the metrics. Processes are searched for often, since a run is short.
const tapThreads = `
receivers:
  otlp: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}
  process_threads/often:
    discovery_interval: 100ms
    processes:
      - {cmdline: %q, resource: {service.name: %q}}
      - {cmdline: %q, resource: {service.name: %q}}
processors:
  runtime_stats/without: {}
extensions:
  health_check: {endpoint: %q}
exporters:
  file/raw: {path: %q}
  file/annotated: {path: %q}
  file/without: {path: %q}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {exporters: [file/annotated]}
    traces/raw: {receivers: [otlp], exporters: [file/raw]}
    traces/without: {receivers: [otlp], processors: [runtime_stats/without], exporters: [file/without]}
    metrics: {exporters: [file/annotated]}
    metrics/threads: {receivers: [otlp], exporters: [nop]}
    metrics/raw: {receivers: [process_threads/often], exporters: [file/raw]}
`

// LimitedRun is what came of a run with a limit.
type LimitedRun struct {
	Spans, Beside, Without []Span // of the service, of the healthy one beside it, and of the service when no metrics told of it
	Quota                  cpuquota.Stat
}

// NoLimits says why services cannot be run with a limit here; nil: they can.
func NoLimits() error {
	g, err := cpuquota.Open(1, period)
	if err != nil {
		return err
	}
	return g.Close()
}

// healthy is the service.name of the one beside.
func (l *Limited) healthy() string { return l.File() + "-healthy" }

// RunLimited runs a service under its limit, and beside it one that has none, and leaves what was sent in a folder.
func (b Bench) RunLimited(ctx context.Context, l *Limited, folder string) (run LimitedRun, err error) {
	sidecar, addresses, err := b.start(ctx, folder, l.tapped)
	if err != nil {
		return run, err
	}
	run.Quota, err = b.serveLimited(ctx, l, addresses)
	if err = errors.Join(err, sidecar.end()); err != nil {
		return run, err
	}
	for _, of := range []struct {
		file, service string
		to            *[]Span
	}{{annotatedFile, l.File(), &run.Spans}, {annotatedFile, l.healthy(), &run.Beside}, {withoutFile, l.File(), &run.Without}} {
		requests, err := ReadRequests(filepath.Join(folder, of.file))
		if err != nil {
			return run, err
		}
		for _, request := range requests {
			*of.to = Read(*of.to, request)
		}
		if *of.to = Of(*of.to, of.service); len(*of.to) == 0 {
			return run, fmt.Errorf("%s: no span arrived of %s", l.Name, of.service)
		}
	}
	return run, nil
}

func (l *Limited) tapped(a addresses, folder string) string {
	_, endpoint := l.sendsTo(a)
	named := func(service string) string { // another bench may run the same services
		return regexp.QuoteMeta(endpoint) + " .*--name " + regexp.QuoteMeta(service) + "( |$)"
	}
	return fmt.Sprintf(tapThreads, a.grpc, a.http, named(l.File()), l.File(), named(l.healthy()), l.healthy(), a.health,
		filepath.Join(folder, RawFile), filepath.Join(folder, annotatedFile), filepath.Join(folder, withoutFile))
}

// serveLimited runs both until they end by themselves.
func (b Bench) serveLimited(ctx context.Context, l *Limited, a addresses) (stat cpuquota.Stat, err error) {
	ctx, stop := context.WithTimeout(ctx, time.Duration(l.Seconds)*time.Second+patience)
	defer stop()
	program := filepath.Join(b.Services, l.Binary)
	args := append(l.arguments(a), "--lack", "--duration", strconv.Itoa(l.Seconds), "--pause", strconv.Itoa(l.Pause))
	free, err := open(float64(2*runtime.NumCPU()), weight)
	if err != nil {
		return stat, err
	}
	defer func() { err = errors.Join(err, free.Close()) }()
	clients, err := open(float64(2*runtime.NumCPU()), 0)
	if err != nil {
		return stat, err
	}
	defer func() { err = errors.Join(err, clients.Close()) }()
	run := func(limited, beside *exec.Cmd) error {
		for _, cmd := range []*exec.Cmd{limited, beside} {
			cmd.Env = append(cmd.Environ(), cpuquota.Outside+"="+clients.Tasks())
		}
		limited.Args = append(append(limited.Args, args...), "--clients", strconv.Itoa(l.Clients), "--name", l.File())
		beside.Args = append(append(beside.Args, args...), "--clients", strconv.Itoa((l.Clients+3)/4), "--name", l.healthy(), "--healthy")
		return together(limited, beside)
	}
	if l.Hogs > 0 {
		return stat, l.besideHogs(ctx, program, free, run)
	}
	group, err := open(l.CPUs, weight)
	if err != nil {
		return stat, err
	}
	err = run(group.Command(ctx, program), free.Command(ctx, program))
	stat, failed := group.Stat()
	return stat, errors.Join(err, failed, group.Close())
}

// besideHogs runs them while hogs use up the last CPU, which the limited one is bound to.
func (l *Limited) besideHogs(ctx context.Context, program string, free *cpuquota.Group, run func(limited, beside *exec.Cmd) error) error {
	last := runtime.NumCPU() - 1
	if last == 0 {
		return fmt.Errorf("%s: it takes a CPU for the hogs, and another", l.Name)
	}
	bound := []string{"-c", strconv.Itoa(last)}
	for range l.Hogs {
		hog := exec.CommandContext(ctx, "taskset", append(bound, "sh", "-c", "while :; do :; done")...) //nolint:gosec // a loop
		if err := hog.Start(); err != nil {
			return err
		}
		defer func() { _, _ = hog.Process.Kill(), hog.Wait() }()
	}
	limited := exec.CommandContext(ctx, "taskset", append(bound, program)...) //nolint:gosec // a service of reference/
	return run(limited, free.Command(ctx, "taskset", "-c", fmt.Sprintf("0-%d", last-1), program))
}

// open makes a group of a weight; none: of the highest. Programs outside take hardly any CPU from it: what the machine does beside is none of
// the run.
func open(cpus float64, weight int64) (*cpuquota.Group, error) {
	g, err := cpuquota.Open(cpus, period)
	if err != nil {
		return nil, err
	}
	if weight > 0 {
		err = g.Weigh(weight)
	} else {
		err = g.Lead()
	}
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// together runs programs at the same time, and waits for all.
func together(programs ...*exec.Cmd) error {
	var failed []error
	output := make([]bytes.Buffer, len(programs))
	for i, p := range programs {
		p.Stdout, p.Stderr = &output[i], &output[i]
		if err := p.Start(); err != nil {
			failed = append(failed, err)
		}
	}
	for i, p := range programs {
		if p.Process == nil {
			continue
		}
		if err := p.Wait(); err != nil {
			failed = append(failed, fmt.Errorf("%v: %w\n%s", p.Args, err, &output[i]))
		}
	}
	return errors.Join(failed...)
}

// Of are the spans of a service.
func Of(spans []Span, service string) (its []Span) {
	for _, s := range spans {
		if s.Service == service {
			its = append(its, s)
		}
	}
	return its
}
