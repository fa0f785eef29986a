// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	mostInstances = 1000
	mostInFlight  = 1_000_000
	usualInFlight = 10_000
	highestWeight = 1e6
)

var (
	serviceKeys   = []string{"name", "instances", "seed", "runtime", "runtimes", "host", "arrivals", "max_in_flight", "export", "workload", "operations"}
	operationKeys = []string{"name", "kind", "weight", "timeout", "attributes", "errors", "links", "steps"}
)

// Parse reads the value of `services:` as YAML gives it: a list of maps, or a map of maps by the services' names, which other
// configurations can change in part. The error joins one error per mistake, each
// beginning with the path of its key, up to a hundred: `services[1].runtime.worker_threads: 0 is not allowed; want 1 to 1024`. With any
// mistake there are no services.
func Parse(services any) ([]*Service, error) {
	var m mistakes
	var fleet []*Service
	named := map[string]string{} // name: path of the service
	all := newValue(services, "services", &m)
	for _, item := range all.services() {
		s := parseService(item.value, item.name)
		if first, taken := named[s.Name]; taken && s.Name != "" {
			item.fail(fmt.Sprintf("name %q is taken by %s; want a name of its own", s.Name, first))
		} else {
			named[s.Name] = item.path
		}
		fleet = append(fleet, s)
	}
	fleet = withParts(fleet)
	resolveCalls(fleet)
	all.checkSize(fleet)
	if len(m.errs) == 0 {
		checkTasks(fleet)
	}
	if err := m.err(); err != nil {
		return nil, err
	}
	return fleet, nil
}

// Bounds of a whole fleet: about a gigabyte each.
const (
	mostThreads    = 400_000
	mostFleetUsers = 20_000_000
)

// checkSize bounds what a fleet takes before anything runs: each service may be within its limits, and all together not fit.
func (v value) checkSize(fleet []*Service) {
	if v.mistakes.steps > mostSteps {
		v.fail(fmt.Sprintf("more than %d steps in all services, those of their workloads included; want at most that many", mostSteps))
	}
	threads, users := 0, 0
	for _, s := range fleet {
		threads += s.Instances * s.Runtime.Workers
		if c, closed := s.Arrivals.(ClosedLoop); closed {
			users += s.Instances * c.Users
		}
	}
	if threads > mostThreads {
		v.fail(fmt.Sprintf("%d worker_threads in all instances of all services; want at most %d", threads, mostThreads))
	}
	if users > mostFleetUsers {
		v.fail(fmt.Sprintf("%d users of all instances of all services; want at most %d", users, mostFleetUsers))
	}
}

// namedValue is a service of the tree. The name is empty if the service says it.
type namedValue struct {
	value
	name string
}

// services are those of a list, or of a map, in the order of their names.
func (v value) services() (of []namedValue) {
	entries, isMap := v.raw.(map[string]any)
	if !isMap {
		for _, item := range v.list("services") {
			of = append(of, namedValue{value: item})
		}
		return of
	}
	if len(entries) == 0 {
		v.fail("empty; want at least one of the services")
	}
	t := table{v, entries}
	for _, name := range t.keys() {
		of = append(of, namedValue{t.child(name), name})
	}
	return of
}

func parseService(v value, name string) *Service {
	s := &Service{Instances: 1, MaxInFlight: usualInFlight, Name: name}
	t, ok := v.table(serviceKeys)
	if !ok {
		return s
	}
	switch {
	case name == "":
		if name, ok := t.required("name", "text"); ok {
			s.Name = name.text()
		}
	case t.has("name"):
		t.child("name").fail("not allowed in a map of services; its key is the name")
	}
	if t.has("instances") {
		s.Instances = t.child("instances").whole(mostInstances)
	}
	if t.has("seed") {
		s.Seed = new(t.child("seed").unsigned())
	}
	if runtime, ok := t.required("runtime", "a map"); ok {
		s.Runtime = parseRuntime(runtime)
	}
	if t.has("host") {
		s.Runtime.parseHost(t.child("host"))
	}
	s.Export = batchExport
	if s.Runtime.Name == semconv.RuntimeSmol { // as its example does
		s.Export = simpleExport
	}
	if t.has("export") {
		s.parseExport(t.child("export"))
	}
	s.arrivals = t.child("arrivals")
	if t.has("arrivals") {
		s.Arrivals = parseArrivals(s.arrivals)
	} else {
		s.Arrivals = none{} // resolveCalls asks for some unless another service calls this one
	}
	if t.has("max_in_flight") {
		s.MaxInFlight = t.child("max_in_flight").whole(mostInFlight)
	}
	if t.has("runtimes") {
		s.parseRuntimes(t.child("runtimes"))
	}
	preset := t.child("workload")
	switch own := t.has("operations"); {
	case t.has("workload") && own:
		preset.fail("both workload and operations are set; want one of them")
	case t.has("workload"):
		s.parsePreset(preset)
	case own:
		s.parseOperations(t.child("operations"))
	default:
		preset.fail("neither workload nor operations is set; want one of them; workloads are " + oneOf(Presets()))
	}
	return s
}

func (s *Service) parseOperations(v value) {
	p := programs{service: s, objects: newObjects()}
	for _, part := range s.parts {
		p.parts = append(p.parts, &programs{service: part, objects: p.objects})
	}
	for _, item := range v.list("operations") {
		p.operations = append(p.operations, p.operation(item))
	}
	p.finish()
	for _, part := range p.parts {
		part.finish()
		if len(part.operations) == 0 {
			part.service.at.fail(fmt.Sprintf("no step runs on it; want run_on: {runtime: %s, steps: [...]} in an operation", part.service.Part))
		}
	}
}

func (p *programs) finish() {
	p.checkLinks()
	s := p.service
	s.Operations, s.Spans, s.Events, s.Calls = p.operations, p.spans, p.events, p.calls
}

func (p *programs) operation(v value) Operation {
	o := Operation{Weight: 1}
	t, ok := v.table(operationKeys)
	if !ok {
		return o
	}
	span := Span{Kind: Server}
	if name, ok := t.required("name", "text"); ok {
		span.Name = name.text()
	}
	if t.has("weight") {
		o.Weight = t.child("weight").positive(highestWeight)
	}
	p.describe(t, &span)
	o.Program = p.traced(span)
	if steps, ok := t.required("steps", "a list of steps"); ok {
		var tasks int
		o.Program.Steps, tasks = p.steps(steps, 0)
		if tasks > mostTasks {
			steps.fail(fmt.Sprintf("more than %d tasks spawned for one request; want at most that many", mostTasks))
		}
	}
	if t.has("timeout") {
		begin := program.Step{Op: program.Timeout, Duration: parseDistribution(t.child("timeout"))}
		o.Program.Steps = under(begin, o.Program.Steps)
	}
	return o
}
