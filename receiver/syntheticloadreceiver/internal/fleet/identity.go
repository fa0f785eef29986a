package fleet

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"

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
	traces   uint64                  // seed of trace ids
	spans    uint64                  // seed of span ids
	source   string                  // of stamps
	threads  int64                   // numbers of threads of other runtimes of the process, which come first
	looks    []look                  // by label
	events   [len(logKinds)][]string // names of log statements, by label
}

func newIdentity(s *workload.Service, seed uint64, instance int) identity {
	name := fnv.New64a()
	_, _ = name.Write([]byte(s.Name)) // never fails
	if s.Part != "" {
		_, _ = name.Write([]byte("/" + s.Part))
	}
	number := uint64(instance) //nolint:gosec // G115: instances count from 0
	ids := sim.Stream(seed, name.Sum64(), number)
	crate := crateName(s.Name)
	id := identity{
		service: s, resource: pcommon.NewResource(), scope: crate, module: crate + "::handlers",
		traces: ids.Uint64(), spans: ids.Uint64(), looks: newLooks(s.Spans), events: eventNames(s),
	}
	id.instance = uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d/%s/%d", seed, s.Name, instance)).String()
	id.source = id.instance
	if s.Part != "" {
		id.source += "/" + s.Part
		id.threads = threadsOfOthers
	}
	a := id.resource.Attributes()
	a.PutStr(semconv.ServiceName, s.Name)
	a.PutStr(semconv.ServiceInstanceID, id.instance)
	a.PutStr(semconv.TelemetrySDKLanguage, "rust")
	a.PutStr(semconv.TelemetrySDKName, sdkName)
	a.PutStr(semconv.TelemetrySDKVersion, sdkVersion)
	if s.OneRuntime() { // of several none is the process's
		a.PutStr(semconv.ProcessRuntimeName, s.Runtime.Crate)
		a.PutStr(semconv.ProcessRuntimeVersion, s.Runtime.CrateVersion)
	}
	a.PutInt(semconv.ProcessPID, 1000+int64(instance))
	a.PutStr(semconv.HostName, fmt.Sprintf("%s-%d", s.Name, instance))
	a.PutBool(semconv.Simulated, true)
	return id
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

// traceID is that of a tag: of an arrival at this process or at another.
func (f *Fleet) traceID(tag uint64) pcommon.TraceID {
	instance, arrival := workload.Origin(tag)
	return f.origins[instance].traceID(arrival)
}

// chosen reports whether the share of traces that is chosen has the one of a tag.
func (f *Fleet) chosen(tag uint64, share float64) bool {
	instance, arrival := workload.Origin(tag)
	r := sim.Stream(f.origins[instance].traces, arrival, streamChosen)
	return r.Float64() < share
}

// streamChosen tells the draw of chosen from that of the trace's id.
const streamChosen = 1
