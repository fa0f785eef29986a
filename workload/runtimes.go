// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// A process may have several runtimes. Requests arrive at the first, the service's own. Each of the others is a part: a service
// that nobody calls but the steps run_on of the first, without a network between them, in the same process, on the same CPUs.

var runOnKeys = []string{"runtime", "name", "kind", "attributes", "errors", "links", "steps"}

// parseRuntimes reads the further runtimes of a process.
func (s *Service) parseRuntimes(v value) {
	t, ok := v.anyTable()
	if !ok {
		return
	}
	if len(t.entries) == 0 {
		v.fail("empty; want at least one runtime by a name of your choice, for run_on")
	}
	s.parts = nil
	for _, name := range t.keys() {
		part := &Service{
			Name: s.Name, Part: name, Instances: s.Instances, Seed: s.Seed, Export: s.Export,
			Runtime: parseRuntime(t.child(name)), Arrivals: none{}, called: true, at: t.child(name),
		}
		s.parts = append(s.parts, part)
	}
}

// OneRuntime reports whether the service's process has no other runtime.
func (s *Service) OneRuntime() bool { return s.Part == "" && len(s.parts) == 0 }

// serviceKey tells the services of a fleet apart.
type serviceKey struct{ name, part string }

func (s *Service) key() serviceKey { return serviceKey{s.Name, s.Part} }

func (k serviceKey) String() string {
	if k.part == "" {
		return k.name
	}
	return k.name + "/" + k.part
}

// runOn reads steps that another runtime of the process runs while the task waits: the task of another thread's block_on, awaited by
// a channel or a handle.
func (p *programs) runOn(v value, depth int) (step program.Step, tasks int) {
	step = program.Step{Op: program.Call, Label: len(p.calls), Duration: program.Constant(0)}
	t, ok := v.table(runOnKeys)
	if !ok {
		return step, 0
	}
	var names []string
	for _, part := range p.parts {
		names = append(names, part.service.Part)
	}
	switch {
	case p.service.Part != "":
		v.fail("inside another run_on; want it beside that")
		return step, 0
	case len(p.parts) == 0:
		v.fail("the process has one runtime; want runtimes: {NAME: {model: ...}} beside the service's runtime")
		return step, 0
	}
	name, ok := t.required("runtime", oneOf(names))
	if !ok {
		return step, 0
	}
	i := name.choice(names)
	if i < 0 {
		return step, 0
	}
	on := p.parts[i]
	o := Operation{Weight: 1, Program: on.task(t)}
	if steps, ok := t.required("steps", "a list of steps"); ok {
		o.Program.Steps, tasks = on.steps(steps, depth)
	}
	p.calls = append(p.calls, Call{Service: p.service.Name, Operation: o.Program.Name, at: v, callee: on.service, operation: len(on.operations)})
	on.operations = append(on.operations, o)
	return step, min(tasks+1, mostTasks+1)
}

// inProcess reports whether the call goes to another runtime of the same process.
func (c *Call) inProcess() bool { return c.callee.Part != "" }

// withParts lists a fleet's services, each followed by its parts.
func withParts(fleet []*Service) []*Service {
	all := make([]*Service, 0, len(fleet))
	for _, s := range fleet {
		all = append(all, s)
		all = append(all, s.parts...)
	}
	return slices.Clip(all)
}
