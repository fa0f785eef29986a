// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// decoder reads a fleet.
type decoder struct {
	reading

	stepKinds []stepKind
	stepNames []string

	fleet  []*workload.Service
	named  map[string]string                   // path of the service, by its name
	idle   map[*workload.Service]value         // where arrivals would stand, of services without
	calls  map[*workload.Service][]writtenCall // as Service.Calls
	called map[*workload.Service]bool          // by another service
	linked []linkAcross
}

// writtenCall is what a call names, until all services are read.
type writtenCall struct {
	at                 value
	service, operation string
}

// builder makes the programs of one runtime, and keeps what they share: the tables that their labels point into, and the mutexes and
// channels of the process, by name.
type builder struct {
	*objects

	decoder *decoder
	service *workload.Service
	model   *models.Model // of its runtime; nil: that could not be read
	parts   []*builder    // of the process's further runtimes
	at      value         // in YAML, of a part
	linked  []link
	holding map[int]bool // mutexes that the task locks around the steps that are being read
}

// link is a name that has to be one of the service's.
type link struct {
	at   value
	name string
}

// check notes a name that is none of those known.
func (l *link) check(known map[string]bool, names []string) {
	if l.name != "" && !known[l.name] {
		l.at.fail(fmt.Sprintf("%s is no span of this service%s; want %s", l.at.describe(), didYouMean(l.name, names), oneOf(names)))
	}
}

// linkAcross is a name that has to be one of another service's.
type linkAcross struct {
	link

	serviceAt value
	service   string
}

// label adds a span to the service's, and is what its steps know it by.
func (b *builder) label(span workload.Span) int {
	b.service.Spans = append(b.service.Spans, span)
	return len(b.service.Spans) - 1
}

// traced makes the program of a span.
func (b *builder) traced(span workload.Span) *program.Program {
	return &program.Program{Name: span.Name, Label: b.label(span)}
}

// called adds a call, and keeps what it names.
func (b *builder) called(c workload.Call, w writtenCall) {
	b.service.Calls = append(b.service.Calls, c)
	b.decoder.calls[b.service] = append(b.decoder.calls[b.service], w)
}

// lacks says why the runtime does not have a step; empty: it has it, or which runtime it is could not be read.
func (b *builder) lacks(op program.Op) string {
	if b.model == nil {
		return ""
	}
	return b.model.Lacks(&b.service.Runtime.Config, op)
}

// stepKind is one of the steps that YAML can say. One kind may stand for several steps of a program, as span does.
type stepKind struct {
	name  string
	means string
	op    program.Op // which a runtime may lack
	takes kind
	read  func(l *stepList, v value)
}

// stepList is a list of steps that is being read, inside depth spawns, spans and timeouts.
type stepList struct {
	*builder

	kind     *stepKind // of the step that is being read
	depth    int
	steps    []program.Step
	tasks    int // that the steps spawn, up to MostTasks+1
	unjoined []value
	locked   map[int]value // by mutex: where
}

// namedValue is a service of the tree. The name is empty if the service says it.
type namedValue struct {
	value

	name string
}
