// SPDX-License-Identifier: Apache-2.0

package blocking

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

const (
	us = sim.Time(time.Microsecond)
	ms = sim.Time(time.Millisecond)
)

// bench is a pool and the times at which its jobs were done.
type bench struct {
	*Pool
	sim  sim.Simulation
	done map[scheduler.Waker]sim.Time
}

func newBench(cfg Config) *bench {
	b := &bench{done: map[scheduler.Waker]sim.Time{}}
	cfg.Done = func(w scheduler.Waker) { b.done[w] = b.sim.Now() }
	b.Pool = check.Must(New(&b.sim, cfg))
	return b
}

func (b *bench) submit(n int, d sim.Time) {
	for range n {
		b.Submit(scheduler.Waker(len(b.done)+b.Queued()+b.running()+1), d, false)
	}
}

func (b *bench) running() int {
	n := 0
	for _, t := range b.threads {
		if t.works {
			n++
		}
	}
	return n
}

// TestGolden13Tokio: schedulers.md 10, trace 13. Six jobs and no idle thread: six threads. With two idle: two wakes and four
// threads.
func TestGolden13Tokio(t *testing.T) {
	b := newBench(TokioDefaults())
	b.submit(2, ms)
	b.sim.Run(10 * ms)
	require.Equal(t, 2, b.Idle())
	b.submit(6, ms)
	assert.Equal(t, 6, b.Threads())
	assert.Zero(t, b.Idle())
	b.sim.Run(20 * ms)
	assert.Len(t, b.done, 8)
	assert.Equal(t, 6, b.Idle())

	fresh := newBench(TokioDefaults())
	fresh.submit(6, ms)
	assert.Equal(t, 6, fresh.Threads())
}

func TestDefaults(t *testing.T) {
	tokio, crate, old := TokioDefaults(), check.Must(CrateDefaults("")), check.Must(CrateDefaults("1.6"))
	assert.Equal(t, []any{512, 10_000 * ms}, []any{tokio.Limit, tokio.KeepAlive})
	assert.Equal(t, []any{500, sim.Time(0)}, []any{crate.Limit, crate.KeepAlive})
	assert.Equal(t, []any{500, 500 * ms}, []any{old.Limit, old.KeepAlive})
	assert.Equal(t, crate, check.Must(CrateDefaults(CrateVersions()[0])), "the newest")
	_, err := CrateDefaults("2")
	require.EqualError(t, err, `"2" is not allowed; want one of 1.7, 1.6`)
}

func TestTokioQueuesBeyondItsLimitInOrder(t *testing.T) {
	cfg := TokioDefaults()
	cfg.Limit = 2
	b := newBench(cfg)
	for id := range scheduler.Waker(6) {
		b.Submit(id+1, ms, false)
	}
	assert.Equal(t, 2, b.Threads())
	b.sim.Run(ms / 2)
	assert.Equal(t, 4, b.Queued())
	b.sim.Run(10 * ms)
	for id, at := range b.done {
		assert.Equal(t, sim.Time((id+1)/2)*ms, at, "job %d", id)
	}
}

func TestThreadsEndAfterKeepAlive(t *testing.T) {
	for _, cfg := range []Config{TokioDefaults(), check.Must(CrateDefaults("1.6"))} {
		b := newBench(cfg)
		b.submit(3, ms)
		b.sim.Run(ms)
		threads := b.Threads()
		require.Positive(t, threads)
		last := slices.Max([]sim.Time{b.done[1], b.done[2], b.done[3]})
		b.sim.Run(last + cfg.KeepAlive - 1)
		assert.Equal(t, threads, b.Threads())
		b.sim.Run(last + cfg.KeepAlive)
		assert.Zero(t, b.Threads())
		assert.Zero(t, b.Idle())

		b.submit(1, ms) // places are used again
		b.sim.Run(b.sim.Now() + 2*ms)
		assert.Equal(t, 1, b.Threads())
		assert.Equal(t, 1, b.Idle())
	}
}

// TestThreadsOfTheCrateStay since 1.7: they wait for the next burst.
func TestThreadsOfTheCrateStay(t *testing.T) {
	b := newBench(check.Must(CrateDefaults("1.7")))
	b.submit(11, ms)
	b.sim.Run(10 * ms)
	threads := b.Threads()
	require.Positive(t, threads)
	assert.Equal(t, sim.Never, b.sim.Next(), "nothing keeps the simulation from ending")
	b.sim.Run(3600 * 1000 * ms)
	assert.Equal(t, threads, b.Threads())
	assert.Equal(t, threads, b.Idle())
}

// TestCrateGrowsAsAChain: schedulers.md 4.4. A started thread counts as idle and holds growth back for five jobs; once it
// runs and jobs remain, it starts the next. So in a burst the i-th thread runs after i thread starts.
func TestCrateGrowsAsAChain(t *testing.T) {
	cfg := check.Must(CrateDefaults(""))
	cfg.Costs.ThreadStart = cost.Latency{Median: 50 * us}
	b := newBench(cfg)
	b.submit(5, 10*ms)
	assert.Equal(t, 1, b.Threads(), "the first job starts one, which holds for five")
	for i := 1; i <= 4; i++ {
		b.sim.Run(sim.Time(i) * 50 * us)
		assert.Equal(t, i+1, b.Threads(), "after %d thread starts", i)
		assert.Equal(t, i, b.running())
	}
	b.sim.Run(ms)
	assert.Equal(t, 5, b.Threads())

	burst := newBench(cfg)
	burst.submit(11, 10*ms)
	assert.Equal(t, 3, burst.Threads(), "11 jobs, five for each idle thread")
}

