// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// What a span is described by beside its name: its kind, its attributes, how often it fails, and what it links to. An operation,
// a named spawn and a span inside a task say it in the same words.

func kindNames() (names []string) {
	for _, k := range workload.Kinds() {
		names = append(names, k.String())
	}
	return names
}

func kindKey(initial string) key {
	return key{name: "kind", takes: text{kindNames()}, initial: initial, means: "Kind of the span."}
}

var (
	attributesKey = key{name: "attributes", takes: named{ref{"attribute"}}, means: "Attributes by their keys."}
	errorsKey     = key{name: "errors", takes: ref{"errors"}, initial: "none", means: "How many of the spans fail, and how a failed one looks."}
	linksKey      = key{name: "links", takes: ref{"links"}, initial: "none", means: "Earlier spans that the span links to."}
	taskNameKey   = key{name: "name", takes: text{}, initial: "not traced", means: "Name of the span around each task. Only with it there are kind, attributes, errors and links."}
	stepsKey      = key{name: "steps", takes: ref{"steps"}, missing: "a list of steps", means: "What to do, one after the other."}
)

var (
	errorsForm = form{name: "errors", means: "Spans that fail.", keys: []key{
		{name: "rate", takes: number{0, 1, false}, missing: "the share of failed spans, from 0 to 1", means: "Share of the spans that fail."},
		{name: "message", takes: text{}, initial: "none", means: "Message of the status."},
		{name: "attributes", takes: named{ref{"attribute"}}, means: "Attributes of a failed span, in place of its own of the same keys. error.type is by default the status code among them, else " + semconv.ErrorTypeOther + "."},
	}}
	linksForm = form{name: "links", means: "Links of a span to those of one name that ended before it.", keys: []key{
		{name: "service", takes: text{}, initial: "the same process", means: "Name of the service whose spans they are, of any of its instances."},
		{name: "operation", takes: text{}, missing: "the name of an operation or a span of the service", means: "Name of the spans to link to."},
		{name: "count", takes: whole{workload.MostLinks}, initial: "1", means: "Number of links; fewer if not so many have ended."},
		{name: "queue", takes: boolean{}, initial: "false", means: "true: as messages are taken from a queue, each span is linked to once, the oldest first."},
	}}
	spanForm = form{name: "span", means: "A span inside the task.", keys: []key{
		{name: "name", takes: text{}, missing: "text", means: "Name of the span."},
		kindKey("internal"), attributesKey, errorsKey, linksKey, stepsKey,
	}}
	eventForm = form{name: "event", means: "An event of the innermost span.", keys: []key{
		{name: "name", takes: text{}, missing: "text", means: "Name of the event."},
		attributesKey,
	}}
)

// describe reads those of the keys that are there.
func (b *builder) describe(t table, span *workload.Span) {
	if t.has("kind") {
		span.Kind = workload.Kinds()[max(0, t.choice("kind"))]
	}
	if attributes, ok := t.get("attributes"); ok {
		span.Attributes = workload.Merge(span.Attributes, readAttributes(attributes))
	}
	if errors, ok := t.get("errors"); ok {
		span.Errors = readErrors(errors)
	}
	if links, ok := t.get("links"); ok {
		span.Links = b.links(links)
	}
}

func readErrors(v value) *workload.Errors {
	e := &workload.Errors{}
	t, ok := v.table(&errorsForm)
	if !ok {
		return e
	}
	t.number("rate", &e.Rate)
	t.text("message", &e.Message)
	if attributes, ok := t.get("attributes"); ok {
		e.Attributes = readAttributes(attributes)
		attributes.checkErrorType(e.Attributes)
	}
	return e
}

// checkErrorType notes an error.type that is no text: 502 instead of "502".
func (v value) checkErrorType(attributes []workload.Attribute) {
	for _, a := range attributes {
		switch a.Value.(type) {
		case nil, string, workload.Texts:
		default:
			if a.Key == semconv.ErrorType {
				t, _ := v.anyTable()
				t.child(a.Key).refuse("text: put it in quotes")
			}
		}
	}
}

func (b *builder) links(v value) *workload.Links {
	l := &workload.Links{Count: 1}
	t, ok := v.table(&linksForm)
	if !ok {
		return l
	}
	name, ok := t.get("operation")
	if ok {
		l.Name = name.text()
	}
	switch service, across := t.get("service"); {
	case across:
		l.Service = service.text()
		b.decoder.linked = append(b.decoder.linked, linkAcross{link{name, l.Name}, service, l.Service})
	case ok:
		b.linked = append(b.linked, link{name, l.Name})
	}
	t.whole("count", &l.Count)
	t.boolean("queue", &l.Queue)
	return l
}

// checkLinks notes links to names that no span has.
func (b *builder) checkLinks() {
	known := map[string]bool{}
	var names []string
	for i := range b.service.Spans {
		if name := b.service.Spans[i].Name; name != "" && !known[name] {
			known[name] = true
			names = append(names, name)
		}
	}
	for _, l := range b.linked {
		l.check(known, names)
	}
}

// task makes the program of a spawned task, without its steps: with a span, if it has a name.
func (b *builder) task(t table) *program.Program {
	if t.has("name") {
		span := workload.Span{Kind: workload.Internal}
		t.text("name", &span.Name)
		b.describe(t, &span)
		return b.traced(span)
	}
	for _, key := range []string{"kind", "attributes", "errors", "links"} {
		if t.has(key) {
			t.child(key).fail("belongs to a span, and tasks without a name have none; want a name beside it")
		}
	}
	return &program.Program{Label: workload.Untraced}
}

// span reads a span around steps: the steps between one that opens it and one that closes it.
func (b *builder) span(v value, depth int) (steps []program.Step, tasks int) {
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a span inside %d others; want at most %d", depth-1, deepestSpawn-1))
		return nil, 0
	}
	t, ok := v.table(&spanForm)
	if !ok {
		return nil, 0
	}
	span := workload.Span{Kind: workload.Internal}
	t.text("name", &span.Name)
	b.describe(t, &span)
	steps = []program.Step{{Op: program.Span, Label: b.label(span)}}
	if inner, ok := t.get("steps"); ok {
		var list []program.Step
		list, tasks = b.steps(inner, depth)
		steps = append(steps, list...)
	}
	return append(steps, program.Step{Op: program.EndSpan}), tasks
}

// event reads an event of a span: its name, or a map with attributes too.
func (b *builder) event(v value) program.Step {
	var event workload.Event
	if _, plain := v.raw.(string); plain {
		event.Name = v.text()
	} else if t, ok := v.table(&eventForm); ok {
		t.text("name", &event.Name)
		if attributes, ok := t.get("attributes"); ok {
			event.Attributes = readAttributes(attributes)
		}
	}
	b.service.Events = append(b.service.Events, event)
	return program.Step{Op: program.Event, Label: len(b.service.Events) - 1}
}
