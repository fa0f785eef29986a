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
)

// identity is what all spans of one process share.
type identity struct {
	service  *workload.Service
	resource pcommon.Resource
	instance string // service.instance.id
	scope    string // crate of the service
	module   string
	traces   uint64 // seed of trace ids
	spans    uint64 // seed of span ids
	looks    []look // by label
}

func newIdentity(s *workload.Service, seed uint64, instance int) identity {
	name := fnv.New64a()
	_, _ = name.Write([]byte(s.Name)) // never fails
	number := uint64(instance)        //nolint:gosec // G115: instances count from 0
	ids := sim.Stream(seed, name.Sum64(), number)
	crate := crateName(s.Name)
	id := identity{
		service: s, resource: pcommon.NewResource(), scope: crate, module: crate + "::handlers",
		traces: ids.Uint64(), spans: ids.Uint64(), looks: newLooks(s.Spans),
	}
	id.instance = uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d/%s/%d", seed, s.Name, instance)).String()
	a := id.resource.Attributes()
	a.PutStr(semconv.ServiceName, s.Name)
	a.PutStr(semconv.ServiceInstanceID, id.instance)
	a.PutStr(semconv.TelemetrySDKLanguage, "rust")
	a.PutStr(semconv.TelemetrySDKName, sdkName)
	a.PutStr(semconv.TelemetrySDKVersion, sdkVersion)
	a.PutStr(semconv.ProcessRuntimeName, s.Runtime.Crate)
	a.PutStr(semconv.ProcessRuntimeVersion, s.Runtime.CrateVersion)
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

func (id *identity) traceID(request uint64) pcommon.TraceID {
	r := sim.Stream(id.traces, request)
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

// chosen reports whether the share of traces that is chosen has the one of a request.
func (id *identity) chosen(request uint64, share float64) bool {
	r := sim.Stream(id.traces, request, streamChosen)
	return r.Float64() < share
}

// streamChosen tells the draw of chosen from that of the trace's id.
const streamChosen = 1
