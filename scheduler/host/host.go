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
// earlier than that. Migration and the cost of a switch are left out.
//
// A host may have a [Quota], as a container has: CPU time that its threads may use in each period, dealt out to the CPUs as CFS bandwidth
// control deals it (bandwidth.go). A CPU that has none left is throttled: its threads stop until it has runtime again. Under a quota it
// matters on which CPU a thread is. So there each CPU has its queue, as in the kernel (runqueues.go, dispatch.go): a thread may wait, or be
// stopped, while another CPU is idle. Without a quota all CPUs share a queue (shared.go), which costs less.
//
// A nil *Host has as many CPUs as threads: the same calls then cost no more than to schedule an event.
//
// Package host is built on package sim. The models and package blocking run their workers and pools on its threads; package process hands
// the Host of a process to the runtimes of that process; package workload/play makes one for each process whose CPUs are limited.
package host

import (
	"time"

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

// runqueues are the CPUs of a host with a queue each.
//
//	Wake                                             a tick, or nobody left on another CPU
//	-----> place: its last CPU, or another idle one --------------------------------------> moved
//
// A thread that wakes goes to the CPU on which it ran last, if that is idle, and else to another idle one, if the kernel finds one: the busier
// the machine, the fewer CPUs it looks at. If it finds none the thread waits in the queue of a busy CPU, although another may be idle. It
// waits until that CPU is free, or is moved: to a CPU that becomes idle, or at a tick to one that has been idle; but not while the caches
// may still know the thread, which ran within the last 0.5 ms, unless the kernel has tried twice.
type runqueues struct {
	cpus []cpu
	// visitor is the CPU of the thread from outside, and free whether that is there now, and nobody gets the CPU afterwards.
	visitor int32
	free    bool
	left    *Thread // that it woke, and that stays where it ran last; nil: none
}

// cpu is one CPU with its queue.
type cpu struct {
	running *Thread // nil: none
	held    bool    // by a thread that is on its way to it, or a visitor
	since   sim.Time
	waiting []*Thread
	stopped []*Thread // while the CPU is throttled
	halted  sim.Time  // since when there are any
	failed  int       // attempts to move one of the waiting
	load    load
	fetches fetches
}

// fetches is how often a CPU that became idle would have fetched a thread, of 1024 times, by the times that it tried: newidle_ratio.
type fetches struct {
	calls, successes, ratio int
	dice                    sim.Rand
}

// load is the share of time that something ran, of late.
type load struct {
	share float64
	at    sim.Time
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
