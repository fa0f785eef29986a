// SPDX-License-Identifier: Apache-2.0

package play

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// serve lets a request arrive that another service sent.
func (in *Instance) serve(j journey) {
	in.accept(j.call.Operation, j.request.Tag, sim.Rand(j.request.Seed), &j)
}

// answer sends the answer to a request of another service.
func (in *Instance) answer(j journey) {
	j.answer = true
	in.network.send(j)
}

// accept starts the task of a request, or turns the request away. Who called is nil for arrivals.
func (in *Instance) accept(operation int, tag uint64, work sim.Rand, called *journey) {
	if in.inFlight < in.maxInFlight || in.maxInFlight == 0 {
		in.inFlight++
		task, err := in.runtime.Spawn(in.operations[operation].Program, tag, work)
		if err != nil {
			panic(fmt.Sprintf("play: operation %d of %s: %v; workload.Check says so", operation, in.service.FullName(), err))
		}
		if called != nil {
			in.open[task] = *called
		}
		return
	}
	in.shed++
	if in.turnedAway != nil {
		in.away = Shed{Tag: tag, Operation: operation, At: in.sim.Now()}
		if called != nil {
			in.away.Caller = called.from()
		}
		in.turnedAway(&in.away)
	}
	if called != nil {
		in.answer(*called)
	} else {
		in.think(tag)
	}
}

// over tells whoever waits for a request that it is over.
func (in *Instance) over(task, tag uint64) {
	if called, ok := in.open[task]; ok {
		delete(in.open, task)
		in.answer(called)
		return
	}
	in.think(tag)
}

// think lets the user of a closed loop who waits for a request think, and then send another.
func (in *Instance) think(tag uint64) {
	if in.loop == nil {
		return
	}
	user := in.loop.waiting[tag]
	delete(in.loop.waiting, tag)
	in.sendAfterThinking(user)
}

// Caller tells of a task that runs, or has just finished, who sent its request.
func (in *Instance) Caller(task uint64) Caller {
	if called, ok := in.open[task]; ok {
		return called.from()
	}
	return Caller{}
}

func (j *journey) from() Caller { return Caller{j.caller, j.request.Span} }
