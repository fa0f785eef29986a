// SPDX-License-Identifier: Apache-2.0

package host

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// The constants of CFS bandwidth control (kernel/sched/fair.c; schedulers.md 8.1).
const (
	// DefaultPeriod is the period of a quota if Config has none: the kernel's, and that of container runtimes.
	DefaultPeriod = sim.Time(100 * time.Millisecond)

	portion      = sim.Time(5 * time.Millisecond) // sysctl_sched_cfs_bandwidth_slice: what a CPU fetches
	keptIdle     = sim.Time(time.Millisecond)     // min_cfs_rq_runtime: what an idle CPU keeps
	slackDelay   = sim.Time(5 * time.Millisecond) // cfs_bandwidth_slack_period
	refillIsNear = sim.Time(2 * time.Millisecond) // min_bandwidth_expiration

	tick = sim.Time(4 * time.Millisecond) // of CONFIG_HZ=250
)

// Quota is how much CPU time the threads of a process may use. The zero value is no quota.
type Quota struct {
	// CPUs is the quota of a period, divided by the period: 0.5 is 50 ms of every 100 ms. It may be more than the host has.
	CPUs float64
	// Period is how often the quota is handed out; 0: DefaultPeriod.
	Period sim.Time
	// Burst is how much of what was left over may be used later, in a period that needs more than its quota.
	Burst sim.Time
	// Phase is when a period begins, counted from the start of the simulation: less than Period. The kernel starts the periods of each group
	// of processes at a random time, so those of two containers differ.
	Phase sim.Time
}

// Time is the CPU time of a period.
func (q Quota) Time() sim.Time {
	return sim.Time(math.Round(q.CPUs * float64(q.EveryPeriod())))
}

// EveryPeriod is Period, or the default.
func (q Quota) EveryPeriod() sim.Time {
	if q.Period == 0 {
		return DefaultPeriod
	}
	return q.Period
}

// bandwidth hands out a quota: to the pool once a period, and from the pool to the CPUs in portions.
//
//	quota --each period--> pool --a portion, when a CPU has none left--> local runtime of a CPU --> its threads
//	                        ^                                                   |
//	                        +------ all but 1 ms, when the CPU has no thread ---+
//
// A CPU without local runtime that finds the pool empty is throttled, until the next refill. Refills are not events: they are made up for
// when somebody looks. So a process that does not use its quota up costs the simulation nothing.
//
// A CPU counts what its threads compute at each tick of the kernel's clock, and when a thread comes or leaves. Between these a CPU runs on
// with less than nothing: it owes that, and pays before it runs again.
type bandwidth struct {
	quota, period, burst, phase sim.Time

	pool      sim.Time
	local     []sim.Time // by CPU
	throttled []int32    // CPUs, in the order in which they ran out
	out       []bool     // by CPU: it is among the throttled

	next   sim.Time // refill
	timer  bool     // the kernel's period timer is set: there will be a refill at next
	unused bool     // no CPU has fetched anything since the last refill

	periods, throttledPeriods uint64
}

func newBandwidth(q Quota, cpus int) *bandwidth {
	b := &bandwidth{quota: q.Time(), period: q.EveryPeriod(), burst: q.Burst, phase: q.Phase, local: make([]sim.Time, cpus), out: make([]bool, cpus)}
	b.pool = b.quota
	return b
}

// refresh makes up for the refills that were due.
func (b *bandwidth) refresh(now sim.Time) {
	for b.timer && b.next <= now {
		b.periods++
		b.next += b.period
		b.pool = min(b.pool+b.quota, b.quota+b.burst)
		switch {
		case len(b.throttled) > 0:
			b.throttledPeriods++
			b.unused = false
		case b.unused:
			b.timer = false
		default:
			b.unused = true
		}
	}
}

// start sets the period timer, whose times do not depend on when that happens.
func (b *bandwidth) start(now sim.Time) {
	if b.timer {
		return
	}
	b.timer = true
	b.next = b.phase
	if now >= b.phase {
		b.next += ((now-b.phase)/b.period + 1) * b.period
	}
}

// funds reports whether a CPU has runtime, after it has fetched some if it had none. A CPU that finds too little to pay what it owes is
// throttled.
func (b *bandwidth) funds(cpu int32, now sim.Time) bool {
	if b.out[cpu] {
		return false
	}
	if b.local[cpu] > 0 {
		return true
	}
	b.refresh(now)
	b.start(now)
	if b.pool > 0 {
		b.unused = false
		if b.fetch(cpu, portion) {
			return true
		}
	}
	b.out[cpu] = true
	b.throttled = append(b.throttled, cpu)
	return false
}

// fetch fills the local runtime of a CPU up, as far as the pool lasts. ok: the CPU owes nothing any more.
func (b *bandwidth) fetch(cpu int32, upTo sim.Time) (ok bool) {
	fetched := min(b.pool, upTo-b.local[cpu])
	b.pool -= fetched
	b.local[cpu] += fetched
	return b.local[cpu] > 0
}

// noticed is when a CPU that computes from now on sees that it has no runtime: at the first tick with none left, which is later than now.
func (b *bandwidth) noticed(cpu int32, now sim.Time) sim.Time {
	return nextTick(now + max(b.local[cpu], 1))
}

// enough is what the kernel gives a throttled CPU beyond what the CPU owes. The CPU fetches more when it next counts.
const enough = sim.Time(1)

// release takes the CPU out of the throttled ones that has been throttled for the longest time, if there is runtime for what it owes. If
// there is too little the CPU gets that, and the pool is empty.
func (b *bandwidth) release() (cpu int32, ok bool) {
	if b.pool <= 0 || len(b.throttled) == 0 {
		return 0, false
	}
	cpu = b.throttled[0]
	if !b.fetch(cpu, enough) {
		return 0, false
	}
	b.throttled = append(b.throttled[:0], b.throttled[1:]...)
	b.out[cpu] = false
	return cpu, true
}

// giveBack lets a CPU that has no thread any more give back what it does not need. It reports whether that is for throttled CPUs, later:
// the kernel collects for a while before it shares that out, and does not if a refill comes first.
func (b *bandwidth) giveBack(cpu int32, now sim.Time) (slack bool) {
	b.refresh(now)
	if more := b.local[cpu] - keptIdle; more > 0 {
		b.local[cpu] -= more
		b.pool += more
	}
	return b.shares() && b.next-now >= slackDelay+refillIsNear
}

// shares reports whether there is enough for throttled CPUs.
func (b *bandwidth) shares() bool { return b.pool > portion && len(b.throttled) > 0 }

func nextTick(from sim.Time) sim.Time { return (from + tick - 1) / tick * tick }
