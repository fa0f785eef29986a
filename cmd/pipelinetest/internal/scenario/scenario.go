// SPDX-License-Identifier: Apache-2.0

// Package scenario reads what a test is to be: which parts there are, what disturbs them, and what verdict is wanted.
//
//	generators --link--> system --link--> system ... --link--> verifier
//	                 ^ faults           ^
//
// A scenario is a YAML file, or is made of flags. Both become a [Scenario], checked here as a whole, so that a test that
// starts can also be run. The addresses and all else that is known only then reach the parts as environment variables,
// whose names are here too, because a scenario refers to them.
package scenario

import (
	"fmt"
	"strings"
	"time"
)

// Names of the parts that every scenario has.
const (
	GeneratorName = "generator" // unless there are several
	VerifierName  = "verifier"
	// next stands for the part that comes after, in the names of environment variables.
	next = "next"
)

// What a scenario has that does not say otherwise.
const (
	DefaultTimeout = 5 * time.Minute
	DefaultSettle  = 30 * time.Second
)

// Scenario is one test.
type Scenario struct {
	Name        string // the file's, without folder and extension
	File        string // none: made of flags
	Dir         string // what files are relative to
	Description string
	// About describes the file, if that has several scenarios.
	About string
	// Timeout is how long the test may take in all; then it has failed.
	Timeout time.Duration
	// Settle is how long nothing may arrive any more before the test is over although a run is not.
	Settle     time.Duration
	Generators []Part
	Systems    []Part // in the order in which telemetry passes them
	Verifier   Part
	Faults     []Fault
	Want       Want
	// Load makes it a load test; nil: it is none.
	Load *LoadTest
}

// Part is a process to start: the Collector with a configuration, or any command.
type Part struct {
	Name string
	// Config is what the Collector's --config is given, one after the other. Empty: Command.
	Config []Config
	// Command is a program and its arguments; ${PIPELINETEST_...} in them is replaced.
	Command []string
	// Group is the part that this is a replica of, and Replica its number in it, from 1. None: it is no replica.
	Group   string
	Replica int
	// Disk is the size of the file system that the part's folder is, in bytes. 0: the folder is an ordinary one.
	Disk int64
}

// Config is one configuration of a Collector: either a location or text. The location is an absolute path, or a URI such as yaml:...
type Config struct {
	Location string
	Text     string
}

// Link is the way from one part to another.
type Link struct{ From, To string }

// String is the link as a scenario writes it.
func (l Link) String() string { return l.From + "->" + l.To }

// Parts are all parts, in the order in which telemetry passes them.
func (s *Scenario) Parts() []Part {
	var parts []Part
	parts = append(parts, s.Generators...)
	parts = append(parts, s.Systems...)
	return append(parts, s.Verifier)
}

// Next is the part that comes after another: the first system after a generator, the verifier after the last system. Replicas stand beside each
// other: what comes after one comes after all, and the first of them comes after what is before.
func (s *Scenario) Next(name string) string {
	for i, system := range s.Systems {
		if system.Name != name {
			continue
		}
		for _, later := range s.Systems[i+1:] {
			if system.Group == "" || later.Group != system.Group {
				return later.Name
			}
		}
		return VerifierName
	}
	if len(s.Systems) > 0 {
		return s.Systems[0].Name
	}
	return VerifierName
}

// Targets are the parts that a part can send to: all that listen, but itself.
func (s *Scenario) Targets(from string) []string {
	if from == VerifierName {
		return nil
	}
	var names []string
	for _, system := range s.Systems {
		if system.Name != from {
			names = append(names, system.Name)
		}
	}
	return append(names, VerifierName)
}

// Links are all ways from a part to another.
func (s *Scenario) Links() []Link {
	var links []Link
	for _, part := range s.Parts() {
		for _, to := range s.Targets(part.Name) {
			links = append(links, Link{part.Name, to})
		}
	}
	return links
}

// Environment variables that a part finds its way by.
const (
	EnvPrefix      = "PIPELINETEST_"
	EnvListen      = "PIPELINETEST_LISTEN"       // host:port where it takes OTLP/gRPC
	EnvListenHTTP  = "PIPELINETEST_LISTEN_HTTP"  // the same for OTLP/HTTP
	EnvMetricsPort = "PIPELINETEST_METRICS_PORT" // where it serves its own telemetry for Prometheus
	EnvDir         = "PIPELINETEST_DIR"          // an empty folder of its own
	EnvReport      = "PIPELINETEST_REPORT"       // verifier only: where load_verify writes its report
	EnvRun         = "PIPELINETEST_RUN"          // generators only: a name for the run, another one at each start
	EnvCA          = "PIPELINETEST_CA"           // file of the certificate of whom to trust
	EnvCert        = "PIPELINETEST_CERT"         // file of the part's own certificate
	EnvKey         = "PIPELINETEST_KEY"          // file of the key of that
	envTo          = "PIPELINETEST_TO_"
	envHTTP        = "_HTTP"
)

// EnvTo is the variable that tells where a part is reached over OTLP/gRPC, and EnvToHTTP over OTLP/HTTP.
func EnvTo(part string) string {
	return envTo + strings.ToUpper(strings.ReplaceAll(part, "-", "_"))
}

// EnvToHTTP is like [EnvTo].
func EnvToHTTP(part string) string { return EnvTo(part) + envHTTP }

// EnvToNext is the variable for the part that comes next, whatever its name.
func EnvToNext() string { return EnvTo(next) }

// EnvToNextHTTP is like [EnvToNext].
func EnvToNextHTTP() string { return EnvToHTTP(next) }

// refused is the error of a value that is not allowed.
func refused(key string, value any, want string) error {
	return fmt.Errorf("%s: %v is not allowed; want %s", key, value, want)
}
