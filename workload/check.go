// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Check tells what a simulation could not trust in a fleet: names that are missing or taken, a runtime that is not modelled, steps that
// the runtime does not have, programs that are not well formed, labels without a table entry, numbers that are out of bounds, and calls
// in a circle. The error joins one error for each runtime of the fleet in which something is wrong; each begins with the name.
//
// Package spec has checked all this, in the words of YAML, for what it returns.
func Check(fleet []*Service) error {
	var errs []error
	names := map[string]bool{}
	all := Runtimes(fleet)
	known := map[*Service]bool{}
	for _, s := range all {
		known[s] = true
	}
	for _, s := range all {
		c := checker{service: s, fleet: known}
		if names[s.FullName()] {
			c.fail("the name is taken; want another")
		}
		names[s.FullName()] = true
		if err := c.check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.FullName(), err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return checkCalls(all)
}

// checkCalls tells services that call themselves in the end, and requests that become too many tasks.
func checkCalls(all []*Service) error {
	inside := map[*Service]bool{} // in the calls that are followed now; false: seen, and no circle
	var follow func(s *Service) error
	follow = func(s *Service) error {
		if circle, seen := inside[s]; circle {
			return fmt.Errorf("%s: calls itself in the end; want calls without a circle", s.FullName())
		} else if seen {
			return nil
		}
		inside[s] = true
		for i := range s.Calls {
			if err := follow(s.Calls[i].Service); err != nil {
				return err
			}
		}
		inside[s] = false
		return nil
	}
	for _, s := range all {
		if err := follow(s); err != nil {
			return err
		}
	}
	count := NewTaskCount()
	for _, s := range all {
		for i := range s.Operations {
			if count.Of(s, s.Operations[i].Program) > MostTasks {
				return fmt.Errorf("%s: operation %d becomes more than %d tasks and calls", s.FullName(), i, MostTasks)
			}
		}
	}
	return nil
}

// checker checks one runtime of a fleet.
type checker struct {
	service *Service
	fleet   map[*Service]bool
	spans   map[string]bool // names
	model   *models.Model
	err     error // the first
}

func (c *checker) fail(format string, of ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, of...)
	}
}

func (c *checker) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *checker) check() error {
	s := c.service
	switch {
	case s.Name == "":
		c.fail("the service has no name; want one")
	case s.Instances < 1:
		c.fail("%d instances; want 1 or more", s.Instances)
	case s.MaxInFlight < 0:
		c.fail("MaxInFlight is %d; want 1 or more, or 0 for no bound", s.MaxInFlight)
	case len(s.Operations) == 0:
		c.fail("no operations; want at least one")
	}
	c.runtime()
	if s.Arrivals != nil {
		c.note(s.Arrivals.Check())
	}
	c.note(s.Connections.Check())
	c.note(s.Export.Late.Check())
	c.note(s.Clock.Check())
	c.attributes("resource", s.Resource, OnResources)
	c.parts()
	c.spans = map[string]bool{}
	for i := range s.Spans {
		c.spans[s.Spans[i].Name] = true
	}
	for i := range s.Spans {
		c.span(&s.Spans[i])
	}
	for i := range s.Events {
		c.attributes("event "+s.Events[i].Name, s.Events[i].Attributes, Recorded)
		c.body("event "+s.Events[i].Name, &s.Events[i].Body, s.Events[i].Severity)
	}
	for i := range s.Metrics {
		c.metric(&s.Metrics[i])
	}
	for i := range s.Logs {
		c.log(&s.Logs[i])
	}
	for i := range s.Calls {
		c.call(i)
	}
	for i := range s.Operations {
		c.operation(i)
	}
	return c.err
}

func (c *checker) runtime() {
	spec := &c.service.Runtime
	if c.model = models.ByName(spec.Model); c.model == nil {
		c.fail("no runtime is called %q; want one of %s", spec.Model, strings.Join(models.Names(), ", "))
		return
	}
	c.note(c.model.Check(&spec.Config))
	c.note(spec.checkHost())
}