func TestCrateStopsAtItsLimit(t *testing.T) {
	cfg := check.Must(CrateDefaults(""))
	cfg.Limit = 3
	b := newBench(cfg)
	b.submit(30, ms)
	b.sim.Run(ms)
	assert.Equal(t, 3, b.Threads())
	b.sim.Run(20 * ms)
	assert.Len(t, b.done, 30)
	assert.Equal(t, 10*ms, slices.Max(values(b.done)))
}

// TestTheCrateSkipsAbandonedJobs that nobody awaits any more; Tokio runs them.
func TestTheCrateSkipsAbandonedJobs(t *testing.T) {
	cfg := check.Must(CrateDefaults(""))
	cfg.Limit = 1
	cfg.Abandoned = func(w scheduler.Waker) bool { return w == 2 }
	b := newBench(cfg)
	for id := range scheduler.Waker(3) {
		b.Submit(id+1, ms, false)
	}
	b.sim.Run(10 * ms)
	assert.Equal(t, map[scheduler.Waker]sim.Time{1: ms, 3: 2 * ms}, b.done)
}

func values(m map[scheduler.Waker]sim.Time) []sim.Time {
	var v []sim.Time
	for _, at := range m {
		v = append(v, at)
	}
	return v
}

// TestRandomBursts checks what holds under any load: every job is done once, never before its time, and the counts of the
// pool are those of its threads.
func TestRandomBursts(t *testing.T) {
	for seed := range uint64(200) {
		r := sim.Stream(seed)
		cfg := []Config{TokioDefaults(), check.Must(CrateDefaults("1.6"))}[r.IntN(2)]
		cfg.Limit = 1 + r.IntN(20)
		cfg.KeepAlive = sim.Time(1+r.IntN(5)) * ms
		cfg.Costs.ThreadStart = cost.Latency{Median: sim.Time(r.IntN(100)) * us, Sigma: 0.5}
		cfg.Costs.WakeLatency = cost.Latency{Median: sim.Time(r.IntN(20)) * us}
		cfg.Seed = seed
		b := newBench(cfg)
		submitted := map[scheduler.Waker]sim.Time{}
		next := scheduler.Waker(0)
		for range 30 {
			for range r.IntN(15) {
				next++
				d := sim.Time(r.Exp() * float64(ms))
				submitted[next] = b.sim.Now() + d
				b.Submit(next, d, false)
			}
			b.sim.Run(b.sim.Now() + sim.Time(r.Exp()*float64(3*ms)))
			require.LessOrEqual(t, b.Threads(), cfg.Limit)
			require.GreaterOrEqual(t, b.Idle(), 0)
			require.LessOrEqual(t, b.Idle()+b.running(), b.Threads(), "seed %d", seed)
		}
		b.sim.Run(b.sim.Now() + 1000*ms)
		require.Len(t, b.done, int(next), "seed %d", seed)
		for id, earliest := range submitted {
			require.GreaterOrEqual(t, b.done[id], earliest)
		}
		require.Zero(t, b.Threads(), "seed %d", seed)
		require.Zero(t, b.Idle())
	}
}

// TestWhoSubmitsPays for the push, and for the wake or the creation of a thread.
func TestWhoSubmitsPays(t *testing.T) {
	for name, cfg := range map[string]Config{"tokio": TokioDefaults(), "crate": check.Must(CrateDefaults(""))} {
		cfg.Limit = 2
		cfg.Costs = cost.Profile{BlockingSubmit: us, ThreadCreate: 10 * us, Unpark: cost.Latency{Median: 100 * us}}
		b := newBench(cfg)
		assert.Equal(t, 11*us, b.Submit(1, ms, false), name)
		b.sim.Run(10 * ms)
		assert.Equal(t, 101*us, b.Submit(2, ms, false), name)
		b.sim.Run(20 * ms)
		for range 20 { // no thread is idle, and soon there are two
			b.Submit(1, ms, false)
		}
		require.Equal(t, 2, b.Threads(), name)
		assert.Equal(t, us, b.Submit(1, ms, false), name)
	}
}

// TestAThreadOfTheCratePaysForTheNext: a chain of thread starts holds the jobs up that its threads have taken.
func TestAThreadOfTheCratePaysForTheNext(t *testing.T) {
	cfg := check.Must(CrateDefaults(""))
	cfg.Costs.ThreadCreate = 10 * us
	b := newBench(cfg)
	b.submit(2, ms) // the first starts a thread, which starts another
	b.sim.Run(10 * ms)
	assert.Equal(t, map[scheduler.Waker]sim.Time{1: ms + 10*us, 2: ms}, b.done)
}
