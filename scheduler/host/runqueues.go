// SPDX-License-Identifier: Apache-2.0

package host

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What the kernel goes by when it places threads on CPUs (kernel/sched/fair.c; schedulers.md 8.2).
const (
	hot      = sim.Time(500 * time.Microsecond) // sysctl_sched_migration_cost
	retries  = 1                                // cache_nice_tries of CPUs that share a cache
	halfLife = 32 * float64(1<<20)              // of a load, in ns: 32 periods of PELT
	excess   = 1.17                             // imbalance_pct of CPUs that share a cache
	nearer   = 1.08                             // what the thread's last CPU may have more load: half of that
)

func newRunqueues(cpus int) *runqueues {
	q := &runqueues{cpus: make([]cpu, cpus)}
	for i := range q.cpus {
		q.cpus[i].waiting = make([]*Thread, 0, 8)
		q.cpus[i].fetches = fetches{calls: sides / 2, dice: sim.Stream(uint64(i))}
	}
	return q
}

// sides are those of the dice.
const sides = 1024

// tries reports whether a CPU that became idle looks for a thread to fetch, which costs the kernel time: as often as that succeeds. weight is
// for how many such CPUs the one stands that does.
func (f *fetches) tries() (weight int, ok bool) {
	weight = 1 + f.ratio
	if f.dice.IntN(sides) > weight {
		f.count(0)
		return 0, false
	}
	return (sides + weight/2) / weight, true
}

func (f *fetches) count(successes int) {
	f.calls++
	f.successes += successes
	if f.calls >= sides {
		f.ratio = f.successes
		f.calls /= 2
		f.successes /= 2
	}
}

// to brings a load up to date: since the last time it ran, or not.
func (l *load) to(now sim.Time, ran bool) float64 {
	if now > l.at {
		rest := math.Exp2(-float64(now-l.at) / halfLife)
		l.share *= rest
		if ran {
			l.share += 1 - rest
		}
		l.at = now
	}
	return l.share
}

func (q *runqueues) idle(c int32) bool {
	at := &q.cpus[c]
	return at.running == nil && !at.held && len(at.waiting) == 0
}

// sees is how many other CPUs the kernel looks at for an idle one: all of them on an idle machine, none on one that is busy for 85 % of the time
// or more. It rounds down.
func (q *runqueues) sees(now sim.Time) int {
	sum := 0.0
	for i := range q.cpus {
		c := &q.cpus[i]
		sum += c.load.to(now, c.running != nil)
	}
	n := float64(len(q.cpus))
	x := sum / n
	return int(max(n*(1-excess*excess*x*x), 0))
}

// idleOne is an idle CPU, the one given if it is; none: -1.
func (q *runqueues) idleOne(first int32, now sim.Time) int32 {
	if q.idle(first) {
		return first
	}
	n := len(q.cpus)
	for i := 1; i <= min(q.sees(now), n-1); i++ {
		if c := narrow.Int32((int(first) + i) % n); q.idle(c) {
			return c
		}
	}
	return -1
}

// place is the CPU to which a thread goes that wakes. idle: it can run there; otherwise it has to wait.
func (q *runqueues) place(t *Thread, now sim.Time) (c int32, idle bool) {
	if q.lingers(t, now) {
		return t.cpu, false
	}
	if c = q.idleOne(t.cpu, now); c >= 0 {
		return c, true
	}
	if !q.free {
		return t.cpu, false
	}
	// The thread from outside leaves its CPU in a moment: the thread that it wakes goes there if there is less load.
	own := t.load.to(now, false)
	here, last := &q.cpus[q.visitor], &q.cpus[t.cpu]
	if q.visitor != t.cpu && here.load.to(now, false)+own >= nearer*(last.load.to(now, last.running != nil)-own) {
		q.left = t
		return t.cpu, false
	}
	q.free = false
	return q.visitor, true
}

// lingers reports whether a thread is still in the queue of its CPU, where it went to sleep before others that waited, and had had more than
// they. The kernel takes such a thread out of the queue when it next would run.
func (q *runqueues) lingers(t *Thread, now sim.Time) bool {
	c := &q.cpus[t.cpu]
	return t.ahead && c.running != nil && c.since <= t.ranLast && now < nextTick(t.ranLast+1)
}

// move takes a thread to another CPU, with its load.
func (q *runqueues) move(t *Thread, c int32, now sim.Time) {
	if t.cpu == c {
		return
	}
	own := t.load.to(now, false)
	from, to := &q.cpus[t.cpu].load, &q.cpus[c].load
	from.to(now, q.cpus[t.cpu].running != nil)
	to.to(now, q.cpus[c].running != nil)
	from.share = max(from.share-own, 0)
	to.share += own
	t.cpu = c
}

// pop takes the thread that has waited longest on a CPU.
func (c *cpu) pop() *Thread {
	t := c.waiting[0]
	c.waiting = append(c.waiting[:0], c.waiting[1:]...)
	return t
}

// cold takes the thread that has waited longest of those that may move, on any CPU but one. nil: none may.
func (q *runqueues) cold(but int32, now sim.Time) *Thread {
	for i := range q.cpus {
		if narrow.Int32(i) == but {
			continue
		}
		if t := q.cpus[i].cold(now, false); t != nil {
			return t
		}
	}
	return nil
}

func (c *cpu) cold(now sim.Time, anyway bool) *Thread {
	for i, t := range c.waiting {
		if anyway || now-t.ranLast >= hot {
			c.waiting = append(c.waiting[:i], c.waiting[i+1:]...)
			return t
		}
	}
	return nil
}
