// SPDX-License-Identifier: Apache-2.0

package host

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// step is the time step of the oracle. All times of its scripts are multiples of it, and so are the kernel's constants, but for 1 ns.
const step = sim.Time(100 * time.Microsecond)

// oracle plays scripts of threads under a quota in steps of time, in the plainest way: it looks at everything in each step.
type oracle struct {
	quota, burst, pool, period, next sim.Time
	timer, unused                    bool
	slice                            sim.Time
	cpus                             []oracleCPU
	throttled                        []int
	threads                          []oracleThread
	slack                            sim.Time // when it is shared out; 0: not
	now, busy                        sim.Time
	throttledTime                    sim.Time
}

type oracleCPU struct {
	thread     int // -1: none
	line, halt []int
	local, ran sim.Time // ran: since the thread has the CPU
	out        bool
}

type oracleThread struct {
	todo       []do
	need, wake sim.Time // wake: -1 if it does not sleep
	began      sim.Time // to compute what it does
	cpu        int
	end        sim.Time
	done       bool
}

func newOracle(n int, q Quota, todo [][]do) *oracle {
	o := &oracle{quota: q.Time(), burst: q.Burst, pool: q.Time(), period: DefaultPeriod, next: q.Phase, slice: baseSlice(n)}
	for range n {
		o.cpus = append(o.cpus, oracleCPU{thread: -1})
	}
	for i, d := range todo {
		o.threads = append(o.threads, oracleThread{todo: slices.Clone(d), cpu: i % n})
	}
	return o
}

func (o *oracle) step() {
	if o.next <= o.now { // at the start
		o.refill()
	}
	if o.slack != 0 && o.slack == o.now {
		o.slack = 0
		if o.pool > 5*ms {
			o.free()
		}
	}
	if o.now%(4*ms) == 0 {
		for c := range o.cpus {
			o.tick(c)
		}
	}
	for i := range o.threads {
		if t := &o.threads[i]; t.wake == o.now {
			t.wake = -1
			o.wake(i)
		}
	}
	for c := range o.cpus {
		cpu := &o.cpus[c]
		if len(cpu.halt) > 0 {
			o.throttledTime += step
		}
		if cpu.thread >= 0 {
			cpu.local -= step
			cpu.ran += step
			o.busy += step
			o.threads[cpu.thread].need -= step
		}
	}
	o.now += step
	if o.next <= o.now {
		o.refill()
	}
	for c := range o.cpus {
		if cpu := &o.cpus[c]; cpu.thread >= 0 && o.now%(4*ms) == 0 && o.threads[cpu.thread].need == 0 && !o.fetch(c) {
			o.stop(c) // before the thread says that it is through
		}
		o.act(c)
	}
}

// tick: the CPU counts, and threads take turns.
func (o *oracle) tick(c int) {
	cpu := &o.cpus[c]
	if cpu.thread < 0 {
		return
	}
	if !o.fetch(c) {
		o.stop(c)
		return
	}
	if len(cpu.line) > 0 && cpu.ran >= o.slice && o.threads[cpu.thread].began < o.now { // who has done something just now goes on
		o.turn(c)
	}
	for to := range o.cpus { // who waits goes to an idle CPU
		if other := &o.cpus[to]; len(cpu.line) > 0 && !other.out && other.thread < 0 {
			i := cpu.line[0]
			cpu.line = cpu.line[1:]
			o.run(to, i)
		}
	}
}

// turn lets the next in the line run.
func (o *oracle) turn(c int) {
	cpu := &o.cpus[c]
	cpu.line = append(cpu.line, cpu.thread)
	next := cpu.line[0]
	cpu.line = cpu.line[1:]
	o.run(c, next)
}

func (o *oracle) run(c, thread int) {
	o.threads[thread].cpu = c
	o.cpus[c].thread, o.cpus[c].ran = thread, 0
	if !o.fetch(c) {
		o.stop(c)
		return
	}
	o.act(c)
}

// stop: all threads of the CPU.
func (o *oracle) stop(c int) {
	cpu := &o.cpus[c]
	cpu.halt = append(append(cpu.halt, cpu.thread), cpu.line...)
	cpu.thread, cpu.line = -1, nil
}

// wake: to the last CPU, another idle one, or the line of the last.
func (o *oracle) wake(i int) {
	c := o.threads[i].cpu
	for to := 0; o.cpus[c].thread >= 0 && to < len(o.cpus); to++ {
		if o.cpus[to].thread < 0 {
			c = to
		}
	}
	cpu := &o.cpus[c]
	if cpu.thread < 0 {
		o.run(c, i)
		return
	}
	cpu.line = append(cpu.line, i)
	if cpu.ran >= o.slice {
		o.turn(c)
	}
}

// act lets the thread of a CPU do what takes no time.
func (o *oracle) act(c int) {
	for cpu := &o.cpus[c]; cpu.thread >= 0; {
		t := &o.threads[cpu.thread]
		if t.need > 0 {
			return
		}
		if len(t.todo) == 0 {
			t.end, t.done = o.now, true
			o.leave(c)
			return
		}
		next := t.todo[0]
		t.todo = t.todo[1:]
		t.need, t.began = next.run, o.now
		if off := next.sleep + next.pause; off > 0 {
			t.wake = o.now + off
			o.leave(c)
			return
		}
	}
}

