// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// stepKinds are all steps, in the order in which messages and tables show them. To add one that takes a duration, add a line.
func stepKinds() []stepKind {
	return []stepKind{
		timed(program.Compute, "Holds the worker."),
		timed(program.Block, "Holds the worker too, without progress."),
		timed(program.BlockInPlace, "Holds the thread only. Tokio's multi_thread alone has it."),
		timed(program.Sleep, "Waits for a timer, and holds nothing."),
		timed(program.IO, "Waits for a socket, and holds nothing."),
		timed(program.Signal, "Waits for a signal of the operating system. smol has none."),
		timed(program.Process, "Starts a child process, and waits for its end."),
		timed(program.File, "Reads or writes a file, on the blocking pool."),
		timed(program.SpawnBlocking, "Runs a closure on the blocking pool, and waits for it."),
		{"yield", "Gives way once.", program.Yield, nothing{}, (*stepList).plain},
		{"spawn", "Starts tasks.", program.Spawn, ref{"spawn"}, (*stepList).spawn},
		{"join", "Waits for the tasks spawned so far that are not detached.", program.Join, nothing{}, (*stepList).join},
		{"cancel", "Cancels the tasks that join would wait for.", program.Cancel, nothing{}, (*stepList).join},
		{"timeout", "Drops its steps if the task waits in them when the time has passed.", program.Timeout, ref{"timeout"}, (*stepList).timeout},
		{"call", "Sends a request to another service, and waits for the answer.", program.Call, ref{"call"}, (*stepList).call},
		{"run_on", "Runs steps on another runtime of the process, and waits for their end.", program.Call, ref{"run_on"}, (*stepList).runOn},
		{"lock", "Takes an async mutex of the process, by name, or waits for it in order.", program.Lock, text{}, (*stepList).lock},
		{"unlock", "Hands the mutex to the task that has waited longest.", program.Unlock, text{}, (*stepList).unlock},
		{"channel", "Sends to a bounded channel of the process, or receives from it.", program.Send, ref{"channel"}, (*stepList).channel},
		{"repeat", "Does its steps several times.", program.Compute, ref{"repeat"}, (*stepList).repeat}, // every runtime computes
		{"span", "Opens a span around its steps, inside the task.", program.Span, ref{"span"}, (*stepList).span},
		{"event", "Notes an event in the innermost span: its name, or a map with attributes too.", program.Event, either{text{}, ref{"event"}}, (*stepList).event},
	}
}

// timed is the kind of a step that takes a duration.
func timed(op program.Op, means string) stepKind {
	return stepKind{op.String(), means, op, ref{"distribution"}, func(l *stepList, v value) {
		l.add(program.Step{Op: op, Duration: readDistribution(v)})
	}}
}

// stepNames are the YAML keys of the kinds.
func stepNames(kinds []stepKind) (names []string) {
	for i := range kinds {
		names = append(names, kinds[i].name)
	}
	return names
}

var (
	spawnForm = form{name: "spawn", means: "Tasks that the task starts.", keys: []key{
		{name: "count", takes: whole{workload.MostTasks}, initial: "1", means: "Number of tasks."},
		taskNameKey, kindKey("internal"), attributesKey, errorsKey, linksKey,
		{name: "detached", takes: boolean{}, initial: "false", means: "The tasks run on without a handle: nothing joins or cancels them."},
		stepsKey,
	}}
	timeoutForm = form{name: "timeout", means: "Steps with a limit of time.", keys: []key{
		{name: "after", takes: ref{"distribution"}, missing: "a duration or distribution", means: "The time after which the steps are dropped, if the task waits in them then."},
		stepsKey,
	}}
)

// plain reads a step without an argument.
func (l *stepList) plain(v value) {
	v.nothing()
	l.add(program.Step{Op: l.kind.op})
}

func (l *stepList) join(v value) {
	l.plain(v)
	l.unjoined = nil
}

func (l *stepList) spawn(v value) {
	step, tasks := l.builder.spawn(v, l.depth+1)
	l.add(step)
	l.spawned(tasks)
	if !step.Detached {
		l.unjoined = append(l.unjoined, v)
	}
}

func (l *stepList) timeout(v value) {
	steps, tasks := l.builder.timeout(v, l.depth+1)
	l.add(steps...)
	l.spawned(tasks)
}

func (l *stepList) span(v value) {
	steps, tasks := l.builder.span(v, l.depth+1)
	l.add(steps...)
	l.spawned(tasks)
}

func (l *stepList) call(v value) { l.add(l.builder.call(v)...) }

func (l *stepList) runOn(v value) {
	step, tasks := l.builder.runOn(v, l.depth+1)
	l.add(step)
	l.spawned(tasks)
}

func (l *stepList) lock(v value) {
	mutex := l.mutexes.number(v.text())
	if l.holding[mutex] { // by a step of this list, or of one around it
		v.fail("locked already; a task that waits for itself waits for ever")
	}
	if l.holding == nil {
		l.holding = map[int]bool{}
	}
	l.holding[mutex] = true
	l.locked[mutex] = v
	l.add(program.Step{Op: program.Lock, Object: mutex})
}

func (l *stepList) unlock(v value) {
	mutex := l.mutexes.number(v.text())
	if _, held := l.locked[mutex]; !held {
		v.fail("not locked by a step before it in this list")
	}
	delete(l.locked, mutex)
	delete(l.holding, mutex)
	l.add(program.Step{Op: program.Unlock, Object: mutex})
}

func (l *stepList) channel(v value) { l.add(l.objects.channel(v)) }

func (l *stepList) event(v value) { l.add(l.builder.event(v)) }

// timeout reads steps that are dropped if the task waits in them when a time has passed.
func (b *builder) timeout(v value, depth int) (steps []program.Step, tasks int) {
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a timeout inside %d others; want at most %d", depth-1, deepestSpawn-1))
		return nil, 0
	}
	t, ok := v.table(&timeoutForm)
	if !ok {
		return nil, 0
	}
	begin := program.Step{Op: program.Timeout, Duration: program.Constant(0)}
	if after, ok := t.get("after"); ok {
		begin.Duration = readDistribution(after)
	}
	if inner, ok := t.get("steps"); ok {
		steps, tasks = b.steps(inner, depth)
	}
	return under(begin, steps), tasks
}

// under puts steps under a timeout.
func under(begin program.Step, steps []program.Step) []program.Step {
	return append(append([]program.Step{begin}, steps...), program.Step{Op: program.EndTimeout})
}

func (b *builder) spawn(v value, depth int) (step program.Step, tasks int) {
	step = program.Step{Op: program.Spawn, Count: 1, Child: &program.Program{Label: workload.Untraced}}
	if depth > deepestSpawn {
		v.fail(fmt.Sprintf("a spawn inside %d others; want at most %d", depth-1, deepestSpawn-1))
		step.Detached = true // one mistake is enough: ask for no join
		return step, 0
	}
	t, ok := v.table(&spawnForm)
	if !ok {
		step.Detached = true
		return step, 0
	}
	t.whole("count", &step.Count)
	t.boolean("detached", &step.Detached)
	step.Child = b.task(t)
	if steps, ok := t.get("steps"); ok {
		around := b.holding
		b.holding = nil // another task holds them
		step.Child.Steps, tasks = b.steps(steps, depth)
		b.holding = around
	}
	// Neither factor exceeds MostTasks+2: no overflow.
	return step, min(step.Count*(1+tasks), workload.MostTasks+1)
}
