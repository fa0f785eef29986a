// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a Collector that plays one of a role.
type process struct {
	role    role
	address string
	cmd     *exec.Cmd
	log     bytes.Buffer // read it after the process has ended
	ended   chan error
}

// Where the manifests let a Collector listen: each has its own address.
const (
	otlpPort   = "4317"
	httpPort   = "4318"
	metrics    = "8888"
	health     = "13133"
	statePort  = "4329"
	nextOf     = "PIPELINETEST_TO_NEXT"
	underNames = "load-" // begin of the Services' names
)

// addressOf gives each process of a trial an address of its own. The second byte keeps two runs of this program on one machine apart.
func addressOf(r role, index int) string {
	return fmt.Sprintf("127.%d.%d.%d", 16+os.Getpid()%200, 1+int(r), 1+index)
}

// hosts is a hosts file in which the name of each role has the addresses of all its processes, as a headless Service does it.
func hosts(s shape) string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	for r, count := range s {
		for i := range count {
			fmt.Fprintf(&b, "%s %s%s\n", addressOf(role(r), i), underNames, roleNames[r])
		}
	}
	return b.String()
}

// environment is what the manifest gives a pod of a role.
func environment(r role, index int, run, folder string) []string {
	address := addressOf(r, index)
	env := []string{
		"GOMEMLIMIT=400MiB", "POD_IP=" + address, "POD_NAME=" + underNames + r.String() + "-" + strconv.Itoa(index),
		"PIPELINETEST_LISTEN=" + address + ":" + otlpPort, "PIPELINETEST_LISTEN_HTTP=" + address + ":" + httpPort,
		"PIPELINETEST_REPORT=" + filepath.Join(folder, "report.json"), "PIPELINETEST_RUN=" + run, "JOB_COMPLETION_INDEX=" + strconv.Itoa(index),
	}
	if r < verifier {
		env = append(env, nextOf+"="+underNames+(r+1).String()+":"+otlpPort)
	}
	return env
}

// inItsPlace runs a program with a hosts file that nobody else sees, on one CPU. Every step replaces the one before, so that the process has one id for good.
const inItsPlace = `mount --bind "$1" /etc/hosts; cpu=$2; shift 2; exec taskset --cpu-list "$cpu" "$@"`

// start starts a Collector. The configurations are files.
func start(ctx context.Context, r role, index, cpu int, collector, hostsFile string, env, configs []string) (*process, error) {
	args := []string{"--user", "--map-root-user", "--mount", "--", "sh", "-ec", inItsPlace, "sh", hostsFile, strconv.Itoa(cpu), collector}
	for _, c := range configs {
		args = append(args, "--config", c)
	}
	p := &process{role: r, address: addressOf(r, index), ended: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, "unshare", args...) //nolint:gosec // G204: the command line says which Collector to run
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	return p, nil
}

// stopping is how long a Collector may take to stop.
const stopping = time.Minute

// stop ends processes as Kubernetes ends pods, all at once, and waits for them. One that ended badly shows its log.
func stop(ps []*process) error {
	for _, p := range ps {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // one that has ended tells so below
	}
	var errs []error
	timeout := time.After(stopping)
	for _, p := range ps {
		select {
		case err := <-p.ended:
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w\n%s", p.role, err, p.log.String()))
			}
		case <-timeout:
			errs = append(errs, fmt.Errorf("%s has not stopped within %v", p.role, stopping), p.cmd.Process.Kill())
		}
	}
	return errors.Join(errs...)
}

// starting bounds the start of a Collector. On a busy machine it takes much longer than the second that it takes alone.
const starting = 2 * time.Minute

// waitUntil asks again until something is true.
func waitUntil(ctx context.Context, what string, is func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	for !is(ctx) {
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("waiting until %s: %w", what, err)
		}
	}
	return nil
}

// ready reports whether a Collector serves its own metrics: a generator that is ready has begun to send.
func (p *process) ready(ctx context.Context) bool {
	_, err := p.get(ctx, metrics, "/metrics")
	return err == nil
}

// get reads a page of a Collector.
func (p *process) get(ctx context.Context, port, path string) (body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+":"+port+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", request.URL, response.Status)
	}
	return io.ReadAll(response.Body)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
