// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Attributes of the truth, which the services of reference/ write.
const (
	truthFinding   = "truth.finding"
	truthQueueWait = "truth.queue_wait_ns"
	truthHeldUp    = "truth.held_up_ns"
	truthHeldUpBy  = "truth.held_up_by"
	truthCPUWait   = "truth.cpu_wait_ns"
	truthPolled    = "truth.lacked_polled_ns"
	truthIdle      = "truth.lacked_idle_ns"
)

// Span is what a span says of itself, what is true of it, and what the processor found.
type Span struct {
	Service    string
	Name       string
	ID, Parent pcommon.SpanID
	Start, End time.Time
	Busy, Idle time.Duration
	TaskFields bool // it tells what its future measured
	Thread     string

	// The truth.
	Earns     string // a finding; empty or "none": none
	QueueWait time.Duration
	HeldUp    time.Duration // all workers were in others' long polls for so long
	HeldUpBy  string        // the operation with most of that time
	CPUWait   time.Duration // its workers were ready and had no CPU for so long
	Lacked    *Lack         // the same of itself; nil: not measured

	// What the processor wrote.
	Found        []string
	Culprit      string
	Runtime      string
	Inconsistent bool
	Wait         bool // its queue wait is known
	Joined       bool // it says how much its threads lacked a CPU
}

// Lack is for how long a span had no CPU.
type Lack struct {
	Polled time.Duration // the thread that polled it had none
	Idle   time.Duration // nobody polled it: those that could have had none
}

// Duration is from its start to its end.
func (s *Span) Duration() time.Duration { return s.End.Sub(s.Start) }

// Read appends the spans of a request.
func Read(spans []Span, traces ptrace.Traces) []Span {
	for _, resource := range traces.ResourceSpans().All() {
		service := text(resource.Resource().Attributes(), "service.name")
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				s := read(span)
				s.Service = service
				spans = append(spans, s)
			}
		}
	}
	return spans
}

func read(span ptrace.Span) Span {
	a := span.Attributes()
	s := Span{
		Name: span.Name(), ID: span.SpanID(), Parent: span.ParentSpanID(),
		Start: span.StartTimestamp().AsTime(), End: span.EndTimestamp().AsTime(),
		Busy: nanoseconds(a, semconv.BusyNs), Idle: nanoseconds(a, semconv.IdleNs), Thread: text(a, semconv.ThreadName),
		Earns: text(a, truthFinding), QueueWait: nanoseconds(a, truthQueueWait),
		HeldUp: nanoseconds(a, truthHeldUp), HeldUpBy: text(a, truthHeldUpBy), CPUWait: nanoseconds(a, truthCPUWait),
		Culprit: text(a, heldUpBy), Runtime: text(a, semconv.RuntimeName),
	}
	if _, measured := a.Get(truthPolled); measured {
		s.Lacked = &Lack{nanoseconds(a, truthPolled), nanoseconds(a, truthIdle)}
	}
	_, s.Joined = a.Get(cpuWaitRatio)
	_, s.TaskFields = a.Get(semconv.PollCount)
	_, s.Inconsistent = a.Get(semconv.InconsistentTime)
	source := text(a, semconv.QueueWaitSource)
	s.Wait = source != "" && source != semconv.QueueWaitNone
	if list, ok := a.Get(semconv.Finding); ok && list.Type() == pcommon.ValueTypeSlice {
		for _, finding := range list.Slice().All() {
			s.Found = append(s.Found, finding.AsString())
		}
	}
	return s
}

func text(a pcommon.Map, name string) string {
	if v, ok := a.Get(name); ok {
		return v.AsString()
	}
	return ""
}

func nanoseconds(a pcommon.Map, name string) time.Duration {
	if v, ok := a.Get(name); ok {
		return time.Duration(v.Int())
	}
	return 0
}
