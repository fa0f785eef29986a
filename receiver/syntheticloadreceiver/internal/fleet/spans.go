package fleet

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// What the services are built with.
const (
	sdkName    = "opentelemetry"
	sdkVersion = "0.32.1"
	sourceFile = "src/handlers.rs"
)

const sampled = 1 // W3C trace flags, as the Rust SDK exports them

// identity is what all spans of one process share.
type identity struct {
	service  *workload.Service
	resource pcommon.Resource
	scope    string // crate of the service
	module   string
	traces   uint64 // seed of trace ids
	spans    uint64 // seed of span ids
}

func newIdentity(s *workload.Service, seed uint64, instance int) identity {
	name := fnv.New64a()
	_, _ = name.Write([]byte(s.Name)) // never fails
	number := uint64(instance)        //nolint:gosec // G115: instances count from 0
	ids := sim.Stream(seed, name.Sum64(), number)
	crate := crateName(s.Name)
	id := identity{
		service: s, resource: pcommon.NewResource(), scope: crate, module: crate + "::handlers",
		traces: ids.Uint64(), spans: ids.Uint64(),
	}
	a := id.resource.Attributes()
	a.PutStr(semconv.ServiceName, s.Name)
	a.PutStr(semconv.ServiceInstanceID, uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%d/%s/%d", seed, s.Name, instance)).String())
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

// Traces builds the spans finished since the last Discard: of each process first those of tasks, then those inside tasks, each
// in the order in which they ended. Virtual time 0 is epoch.
func (f *Fleet) Traces(epoch time.Time) ptrace.Traces {
	td := ptrace.NewTraces()
	td.ResourceSpans().EnsureCapacity(len(f.processes))
	for _, p := range f.processes {
		if len(p.finished)+len(p.inner) == 0 {
			continue
		}
		rs := td.ResourceSpans().AppendEmpty()
		p.identity.resource.CopyTo(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(p.identity.scope)
		spans := ss.Spans()
		spans.EnsureCapacity(len(p.finished) + len(p.inner))
		for i := range p.finished {
			f.buildTask(spans.AppendEmpty(), p, &p.finished[i], epoch)
		}
		for i := range p.inner {
			f.buildInner(spans.AppendEmpty(), p, &p.inner[i], epoch)
		}
	}
	return td
}

// record is what every span has, whether it is around a task or inside one.
type record struct {
	number, parent, tag uint64
	label, creator      int // creator: the thread, or Outside
	start, end, busy    sim.Time
	outcome             scheduler.Outcome
}

// buildTask writes the span of a task. Like buildInner it runs once per span: the attributes go through a MapBuilder because
// Put looks for each key.
func (f *Fleet) buildTask(span ptrace.Span, p *process, t *scheduler.Finished, epoch time.Time) {
	var b xpdata.MapBuilder
	p.build(span, &b, record{
		number: t.Task, parent: t.Parent, tag: t.Tag, label: t.Program.Label, creator: t.Spawner,
		start: t.Spawned, end: t.End, busy: t.Busy, outcome: t.Outcome,
	}, epoch)
	if f.options.TaskFields {
		b.AppendEmpty(semconv.PollCount).SetInt(int64(t.Polls))
		b.AppendEmpty(semconv.ScheduledNs).SetInt(int64(t.QueueWait))
		b.AppendEmpty(semconv.FirstPollDelayNs).SetInt(int64(t.FirstPoll - t.Spawned))
		b.AppendEmpty(semconv.LongestPollNs).SetInt(int64(t.LongestPoll))
		b.AppendEmpty(semconv.StealCount).SetInt(int64(t.Steals))
		b.AppendEmpty(semconv.ForcedYieldCount).SetInt(int64(t.ForcedYields))
		b.AppendEmpty(semconv.TaskID).SetInt(int64(t.Task)) //nolint:gosec // G115: a count of tasks
		b.AppendEmpty(semconv.WorkerIndex).SetInt(int64(t.FirstWorker))
	}
	b.UnsafeIntoMap(span.Attributes())
}

// buildInner writes a span inside a task. Nobody wraps its future: it has no task fields.
func (*Fleet) buildInner(span ptrace.Span, p *process, s *scheduler.Span, epoch time.Time) {
	var b xpdata.MapBuilder
	p.build(span, &b, record{
		number: s.Number, parent: s.Parent, tag: s.Tag, label: s.Label, creator: s.Thread,
		start: s.Start, end: s.End, busy: s.Busy, outcome: s.Outcome,
	}, epoch)
	b.UnsafeIntoMap(span.Attributes())
}

func (p *process) build(span ptrace.Span, b *xpdata.MapBuilder, r record, epoch time.Time) {
	id := &p.identity
	what := &id.service.Spans[r.label]
	at := wall(epoch)
	span.SetTraceID(id.traceID(r.tag))
	span.SetSpanID(id.spanID(r.number))
	span.SetParentSpanID(id.spanID(r.parent))
	span.SetFlags(sampled)
	span.SetName(what.Name)
	span.SetKind(spanKinds[what.Kind])
	span.SetStartTimestamp(at(r.start))
	span.SetEndTimestamp(at(r.end))
	if message := failures[r.outcome]; message != "" {
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage(message)
	}
	for _, e := range p.events[r.number] {
		event := span.Events().AppendEmpty()
		event.SetTimestamp(at(e.At))
		event.SetName(id.service.Events[e.Label].Name)
		for _, a := range id.service.Events[e.Label].Attributes {
			setValue(event.Attributes().PutEmpty(a.Key), a.Value)
		}
	}

	b.EnsureCapacity(len(what.Attributes) + tracingAttributes + taskAttributes)
	for _, a := range what.Attributes {
		setValue(b.AppendEmpty(a.Key), a.Value)
	}
	b.AppendEmpty(semconv.BusyNs).SetInt(int64(r.busy))
	b.AppendEmpty(semconv.IdleNs).SetInt(int64(r.end - r.start - r.busy))
	thread := p.instance.Runtime().ThreadName(r.creator)
	if thread == semconv.ThreadMain { // of a runtime without threads of its own
		r.creator = scheduler.Outside
	}
	b.AppendEmpty(semconv.ThreadID).SetInt(scheduler.ThreadID(r.creator))
	if thread != "" {
		b.AppendEmpty(semconv.ThreadName).SetStr(thread)
	}
	b.AppendEmpty(semconv.CodeFilePath).SetStr(sourceFile)
	b.AppendEmpty(semconv.CodeLineNumber).SetInt(sourceLine(r.label))
	b.AppendEmpty(semconv.CodeModuleName).SetStr(id.module)
	b.AppendEmpty(semconv.Target).SetStr(id.module)
}

// wall gives the wall time of a virtual one, if virtual time 0 is epoch.
func wall(epoch time.Time) func(sim.Time) pcommon.Timestamp {
	return func(t sim.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(epoch.Add(t.Duration())) }
}

// failures are the status messages of spans that did not end well; the first is that of Tokio's Elapsed.
var failures = [...]string{scheduler.TimedOut: "deadline has elapsed", scheduler.Cancelled: "cancelled"}

// How many attributes a span has beside the operation's own.
const (
	tracingAttributes = 8
	taskAttributes    = 8
)

// sourceLine places the handlers of a service below each other in its source file.
func sourceLine(label int) int64 { return 12 + 24*int64(label) }

var spanKinds = map[workload.Kind]ptrace.SpanKind{
	workload.Server:   ptrace.SpanKindServer,
	workload.Client:   ptrace.SpanKindClient,
	workload.Internal: ptrace.SpanKindInternal,
	workload.Producer: ptrace.SpanKindProducer,
	workload.Consumer: ptrace.SpanKindConsumer,
}

func setValue(v pcommon.Value, value any) {
	switch x := value.(type) {
	case string:
		v.SetStr(x)
	case int64:
		v.SetInt(x)
	case float64:
		v.SetDouble(x)
	case bool:
		v.SetBool(x)
	}
}
