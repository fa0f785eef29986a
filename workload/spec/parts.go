// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// A process may have several runtimes. Requests arrive at the first, the service's own. Each of the others is a part: a service
// that nobody calls but the steps run_on of the first, without a network between them, in the same process, on the same CPUs.

var runOnForm = form{name: "run_on", means: "Steps that another runtime of the process runs while the task waits.", keys: []key{
	{name: "runtime", takes: text{}, missing: "one of the runtimes", means: "Name of the runtime, as under runtimes."},
	taskNameKey, kindKey("internal"), attributesKey, errorsKey, linksKey, stepsKey,
}}

// readParts reads the further runtimes of a process.
func (b *builder) readParts(v value) {
	t, ok := v.anyTable()
	if !ok {
		return
	}
	if len(t.entries) == 0 {
		v.fail("empty; want at least one runtime by a name of your choice, for run_on")
	}
	s := b.service
	s.Parts, b.parts = nil, nil
	for _, name := range t.keys() {
		part := &workload.Service{
			Name: s.Name, Part: name, Instances: s.Instances, Seed: s.Seed, Export: s.Export, Clock: s.Clock, Resource: s.Resource,
			Runtime: readRuntime(t.child(name), s.Runtime.AvailableParallelism()),
		}
		s.Parts = append(s.Parts, part)
		b.parts = append(b.parts, &builder{
			objects: b.objects, decoder: b.decoder, service: part, model: models.ByName(part.Runtime.Model), at: t.child(name),
		})
	}
}

// runOn reads steps that another runtime of the process runs while the task waits: the task of another thread's block_on, awaited by
// a channel or a handle.
func (b *builder) runOn(v value, depth int) (step program.Step, tasks int) {
	step = program.Step{Op: program.Call, Label: len(b.service.Calls), Duration: program.Constant(0)}
	t, ok := v.table(&runOnForm)
	if !ok {
		return step, 0
	}
	var names []string
	for _, part := range b.parts {
		names = append(names, part.service.Part)
	}
	switch {
	case b.service.Part != "":
		v.fail("inside another run_on; want it beside that")
		return step, 0
	case len(b.parts) == 0:
		v.fail("the process has one runtime; want runtimes: {NAME: {model: ...}} beside the service's runtime")
		return step, 0
	}
	name := t.child("runtime")
	if !t.has("runtime") {
		name.fail("missing; want " + oneOf(names))
		return step, 0
	}
	i := name.choice(names)
	if i < 0 {
		return step, 0
	}
	on := b.parts[i]
	o := workload.Operation{Weight: 1, Program: on.task(t)}
	if steps, ok := t.get("steps"); ok {
		o.Program.Steps, tasks = on.steps(steps, depth)
	}
	b.called(workload.Call{Service: on.service, Operation: len(on.service.Operations)}, writtenCall{at: v})
	on.service.Operations = append(on.service.Operations, o)
	return step, min(tasks+1, workload.MostTasks+1)
}
