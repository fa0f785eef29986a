package tokio

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/blocking"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Kinds of events, of both flavors.
const (
	eventResume  uint8 = iota // Arg: worker
	eventIO                   // Arg: task whose socket became ready
	eventTimeout              // Arg: generation of the epoll_wait that times out
)

const (
	coopBudget = 128 // units a tick
	mainThread = "main"
)

// engine is what both flavors share: the tasks and how one is polled, the inject queue, the driver, the coop budget.
type engine struct {
	sim       *sim.Simulation
	target    sim.Target
	tasks     *scheduler.Tasks
	costs     cost.Profile
	latencies sim.Rand // of thread wake-ups
	flavor    flavor
	driver    driver
	inject    scheduler.Queue

	pool *blocking.Pool

	remoteSchedules uint64
}

// flavor is multi_thread or current_thread: where a runnable task goes.
type flavor interface {
	// scheduleLocal queues a task that a worker made runnable (schedulers.md 1.6) and returns what that costs the worker
	// beside the push: the wake of another.
	scheduleLocal(p *poller, id scheduler.TaskID) sim.Time
	// notify sees to it that a worker comes for what was put into the inject queue. The cost falls on the thread that did
	// it, which is not modelled.
	notify()
}

// poller is what a worker of either flavor has: the poll it is in, and the tasks that gave way on it.
type poller struct {
	index    int
	task     scheduler.TaskID // being polled
	source   scheduler.Source
	inserts  bool     // the poll is at timer, whose insertion takes a while
	timer    sim.Time // deadline
	carry    sim.Time // the last task's Finish, if nobody saw it: paid with the next delay
	budget   int
	deferred []scheduler.TaskID // a stack; woken after the next look at the driver (schedulers.md 1.10)
	counters scheduler.WorkerCounters
	// pollsAtPark is counters.Polls at the last park.
	pollsAtPark uint64
}

// takeCarry returns what the worker still has to pay.
func (p *poller) takeCarry() sim.Time {
	d := p.carry
	p.carry = 0
	return d
}

func (e *engine) init(s *sim.Simulation, handler sim.Handler, f flavor, cfg *Config, o scheduler.Observer) {
	e.sim, e.target, e.flavor = s, s.Register(handler), f
	e.tasks = scheduler.NewTasks(s, o)
	e.costs = cfg.Costs
	e.latencies = sim.Stream(cfg.Seed, 0)
	pool := blocking.TokioDefaults()
	pool.Start, pool.Wake = cfg.Costs.ThreadStart, cfg.Costs.WakeLatency
	pool.Seed = cfg.Seed
	e.pool = blocking.New(s, pool, e.wakeRemote)
	e.driver = driver{
		sim: s, target: e.target, costs: &e.costs, latencies: &e.latencies,
		holder: noHolder, nextWake: noTick,
	}
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
	}
}

func (e *engine) resumeAfter(worker int, d sim.Time) {
	e.sim.Schedule(e.sim.Now()+d, e.target, eventResume, uint64(worker)) //nolint:gosec // G115: an index
}

// scheduleRemote queues a runnable task from outside the workers (schedulers.md 1.6).
func (e *engine) scheduleRemote(id scheduler.TaskID) {
	e.inject.Push(e.tasks, id)
	e.remoteSchedules++
}

// wakeRemote wakes a waiting task from a thread that is no worker.
func (e *engine) wakeRemote(id scheduler.TaskID) {
	if e.tasks.Wake(id) {
		e.scheduleRemote(id)
		e.flavor.notify()
	}
}

// wakeLocal wakes a waiting task from a worker.
func (e *engine) wakeLocal(p *poller, id scheduler.TaskID) sim.Time {
	if !e.tasks.Wake(id) {
		return 0
	}
	return e.costs.Wake + e.flavor.scheduleLocal(p, id)
}

// dispatch wakes what an epoll_wait returned, on the worker that holds the driver: sockets, timers, then the tasks that gave way on
// it. A worker that did not get the driver wakes only the latter.
func (e *engine) dispatch(p *poller) sim.Time {
	var spent sim.Time
	if e.driver.holder == p.index {
		for _, id := range e.driver.dispatch() {
			spent += e.wakeLocal(p, id)
		}
	}
	for _, id := range slices.Backward(p.deferred) {
		spent += e.wakeLocal(p, id)
	}
	p.deferred = p.deferred[:0]
	return spent
}

// begin starts a poll of the poller's task after a time, which the worker spends on the way to it, and returns the time
// until the poll's first step that others can see: all that is one delay.
func (e *engine) begin(p *poller, spent sim.Time) sim.Time {
	spent += p.takeCarry()
	e.tasks.BeginAt(e.sim.Now()+spent, p.task, p.index, p.source)
	e.tasks.Budget = &p.budget
	return spent + e.tasks.StepCompute(p.task)
}

// poll runs the task until time has to pass or the poll ends. In the first case the caller calls it again after that time.
func (e *engine) poll(p *poller) (spent sim.Time, ended bool) {
	e.tasks.Budget = &p.budget
	for {
		if p.inserts {
			if spent, ended := e.register(p); ended {
				return spent, true
			}
		}
		switch a := e.tasks.Step(p.task); a.Kind {
		case scheduler.Compute:
			if !e.sim.Advance(a.Duration) {
				return a.Duration, false
			}
		case scheduler.Spawn:
			if spent := e.costs.Spawn + e.flavor.scheduleLocal(p, a.Other); spent > 0 && !e.sim.Advance(spent) {
				return spent, false
			}
		case scheduler.Wake:
			if spent := e.wakeLocal(p, a.Other); spent > 0 {
				return spent, false
			}
		case scheduler.Sleep:
			p.timer, p.inserts = e.sim.Now()+a.Duration, true
			if e.costs.TimerInsert > 0 {
				return e.costs.TimerInsert, false
			}
		case scheduler.IO:
			if a.Duration > 0 { // else it is readable at once
				e.sim.Schedule(e.sim.Now()+a.Duration, e.target, eventIO, uint64(p.task))
				return e.wait(p)
			}
		case scheduler.Blocking:
			e.pool.Submit(p.task, max(a.Duration, 0))
			return e.wait(p)
		case scheduler.Wait:
			return e.wait(p)
		case scheduler.Yield, scheduler.ForcedYield:
			p.deferred = append(p.deferred, p.task)
			return e.pend(p)
		case scheduler.Done:
			awaiter := e.tasks.Finish(p.task)
			if awaiter == 0 {
				p.carry = e.costs.Finish
				return 0, true
			}
			return e.costs.Finish + e.wakeLocal(p, awaiter), true
		default:
			panic("tokio: a step that the model does not know")
		}
	}
}

func (e *engine) pend(p *poller) (spent sim.Time, ended bool) {
	e.tasks.Pend(p.task)
	return 0, true
}

// wait ends a poll on something that is not ready.
func (e *engine) wait(p *poller) (spent sim.Time, ended bool) {
	e.tasks.NotReady()
	return e.pend(p)
}

// register puts the poll's timer into the wheel. The poll ends, unless the timer's tick has elapsed already.
func (e *engine) register(p *poller) (spent sim.Time, ended bool) {
	p.inserts = false
	spent, waits := e.driver.addTimer(p.timer, p.task)
	if !waits {
		return 0, false
	}
	e.wait(p)
	return spent, true
}
