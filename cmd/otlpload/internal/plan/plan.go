// SPDX-License-Identifier: Apache-2.0

// Package plan turns what the command line says into a plan: what is played, and where it is sent.
//
//	flags ----Check----> Plan ----Collector----> YAML of a Collector that does the same
//	           |
//	      mistakes, each with its flag, its value and what is allowed
//
// The YAML is the only place that says how the receiver and the exporter are set: otlpload runs what --print-config prints.
package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Request is what the flags say, unchecked.
type Request struct {
	Endpoint, Protocol            string
	Insecure                      bool
	Header                        []string // NAME=VALUE
	CACert, ClientCert, ClientKey string   // files

	Preset, Runtime, Service string
	Rate                     float64
	Instances                int
	Duration                 time.Duration // 0: until Ctrl-C
	SignalNames              []string
	Seed                     uint64
	Verify                   bool
	RunID                    string
}

// The protocols.
const (
	GRPC = "grpc"
	HTTP = "http"
)

// Signal is a kind of telemetry.
type Signal = semconv.Signal

// The signals.
const (
	Traces  = semconv.SignalTraces
	Metrics = semconv.SignalMetrics
	Logs    = semconv.SignalLogs
)

var protocols = [...]string{GRPC, HTTP}

// Protocols lists what --protocol takes.
func Protocols() []string { return protocols[:] }

// Runtimes lists what --runtime takes.
func Runtimes() []string { return semconv.ServiceRuntimes() }

// Signals lists what --signals takes.
func Signals() []string { return slices.Clone(semconv.SignalNames[:]) }

// Default is the request of a command line without flags.
func Default() Request {
	return Request{Protocol: GRPC, Preset: "api_gateway", Runtime: semconv.RuntimeTokio, Rate: 100, Instances: 1, SignalNames: []string{Traces.String()}, Seed: 1}
}

// Header goes with every request to the backend.
type Header struct{ Name, Value string }

// Plan is a request that has been checked.
type Plan struct {
	Request Request
	Target  Target
	Service string // its name
	Headers []Header
	Signals []Signal // in the order of semconv.SignalNames
}

// Check makes a plan. The error joins one for each mistake.
func (r Request) Check() (*Plan, error) {
	p := &Plan{Request: r, Service: r.Service}
	var errs []error
	if !slices.Contains(Protocols(), r.Protocol) {
		errs = append(errs, fmt.Errorf("--protocol: %q is not allowed%s; want %s", r.Protocol, program.DidYouMean(r.Protocol, Protocols()), strings.Join(Protocols(), " or ")))
	}
	if r.Duration < 0 {
		errs = append(errs, fmt.Errorf("--duration: %v is not allowed; want a duration such as 30s, or 0s: until Ctrl-C", r.Duration))
	}
	if p.Service == "" {
		p.Service = strings.ReplaceAll(r.Preset, "_", "-")
	}
	var wrong []error
	p.Signals, wrong = parseSignals(r.SignalNames)
	errs = append(errs, wrong...)
	p.Headers, wrong = parseHeaders(r.Header)
	errs = append(errs, wrong...)
	errs = append(errs, p.checkService()...)
	if slices.Contains(Protocols(), r.Protocol) && len(p.Signals) > 0 { // they decide what an endpoint is
		var err error
		if p.Target, err = parseTarget(r.Endpoint, r.Protocol, r.Insecure, p.Signals); err != nil {
			errs = append(errs, err)
		} else {
			errs = append(errs, p.checkTLS()...)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return p, nil
}

func parseSignals(names []string) (wanted []Signal, errs []error) {
	for _, name := range names {
		if !slices.Contains(Signals(), name) {
			errs = append(errs, fmt.Errorf("--signals: %q is not allowed%s; want one or more of %s, with commas between them",
				name, program.DidYouMean(name, Signals()), strings.Join(Signals(), ", ")))
		}
	}
	for s := range semconv.NumSignals {
		if slices.Contains(names, s.String()) {
			wanted = append(wanted, s)
		}
	}
	if len(names) == 0 {
		errs = append(errs, fmt.Errorf("--signals: \"\" is not allowed; want one or more of %s, with commas between them", strings.Join(Signals(), ", ")))
	}
	return wanted, errs
}
