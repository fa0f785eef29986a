// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	coopBudget = 128 // units a tick
	mainThread = "main"
)

// blocked is returned by step when the worker sleeps: an event will resume the worker.
const blocked sim.Time = -1

// engine is what both flavors share: the tasks and how one is polled, the inject queue, the driver, the coop budget.
type engine struct {
	sim       *sim.Simulation
	target    sim.Target
	tasks     *task.Tasks
	costs     cost.Profile
	latencies sim.Rand // of thread wake-ups
	flavor    flavor
	driver    driver
	host      *host.Host
	inject    task.Queue
	outside   *task.Outside
	mainTask  task.ID // the future that the main thread polls in block_on; 0: none
	unparked  int     // workers that are awake, or about to be
	// shared is what an operation of a worker on what workers share costs now beside its own price: the list of live tasks and the memory
	// they are in (spawn, end), the inject queue, a queue that is stolen from, the list of sleepers.
	shared sim.Time

	pool          *blocking.Pool
	workerThreads int // threads of the pool that run workers

	remoteSchedules uint64
}

// flavor is multi_thread or current_thread: where a runnable task goes.
type flavor interface {
	// scheduleLocal queues a task that a worker made runnable (schedulers.md 1.6) and returns what that costs the worker
	// beside the push: the wake of another. again: the task was woken during its own poll.
	scheduleLocal(p *poller, id task.ID, again bool) sim.Time
	// notify sees to it that a worker comes for what was put into the inject queue. The result is what that costs the thread that put
	// it there.
	notify() sim.Time
	// wakeMain unparks the main thread from block_on, and returns what that costs.
	wakeMain() sim.Time
	// blockInPlace takes the worker from under the poller's task, which blocks for d on its thread.
	blockInPlace(p *poller, d sim.Time)
	// thread is that of a worker.
	thread(worker int) *host.Thread
}

// poller is what a worker of either flavor has: the poll it is in, and the tasks that gave way on it.
type poller struct {
	cpu      *host.Thread
	blocks   bool // the next time that passes needs no CPU
	index    int
	task     task.ID // being polled
	source   scheduler.Source
	pending  task.Action // that the poll carries out after the time it takes
	carry    sim.Time    // of the last poll, if nobody saw when: paid with the next delay
	budget   int
	deferred []scheduler.Waker // a stack; woken after the next look at the driver (schedulers.md 1.10)
	counters scheduler.WorkerCounters
	// pollsAtPark is counters.Polls at the last park.
	pollsAtPark uint64
	// inPlace: there is no worker, only a task on its thread: the rest of a poll that blocked in place (schedulers.md 1.10), or the future of
	// block_on.
	inPlace bool
}

// spend lets time pass on the poller's thread. The result is true if the time has passed already; else an event comes.
func (p *poller) spend(d sim.Time) bool {
	if p.blocks {
		p.blocks = false
		return p.cpu.Pause(d)
	}
	return p.cpu.Run(d)
}

// countUnparked counts workers that wake up, or fewer than none that fall asleep.
func (e *engine) countUnparked(n int) {
	e.unparked += n
	e.shared = e.costs.Contended(e.unparked - 1)
}

// takeCarry returns what the worker still has to pay.
func (p *poller) takeCarry() sim.Time {
	d := p.carry
	p.carry = 0
	return d
}

// init prepares the engine. The workers run on threads of the pool; the pool gives a worker a new thread by run.
func (e *engine) init(s *sim.Simulation, handler interface {
	sim.Handler
	flavor
}, cfg *Config, workers int, run func(worker, thread int) bool, o scheduler.Observer,
) error {
	e.sim, e.target, e.flavor = s, s.Register(handler), handler
	shared := cfg.Process
	if shared == nil {
		shared = &process.Process{}
	}
	e.tasks = task.New(s, e, shared, o)
	e.costs = cfg.Costs
	e.tasks.SetHops(cfg.Costs.Hop)
	e.tasks.Migration = cfg.Costs.Migration
	e.latencies = sim.Stream(cfg.Seed, 0)
	pool := blocking.TokioDefaults()
	if cfg.MaxBlockingThreads > 0 {
		pool.Limit = cfg.MaxBlockingThreads
	}
	pool.Limit += workers
	e.host, pool.Host = shared.Host, shared.Host
	pool.Done, pool.Run = e.Wake, run
	if o.Thread != nil {
		pool.Thread = func(thread int, started bool) {
			o.Thread(&scheduler.Thread{Thread: thread, Started: started, At: s.Now()})
		}
	}
	pool.Job = blocking.Tell(s, o.Job)
	pool.Costs = cfg.Costs
	pool.Seed = cfg.Seed
	p, err := blocking.New(s, pool)
	if err != nil {
		return err
	}
	e.pool, e.workerThreads = p, workers
	e.outside = task.NewOutside(s, e.tasks, e.priceOutside, func(id task.ID) sim.Time {
		e.tasks.Woke(id, scheduler.Outside, 0)
		e.scheduleRemote(id)
		return e.flavor.notify()
	})
	e.driver = driver{
		sim: s, target: e.target, costs: &e.costs, latencies: &e.latencies, thread: handler.thread,
		holder: noHolder, nextWake: noTick,
	}
	return nil
}

