// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"maps"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	// mostTasks bounds the tasks that one request spawns. A million live tasks fit into memory; more are a typing error.
	mostTasks = 1_000_000
	// mostSteps bounds the steps of all services, those of their presets included. A step takes half a kilobyte while it is read.
	mostSteps = 500_000
	// deepestSpawn bounds how deep spawns nest, and with it the recursion of the parser.
	deepestSpawn = 16
)

// stepOps are the steps; a channel's, a span's and a timeout's key stands for two or more of them.
var stepOps = []program.Op{
	program.Compute, program.Block, program.BlockInPlace, program.Sleep, program.IO, program.Signal, program.Process,
	program.File, program.SpawnBlocking, program.Yield, program.Spawn, program.Join, program.Cancel, program.Timeout, program.Call, runOnStep,
	program.Lock, program.Unlock, channelStep, program.Span, program.Event,
}

const channelStep = program.Send

// runOnStep stands for run_on in stepOps: a call too, but in the process. No program has the operation.
const runOnStep = program.EndSpan

// stepNames are the YAML keys of stepOps.
var stepNames = func() (names []string) {
	for _, op := range stepOps {
		switch op {
		case channelStep:
			names = append(names, "channel")
		case runOnStep:
			names = append(names, "run_on")
		default:
			names = append(names, op.String())
		}
	}
	return names
}()

var (
	spawnKeys   = []string{"count", "name", "kind", "attributes", "errors", "links", "detached", "steps"}
	channelKeys = []string{"send", "receive", "capacity"}
	spanKeys    = []string{"name", "kind", "attributes", "errors", "links", "steps"}
	eventKeys   = []string{"name", "attributes"}
	timeoutKeys = []string{"after", "steps"}
	callKeys    = []string{"service", "operation", "network", "attributes", "errors", "links"}
)

const (
	defaultCapacity = 100
	mostCapacity    = 1_000_000
)

// programs parses the steps of one service's operations and keeps what they share: the table of spans that their labels
// point into. The mutexes and channels are those of the process.
type programs struct {
	service    *Service
	parts      []*programs // of the process's further runtimes
	operations []Operation
	calls      []Call
	spans      []Span
	events     []Event
	objects    *objects // of the process: all of its runtimes have the same
	linked     []link
}

// objects are the mutexes and channels of a process, by name.
type objects struct {
	mutexes, channels map[string]int
	capacities        map[string]int // of channels
}

func newObjects() *objects {
	return &objects{map[string]int{}, map[string]int{}, map[string]int{}}
}

// numbered is the number of a named mutex or channel; a new name makes a new one.
func numbered(objects map[string]int, name string) int {
	number, known := objects[name]
	if !known {
		number = len(objects)
		objects[name] = number
	}
	return number
}

// traced makes the program of a span.
func (p *programs) traced(span Span) *program.Program {
	p.spans = append(p.spans, span)
	return &program.Program{Name: span.Name, Label: len(p.spans) - 1}
}

// steps reads a list of steps inside depth spawns, and counts the tasks that they spawn, up to mostTasks+1. Beyond mostSteps it reads none.
func (p *programs) steps(v value, depth int) (steps []program.Step, tasks int) {
	if v.mistakes.steps > mostSteps {
		return nil, 0 // checkSize tells
	}
	items := v.list("steps")
	v.mistakes.steps += len(items)
	var unjoined []value
	locked := map[int]value{} // by mutex: where
	for _, item := range items {
		if name, ok := item.raw.(string); ok {
			item.raw = map[string]any{name: nil} // `- yield` is short for `- yield:`
		}
		i, argument, ok := item.variant("step", stepNames)
		if !ok {
			continue
		}
		step := program.Step{Op: stepOps[i]}
		if problem := p.service.Runtime.lacks(step.Op); problem != "" {
			argument.fail(problem)
		}
		switch step.Op {
		case program.Yield:
			argument.nothing()
		case program.Spawn:
			var spawned int
			step, spawned = p.spawn(argument, depth+1)
			tasks = min(tasks+spawned, mostTasks+1)
			if !step.Detached {
				unjoined = append(unjoined, argument)
			}
		case program.Join, program.Cancel:
			argument.nothing()
			unjoined = nil
		case program.Timeout:
			inner, spawned := p.timeout(argument, depth+1)
			steps = append(steps, inner...)
			tasks = min(tasks+spawned, mostTasks+1)
			continue
		case program.Call:
			steps = append(steps, p.call(argument)...)
			continue
		case runOnStep:
			var spawned int
			step, spawned = p.runOn(argument, depth+1)
			tasks = min(tasks+spawned, mostTasks+1)
		case program.Lock:
			step.Object = numbered(p.objects.mutexes, argument.text())
			if _, held := locked[step.Object]; held {
				argument.fail("locked already; a task that waits for itself waits for ever")
			}
			locked[step.Object] = argument
		case program.Unlock:
			step.Object = numbered(p.objects.mutexes, argument.text())
			if _, held := locked[step.Object]; !held {
				argument.fail("not locked by a step before it in this list")
			}
			delete(locked, step.Object)
		case channelStep:
			step = p.channel(argument)
		case program.Span:
			inner, spawned := p.span(argument, depth+1)
			steps = append(steps, inner...)
			tasks = min(tasks+spawned, mostTasks+1)
			continue
		case program.Event:
			step = p.event(argument)
		default:
			step.Duration = parseDistribution(argument)
		}
		steps = append(steps, step)
	}
	for _, spawn := range unjoined {
		spawn.fail("its tasks are never joined; add a join or cancel after it or set detached: true")
	}
	for _, mutex := range slices.Sorted(maps.Keys(locked)) {
		locked[mutex].fail("never unlocked; add an unlock after it")
	}
	return steps, tasks
}

