// SPDX-License-Identifier: Apache-2.0

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
// The workers of Tokio's multi_thread run on threads of the pool too, from the start ([Pool.StartWorker]). A task that
// blocks in place keeps the thread it is on, and the worker asks the pool for another ([Pool.SubmitWorker]); the thread is
// the pool's again when the task's poll ends ([Pool.Leave]).
//
// Who submits a job pays for it: the push, and the wake of an idle thread or the creation of another. A thread of the crate pays for those
// that it starts, before it begins with the job that it took.
//
// A thread with nothing to do waits for more, and ends after ten seconds with Tokio, after half a second with the crate up to its version
// 1.6; since 1.7 it never ends. The queue is unbounded: beyond the cap, jobs wait, without back-pressure to the tasks.
//
// Package blocking is built on packages sim and host. Package tokio and package asyncexecutor, and with it smol and asyncstd, give the pool
// their blocking jobs; package tokio takes the threads of its workers from the pool as well.
package blocking

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Rule says when a pool starts threads.
type Rule uint8

// The rules.
const (
	Tokio Rule = iota
	Crate
)

// MaxThreads bounds what a runtime may ask for beside its workers: what the blocking crate accepts at most.
const MaxThreads = 10_000

// jobsPerIdle is how many jobs may wait for each idle thread before the crate starts another.
const jobsPerIdle = 5

// Config describes a pool.
type Config struct {
	Rule Rule
	// Limit is the most threads at a time.
	Limit int
	// KeepAlive is how long a thread waits for a job before it ends; 0: for ever.
	KeepAlive sim.Time
	// Done is called with the waker of a job that is done, on a thread that is no worker.
	Done func(scheduler.Waker)
	// Abandoned reports whether nobody awaits a job any more. The crate does not run such a job if it has not begun; nil: all
	// jobs are run, as Tokio does.
	Abandoned func(scheduler.Waker) bool
	// Run gives a thread to a worker that asked for one. It reports whether the worker took it. Nil: no worker asks.
	Run func(worker, thread int) bool
	// Thread is told when a thread starts and ends; may be nil. Threads are numbered in the order of their creation.
	Thread func(thread int, started bool)
	// Job is told when a thread begins and ends a job; may be nil.
	Job func(thread int, begins bool)
	// Host is the machine; nil: there is a CPU for each thread.
	Host *host.Host
	// Costs is what the pool's primitives cost, those that give it a job and those that it uses itself.
	Costs cost.Profile
	Seed  uint64
}

// TokioDefaults are the limits of tokio::runtime::Builder.
func TokioDefaults() Config {
	return Config{Rule: Tokio, Limit: 512, KeepAlive: sim.Time(10 * time.Second)}
}

// CrateVersions are the versions of the crate that can be modelled, the default first, which is the newest.
func CrateVersions() []string { return []string{"1.7", "1.6"} }

// CrateDefaults are the limits of a version of the crate; empty: of the newest. The error says which versions there are.
//
// A thread of 1.7.0 looks for jobs every 500 ms, as one of 1.6.2 did before it ended, and goes on waiting; that is left out.
func CrateDefaults(version string) (Config, error) {
	cfg := Config{Rule: Crate, Limit: 500}
	switch version {
	case "", "1.7":
	case "1.6":
		cfg.KeepAlive = sim.Time(500 * time.Millisecond)
	default:
		return Config{}, fmt.Errorf("%q is not allowed; want one of %s", version, strings.Join(CrateVersions(), ", "))
	}
	return cfg, nil
}

// Pool is a pool of threads in virtual time. It implements [sim.Handler].
type Pool struct {
	sim    *sim.Simulation
	target sim.Target
	cfg    Config
	rand   sim.Rand

	queue   []job // FIFO from head
	head    int
	threads []thread
	gone    []int // places of threads that have ended
	waiting []int // threads that sleep, the one that has slept longest first
	live    int   // threads that have not ended
	created int32 // threads since the start; see create
	idle    int   // as the pool counts them: see Rule
}

type job struct {
	waker  scheduler.Waker // of who awaits the job's end
	d      sim.Time
	worker int32 // that asks for a thread; noWorker: none
	file   bool  // waits for a disk, and needs no CPU
}

