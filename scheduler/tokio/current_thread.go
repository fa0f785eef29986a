// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const currentThreadGQI = 31 // ticks; never tuned

// CurrentThread is one current_thread runtime (schedulers.md 1.14): the thread that calls block_on polls every task. It has one
// run queue, a FIFO without bound, and the inject queue; there is nobody to steal from or to wake, and no LIFO slot.
//
// The thread repeats rounds of up to 61 ticks. A tick takes a task from the run queue or, failing that, from the inject queue;
// every 31st tick it is the other way round. A round ends with a look at the driver without sleeping. It ends early if both queues
// are empty: with such a look if tasks gave way, else asleep in the driver, from which a spawn from outside wakes the
// thread by a write to the eventfd.
//
// The future given to block_on is no task here and costs nothing: it stands for main, which waits for the service's end.
// Spawn is what another thread does that holds the runtime's handle.
type CurrentThread struct {
	engine
	eventInterval uint32
	gqi           uint32

	poller     poller
	phase      ctPhase
	queue      task.Queue
	tick       uint32
	round      uint32 // ticks of this round
	batchStart sim.Time
}

var (
	_ scheduler.Runtime = (*CurrentThread)(nil)
	_ sim.Handler       = (*CurrentThread)(nil)
	_ flavor            = (*CurrentThread)(nil)
)

// ctPhase is the place in the loop at which the thread goes on when its time comes.
type ctPhase uint8

const (
	ctStart ctPhase = iota
	ctTick
	ctPoll   // inside the poll of poller.task, or on the way to it
	ctPark   // go to sleep in the driver
	ctLooked // epoll_wait returned
)

// NewCurrentThread starts a current_thread runtime on a simulation: its thread finds nothing to do and parks. The error says
// which field of the Config is wrong and what is allowed.
func NewCurrentThread(s *sim.Simulation, cfg Config, o scheduler.Observer) (*CurrentThread, error) {
	return newCurrentThread(s, &cfg, 0, o)
}

// newCurrentThread starts the runtime of one of several cores: reports have the core for the worker and its thread.
func newCurrentThread(s *sim.Simulation, cfg *Config, core int, o scheduler.Observer) (*CurrentThread, error) {
	settled, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	rt := &CurrentThread{eventInterval: settled.eventInterval, gqi: currentThreadGQI}
	if settled.globalQueueInterval > 0 {
		rt.gqi = settled.globalQueueInterval
	}
	if err := rt.init(s, rt, cfg, 0, nil, o); err != nil {
		return nil, err
	}
	rt.tasks.Lacks = program.OpsOf(program.BlockInPlace) // Tokio panics
	rt.poller.index = core
	rt.poller.cpu = rt.host.NewThread(s, rt, rt.target, eventResume, 0)
	rt.poller.counters.FallAsleep(s.Now())
	rt.poller.cpu.Wake(0)
	return rt, nil
}

// Spawn implements [scheduler.Runtime]: Handle::spawn from a thread that is not in block_on.
func (rt *CurrentThread) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := rt.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	rt.outside.Spawn(id)
	return rt.tasks.Newest(), nil
}

// thread implements flavor.
func (rt *CurrentThread) thread(int) *host.Thread { return rt.poller.cpu }

// wakeMain implements flavor: no future is apart from the tasks.
func (rt *CurrentThread) wakeMain() sim.Time { return 0 }

// notify implements flavor: the thread may sleep in the driver.
func (rt *CurrentThread) notify() sim.Time { return rt.driver.poke() }

// Workers implements [scheduler.Runtime].
func (rt *CurrentThread) Workers() int { return 1 }

// ThreadName implements [scheduler.Runtime]: tasks run on the thread that called block_on.
func (rt *CurrentThread) ThreadName(int) string { return mainThread }

// Counters implements [scheduler.Runtime]. Like Tokio's, the busy time is published when a round ends.
func (rt *CurrentThread) Counters() scheduler.Counters {
	c := rt.count(1)
	c.Workers[0] = rt.poller.counters.Until(rt.sim.Now())
	c.Workers[0].LocalQueue = rt.queue.Len()
	if rt.phase == ctTick || rt.phase == ctPoll {
		c.Workers[0].Unpublished = max(rt.sim.Now()-rt.batchStart, 0)
	}
	return c
}

