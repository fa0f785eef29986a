// SPDX-License-Identifier: Apache-2.0

// Package host models the machine under the runtimes: CPUs that threads share.
//
//	          Wake                       a CPU is free
//	asleep ----------> waiting (FIFO) ----------------> running: Run, Run, ...
//	   ^                  ^                                |   |
//	   |                  +----- slice used up, others wait+   |
//	   +-------------------- Sleep, Pause ---------------------+
//
// A thread that is runnable takes a free CPU at once; if there is none it waits, first come, first served. A thread that
// computes keeps its CPU until it sleeps, or until it has used up its time slice and another thread waits; the thread then goes to the end
// of the line and goes on later where it was. With nobody waiting it computes on, but without a claim to the next slice.
// So n threads that always compute share c CPUs equally, and a thread that becomes runnable waits for at most about one
// slice for each that waits before it, divided by the CPUs. That wait is the kernel's scheduling delay: the runtimes do
// not see it, only that their polls take longer and their threads wake later.
//
// Linux has a queue for each CPU, balances between the queues, and lets a thread that has slept preempt one that computes somewhat
// earlier than here. Migration and the cost of a switch are left out.
//
// A host may have a [Quota], as a container has: CPU time that its threads may use in each period, dealt out to the CPUs as CFS bandwidth
// control deals it (bandwidth.go). A CPU that has none left is throttled. The thread that is on it, or comes to it, stops there until the
// CPU has runtime again; threads that wait for any CPU wait for the others.
//
// A nil *Host has as many CPUs as threads: the same calls then cost no more than to schedule an event.
//
// Package host is built on package sim. The models and package blocking run their workers and pools on its threads; package process hands
// the Host of a process to the runtimes of that process; package workload/play makes one for each process whose CPUs are limited.
package host

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// DefaultSlice is the time slice if Config has none: Linux's base_slice_ns, 0.75 ms x (1 + log2 of the CPUs, at most 8), is 3 ms
// from 8 CPUs on (kernel/sched/fair.c, 6.6 and later).
const DefaultSlice = sim.Time(3 * time.Millisecond)

// Config describes a machine.
type Config struct {
	// CPUs is 1 or more.
	CPUs int
	// Slice is the time for which a thread keeps its CPU although others wait. Shorter slices let waiting threads run sooner,
	// and make those that compute switch more often. 0: DefaultSlice.
	Slice sim.Time
	// Quota bounds the CPU time of all threads together.
	Quota Quota
}

// Host is one machine. It implements [sim.Handler].
type Host struct {
	sim     *sim.Simulation
	target  sim.Target
	slice   sim.Time
	threads []*Thread
	running []*Thread // at most as many as CPUs, in no order
	cpus    int
	queue   []*Thread // waiting, from head
	head    int
	idle    []idleCPU // the CPUs that nobody has, the one that became idle last is last
	stats   Stats

	bandwidth *bandwidth // nil: no quota
	queues    *runqueues // of each CPU, under a quota; running, queue and idle are not used then
	refilling bool       // an eventRefill is ahead
	sharing   bool       // an eventSlack is ahead
}

// idleCPU is a CPU without a thread.
type idleCPU struct {
	since sim.Time
	cpu   int32
}

// Thread is a thread of a process. It is asleep at first. While it runs, its owner says what it does next, by Run, Pause or
// Sleep, at the instant at which it was told that it runs or has run.
type Thread struct {
	host *Host // nil: there is a CPU for each thread
	sim  *sim.Simulation

	handler sim.Handler
	target  sim.Target
	kind    uint8
	arg     uint64

	index      uint32
	generation uint32   // of its event: older ones are void
	cpu        int32    // of a thread that runs or is roused
	computes   bool     // from the time since on
	since      sim.Time // when the thread began to compute, or to wait
	need       sim.Time // what the thread has to compute before its owner is told
	dispatched sim.Time // when the thread got its CPU
	asleep     sim.Time // since when, if the thread sleeps
	roused     bool     // it is on its way to a CPU, which nobody else gets

	// Under a quota:
	placed  bool // it is on its way to a CPU that is busy
	ahead   bool // others waited for its CPU when it went to sleep
	ranLast sim.Time
	load    load
}