const noWorker = -1

type thread struct {
	waker  scheduler.Waker // of who awaits the end of the job that runs
	nap    uint64          // generation of its wait
	number int32
	cpu    *host.Thread
	starts bool // was created and has not run yet
	works  bool // on the job of waker
}

// Kinds of events.
const (
	eventRuns    uint8 = iota // Arg: thread that was started or woken, or has done its job
	eventTimeout              // Arg: thread, and the generation of its wait above
)

// New makes a pool without threads. The error says what is wrong with the Config and what is allowed.
func New(s *sim.Simulation, cfg Config) (*Pool, error) {
	if cfg.Limit < 1 || cfg.Limit > mostPlaces {
		return nil, fmt.Errorf("blocking: Limit: %d is not allowed; want 1 to %d threads", cfg.Limit, mostPlaces)
	}
	p := &Pool{sim: s, cfg: cfg, rand: sim.Stream(cfg.Seed)}
	p.target = s.Register(p)
	return p, nil
}

// Threads is the number of threads that have not ended.
func (p *Pool) Threads() int { return p.live }

// Idle is the number of threads without a job, as the pool itself counts them.
func (p *Pool) Idle() int { return p.idle }

// Queued is the number of jobs that wait for a thread.
func (p *Pool) Queued() int { return len(p.queue) - p.head }

// Submit queues a job that keeps a thread for d: a closure that computes, or a file. The result is what that costs the caller: the push, and
// the wake or the creation of a thread.
func (p *Pool) Submit(w scheduler.Waker, d sim.Time, file bool) (spent sim.Time) {
	return p.submit(job{waker: w, d: d, worker: noWorker, file: file})
}

// SubmitWorker queues a worker's wish for a thread. The result is that of Submit.
func (p *Pool) SubmitWorker(worker int) (spent sim.Time) {
	return p.submit(job{worker: narrow.Int32(worker)})
}

// StartWorker makes a thread that runs a worker: those that a runtime starts with. It is the worker's to wake.
func (p *Pool) StartWorker() (thread int) {
	i := p.create()
	p.started(i)
	return i
}

// CPU is what a thread computes on.
func (p *Pool) CPU(thread int) *host.Thread { return p.threads[thread].cpu }

// Leave takes a thread back from a worker; it runs.
func (p *Pool) Leave(thread int) {
	p.threads[thread].cpu.Give(p, p.target, eventRuns, narrow.Uint64(thread))
	p.work(thread)
}

// Number is the number of a thread, in the order of creation.
func (p *Pool) Number(thread int) int32 { return p.threads[thread].number }

func (p *Pool) submit(j job) (spent sim.Time) {
	p.queue = append(p.queue, j)
	spent = p.cfg.Costs.BlockingSubmit
	switch {
	case p.cfg.Rule == Crate:
		spent += p.wakeOne()
		spent += p.grow()
	case p.idle > 0:
		p.idle-- // the job is this thread's from now on
		spent += p.wakeOne()
	case p.live < p.cfg.Limit:
		spent += p.start()
	}
	return spent
}

// grow is the crate's rule, applied at each job submitted and each taken. The result is what growth costs the thread that does it.
func (p *Pool) grow() (spent sim.Time) {
	for p.Queued() > p.idle*jobsPerIdle && p.live < p.cfg.Limit {
		p.idle++
		for len(p.waiting) > 0 {
			spent += p.wakeOne()
		}
		spent += p.start()
	}
	return spent
}

// start makes a thread that will take a job, and returns what that costs the thread that does it.
func (p *Pool) start() (spent sim.Time) {
	t := &p.threads[p.create()]
	t.starts = true
	t.cpu.Wake(p.cfg.Costs.ThreadStart.Sample(&p.rand))
	return p.cfg.Costs.ThreadCreate
}