func (c *checker) parts() {
	for _, p := range c.service.Parts {
		switch {
		case c.service.Part != "":
			c.fail("a part has parts; want them beside it")
		case p.Part == "":
			c.fail("a part has no name; want one")
		case p.Name != c.service.Name || p.Instances != c.service.Instances:
			c.fail("part %s is not of the service's name and instances; want those", p.Part)
		case p.Arrivals != nil:
			c.fail("part %s has arrivals; want calls of the service's own", p.Part)
		}
	}
}

func (c *checker) span(s *Span) {
	if s.Name == "" {
		c.fail("a span has no name; want one")
	}
	if int(s.Kind) >= len(kindNames) {
		c.fail("span %s: kind %d; want one of Kinds", s.Name, s.Kind)
	}
	c.attributes("span "+s.Name, s.Attributes, Recorded)
	if e := s.Errors; e != nil {
		if !(e.Rate >= 0 && e.Rate <= 1) { // NaN is neither
			c.fail("span %s: an error rate of %v; want 0 to 1", s.Name, e.Rate)
		}
		c.attributes("errors of span "+s.Name, e.Attributes, Recorded)
	}
	if l := s.Links; l != nil {
		if l.Count < 1 || l.Count > MostLinks {
			c.fail("span %s: %d links; want 1 to %d", s.Name, l.Count, MostLinks)
		}
		if l.Service == "" && !c.spans[l.Name] || l.Service != "" && !c.hasSpan(l.Service, l.Name) {
			c.fail("span %s: links to %q, which is no span of the service", s.Name, l.Name)
		}
	}
}

// hasSpan reports whether a service of the fleet has a span of a name, on any runtime of the process.
func (c *checker) hasSpan(service, span string) bool {
	for s := range c.fleet {
		if s.Name == service && slices.ContainsFunc(s.Spans, func(x Span) bool { return x.Name == span }) {
			return true
		}
	}
	return false
}

func (c *checker) attributes(of string, attributes []Attribute, taken func(key string) bool) {
	for i, a := range attributes {
		switch {
		case a.Key == "":
			c.fail("%s: an attribute has no key; want one", of)
		case i > 0 && a.Key <= attributes[i-1].Key:
			c.fail("%s: attribute %s comes after %s; want them sorted, each key once", of, a.Key, attributes[i-1].Key)
		case taken(a.Key):
			c.fail("%s: attribute %s is recorded by the runtime or derived from it; want another", of, a.Key)
		}
		if !isValue(a.Value, 0) {
			c.fail("%s: attribute %s is a %T; want string, int64, float64, bool, Texts, Integers, Bytes, or a List or sorted Map of them", of, a.Key, a.Value)
		}
	}
}

func (c *checker) call(i int) {
	call := &c.service.Calls[i]
	switch {
	case call.Service == nil || !c.fleet[call.Service]:
		c.fail("call %d goes to a service that is not in the fleet", i)
	case call.Operation < 0 || call.Operation >= len(call.Service.Operations):
		c.fail("call %d asks for operation %d of %s, which has %d", i, call.Operation, call.Service.FullName(), len(call.Service.Operations))
	case call.InProcess() && !slices.Contains(c.service.Parts, call.Service):
		c.fail("call %d goes to a part of another process", i)
	}
}

func (c *checker) operation(i int) {
	o := &c.service.Operations[i]
	if o.Program == nil {
		c.fail("operation %d has no program; want one", i)
		return
	}
	if !(o.Weight > 0) { // NaN is not
		c.fail("operation %q: weight %v; want more than 0", o.Program.Name, o.Weight)
	}
	if o.Program.Label == Untraced && c.service.Part == "" {
		c.fail("operation %d has no span; want the index of one as its program's label", i)
	}
	if err := program.Check(o.Program); err != nil {
		c.fail("operation %q: %w", o.Program.Name, err)
		return // without it the program may not end
	}
	c.program(o.Program)
}