// Live implements [scheduler.Runtime].
func (e *engine) Live() int { return e.tasks.Live() }

// count is Counters without the workers.
func (e *engine) count(workers int) scheduler.Counters {
	return scheduler.Counters{
		Workers:         make([]scheduler.WorkerCounters, workers),
		Spawned:         e.tasks.Spawned(),
		Finished:        e.tasks.Finished(),
		RemoteSchedules: e.remoteSchedules,
		ForcedYields:    e.tasks.BudgetsSpent(),
		GlobalQueue:     e.inject.Len(),
		BlockingQueue:   e.pool.Queued(),
		BlockingThreads: e.pool.Threads() - e.workerThreads,
		BlockingIdle:    e.pool.Idle(),
	}
}

// priceOutside is what a spawn costs a thread that is no worker: the task, and the push to the inject queue.
func (e *engine) priceOutside() sim.Time {
	return e.costs.Spawn + e.priceOfPush()
}

// priceOfPush is what a push to the inject queue costs a thread that is no worker.
func (e *engine) priceOfPush() sim.Time { return e.costs.GlobalPush + e.costs.Contended(e.unparked-1) }

// scheduleRemote queues a runnable task from outside the workers (schedulers.md 1.6).
func (e *engine) scheduleRemote(id task.ID) {
	e.inject.Push(e.tasks, id)
	e.remoteSchedules++
}

// Wake implements [scheduler.Runtime]: a thread that is no worker wakes a waiting task.
func (e *engine) Wake(w scheduler.Waker) {
	id, queue := e.tasks.WakeBy(w)
	if queue {
		e.tasks.Woke(id, scheduler.Outside, 0)
	}
	switch {
	case !queue:
	case id == e.mainTask:
		e.flavor.wakeMain()
	default:
		e.scheduleRemote(id)
		e.flavor.notify()
	}
}

// wakeLocal wakes a waiting task from a worker that polls none.
func (e *engine) wakeLocal(p *poller, w scheduler.Waker) sim.Time {
	id, queue := e.tasks.WakeBy(w)
	if !queue {
		return 0
	}
	e.tasks.Woke(id, p.index, 0)
	return e.costs.Wake + e.queue(p, id, false)
}

// Answer implements [scheduler.Runtime]: the socket of a task becomes readable.
func (e *engine) Answer(w scheduler.Waker) {
	if e.tasks.Waited(w) {
		e.driver.ioReady(w)
	}
}

// dispatch wakes what an epoll_wait returned, on the worker that holds the driver: sockets, timers, then the tasks that gave way on
// it. A worker that did not get the driver wakes only the latter.
func (e *engine) dispatch(p *poller) sim.Time {
	var spent sim.Time
	if e.driver.holder == p.index {
		for _, w := range e.driver.dispatch() {
			spent += e.wakeLocal(p, w)
		}
	}
	return spent + e.wakeDeferred(p)
}

// wakeDeferred wakes the tasks that gave way on a worker.
func (e *engine) wakeDeferred(p *poller) sim.Time {
	var spent sim.Time
	for _, w := range slices.Backward(p.deferred) {
		spent += e.wakeLocal(p, w)
	}
	p.deferred = p.deferred[:0]
	return spent
}

// begin starts a poll of the poller's task after a time, which the worker spends on the way to it, and returns the time
// until the poll's first step that others can see: all that is one delay.
func (e *engine) begin(p *poller, spent sim.Time) sim.Time {
	spent += p.takeCarry() + e.tasks.Moving(p.task, p.index)
	e.tasks.Budget = &p.budget
	return spent + e.tasks.BeginAt(e.sim.Now()+spent, p.task, p.index, p.source)
}

