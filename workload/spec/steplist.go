// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"maps"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	// mostSteps bounds the steps of all services, those of their presets included. A step takes half a kilobyte while it is read.
	mostSteps = 500_000
	// deepestSpawn bounds how deep spawns nest, and with it the recursion of the parser.
	deepestSpawn = 16
)

func (l *stepList) add(s ...program.Step) { l.steps = append(l.steps, s...) }

// spawned counts tasks.
func (l *stepList) spawned(tasks int) { l.tasks = min(l.tasks+tasks, workload.MostTasks+1) }

// steps reads a list of steps, and counts the tasks that they spawn, up to MostTasks+1. Beyond mostSteps it reads none.
func (b *builder) steps(v value, depth int) (steps []program.Step, tasks int) {
	l := stepList{builder: b, depth: depth, locked: map[int]value{}}
	l.items(v)
	for _, spawn := range l.unjoined {
		spawn.fail("its tasks are never joined; add a join or cancel after it or set detached: true")
	}
	for _, mutex := range slices.Sorted(maps.Keys(l.locked)) {
		delete(b.holding, mutex)
		l.locked[mutex].fail("never unlocked; add an unlock after it")
	}
	return l.steps, l.tasks
}

// items reads steps into the list.
func (l *stepList) items(v value) {
	if v.in.steps > mostSteps {
		return // checkSize tells
	}
	items := v.list("steps")
	v.in.steps += len(items)
	for _, item := range items {
		if name, ok := item.raw.(string); ok {
			item.raw = map[string]any{name: nil} // `- yield` is short for `- yield:`
		}
		i, argument, ok := item.variant("step", l.decoder.stepNames)
		if !ok {
			continue
		}
		l.kind = &l.decoder.stepKinds[i]
		if problem := l.lacks(l.kind.op); problem != "" {
			argument.fail(problem)
		}
		l.kind.read(l, argument)
	}
}
