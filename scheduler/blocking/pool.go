// Package blocking models the thread pools that run blocking closures for async tasks: Tokio's own, and the `blocking`
// crate of smol and async-std. Both hold one FIFO of jobs under a mutex; they differ in when they start a thread.
//
// Tokio ([Tokio], schedulers.md 1.13) starts a thread for each job that finds none idle, up to its cap of 512 beside the
// workers. A burst of n jobs is n threads at once.
//
// The crate ([Crate], schedulers.md 4.4) grows while more than five jobs wait per idle thread, up to 500, and looks again
// whenever a thread takes a job. A thread that was started but does not run yet counts as idle, so that a burst grows the
// pool as a chain: each thread, once it runs and finds more to do, starts the next.
//
// In both, a thread with nothing to do waits for more, ten seconds with Tokio and half a second with the crate, and ends.
// The queue is unbounded in both: beyond the cap, jobs wait, without back-pressure to the tasks.
package blocking

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Rule says when a pool starts threads.
type Rule uint8

// The rules.
const (
	Tokio Rule = iota
	Crate
)

// jobsPerIdle is how many jobs may wait for each idle thread before the crate starts another.
const jobsPerIdle = 5

// Config describes a pool.
type Config struct {
	Rule Rule
	// Limit is the most threads at a time.
	Limit int
	// KeepAlive is how long a thread waits for a job before it ends.
	KeepAlive sim.Time
	// Start passes from the creation of a thread until it runs; Wake from the wake of a waiting one.
	Start, Wake cost.Latency
	Seed        uint64
}

// TokioDefaults are the limits of tokio::runtime::Builder.
func TokioDefaults() Config {
	return Config{Rule: Tokio, Limit: 512, KeepAlive: sim.Time(10 * time.Second)}
}

// CrateDefaults are the limits of the blocking crate 1.6.2.
func CrateDefaults() Config {
	return Config{Rule: Crate, Limit: 500, KeepAlive: sim.Time(500 * time.Millisecond)}
}

// Pool is a pool of threads in virtual time. It implements [sim.Handler].
type Pool struct {
	sim    *sim.Simulation
	target sim.Target
	cfg    Config
	done   func(scheduler.TaskID)
	rand   sim.Rand

	queue   []job // FIFO from head
	head    int
	threads []thread
	gone    []int // places of threads that have ended
	waiting []int // threads that sleep, the one that has slept longest first
	live    int   // threads that have not ended
	idle    int   // as the pool counts them: see Rule
}

type job struct {
	task scheduler.TaskID
	d    sim.Time
}

type thread struct {
	task scheduler.TaskID // whose job runs; 0: none
	nap  uint64           // generation of its wait
}

// Kinds of events.
const (
	eventRuns    uint8 = iota // Arg: thread that was started or woken
	eventDone                 // Arg: thread whose job is done
	eventTimeout              // Arg: thread, and the generation of its wait above
)

// New makes a pool without threads. When a job is done, done is called with its task, on a thread that is no worker.
func New(s *sim.Simulation, cfg Config, done func(scheduler.TaskID)) *Pool {
	p := &Pool{sim: s, cfg: cfg, done: done, rand: sim.Stream(cfg.Seed)}
	p.target = s.Register(p)
	return p
}

// Threads is the number of threads that have not ended.
func (p *Pool) Threads() int { return p.live }

// Idle is the number of threads without a job, as the pool itself counts them.
func (p *Pool) Idle() int { return p.idle }

// Queued is the number of jobs that wait for a thread.
func (p *Pool) Queued() int { return len(p.queue) - p.head }

// Submit queues a job that keeps a thread for d.
func (p *Pool) Submit(task scheduler.TaskID, d sim.Time) {
	p.queue = append(p.queue, job{task, d})
	switch {
	case p.cfg.Rule == Crate:
		p.wakeOne()
		p.grow()
	case p.idle > 0:
		p.idle-- // the job is this thread's from now on
		p.wakeOne()
	case p.live < p.cfg.Limit:
		p.start()
	}
}

// grow is the crate's rule, applied at each job submitted and each taken.
func (p *Pool) grow() {
	for p.Queued() > p.idle*jobsPerIdle && p.live < p.cfg.Limit {
		p.idle++
		for len(p.waiting) > 0 {
			p.wakeOne()
		}
		p.start()
	}
}

func (p *Pool) start() {
	p.live++
	i := len(p.threads)
	if n := len(p.gone); n > 0 {
		i = p.gone[n-1]
		p.gone = p.gone[:n-1]
	} else {
		p.threads = append(p.threads, thread{})
	}
	p.schedule(p.cfg.Start.Sample(&p.rand), eventRuns, i, 0)
}

// wakeOne wakes the thread that has waited longest.
func (p *Pool) wakeOne() {
	if len(p.waiting) == 0 {
		return
	}
	i := p.waiting[0]
	p.waiting = append(p.waiting[:0], p.waiting[1:]...)
	p.threads[i].nap++
	p.schedule(p.cfg.Wake.Sample(&p.rand), eventRuns, i, 0)
}

// threadBits is how much of an event's argument holds the thread; the rest is a generation.
const threadBits = 16

func (p *Pool) schedule(after sim.Time, kind uint8, thread int, generation uint64) {
	p.sim.Schedule(p.sim.Now()+after, p.target, kind, generation<<threadBits|uint64(thread)) //nolint:gosec // G115: an index
}

// Handle implements [sim.Handler].
func (p *Pool) Handle(ev sim.Event) {
	i := int(ev.Arg & (1<<threadBits - 1))
	t := &p.threads[i]
	switch ev.Kind {
	case eventRuns:
		if p.cfg.Rule == Crate {
			p.idle--
		}
		p.work(i)
	case eventDone:
		task := t.task
		t.task = 0
		p.done(task)
		p.work(i)
	case eventTimeout:
		if ev.Arg>>threadBits == t.nap {
			p.end(i)
		}
	}
}

// work takes the next job, or waits for one.
func (p *Pool) work(i int) {
	if p.Queued() == 0 {
		p.idle++
		p.waiting = append(p.waiting, i)
		p.schedule(p.cfg.KeepAlive, eventTimeout, i, p.threads[i].nap)
		return
	}
	j := p.queue[p.head]
	p.head++
	if 2*p.head >= len(p.queue) { // at most as many moves as takes
		p.queue = append(p.queue[:0], p.queue[p.head:]...)
		p.head = 0
	}
	if p.cfg.Rule == Crate {
		p.grow()
	}
	p.threads[i].task = j.task
	p.schedule(j.d, eventDone, i, 0)
}

// end lets a thread go that has waited in vain.
func (p *Pool) end(i int) {
	for k, w := range p.waiting {
		if w == i {
			p.waiting = append(p.waiting[:k], p.waiting[k+1:]...)
			break
		}
	}
	p.threads[i].nap++
	p.idle--
	p.live--
	p.gone = append(p.gone, i)
}
