// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// highestWeight bounds the weight of an operation.
const highestWeight = 1e6

var operationForm = form{name: "operation", means: "One kind of request.", keys: []key{
	{name: "name", takes: text{}, missing: "text", means: "Name of the operation and of its span."},
	kindKey("server"),
	{name: "weight", takes: number{0, highestWeight, true}, initial: "1", means: "Share of the arrivals, relative to the other operations."},
	{name: "timeout", takes: ref{"distribution"}, means: "Time after which the steps are dropped, if the task waits then."},
	{name: "block_on", takes: boolean{}, initial: "false", means: "The main thread runs it, in block_on: no worker polls it, and what it spawns comes to the workers from outside. Such requests run one after the other."},
	attributesKey, errorsKey, linksKey,
	stepsKey,
}}

// readOperations reads what a service can be asked for, with the steps of its parts.
func (b *builder) readOperations(v value) {
	for _, item := range v.list("operations") {
		b.service.Operations = append(b.service.Operations, b.operation(item))
	}
	b.finish()
	for _, part := range b.parts {
		part.finish()
		if len(part.service.Operations) == 0 {
			part.at.fail(fmt.Sprintf("no step runs on it; want run_on: {runtime: %s, steps: [...]} in an operation", part.service.Part))
		}
	}
}

// finish checks what is known only when all steps are read.
func (b *builder) finish() {
	b.checkLinks()
	b.service.Mutexes, b.service.Channels = b.mutexes.names, b.channels.names
}

// operation reads one kind of request.
func (b *builder) operation(v value) workload.Operation {
	o := workload.Operation{Weight: 1, Program: &program.Program{Label: workload.Untraced}}
	t, ok := v.table(&operationForm)
	if !ok {
		return o
	}
	span := workload.Span{Kind: workload.Server}
	t.text("name", &span.Name)
	t.number("weight", &o.Weight)
	b.describe(t, &span)
	o.Program = b.traced(span)
	t.boolean("block_on", &o.Program.BlockOn)
	if steps, ok := t.get("steps"); ok {
		var tasks int
		o.Program.Steps, tasks = b.steps(steps, 0)
		if tasks > workload.MostTasks {
			steps.fail(fmt.Sprintf("more than %d tasks spawned for one request; want at most that many", workload.MostTasks))
		}
	}
	if timeout, ok := t.get("timeout"); ok {
		begin := program.Step{Op: program.Timeout, Duration: readDistribution(timeout)}
		o.Program.Steps = under(begin, o.Program.Steps)
	}
	return o
}
