package workload

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

const (
	// mostTasks bounds the tasks that one request spawns. A million live tasks fit into memory; more are a typing error.
	mostTasks = 1_000_000
	// deepestSpawn bounds how deep spawns nest, and with it the recursion of the parser.
	deepestSpawn = 16
)

// stepNames are the YAML keys of the steps, by program.Op.
var stepNames = func() (names []string) {
	for op := program.Compute; op <= program.Join; op++ {
		names = append(names, op.String())
	}
	return names
}()

var spawnKeys = []string{"count", "name", "detached", "steps"}

// programs parses the steps of one service's operations and keeps the table of spans that their labels point into.
type programs struct{ spans []Span }

// traced makes the program of a span.
func (p *programs) traced(span Span) *program.Program {
	p.spans = append(p.spans, span)
	return &program.Program{Name: span.Name, Label: len(p.spans) - 1}
}

// steps reads a list of steps inside depth spawns, and counts the tasks that they spawn, up to mostTasks+1.
func (p *programs) steps(v value, depth int) (steps []program.Step, tasks int) {
	var unjoined []value
	for _, item := range v.list("steps") {
		if name, ok := item.raw.(string); ok {
			item.raw = map[string]any{name: nil} // `- yield` is short for `- yield:`
		}
		i, argument, ok := item.variant("step", stepNames)
		if !ok {
			continue
		}
		step := program.Step{Op: program.Op(i)} //nolint:gosec // G115: an index of stepNames
		switch step.Op {
		case program.Compute, program.Sleep, program.IO:
			step.Duration = parseDistribution(argument)
		case program.Yield:
			argument.nothing()
		case program.Spawn:
			var spawned int
			step, spawned = p.spawn(argument, depth+1)
			tasks = min(tasks+spawned, mostTasks+1)
			if !step.Detached {
				unjoined = append(unjoined, argument)
			}
		case program.Join:
			argument.nothing()
			unjoined = nil
		}
		steps = append(steps, step)
	}
	for _, spawn := range unjoined {
		spawn.fail("its tasks are never joined; add a join after it or set detached: true")
	}
	return steps, tasks
}

func (p *programs) spawn(v value, depth int) (step program.Step, tasks int) {
	step = program.Step{Op: program.Spawn, Count: 1, Child: &program.Program{Label: Untraced}}
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a spawn inside %d others; want at most %d", depth-1, deepestSpawn-1))
		step.Detached = true // one mistake is enough: ask for no join
		return step, 0
	}
	t, ok := v.table(spawnKeys)
	if !ok {
		step.Detached = true
		return step, 0
	}
	if t.has("count") {
		step.Count = t.child("count").whole(1, mostTasks)
	}
	if t.has("detached") {
		step.Detached = t.child("detached").boolean()
	}
	if t.has("name") {
		step.Child = p.traced(Span{Name: t.child("name").text(), Kind: Internal})
	}
	if steps, ok := t.required("steps", "a list of steps"); ok {
		step.Child.Steps, tasks = p.steps(steps, depth)
	}
	// Neither factor exceeds mostTasks+2: no overflow.
	return step, min(step.Count*(1+tasks), mostTasks+1)
}
