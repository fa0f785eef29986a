// SPDX-License-Identifier: Apache-2.0

package host

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// step is the time step of the oracle. All times of its scripts are multiples of it, and so are the kernel's constants.
const step = sim.Time(100 * time.Microsecond)

// oracle plays scripts of threads under a quota in steps of time, in the plainest way: it looks at everything in each step.
type oracle struct {
	quota, burst, pool, period, next sim.Time
	timer, unused                    bool
	cpus                             []oracleCPU
	throttled                        []int
	idle                             []int // the latest last
	threads                          []oracleThread
	queue                            []int
	slack                            sim.Time // when it is shared out; 0: not
	now, busy                        sim.Time
	throttledTime                    sim.Time
}

type oracleCPU struct {
	thread      int // -1: none
	local, left sim.Time
	out         bool
}

type oracleThread struct {
	todo       []do
	need, wake sim.Time // wake: -1 if it does not sleep
	end        sim.Time
	done       bool
}

func newOracle(n int, q Quota, todo [][]do) *oracle {
	o := &oracle{quota: q.Time(), burst: q.Burst, pool: q.Time(), period: DefaultPeriod, next: q.Phase}
	for i := range n {
		o.cpus = append(o.cpus, oracleCPU{thread: -1})
		o.idle = append(o.idle, i)
	}
	for _, d := range todo {
		o.threads = append(o.threads, oracleThread{todo: slices.Clone(d), wake: 0})
	}
	return o
}

func (o *oracle) tick() {
	if o.next <= o.now {
		o.refill()
	}
	if o.slack != 0 && o.slack == o.now {
		o.slack = 0
		if o.pool > 5*ms {
			o.free()
		}
	}
	for i := range o.threads {
		if t := &o.threads[i]; t.wake == o.now {
			t.wake = -1
			if n := len(o.idle); n > 0 {
				c := o.idle[n-1]
				o.idle = o.idle[:n-1]
				o.put(c, i)
				o.act(c)
			} else {
				o.queue = append(o.queue, i)
			}
		}
	}
	for c := range o.cpus {
		cpu := &o.cpus[c]
		if cpu.thread >= 0 && cpu.left <= 0 && len(o.queue) > 0 && o.threads[cpu.thread].need > 0 && o.fetch(c) {
			o.queue = append(o.queue, cpu.thread)
			o.take(c)
		}
		o.act(c)
		switch {
		case cpu.thread < 0:
		case !o.fetch(c):
			o.throttledTime += step
		default:
			cpu.local -= step
			cpu.left -= step
			o.busy += step
			o.threads[cpu.thread].need -= step
		}
	}
	o.now += step
	for c := range o.cpus {
		o.act(c)
	}
}

// act lets the thread of a CPU do what takes no time.
func (o *oracle) act(c int) {
	for cpu := &o.cpus[c]; cpu.thread >= 0; {
		t := &o.threads[cpu.thread]
		if t.need > 0 || !o.fetchIfFresh(c) {
			return
		}
		if len(t.todo) == 0 {
			t.end, t.done = o.now, true
			o.leave(c)
			continue
		}
		next := t.todo[0]
		t.todo = t.todo[1:]
		t.need = next.run
		if off := next.sleep + next.pause; off > 0 {
			t.wake = o.now + off
			o.leave(c)
		}
	}
}

// fetchIfFresh: a thread needs runtime to begin with anything.
func (o *oracle) fetchIfFresh(c int) bool {
	if cpu := &o.cpus[c]; cpu.left == sliceOf {
		return o.fetch(c)
	}
	return true
}

const sliceOf = 3 * ms

func (o *oracle) put(c, thread int) { o.cpus[c].thread, o.cpus[c].left = thread, sliceOf }

func (o *oracle) take(c int) {
	next := o.queue[0]
	o.queue = o.queue[1:]
	o.put(c, next)
}

func (o *oracle) leave(c int) {
	cpu := &o.cpus[c]
	cpu.thread = -1
	if len(o.queue) > 0 {
		o.take(c)
		return
	}
	o.idle = append(o.idle, c)
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
}

func (o *oracle) fetch(c int) bool {
	cpu := &o.cpus[c]
	switch {
	case cpu.local > 0:
		return true
	case cpu.out:
		return false
	}
	o.timer = true
	if o.pool > 0 {
		o.unused = false
		cpu.local = min(o.pool, 5*ms)
		o.pool -= cpu.local
		return true
	}
	cpu.out = true
	o.throttled = append(o.throttled, c)
	return false
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

func (o *oracle) free() {
	for _, c := range o.throttled {
		o.cpus[c].out = false
	}
	order := o.throttled
	o.throttled = nil
	for _, c := range order { // who ran out first fetches first
		if o.cpus[c].thread >= 0 {
			o.fetch(c)
		}
	}
}

func (o *oracle) finished() bool {
	return !slices.ContainsFunc(o.threads, func(t oracleThread) bool { return !t.done })
}

// TestAgainstTheOracle holds the host against steps of time. On one CPU they agree to the nanosecond on the time throttled, and of threads
// that only compute on each end. What they may do differently is what several CPUs or sleepers do at the same time, which the oracle does in the
// order of their numbers: of two CPUs that fetch the last of a pool, either may be first. So on several CPUs the time throttled is equal on
// average, within 2 %, and the last of threads that only compute ends within a period of the oracle's: whoever was first, a pool is used up.
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
					o.tick()
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
				if n == 1 {
					require.Equal(t, o.throttledTime, stats.Throttled, "seed %d", seed)
				}
				if !sleeps {
					require.InDelta(t, float64(lastWant), float64(last), float64(DefaultPeriod), "seed %d on %d CPUs", seed, n)
				}
			}
			require.InEpsilon(t, float64(want), float64(throttled), 0.02, "%d CPUs, sleeps %v", n, sleeps)
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