// Handle implements [sim.Handler].
func (rt *CurrentThread) Handle(ev sim.Event) {
	switch ev.Kind {
	case eventResume:
		rt.resume()
	case eventIO:
		rt.Answer(scheduler.Waker(ev.Arg))
	case eventTimeout:
		rt.driver.timeout(ev.Arg)
	}
}

// resume runs the thread from its phase on, for as long as nothing else is due before its next step.
func (rt *CurrentThread) resume() {
	rt.poller.counters.WakeUp(rt.sim.Now())
	rt.unparked = 1
	for {
		d := rt.step()
		if d == blocked {
			rt.poller.counters.FallAsleep(rt.sim.Now())
			rt.poller.cpu.Sleep()
			rt.unparked = 0
			return
		}
		if d > 0 && !rt.poller.spend(d) {
			return
		}
	}
}

// step does what the thread does at this moment, sets the next phase, and returns the time until then.
func (rt *CurrentThread) step() sim.Time {
	switch rt.phase {
	case ctStart:
		rt.batchStart = rt.sim.Now()
		return rt.startTick()
	case ctTick:
		return rt.startTick()
	case ctPoll:
		spent, ended := rt.poll(&rt.poller)
		if ended {
			rt.phase = ctTick
		}
		return spent
	case ctPark:
		rt.poller.countPark()
		rt.phase = ctLooked
		if rt.driver.wait(rt.poller.index) {
			return blocked
		}
		return rt.costs.DriverPoll
	default: // ctLooked
		spent := rt.dispatch(&rt.poller)
		rt.phase = ctTick
		rt.round = 0
		rt.batchStart = rt.sim.Now() + spent
		return spent
	}
}

func (rt *CurrentThread) startTick() sim.Time {
	if rt.round == rt.eventInterval {
		return rt.endRound()
	}
	rt.round++
	rt.tick++
	p := &rt.poller
	id, source := rt.nextTask()
	if id == 0 {
		if len(p.deferred) > 0 { // never sleep on tasks that gave way
			return rt.endRound()
		}
		rt.phase = ctPark
		return rt.closeBatch() + rt.costs.Park
	}
	p.counters.Polls++
	p.budget = coopBudget
	p.task, p.source = id, source
	rt.phase = ctPoll
	spent := rt.costs.Poll
	if source == scheduler.FromGlobal {
		spent += rt.costs.GlobalPop
	}
	return rt.begin(p, spent)
}

// nextTask takes the tick's task.
func (rt *CurrentThread) nextTask() (task.ID, scheduler.Source) {
	if rt.tick%rt.gqi == 0 {
		if id := rt.inject.Pop(rt.tasks); id != 0 {
			return id, scheduler.FromGlobal
		}
	}
	if id := rt.queue.Pop(rt.tasks); id != 0 {
		return id, scheduler.FromLocal
	}
	return rt.inject.Pop(rt.tasks), scheduler.FromGlobal
}

// endRound looks at the driver without sleeping.
func (rt *CurrentThread) endRound() sim.Time {
	rt.phase = ctLooked
	return rt.closeBatch() + rt.driver.look(rt.poller.index)
}

// closeBatch ends a batch of polls, and returns what the thread still has to pay for the batch.
func (rt *CurrentThread) closeBatch() sim.Time {
	spent := rt.poller.takeCarry()
	rt.poller.counters.Busy += rt.sim.Now() + spent - rt.batchStart
	return spent
}

// scheduleLocal implements flavor.
func (rt *CurrentThread) scheduleLocal(p *poller, id task.ID, _ bool) sim.Time {
	p.counters.LocalSchedules++
	rt.queue.Push(rt.tasks, id)
	return 0
}

// blockInPlace implements flavor: Tokio panics too.
func (rt *CurrentThread) blockInPlace(*poller, sim.Time) {
	panic("tokio: block_in_place on a current_thread runtime")
}
