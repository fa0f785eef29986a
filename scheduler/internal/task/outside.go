// SPDX-License-Identifier: Apache-2.0

package task

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// Outside is the thread that spawns what comes from elsewhere: the main thread with its accept loop, which is none of the runtime's. It works
// as others do: it makes one task after the other, and pays for the wakes. A task is spawned when it comes, and in a queue of the runtime
// when the thread has made it. The thread does too little to need a CPU of the host.
//
//	comes         made          queued, others woken
//	|--(line)--|--price--|--------|--cost of that--|  the next
//
// Without costs all that is one instant, and needs no event.
type Outside struct {
	sim    *sim.Simulation
	tasks  *Tasks
	target sim.Target
	price  func() sim.Time
	queue  func(ID) sim.Time

	line  Queue
	works bool     // an event comes when the first in the line is made
	free  sim.Time // when the thread is through with what it did last
}

// NewOutside makes the thread of a runtime. A task takes the price to make; queue gives it to the runtime, and returns what that costs.
func NewOutside(s *sim.Simulation, ts *Tasks, price func() sim.Time, queue func(ID) sim.Time) *Outside {
	o := &Outside{sim: s, tasks: ts, price: price, queue: queue}
	o.target = s.Register(o)
	return o
}

// Spawn spawns a new task.
func (o *Outside) Spawn(id ID) {
	o.line.Push(o.tasks, id)
	if !o.works {
		o.work()
	}
}

// work makes the tasks in the line, until that takes time.
func (o *Outside) work() {
	for o.line.Len() > 0 {
		if at := max(o.free, o.sim.Now()) + o.price(); at > o.sim.Now() {
			o.works = true
			o.sim.Schedule(at, o.target, 0, 0)
			return
		}
		o.hand()
	}
}

// hand gives the task that is made to the runtime.
func (o *Outside) hand() {
	o.free = o.sim.Now() + o.tasks.process.Host.Visit(func() sim.Time { return o.queue(o.line.Pop(o.tasks)) })
}

// Handle implements [sim.Handler].
func (o *Outside) Handle(sim.Event) {
	o.works = false
	o.hand()
	o.work()
}
