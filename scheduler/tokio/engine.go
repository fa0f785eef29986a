package tokio

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
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

	// Operations that wait to be polled again. Most polls are no such thing: marks, a byte a task, says so at a glance.
	marks   []mark
	refused map[scheduler.TaskID]operation

	remoteSchedules uint64
	forcedYields    uint64
}

// flavor is multi_thread or current_thread: where a runnable task goes.
type flavor interface {
	// scheduleLocal queues a task that a worker made runnable (schedulers.md 1.6) and returns what that costs the worker
	// beside the push: the wake of another.
	scheduleLocal(p *poller, id scheduler.TaskID) sim.Time
}

// poller is what a worker of either flavor has: the poll it is in, and the tasks that gave way on it.
type poller struct {
	index    int
	task     scheduler.TaskID // being polled
	source   scheduler.Source
	next     continuation
	timer    sim.Time // deadline, for insert
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

// continuation is what a poll goes on with.
type continuation uint8

const (
	step   continuation = iota // of the program
	insert                     // timer into the wheel, now that TimerInsert has passed
	retry                      // the operation in engine.refused
)

// mark says what a task's next poll begins with.
type mark uint8

const (
	unmarked mark = iota
	// resumed: by its timer or its socket, which is ready now and takes a unit of the budget.
	resumed
	// refused: polling the operation in engine.refused, which found no budget left.
	refused
)

// operation is a timer or a socket that a task polls.
type operation struct {
	socket bool
	at     sim.Time // deadline, or the moment at which the socket gets ready
}

func (e *engine) init(s *sim.Simulation, handler sim.Handler, f flavor, cfg *Config, o scheduler.Observer) {
	e.sim, e.target, e.flavor = s, s.Register(handler), f
	e.tasks = scheduler.NewTasks(s, o)
	e.costs = cfg.Costs
	e.latencies = sim.Stream(cfg.Seed, 0)
	e.refused = make(map[scheduler.TaskID]operation)
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
		ForcedYields:    e.forcedYields,
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
			e.mark(id, resumed)
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
	if int(p.task) < len(e.marks) {
		m := e.marks[p.task]
		e.marks[p.task] = unmarked
		switch m {
		case unmarked:
		case resumed:
			e.spend(p) // a poll begins with at least one unit: see nextLIFO
		case refused:
			p.next = retry
			return spent
		}
	}
	return spent + e.tasks.StepCompute(p.task)
}

// poll runs the task until time has to pass or the poll ends. In the first case the caller calls it again after that time.
func (e *engine) poll(p *poller) (spent sim.Time, ended bool) {
	for {
		if p.next != step {
			if spent, ended := e.goOn(p); spent > 0 || ended {
				return spent, ended
			}
			continue
		}
		switch a := e.tasks.Step(p.task); a.Kind {
		case scheduler.Compute:
			if !e.sim.Advance(a.Duration) {
				return a.Duration, false
			}
		case scheduler.Spawn:
			if spent := e.costs.Spawn + e.flavor.scheduleLocal(p, a.Child); spent > 0 && !e.sim.Advance(spent) {
				return spent, false
			}
		case scheduler.Sleep, scheduler.IO:
			op := operation{socket: a.Kind == scheduler.IO, at: e.sim.Now() + a.Duration}
			if spent, ended := e.pollOperation(p, op); spent > 0 || ended {
				return spent, ended
			}
		case scheduler.Yield:
			p.deferred = append(p.deferred, p.task)
			return e.pend(p)
		case scheduler.Join:
			if !e.pollHandle(p) {
				return e.pend(p)
			}
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

// goOn continues with an operation where the poll was interrupted.
func (e *engine) goOn(p *poller) (spent sim.Time, ended bool) {
	next := p.next
	p.next = step
	if next == insert {
		return e.register(p)
	}
	op := e.refused[p.task]
	delete(e.refused, p.task)
	return e.pollOperation(p, op)
}

func (e *engine) pend(p *poller) (spent sim.Time, ended bool) {
	e.tasks.Pend(p.task)
	return 0, true
}

// pollOperation polls a timer or a socket for the first time (schedulers.md 1.10).
func (e *engine) pollOperation(p *poller, op operation) (spent sim.Time, ended bool) {
	switch {
	case p.budget == 0:
		e.refused[p.task] = op
		e.mark(p.task, refused)
		e.giveWay(p)
		return e.pend(p)
	case !op.socket:
		p.timer, p.next = op.at, insert
		return e.costs.TimerInsert, false
	}
	e.spend(p)
	if op.at <= e.sim.Now() { // readable at once
		return 0, false
	}
	p.budget++
	e.sim.Schedule(op.at, e.target, eventIO, uint64(p.task))
	return e.pend(p)
}

// register puts the poll's timer into the wheel. The poll ends, unless the timer's tick has elapsed already.
func (e *engine) register(p *poller) (spent sim.Time, ended bool) {
	e.spend(p)
	spent, waits := e.driver.addTimer(p.timer, p.task)
	if !waits {
		return 0, false
	}
	p.budget++
	e.tasks.Pend(p.task)
	return spent, true
}

// pollHandle polls a join handle.
func (e *engine) pollHandle(p *poller) (ready bool) {
	if p.budget == 0 {
		e.giveWay(p)
		return false
	}
	e.spend(p)
	if !e.tasks.PollHandle(p.task) {
		p.budget++
		return false
	}
	return true
}

// spend takes a unit of the coop budget, of which there must be one. What turns out not to be ready gives it back. Tokio
// counts a forced yield when the budget reaches 0, even if it does not stay there.
func (e *engine) spend(p *poller) {
	p.budget--
	if p.budget == 0 {
		e.forcedYields++
	}
}

// giveWay defers the running task, which wants to go on but has no budget left.
func (e *engine) giveWay(p *poller) {
	e.tasks.ForcedYield(p.task)
	p.deferred = append(p.deferred, p.task)
}

func (e *engine) mark(id scheduler.TaskID, m mark) {
	if grow := int(id) + 1 - len(e.marks); grow > 0 {
		e.marks = append(e.marks, make([]mark, grow)...)
	}
	e.marks[id] = m
}