// span reads a span around steps: the steps between one that opens it and one that closes it.
func (p *programs) span(v value, depth int) (steps []program.Step, tasks int) {
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a span inside %d others; want at most %d", depth-1, deepestSpawn-1))
		return nil, 0
	}
	t, ok := v.table(spanKeys)
	if !ok {
		return nil, 0
	}
	span := Span{Kind: Internal}
	if name, ok := t.required("name", "text"); ok {
		span.Name = name.text()
	}
	p.describe(t, &span)
	p.spans = append(p.spans, span)
	steps = []program.Step{{Op: program.Span, Label: len(p.spans) - 1}}
	if inner, ok := t.required("steps", "a list of steps"); ok {
		var list []program.Step
		list, tasks = p.steps(inner, depth)
		steps = append(steps, list...)
	}
	return append(steps, program.Step{Op: program.EndSpan}), tasks
}

// timeout reads steps that are dropped if the task waits in them when a time has passed.
func (p *programs) timeout(v value, depth int) (steps []program.Step, tasks int) {
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a timeout inside %d others; want at most %d", depth-1, deepestSpawn-1))
		return nil, 0
	}
	t, ok := v.table(timeoutKeys)
	if !ok {
		return nil, 0
	}
	begin := program.Step{Op: program.Timeout, Duration: program.Constant(0)}
	if after, ok := t.required("after", "a duration or distribution"); ok {
		begin.Duration = parseDistribution(after)
	}
	if inner, ok := t.required("steps", "a list of steps"); ok {
		steps, tasks = p.steps(inner, depth)
	}
	return under(begin, steps), tasks
}

// under puts steps under a timeout.
func under(begin program.Step, steps []program.Step) []program.Step {
	return append(append([]program.Step{begin}, steps...), program.Step{Op: program.EndTimeout})
}

// call reads a request to another service, in a client span of its own.
func (p *programs) call(v value) []program.Step {
	t, ok := v.table(callKeys)
	if !ok {
		return nil
	}
	c := Call{at: v}
	if name, ok := t.required("service", "the name of a service"); ok {
		c.Service = name.text()
	}
	if name, ok := t.required("operation", "the name of one of its operations"); ok {
		c.Operation = name.text()
	}
	step := program.Step{Op: program.Call, Label: len(p.calls), Duration: program.Constant(0)}
	if t.has("network") {
		step.Duration = parseDistribution(t.child("network"))
	}
	p.calls = append(p.calls, c)
	span := Span{Name: c.Operation, Kind: Client, Attributes: []Attribute{{semconv.ServerAddress, c.Service}}}
	p.describe(t, &span)
	p.spans = append(p.spans, span)
	return []program.Step{
		{Op: program.Span, Label: len(p.spans) - 1}, step, {Op: program.EndSpan},
	}
}

// event reads an event of a span: its name, or a map with attributes too.
func (p *programs) event(v value) program.Step {
	var event Event
	if _, plain := v.raw.(string); plain {
		event.Name = v.text()
	} else if t, ok := v.table(eventKeys); ok {
		if name, ok := t.required("name", "text"); ok {
			event.Name = name.text()
		}
		if t.has("attributes") {
			event.Attributes = parseAttributes(t.child("attributes"))
		}
	}
	p.events = append(p.events, event)
	return program.Step{Op: program.Event, Label: len(p.events) - 1}
}

// channel reads a step that sends to a channel or receives from it.
func (p *programs) channel(v value) program.Step {
	t, ok := v.table(channelKeys)
	if !ok {
		return program.Step{}
	}
	if t.has("send") == t.has("receive") {
		v.fail("want one of send and receive, with the channel's name")
		return program.Step{}
	}
	if t.has("receive") {
		if t.has("capacity") {
			t.child("capacity").fail("belongs to send")
		}
		return program.Step{Op: program.Receive, Object: numbered(p.objects.channels, t.child("receive").text())}
	}
	name := t.child("send").text()
	capacity, known := p.objects.capacities[name]
	if !known {
		capacity = defaultCapacity
	}
	if t.has("capacity") {
		own := t.child("capacity")
		if c := own.whole(mostCapacity); known && c != capacity {
			own.fail(fmt.Sprintf("%d differs from the %d of a send before; want one capacity for channel %q", c, capacity, name))
		} else {
			capacity = c
		}
	}
	p.objects.capacities[name] = capacity
	return program.Step{Op: program.Send, Object: numbered(p.objects.channels, name), Count: capacity}
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
		step.Count = t.child("count").whole(mostTasks)
	}
	if t.has("detached") {
		step.Detached = t.child("detached").boolean()
	}
	step.Child = p.task(t)
	if steps, ok := t.required("steps", "a list of steps"); ok {
		step.Child.Steps, tasks = p.steps(steps, depth)
	}
	// Neither factor exceeds mostTasks+2: no overflow.
	return step, min(step.Count*(1+tasks), mostTasks+1)
}

// task makes the program of a spawned task, without its steps: with a span, if it has a name.
func (p *programs) task(t table) *program.Program {
	if t.has("name") {
		span := Span{Name: t.child("name").text(), Kind: Internal}
		p.describe(t, &span)
		return p.traced(span)
	}
	for _, key := range []string{"kind", "attributes", "errors", "links"} {
		if t.has(key) {
			t.child(key).fail("belongs to a span, and tasks without a name have none; want a name beside it")
		}
	}
	return &program.Program{Label: Untraced}
}