// create makes a thread, asleep. A thread that ends has lived for at least KeepAlive, so that 10,000 at a time are 2^31 after 24 days of virtual time
// in which nothing but that happens.
func (p *Pool) create() int {
	p.live++
	i := len(p.threads)
	if n := len(p.gone); n > 0 {
		i = p.gone[n-1]
		p.gone = p.gone[:n-1]
	} else {
		cpu := p.cfg.Host.NewThread(p.sim, p, p.target, eventRuns, uint64(i))
		p.threads = append(p.threads, thread{cpu: cpu})
	}
	if p.created == math.MaxInt32 {
		panic("blocking: 2147483647 threads have been created, and no more can be numbered")
	}
	p.threads[i].number = p.created
	p.created++
	return i
}

func (p *Pool) started(i int) {
	if p.cfg.Thread != nil {
		p.cfg.Thread(int(p.threads[i].number), true)
	}
}

// wakeOne wakes the thread that has waited longest, and returns what that costs the waker.
func (p *Pool) wakeOne() (spent sim.Time) {
	if len(p.waiting) == 0 {
		return 0
	}
	i := p.waiting[0]
	p.waiting = append(p.waiting[:0], p.waiting[1:]...)
	p.threads[i].nap++
	cpu := p.threads[i].cpu
	cpu.Wake(p.cfg.Costs.Rise(p.cfg.Costs.WakeLatency, cpu.Rouse(), &p.rand))
	return p.cfg.Costs.Unpark.Sample(&p.rand)
}

// threadBits is how much of an event's argument holds the thread; the rest is a generation.
const (
	threadBits = 16
	mostPlaces = 1 << threadBits
)

// Handle implements [sim.Handler].
func (p *Pool) Handle(ev sim.Event) {
	i := int(ev.Arg & (1<<threadBits - 1))
	t := &p.threads[i]
	switch {
	case ev.Kind == eventTimeout:
		if ev.Arg>>threadBits == t.nap {
			p.end(i)
		}
		return
	case t.works:
		p.done(i)
	default:
		if t.starts {
			t.starts = false
			p.started(i)
		}
		if p.cfg.Rule == Crate {
			p.idle--
		}
	}
	p.work(i)
}

// Tell is the Config's Job for an observer of a runtime.
func Tell(s *sim.Simulation, job func(*scheduler.Job)) func(thread int, begins bool) {
	if job == nil {
		return nil
	}
	return func(thread int, begins bool) {
		job(&scheduler.Job{Thread: thread, Begins: begins, At: s.Now()})
	}
}

func (p *Pool) tell(t *thread, begins bool) {
	if p.cfg.Job != nil {
		p.cfg.Job(int(t.number), begins)
	}
}

// done ends a thread's job.
func (p *Pool) done(i int) {
	t := &p.threads[i]
	t.works = false
	p.tell(t, false)
	p.cfg.Done(t.waker)
}

// work takes the next job that there is something to do for, or waits for one.
func (p *Pool) work(i int) {
	grown := sim.Time(0) // paid before the next job
	for p.Queued() > 0 {
		j := p.queue[p.head]
		p.head++
		if 2*p.head >= len(p.queue) { // at most as many moves as takes
			p.queue = append(p.queue[:0], p.queue[p.head:]...)
			p.head = 0
		}
		if p.cfg.Rule == Crate {
			grown += p.grow()
		}
		switch {
		case j.worker != noWorker:
			if p.cfg.Run(int(j.worker), i) {
				return
			}
		case p.cfg.Abandoned == nil || !p.cfg.Abandoned(j.waker):
			t := &p.threads[i]
			t.waker, t.works = j.waker, true
			p.tell(t, true)
			spend := t.cpu.Run
			if j.file {
				spend = t.cpu.Pause
			}
			if !spend(grown + j.d) {
				return
			}
			grown = 0
			p.done(i)
		}
	}
	p.idle++
	p.waiting = append(p.waiting, i)
	t := &p.threads[i]
	t.cpu.Sleep()
	if p.cfg.KeepAlive == 0 {
		return
	}
	p.sim.Schedule(p.sim.Now()+p.cfg.KeepAlive, p.target, eventTimeout, t.nap<<threadBits|narrow.Uint64(i))
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
	if p.cfg.Thread != nil {
		p.cfg.Thread(int(p.threads[i].number), false)
	}
}