// Stats is what a host counted.
type Stats struct {
	// Busy is the CPU time used, of all CPUs.
	Busy sim.Time
	// Waited is the time for which threads were runnable without a CPU, summed; LongestWait the longest at a time. The time for which they
	// were stopped on a throttled CPU is not in it. [Stats.CPUWait] is both.
	Waited, LongestWait sim.Time
	// Preemptions counts how often a thread lost its CPU to another.
	Preemptions uint64
	// Throttled is the time for which CPUs with a thread were throttled, summed: throttled_usec of cpu.stat. Stopped is the time for which
	// threads were stopped there, of which a CPU may have several. They are counted when they are over.
	Throttled, Stopped sim.Time
	// Periods are those of the quota, while any of it was used, and ThrottledPeriods those of them in which a CPU was throttled at the
	// end: nr_periods and nr_throttled of cpu.stat.
	Periods, ThrottledPeriods uint64
}

// Since is what was counted since an earlier time. LongestWait is that of the whole time.
func (s Stats) Since(before Stats) Stats {
	s.Busy -= before.Busy
	s.Waited -= before.Waited
	s.Preemptions -= before.Preemptions
	s.Throttled -= before.Throttled
	s.Stopped -= before.Stopped
	s.Periods -= before.Periods
	s.ThrottledPeriods -= before.ThrottledPeriods
	return s
}

// Kinds of events. Arg: the thread, and the generation of what it does above.
const (
	eventWake uint8 = iota // runnable
	eventGo                // has a CPU
	eventDone              // has computed for as long as it asked
	eventSliceEnd
	eventRanOut // the runtime of the thread's CPU is used up
	eventRefill // of the quota. Arg: none
	eventSlack  // what idle CPUs gave back is shared out. Arg: none
)

// New makes a machine whose CPUs are free.
func New(s *sim.Simulation, cfg Config) *Host {
	h := &Host{sim: s, cpus: cfg.CPUs, slice: cfg.Slice, idle: make([]idleCPU, cfg.CPUs)}
	for i := range h.idle {
		h.idle[i].cpu = narrow.Int32(i)
	}
	if cfg.Quota.CPUs > 0 {
		h.bandwidth = newBandwidth(cfg.Quota, cfg.CPUs)
		h.queues = newRunqueues(cfg.CPUs)
		if h.slice == 0 {
			h.slice = baseSlice(cfg.CPUs)
		}
	}
	if h.slice == 0 {
		h.slice = DefaultSlice
	}
	h.target = s.Register(h)
	return h
}

// Stats returns what the host counted so far; nothing for a nil Host.
func (h *Host) Stats() Stats {
	if h == nil {
		return Stats{}
	}
	stats := h.stats
	if b := h.bandwidth; b != nil {
		b.refresh(h.sim.Now())
		stats.Periods, stats.ThrottledPeriods = b.periods, b.throttledPeriods
	}
	return stats
}

// CPUs is how many the machine has; 0: one for each thread.
func (h *Host) CPUs() int {
	if h == nil {
		return 0
	}
	return h.cpus
}

// Waiting is how many threads are runnable without a CPU now.
func (h *Host) Waiting() int {
	if h == nil {
		return 0
	}
	n := len(h.queue) - h.head
	if h.queues != nil {
		for i := range h.queues.cpus {
			n += len(h.queues.cpus[i].waiting)
		}
	}
	return n
}

// Stopped reports whether a CPU is throttled now with a thread on it.
func (h *Host) Stopped(cpu int) bool { return h.queues != nil && len(h.queues.cpus[cpu].stopped) > 0 }

// goOn lets a running thread compute what it still has to, up to the end of its slice if others wait, and up to the tick at which its CPU
// sees that it has no runtime.
func (h *Host) goOn(t *Thread) {
	if h.queues != nil {
		if t.need == 0 {
			t.deliver()
		} else {
			h.plan(t)
		}
		return
	}
	switch left := t.dispatched + h.slice - h.sim.Now(); {
	case t.need == 0:
		t.deliver()
	case !h.contended(t):
		h.schedule(t, eventDone, t.need)
	case left <= 0:
		h.preempt(t)
	case t.need <= left:
		h.schedule(t, eventDone, t.need)
	default:
		h.schedule(t, eventSliceEnd, left)
	}
}

// contended reports whether another thread waits for the CPU of a thread.
func (h *Host) contended(t *Thread) bool {
	if h.queues != nil {
		return len(h.queues.cpus[t.cpu].waiting) > 0
	}
	return h.head < len(h.queue)
}

