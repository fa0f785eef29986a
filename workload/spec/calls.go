// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var callForm = form{name: "call", means: "A request to another service, in a client span of its own, awaited.", keys: []key{
	{name: "service", takes: text{}, missing: "the name of a service", means: "Name of the service of the fleet that is called."},
	{name: "operation", takes: text{}, missing: "the name of one of its operations", means: "Name of the operation there. The client span has this name."},
	{name: "network", takes: ref{"distribution"}, initial: "0s", means: "Time on the network, each way."},
	attributesKey, errorsKey, linksKey,
}}

// call reads a request to another service.
func (b *builder) call(v value) []program.Step {
	t, ok := v.table(&callForm)
	if !ok {
		return nil
	}
	w := writtenCall{at: v}
	t.text("service", &w.service)
	t.text("operation", &w.operation)
	step := program.Step{Op: program.Call, Label: len(b.service.Calls), Duration: program.Constant(0)}
	if network, ok := t.get("network"); ok {
		step.Duration = readDistribution(network)
	}
	b.called(workload.Call{}, w)
	span := workload.Span{Name: w.operation, Kind: workload.Client, Attributes: []workload.Attribute{{Key: semconv.ServerAddress, Value: w.service}}}
	b.describe(t, &span)
	return []program.Step{{Op: program.Span, Label: b.label(span)}, step, {Op: program.EndSpan}}
}

// resolveCalls finds what each call names, and notes what cannot be.
func (d *decoder) resolveCalls() {
	var names []string
	byName := map[string]*workload.Service{} // the first of each name
	for _, s := range d.fleet {
		if _, taken := byName[s.Name]; !taken {
			names = append(names, s.Name)
			byName[s.Name] = s
		}
	}
	all := workload.Runtimes(d.fleet)
	for _, s := range all {
		for i, w := range d.calls[s] {
			d.resolve(&s.Calls[i], w, names, byName)
		}
	}
	for _, s := range all {
		if arrivals, without := d.idle[s]; without && !d.called[s] {
			arrivals.fail("missing; want a map, since no other service calls this one")
		}
		d.checkCycle(s)
	}
}

// resolve takes the names of the fleet in their order, for the words of a mistake.
func (d *decoder) resolve(c *workload.Call, w writtenCall, names []string, byName map[string]*workload.Service) {
	if w.service == "" || w.operation == "" {
		return // noted already, or of another runtime of the process
	}
	s, known := byName[w.service]
	if !known {
		w.unknown("service", quote(w.service)+" is not in the fleet", w.service, names)
		return
	}
	d.called[s] = true
	c.Operation = slices.IndexFunc(s.Operations, func(o workload.Operation) bool { return o.Program.Name == w.operation })
	if c.Operation < 0 {
		var operations []string
		if !d.full() {
			for _, o := range s.Operations {
				operations = append(operations, o.Program.Name)
			}
		}
		w.unknown("operation", "service "+s.Name+" has no "+quote(w.operation), w.operation, operations)
		return
	}
	c.Service = s
}

// unknown notes that the name under a key of the call is none of those that there are. To look for the nearest name takes as long as
// there are names, for each of as many calls: only mistakes that are told are worth it.
func (w *writtenCall) unknown(key, message, name string, names []string) {
	if !w.at.in.full() {
		message += didYouMean(name, names) + "; want " + oneOf(names)
	}
	value{path: w.at.path + "." + key, in: w.at.in}.fail(message)
}

// checkCycle notes a service that calls itself, over however many others: one request would become infinitely many.
func (d *decoder) checkCycle(s *workload.Service) {
	seen := map[*workload.Service]bool{}
	var visit func(*workload.Service)
	visit = func(from *workload.Service) {
		seen[from] = true
		for i := range from.Calls {
			switch callee := from.Calls[i].Service; {
			case callee == nil:
			case callee == s:
				d.calls[from][i].at.fail(fmt.Sprintf("service %s calls itself in the end; want calls without a circle", s.Name))
			case !seen[callee]:
				visit(callee)
			}
		}
	}
	visit(s)
}

// checkTasks notes that a request becomes too many, over services that call each other in turn. There are no circles.
func (d *decoder) checkTasks() {
	count := workload.NewTaskCount()
	for _, s := range workload.Runtimes(d.fleet) {
		for _, o := range s.Operations {
			if len(s.Calls) > 0 && count.Of(s, o.Program) > workload.MostTasks {
				d.calls[s][0].at.fail(fmt.Sprintf("%s becomes more than %d tasks and calls, those of the services called included; want at most that many",
					o.Program.Name, workload.MostTasks))
				return
			}
		}
	}
}