// program checks what package program does not know: labels, distributions, and whether the runtime has the step.
func (c *checker) program(p *program.Program) {
	c.label("program "+p.Name, p.Label, len(c.service.Spans), Untraced)
	for i := range p.Steps {
		st := &p.Steps[i]
		if c.model != nil {
			if problem := c.model.Lacks(&c.service.Runtime.Config, st.Op); problem != "" {
				c.fail("%s", problem)
			}
		}
		if st.Duration != nil {
			if err := dist.Check(st.Duration); err != nil {
				c.fail("step %d of program %q: %w", i, p.Name, err)
			}
		}
		switch st.Op {
		case program.Spawn:
			c.program(st.Child)
		case program.Span:
			c.label("a span", st.Label, len(c.service.Spans), 0)
		case program.Event:
			c.label("an event", st.Label, len(c.service.Events), 0)
		case program.Call:
			c.label("a call", st.Label, len(c.service.Calls), 0)
		default:
		}
	}
}

// label checks an index of a table.
func (c *checker) label(what string, label, entries, least int) {
	if label < least || label >= entries {
		c.fail("%s has the label %d; want an index of the %d that the service describes", what, label, entries)
	}
}

// metric checks a metric.
func (c *checker) metric(m *Metric) {
	switch {
	case m.Name == "":
		c.fail("a metric has no name; want one")
	case int(m.Instrument) >= len(instrumentNames):
		c.fail("metric %s: instrument %d; want one of Instruments", m.Name, m.Instrument)
	case m.Operation != "" && !c.spans[m.Operation]:
		c.fail("metric %s: operation %q is no span of the service", m.Name, m.Operation)
	case m.Operation == "" && (m.Series < 1 || m.Series > MostSeries):
		c.fail("metric %s: %d series; want 1 to %d", m.Name, m.Series, MostSeries)
	case m.Operation == "" && (m.Value == nil || m.Exemplars > 0):
		c.fail("metric %s: the duration of a span, or exemplars, without an operation; want one", m.Name)
	case m.Exemplars < 0 || m.Exemplars > MostExemplars:
		c.fail("metric %s: %d exemplars; want 0 to %d", m.Name, m.Exemplars, MostExemplars)
	case len(m.Bounds) > MostBounds || len(m.Bounds) > 0 && m.Instrument != Histogram:
		c.fail("metric %s: bounds; want at most %d, of a histogram", m.Name, MostBounds)
	}
	for i := 1; i < len(m.Bounds); i++ {
		if !(m.Bounds[i] > m.Bounds[i-1]) { // NaN is not
			c.fail("metric %s: bound %v after %v; want them increasing", m.Name, m.Bounds[i], m.Bounds[i-1])
		}
	}
	if m.Value != nil {
		if err := m.Value.check(); err != nil {
			c.fail("metric %s: %w", m.Name, err)
		}
	}
	c.attributes("metric "+m.Name, m.Attributes, Recorded)
}

// body checks a body.
func (c *checker) body(of string, b *Body, severity Severity) {
	if int(severity) >= len(severityNames) {
		c.fail("%s: severity %d; want one of Severities", of, severity)
	}
	c.attributes(of, b.Map, Recorded)
}

// log checks a log record.
func (c *checker) log(l *Log) {
	if !(l.Rate > 0 && l.Rate <= HighestLogRate) { // NaN is neither
		c.fail("a log record has the rate %v; want more than 0, at most %v", l.Rate, HighestLogRate)
	}
	if l.Body.Text == "" && len(l.Body.Map) == 0 {
		c.fail("a log record has no body; want one")
	}
	c.body("log record", &l.Body, l.Severity)
	c.attributes("log record", l.Attributes, Recorded)
}