// schedule sets the next event of a thread, which voids the one before. What it computes is counted from now.
func (h *Host) schedule(t *Thread, kind uint8, after sim.Time) {
	t.generation++
	t.since = h.sim.Now()
	if b := h.bandwidth; b != nil {
		if left := b.noticed(t.cpu, t.since) - t.since; after >= left {
			kind, after = eventRanOut, left
		}
	}
	t.computes = true
	h.sim.Schedule(h.sim.Now()+after, h.target, kind, uint64(t.generation)<<32|uint64(t.index))
}

// charge counts what a thread has computed.
func (h *Host) charge(t *Thread) {
	d := h.sim.Now() - t.since
	t.need -= d
	h.stats.Busy += d
	if b := h.bandwidth; b != nil {
		b.local[t.cpu] -= d
	}
	t.computes = false
}

// preempt sends a running thread to the end of the line.
func (h *Host) preempt(t *Thread) {
	h.stats.Preemptions++
	h.enqueue(t)
	h.leave(t)
}

// leave gives a thread's CPU to the one that has waited longest.
func (h *Host) leave(t *Thread) {
	t.generation++
	if h.queues != nil {
		t.ahead = h.contended(t)
		h.vacate(t)
		h.next(t.cpu)
		return
	}
	for i, r := range h.running {
		if r == t {
			last := len(h.running) - 1
			h.running[i] = h.running[last]
			h.running = h.running[:last]
			break
		}
	}
	if !h.contended(t) {
		h.idle = append(h.idle, idleCPU{h.sim.Now(), t.cpu})
		return
	}
	next := h.queue[h.head]
	h.head++
	if 2*h.head >= len(h.queue) { // at most as many moves as takes
		h.queue = append(h.queue[:0], h.queue[h.head:]...)
		h.head = 0
	}
	waited := h.sim.Now() - next.since
	h.stats.Waited += waited
	h.stats.LongestWait = max(h.stats.LongestWait, waited)
	next.cpu = t.cpu
	h.dispatch(next)
	h.send(next)
}

// send tells a thread that has a CPU to go on.
func (h *Host) send(t *Thread) {
	t.generation++
	h.sim.Schedule(h.sim.Now(), h.target, eventGo, uint64(t.generation)<<32|uint64(t.index))
}

func (h *Host) dispatch(t *Thread) {
	t.dispatched = h.sim.Now()
	h.running = append(h.running, t)
}

// enqueue lets a runnable thread wait. Those that compute past the end of their slices have to stop now, the others then.
func (h *Host) enqueue(t *Thread) {
	first := !h.contended(t)
	t.since = h.sim.Now()
	t.computes = false
	h.queue = append(h.queue, t)
	if !first {
		return
	}
	for _, r := range h.running {
		left := max(r.dispatched+h.slice-h.sim.Now(), 0)
		if r.computes && r.need-(h.sim.Now()-r.since) > left {
			h.charge(r)
			h.schedule(r, eventSliceEnd, left)
		}
	}
}

func (t *Thread) deliver() {
	t.handler.Handle(sim.Event{At: t.sim.Now(), Kind: t.kind, Arg: t.arg})
}

// funds reports whether the CPU of a thread has runtime. If it has none, the thread stops there.
func (h *Host) funds(t *Thread) bool {
	if h.bandwidth == nil || h.fund(t.cpu) {
		return true
	}
	h.halt(t)
	return false
}

// fund reports whether a CPU has runtime. One that finds none is throttled at least until the next refill.
func (h *Host) fund(cpu int32) bool {
	if h.bandwidth.funds(cpu, h.sim.Now()) {
		return true
	}
	h.awaitRefill()
	return false
}

func (h *Host) awaitRefill() {
	if !h.refilling {
		h.refilling = true
		h.sim.Schedule(h.bandwidth.next, h.target, eventRefill, 0)
	}
}

// giveBack is what a CPU does that became idle: it settles its account.
func (h *Host) giveBack(cpu int32) {
	if now := h.sim.Now(); h.fund(cpu) && h.bandwidth.giveBack(cpu, now) && !h.sharing {
		h.sharing = true
		h.sim.Schedule(now+slackDelay, h.target, eventSlack, 0)
	}
}

// hand gives throttled CPUs runtime again, at a refill or from what idle CPUs gave back: the threads on them go on.
func (h *Host) hand(kind uint8) {
	b, now := h.bandwidth, h.sim.Now()
	b.refresh(now)
	if kind == eventRefill {
		h.refilling = false
	} else if h.sharing = false; !b.shares() {
		return
	}
	for cpu, ok := b.release(); ok; cpu, ok = b.release() {
		h.resume(cpu)
	}
	if len(b.throttled) > 0 {
		h.awaitRefill()
	}
}