// poll runs the task until time has to pass or the poll ends. In the first case the caller calls it again after that time;
// blocked: somebody else sees to that.
func (e *engine) poll(p *poller) (spent sim.Time, ended bool) {
	e.tasks.Budget = &p.budget
	for {
		a := p.pending
		if a.Kind != task.Nothing {
			p.pending.Kind = task.Nothing
		} else if a = e.tasks.Step(p.task); a.Kind >= task.Process {
			if d := e.price(a); d > 0 {
				p.pending = a
				if a.Kind != task.Process { // a timer's time goes on meanwhile
					p.pending.Duration -= d
				}
				return d, false
			}
		}
		switch a.Kind {
		case task.Compute:
			if e.host != nil || !e.sim.Advance(a.Duration) {
				return a.Duration, false
			}
		case task.Block:
			p.blocks = true
			return a.Duration, false
		case task.Spawn:
			if spent := e.costs.Spawn + e.shared + e.schedule(p, a.Other, false); spent > 0 && (e.host != nil || !e.sim.Advance(spent)) {
				return spent, false
			}
		case task.Wake, task.Cancel:
			if e.tasks.WakeOther(a) {
				if spent := e.costs.Wake + e.schedule(p, a.Other, false); spent > 0 {
					return spent, false
				}
			}
		case task.Woken:
			if e.costs.Wake > 0 {
				return e.costs.Wake, false
			}
		case task.Sleep, task.SetTimer:
			waker := e.tasks.WakerOf(p.task, a)
			timer, spent, waits := e.driver.addTimer(e.sim.Now()+a.Duration, waker)
			if !waits {
				e.tasks.Ready(waker)
				continue
			}
			e.tasks.Registered(waker, timer)
			if a.Kind == task.Sleep {
				return e.wait(p, spent)
			}
			if spent > 0 {
				return spent, false
			}
		case task.ClearTimer:
			e.driver.timers.remove(a.Timer())
		case task.IO, task.Process:
			if a.Duration > 0 {
				e.sim.Schedule(e.sim.Now()+a.Duration, e.target, eventIO, uint64(e.tasks.Waker(p.task)))
				return e.wait(p, 0)
			}
			e.tasks.Ready(e.tasks.Waker(p.task)) // readable at once
		case task.Blocking, task.File:
			return e.wait(p, e.pool.Submit(e.tasks.Waker(p.task), max(a.Duration, 0), a.Kind == task.File))
		case task.Wait:
			p.carry += a.Duration
			return e.wait(p, 0)
		case task.Call:
			return e.wait(p, 0)
		case task.Yield, task.ForcedYield:
			if p.inPlace { // there is no worker to give way to
				e.tasks.Pend(p.task)
				e.tasks.Wake(p.task)
				return e.costs.Wake + e.schedule(p, p.task, true), true
			}
			p.deferred = append(p.deferred, e.tasks.Waker(p.task))
			return e.pend(p, 0)
		case task.BlockInPlace:
			if p.inPlace {
				p.blocks = true
				return a.Duration, false
			}
			e.flavor.blockInPlace(p, a.Duration)
			return blocked, false
		case task.Done:
			awaiter := e.tasks.Finish(p.task)
			if awaiter == 0 || !e.tasks.WakeAwaiter(awaiter) {
				p.carry = e.costs.Finish + e.shared
				return 0, true
			}
			return e.costs.Finish + e.shared + e.costs.Wake + e.schedule(p, awaiter, false), true
		default:
			panic("tokio: a step that the model does not know")
		}
	}
}

// price is what an action costs before it takes effect.
func (e *engine) price(a task.Action) sim.Time {
	switch a.Kind {
	case task.Process:
		return e.costs.ProcessStart
	default: // Sleep, SetTimer, ClearTimer
		return e.costs.TimerInsert
	}
}

// schedule queues a task that the poller's task made runnable.
func (e *engine) schedule(p *poller, id task.ID, again bool) sim.Time {
	e.tasks.Woke(id, p.index, p.task)
	return e.queue(p, id, again)
}

// queue queues a task that the poller made runnable.
func (e *engine) queue(p *poller, id task.ID, again bool) sim.Time {
	if id == e.mainTask {
		return e.flavor.wakeMain()
	}
	if p.inPlace {
		e.scheduleRemote(id)
		return e.priceOfPush() + e.flavor.notify()
	}
	return e.flavor.scheduleLocal(p, id, again)
}

// wait ends a poll on something that is not ready, after a time.
func (e *engine) wait(p *poller, spent sim.Time) (sim.Time, bool) {
	e.tasks.NotReady()
	return e.pend(p, spent)
}

// pend ends a poll whose task waits.
func (e *engine) pend(p *poller, spent sim.Time) (sim.Time, bool) {
	if e.tasks.Pend(p.task) {
		spent += e.costs.Wake + e.schedule(p, p.task, true)
	}
	return spent, true
}