func (o *oracle) leave(c int) {
	cpu := &o.cpus[c]
	cpu.thread = -1
	if len(cpu.line) > 0 {
		next := cpu.line[0]
		cpu.line = cpu.line[1:]
		o.run(c, next)
		return
	}
	if !o.fetch(c) {
		return
	}
	if more := cpu.local - ms; more > 0 {
		cpu.local -= more
		o.pool += more
	}
	if o.pool > 5*ms && len(o.throttled) > 0 && o.slack == 0 && o.next-o.now >= 7*ms {
		o.slack = o.now + 5*ms
	}
	for from := range o.cpus { // who waits elsewhere comes
		if line := o.cpus[from].line; len(line) > 0 {
			o.cpus[from].line = line[1:]
			o.run(c, line[0])
			return
		}
	}
}

// fetch reports whether the CPU has something, and throttles it if not.
func (o *oracle) fetch(c int) bool {
	cpu := &o.cpus[c]
	switch {
	case cpu.out:
		return false
	case cpu.local > 0:
		return true
	}
	o.timer = true
	if o.pool > 0 {
		o.unused = false
		got := min(o.pool, 5*ms-cpu.local)
		cpu.local += got
		o.pool -= got
	}
	if cpu.local <= 0 {
		cpu.out = true
		o.throttled = append(o.throttled, c)
	}
	return !cpu.out
}

func (o *oracle) refill() {
	o.next += o.period
	if !o.timer {
		return
	}
	o.pool = min(o.pool+o.quota, o.quota+o.burst)
	if len(o.throttled) > 0 {
		o.unused = false
		o.free()
		return
	}
	if o.unused {
		o.timer = false
	}
	o.unused = true
}

// free pays what throttled CPUs owe, as far as the pool lasts, and one nanosecond.
func (o *oracle) free() {
	for len(o.throttled) > 0 && o.pool > 0 {
		c := o.throttled[0]
		cpu := &o.cpus[c]
		got := min(o.pool, 1-cpu.local)
		cpu.local += got
		o.pool -= got
		if cpu.local <= 0 {
			return
		}
		cpu.out = false
		o.throttled = o.throttled[1:]
		halted := cpu.halt
		cpu.halt = nil
		for _, i := range halted {
			if cpu.thread < 0 {
				o.run(c, i)
			} else {
				cpu.line = append(cpu.line, i)
			}
		}
	}
}

func (o *oracle) finished() bool {
	return !slices.ContainsFunc(o.threads, func(t oracleThread) bool { return !t.done })
}

// TestAgainstTheOracle holds the host against steps of time. On one CPU, of threads that only compute, they agree to the nanosecond: on each
// end, and on the time throttled. What they may do differently is what several CPUs or sleepers do at the same time, which the oracle does in
// the order of their numbers, and where threads go: the oracle's always find an idle CPU. So then the time throttled is equal on average, within
// 3 %, and the last of threads that only compute ends within a period of the oracle's: whoever was first, a pool is used up.
func TestAgainstTheOracle(t *testing.T) {
	const seeds = 300
	for _, sleeps := range []bool{false, true} {
		for n := 1; n <= 3; n++ {
			var throttled, want sim.Time
			for seed := range uint64(seeds) {
				r := sim.Stream(seed)
				q, todo := oracleScript(&r, sleeps)
				o := newOracle(n, q, todo)
				for !o.finished() {
					o.step()
				}
				scripts, _, last, stats := play(within(n, q), 0, todo...)
				throttled += stats.Throttled
				want += o.throttledTime
				require.Equal(t, o.busy, stats.Busy, "seed %d", seed)
				lastWant := sim.Time(0)
				for i, s := range scripts {
					require.Empty(t, s.todo)
					lastWant = max(lastWant, o.threads[i].end)
					if n == 1 && !sleeps {
						require.Equal(t, o.threads[i].end, s.end(), "seed %d, thread %d", seed, i)
					}
				}
				if !sleeps {
					if n == 1 {
						require.Equal(t, o.throttledTime, stats.Throttled, "seed %d", seed)
					}
					require.InDelta(t, float64(lastWant), float64(last), float64(DefaultPeriod), "seed %d on %d CPUs", seed, n)
				}
			}
			require.InEpsilon(t, float64(want), float64(throttled), 0.03, "%d CPUs, sleeps %v", n, sleeps)
		}
	}
}

func oracleScript(r *sim.Rand, sleeps bool) (q Quota, todo [][]do) {
	q = Quota{CPUs: float64(10+r.IntN(200)) / 100, Phase: sim.Time(r.IntN(1000)) * step}
	if r.IntN(3) == 0 {
		q.Burst = sim.Time(r.IntN(int(q.Time()/step))) * step
	}
	for range 1 + r.IntN(5) {
		var d []do
		for range 1 + r.IntN(20) {
			d = append(d, do{run: sim.Time(1+r.IntN(300)) * step})
			if sleeps {
				d = append(d, do{sleep: sim.Time(1+r.IntN(300)) * step})
			}
		}
		todo = append(todo, d)
	}
	return q, todo
}
