// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// What the services are built with.
const (
	sdkName    = "opentelemetry"
	sdkVersion = "0.32.1"

	// threadsOfOthers keeps the thread ids of a further runtime apart from those of the first.
	threadsOfOthers = 100_000
)

// identity is what all spans of one process share.
type identity struct {
	service  *workload.Service
	resource pcommon.Resource
	instance string // service.instance.id
	scope    string // crate of the service
	module   string
	traces   uint64                  // seed of trace ids, of this run only
	spans    uint64                  // seed of span ids, of this run only
	draws    uint64                  // seed of what is drawn for the process beside its work; the same in every run
	source   string                  // of stamps
	marked   stamp.Source            // what all stamps of the source have in common
	threads  int64                   // numbers of threads of other runtimes of the process, which come first
	looks    []look                  // by label
	events   [len(logKinds)][]string // names of log statements, by label
	skew     sim.Time                // how far the clock of its machine is ahead
}

// newIdentity names an instance. Two runs of one seed share all but their ids: a backend, or a sampler with a memory, would take the
// second run for a repetition of the first.
func newIdentity(s *workload.Service, seed uint64, run string, instance int) identity {
	name := s.Name
	if s.Part != "" {
		name += "/" + s.Part
	}
	number := uint64(max(0, instance)) // instances count from 0
	draws := sim.Stream(seed, hashed(name), number)
	ids := sim.Stream(seed, hashed(name), number, hashed(run))
	crate := crateName(s.Name)
	id := identity{
		service: s, resource: pcommon.NewResource(), scope: crate, module: crate + "::handlers",
		traces: ids.Uint64(), spans: ids.Uint64(), draws: draws.Uint64(), looks: newLooks(s.Spans), events: eventNames(s),
	}
	id.instance = uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d/%s/%d/%s", seed, s.Name, instance, run)).String()
	id.source = id.instance
	if s.Part != "" {
		id.source += "/" + s.Part
		id.threads = threadsOfOthers
	}
	id.marked = stamp.SourceOf(run, id.source)
	machine := func(what uint64) sim.Rand { return sim.Stream(seed, hashed(s.Name), number, what) } // of all runtimes of the process
	id.skew = s.Clock.Draw(machine(machineClock))
	a := id.resource.Attributes()
	a.PutStr(semconv.ServiceName, s.Name)
	a.PutStr(semconv.ServiceInstanceID, id.instance)
	a.PutStr(semconv.TelemetrySDKLanguage, "rust")
	a.PutStr(semconv.TelemetrySDKName, sdkName)
	a.PutStr(semconv.TelemetrySDKVersion, sdkVersion)
	if s.OneRuntime() { // of several none is the process's
		a.PutStr(semconv.ProcessRuntimeName, s.Runtime.Crate())
		a.PutStr(semconv.ProcessRuntimeVersion, s.Runtime.CrateVersion())
	}
	a.PutInt(semconv.ProcessPID, 1000+int64(instance))
	a.PutStr(semconv.HostName, fmt.Sprintf("%s-%d", s.Name, instance))
	a.PutBool(semconv.Simulated, true)
	for _, own := range s.Resource {
		setValue(a.PutEmpty(own.Key), own.Value, workload.Draws(machine(machineResource)))
	}
	return id
}

// What is drawn of a machine, each a stream of its own.
const (
	machineClock uint64 = iota + 1
	machineResource
)

// clock is what the process's clock shows when virtual time begins.
func (id *identity) clock(epoch time.Time) time.Time { return epoch.Add(id.skew.Duration()) }

func hashed(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum64()
}

// crateName is the service's name as Rust would spell its crate.
func crateName(service string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		default:
			return '_'
		}
	}, service)
}

func (id *identity) traceID(arrival uint64) pcommon.TraceID {
	r := sim.Stream(id.traces, arrival)
	var b pcommon.TraceID
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64()|1) // never all zero
	return b
}

func (id *identity) spanID(task uint64) pcommon.SpanID {
	if task == 0 {
		return pcommon.SpanID{}
	}
	r := sim.Stream(id.spans, task)
	var b pcommon.SpanID
	binary.BigEndian.PutUint64(b[:], r.Uint64()|1) // never all zero
	return b
}

// What is drawn of an identity's draws, each a stream of its own.
const (
	streamChosen uint64 = iota // with the arrival
	streamShed                 // with the tag of a request that was turned away
	streamPhase                // with the signal whose timer it is
	streamOdd                  // with the signal whose kinds begin there
	streamLog                  // with the number of a log record of the service's own
)

// phase is how long before the run's start a timer of the process began to count: each process of a real fleet was started at a
// moment of its own, so their exports are spread over the interval.
func (id *identity) phase(s Signal, interval sim.Time) sim.Time {
	if interval <= 0 {
		return 0
	}
	r := sim.Stream(id.draws, uint64(s), streamPhase)
	return sim.Time(r.Float64() * float64(interval))
}

// Clusters are what a sampler keeps or drops as a whole: traces; and, where an item has no trace, a log record or a sample of a process's
// metrics. Their keys are the same in all shards.
const (
	clusterTrace = iota + 2 // beside streamChosen
	clusterRecord
	clusterSample
	clusterRandomness // the random value of a trace, not a cluster of its own
	clusterOdd        // the ids of an odd item, likewise
	streamLate        // with the signal and the number of an export: no cluster either
)

// cluster is the key of one of the clusters that begin at this process.
func (id *identity) cluster(kind, number uint64) uint64 {
	r := sim.Stream(id.traces, number, kind)
	return r.Uint64()
}
