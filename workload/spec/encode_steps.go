// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// steps writes the steps of a program of s: the service, or a part of it. Spans and timeouts, which open and close in a program, are maps
// with the steps between.
func (e *encoder) steps(s *workload.Service, steps []program.Step) *yaml.Node {
	var items []*yaml.Node
	for i := 0; i < len(steps) && e.err == nil; i++ {
		st := &steps[i]
		switch st.Op {
		case program.Span:
			end := e.end(steps, i)
			items = append(items, e.span(s, st, steps[min(i+1, end):end]))
			i = end
		case program.Timeout:
			end := e.end(steps, i)
			inner := (&tree{}).set("after", e.distribution(st.Duration)).set("steps", e.steps(s, steps[min(i+1, end):end]))
			items = append(items, only("timeout", inner.node()))
			i = end
		case program.Spawn:
			items = append(items, only("spawn", e.spawn(s, st)))
		case program.Call:
			items = append(items, e.runOn(s, st))
		case program.Lock, program.Unlock:
			items = append(items, only(st.Op.String(), scalar(nameOf(s.Mutexes, "mutex ", st.Object))))
		case program.Send, program.Receive:
			items = append(items, only("channel", channelOf(s, st)))
		case program.Event:
			items = append(items, only("event", e.event(&s.Events[st.Label])))
		default:
			items = append(items, e.plain(st))
		}
	}
	return list(folded(items))
}

// plain writes a step that takes a duration or nothing.
func (e *encoder) plain(st *program.Step) *yaml.Node {
	i := slices.IndexFunc(e.stepKinds, func(k stepKind) bool { return k.op == st.Op && k.name == st.Op.String() })
	switch {
	case i < 0:
		e.fail("step %v cannot be said in YAML here", st.Op)
		return scalar("")
	case e.stepKinds[i].takes == nothing{}:
		return scalar(e.stepKinds[i].name)
	}
	return only(e.stepKinds[i].name, e.distribution(st.Duration))
}

// end is the index of the step that closes what step i opens.
func (e *encoder) end(steps []program.Step, i int) int {
	opens, closes := steps[i].Op, program.EndTimeout
	if opens == program.Span {
		closes = program.EndSpan
	}
	depth := 0
	for j := i; j < len(steps); j++ {
		switch steps[j].Op {
		case opens:
			depth++
		case closes:
			if depth--; depth == 0 {
				return j
			}
		default:
		}
	}
	e.fail("a %v is never closed; want an %v after it", opens, closes)
	return len(steps)
}

// describe writes what differs from a span without a description.
func (e *encoder) describe(t *tree, span *workload.Span, usual workload.Kind) {
	if span.Kind != usual {
		t.value("kind", span.Kind.String())
	}
	if len(span.Attributes) > 0 {
		t.set("attributes", e.attributes(span.Attributes))
	}
	if x := span.Errors; x != nil {
		errors := (&tree{}).value("rate", x.Rate)
		if x.Message != "" {
			errors.value("message", x.Message)
		}
		if len(x.Attributes) > 0 {
			errors.set("attributes", e.attributes(x.Attributes))
		}
		t.set("errors", errors.node())
	}
	if l := span.Links; l != nil {
		links := &tree{}
		if l.Service != "" {
			links.value("service", l.Service)
		}
		links.value("operation", l.Name)
		if l.Count != 1 {
			links.value("count", l.Count)
		}
		if l.Queue {
			links.value("queue", true)
		}
		t.set("links", links.node())
	}
}

// span writes a span with the steps inside. One around a call alone is the client span of that call.
func (e *encoder) span(s *workload.Service, st *program.Step, inside []program.Step) *yaml.Node {
	span := &s.Spans[st.Label]
	if len(inside) == 1 && inside[0].Op == program.Call && !s.Calls[inside[0].Label].InProcess() {
		return only("call", e.call(s, span, &inside[0]))
	}
	t := (&tree{}).value("name", span.Name)
	e.describe(t, span, workload.Internal)
	return only("span", t.set("steps", e.steps(s, inside)).node())
}

// call writes a call. Its span has the name of the operation, and the address of the service unless it says another.
func (e *encoder) call(s *workload.Service, span *workload.Span, st *program.Step) *yaml.Node {
	c := s.Calls[st.Label]
	operation := c.Service.Operations[c.Operation].Program.Name
	if span.Name != operation || span.Kind != workload.Client {
		e.fail("the span around a call of %s has the name %q and kind %v; want those of a call, %q and client", c.Service.Name, span.Name, span.Kind, operation)
	}
	t := (&tree{}).value("service", c.Service.Name).value("operation", operation)
	if st.Duration != program.Constant(0) {
		t.set("network", e.distribution(st.Duration))
	}
	own := *span
	own.Attributes = slices.DeleteFunc(slices.Clone(span.Attributes), func(a workload.Attribute) bool {
		return a.Key == semconv.ServerAddress && a.Value == c.Service.Name
	})
	e.describe(t, &own, workload.Client)
	return t.node()
}

// runOn writes steps on another runtime of the process.
func (e *encoder) runOn(s *workload.Service, st *program.Step) *yaml.Node {
	c := s.Calls[st.Label]
	if !c.InProcess() {
		e.fail("a call of %s has no span around it alone; want a client span with the name of the operation", c.Service.Name)
		return scalar("")
	}
	p := c.Service.Operations[c.Operation].Program
	t := (&tree{}).value("runtime", c.Service.Part)
	e.task(t, c.Service, p)
	return only("run_on", t.set("steps", e.steps(c.Service, p.Steps)).node())
}

// task writes the span around a task, if there is one.
func (e *encoder) task(t *tree, s *workload.Service, p *program.Program) {
	if p.Label != workload.Untraced {
		span := &s.Spans[p.Label]
		t.value("name", span.Name)
		e.describe(t, span, workload.Internal)
	}
}

func (e *encoder) spawn(s *workload.Service, st *program.Step) *yaml.Node {
	t := &tree{}
	if st.Count != 1 {
		t.value("count", st.Count)
	}
	e.task(t, s, st.Child)
	if st.Detached {
		t.value("detached", true)
	}
	return t.set("steps", e.steps(s, st.Child.Steps)).node()
}

func channelOf(s *workload.Service, st *program.Step) *yaml.Node {
	name := nameOf(s.Channels, "channel ", st.Object)
	if st.Op == program.Receive {
		return only("receive", scalar(name))
	}
	t := (&tree{}).value("send", name)
	if st.Count != defaultCapacity {
		t.value("capacity", st.Count)
	}
	return t.node()
}

// nameOf is the name of a mutex or channel; one without gets its number.
func nameOf(names []string, what string, number int) string {
	if number < len(names) {
		return names[number]
	}
	return what + strconv.Itoa(number)
}
