// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// lanes are the threads that the trace shows, in this order. Viewers sort lanes by number, and dislike 0.
//
//	outside        where requests come from, and what wakes tasks on threads that are not shown
//	workers
//	CPUs           that were throttled with a thread, if there is a quota
//	main           in block_on
//	blocking pool  threads, if they do something
type lanes struct {
	runtime scheduler.Runtime
	named   map[int]bool
}

// Numbers of lanes.
const (
	outsideLane = 1
	firstWorker = 2
	firstCPU    = 1 << 19
	mainLane    = 1 << 20
	firstOfPool = mainLane + 1
)

// lane names a lane once.
func (t *Trace) lane(number int, name string) int {
	if t.lanes.named == nil {
		t.lanes.named = map[int]bool{}
	}
	if !t.lanes.named[number] {
		t.lanes.named[number] = true
		t.metadata("thread_name", number, name)
		t.sortIndex(number)
	}
	return number
}

// worker is what the trace knows of a worker, whose lane it has.
func (t *Trace) worker(index int) *worker {
	for i := len(t.workers); i <= index; i++ {
		t.workers = append(t.workers, worker{
			lane:  t.lane(firstWorker+i, fmt.Sprintf("%s %d", t.lanes.runtime.ThreadName(i), i)),
			track: fmt.Sprintf("queue of worker %d", i),
		})
	}
	return &t.workers[index]
}

func (t *Trace) mainLane() int {
	return t.lane(mainLane, t.lanes.runtime.ThreadName(scheduler.Outside))
}

func (t *Trace) outsideLane() int { return t.lane(outsideLane, "outside") }

func (t *Trace) cpuLane(cpu int) int { return t.lane(firstCPU+cpu, fmt.Sprintf("CPU %d", cpu)) }

func (t *Trace) poolLane(thread int) int {
	return t.lane(firstOfPool+thread, fmt.Sprintf("blocking pool, thread %d", thread))
}
