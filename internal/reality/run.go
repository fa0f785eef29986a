// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// Bench is where services are run: the built Collector, the sidecar's configuration, and the folder of the built services.
type Bench struct {
	Collector, Config, Services string
}

// What the sidecar received and what it made of it, in the folder of a run.
const (
	RawFile       = "raw.jsonl"
	annotatedFile = "annotated.jsonl"
)

// tap changes the sidecar's configuration: its spans go to a file instead of a backend, and a second pipeline writes them as they came.
const tap = `
receivers:
  otlp: {protocols: {grpc: {endpoint: %q}, http: {endpoint: %q}}}
extensions:
  health_check: {endpoint: %q}
exporters:
  file/raw: {path: %q}
  file/annotated: {path: %q}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {exporters: [file/annotated]}
    traces/raw: {receivers: [otlp], exporters: [file/raw]}
`

// tapped is the overlay for a sidecar whose pipelines need nothing else.
func tapped(a addresses, folder string) string {
	return fmt.Sprintf(tap, a.grpc, a.http, a.health, filepath.Join(folder, RawFile), filepath.Join(folder, annotatedFile))
}

// Run runs a service beside a sidecar of its own, and leaves what was sent in a folder. It returns the spans as the sidecar wrote them.
func (b Bench) Run(ctx context.Context, s *Service, healthy bool, folder string) (spans []Span, err error) {
	sidecar, addresses, err := b.start(ctx, folder, tapped)
	if err != nil {
		return nil, err
	}
	err = b.serve(ctx, s, healthy, addresses)
	if err = errors.Join(err, sidecar.end()); err != nil {
		return nil, err
	}
	requests, err := ReadRequests(filepath.Join(folder, annotatedFile))
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		spans = Read(spans, request)
	}
	if len(spans) == 0 {
		return nil, fmt.Errorf("%s: no span arrived", s.Name)
	}
	return spans, nil
}

// serve runs the service until it ends by itself.
func (b Bench) serve(ctx context.Context, s *Service, healthy bool, a addresses) error {
	seconds, args := s.Seconds, s.arguments(a)
	if healthy {
		seconds = s.Healthy
		args = append(args, "--healthy")
	}
	args = append(args, "--duration", strconv.Itoa(seconds))
	ctx, stop := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+patience)
	defer stop()
	output, err := exec.CommandContext(ctx, filepath.Join(b.Services, s.Binary), args...).CombinedOutput() //nolint:gosec // a service of reference/
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.Name, err, output)
	}
	return nil
}

// arguments of every run of the service.
func (s *Service) arguments(a addresses) []string {
	exporter := "batch"
	if s.Simple {
		exporter = "simple"
	}
	protocol, endpoint := s.sendsTo(a)
	return append(slices.Clone(s.Args), "--endpoint", "http://"+endpoint, "--protocol", protocol, "--exporter", exporter)
}

func (s *Service) sendsTo(a addresses) (protocol, endpoint string) {
	if s.HTTP {
		return "http", a.http
	}
	return "grpc", a.grpc
}

type addresses struct{ grpc, http, health string }

// sidecar is a Collector in a process of its own.
type sidecar struct {
	cmd *exec.Cmd
	log bytes.Buffer // read it after end only
}

// patience bounds each wait for another process. A busy machine needs minutes for what takes a second alone.
const patience = 5 * time.Minute

func (b Bench) start(ctx context.Context, folder string, overlaid func(addresses, string) string) (*sidecar, addresses, error) {
	var a addresses
	if err := freePorts(ctx, &a.grpc, &a.http, &a.health); err != nil {
		return nil, a, err
	}
	overlay := filepath.Join(folder, "tap.yaml")
	if err := os.WriteFile(overlay, []byte(overlaid(a, folder)), 0o600); err != nil {
		return nil, a, err
	}
	s := &sidecar{cmd: exec.CommandContext(ctx, b.Collector, "--config", b.Config, "--config", overlay)} //nolint:gosec // the command line says which Collector to run
	s.cmd.Env = append(os.Environ(), "SIDECAR_STATE="+filepath.Join(folder, "state"))
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, a, err
	}
	if err := s.waitReady(ctx, "http://"+a.health); err != nil {
		return nil, a, errors.Join(err, s.end())
	}
	return s, a, nil
}

func (s *sidecar) waitReady(ctx context.Context, health string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, health, http.NoBody)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			ready := response.StatusCode == http.StatusOK
			if _, err = io.Copy(io.Discard, response.Body); errors.Join(err, response.Body.Close()) == nil && ready {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the sidecar is not ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// end stops the process; it writes what it has. One that ended badly shows its log.
func (s *sidecar) end() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the sidecar: %w\n%s", err, s.log.String())
	}
	return nil
}

// freePorts finds loopback addresses that nobody listens on.
func freePorts(ctx context.Context, to ...*string) error {
	for _, address := range to {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
		if err != nil {
			return err
		}
		defer func() { _ = l.Close() }() // only now, so that no port is found twice
		*address = fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port)
	}
	return nil
}
