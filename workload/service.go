// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// Service is a program that answers requests: what it runs on, when requests arrive at it, and what it does for each of them. Once it
// is played it must not change; any number of instances play it at once.
type Service struct {
	Name string
	// Part is the name of one of several runtimes of a process; empty: the process's first runtime, at which requests arrive. A part
	// stands among the Parts of its service, and has its Name.
	Part string
	// Instances is the number of processes of this service, at least 1. They share nothing.
	Instances int
	// Seed of all random streams; nil: derived from the fleet's seed and the name.
	Seed     *uint64
	Runtime  RuntimeSpec
	Arrivals arrive.Process // nil: only other services of the fleet call this one
	// Connections are what requests come on.
	Connections Connections
	// MaxInFlight is how many requests an instance has in flight at most; it turns more away. 0: no bound.
	MaxInFlight int
	// Export is how its spans and log records leave the process.
	Export Export
	// Clock of the machine of each instance.
	Clock Clock
	// Resource has the attributes of its resource beside those that tell the process; sorted by key. What is drawn is drawn once for each
	// instance.
	Resource []Attribute
	// Operations are what an arrival can ask for; at least one.
	Operations []Operation
	// Spans describe the traced programs and the spans inside them: the Label of an operation's program, of a named spawn's and of a
	// program.Span step is an index into them. Programs that are not traced have the label [Untraced].
	Spans []Span
	// Events describe the events inside spans; the Label of a program.Event step is an index into them.
	Events []Event
	// Metrics and Logs are of the service's own, beside those of its runtime and its spans.
	Metrics []Metric
	Logs    []Log
	// Calls are the requests to other services; the Label of a program.Call step is an index into them.
	Calls []Call
	// Mutexes and Channels name what the steps of the process lock and send to, by the number in Step.Object. The names are for
	// people: what is played goes by the numbers.
	Mutexes, Channels []string
	// Parts are the further runtimes of the process, on the same CPUs. Only calls of the first runtime reach them. Instances, Seed,
	// Export, Clock, Resource, Mutexes and Channels of a part are those of its service.
	Parts []*Service
}

// Operation is one kind of request.
type Operation struct {
	Program *program.Program
	// Weight is the operation's share of the arrivals, relative to the others of its service; more than 0.
	Weight float64
}

// Untraced is the label of programs without a name: spawned tasks that no span shows.
const Untraced = -1

// Call is a request to another service of the fleet, or to a part of the caller's own process. The step's Duration is the time on the
// network, each way.
type Call struct {
	Service   *Service
	Operation int // index of the called service's operations
}

// InProcess reports whether the call goes to another runtime of the caller's process, without a network between.
func (c *Call) InProcess() bool { return c.Service.Part != "" }

// FullName is the name, and of a part its own behind it: it tells the runtimes of a fleet apart.
func (s *Service) FullName() string {
	if s.Part == "" {
		return s.Name
	}
	return s.Name + "/" + s.Part
}

// OneRuntime reports whether the service's process has no other runtime.
func (s *Service) OneRuntime() bool { return s.Part == "" && len(s.Parts) == 0 }

// Callees are the services and parts that this one calls, directly or over others, each once.
func (s *Service) Callees() []*Service {
	var all []*Service
	var add func(*Service)
	add = func(s *Service) {
		for i := range s.Calls {
			if c := s.Calls[i].Service; !slices.Contains(all, c) {
				all = append(all, c)
				add(c)
			}
		}
	}
	add(s)
	return all
}

// Runtimes are the services of a fleet, each followed by its parts.
func Runtimes(fleet []*Service) []*Service {
	all := make([]*Service, 0, len(fleet))
	for _, s := range fleet {
		all = append(all, s)
		all = append(all, s.Parts...)
	}
	return slices.Clip(all)
}
