// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Thread per core (schedulers.md 1.17).

// perCore is such a runtime with a journal.
type perCore struct {
	*PerCore
	journal
}

func startPerCore(t *testing.T, cores int, costs cost.Profile) *perCore {
	t.Helper()
	b := &perCore{}
	b.PerCore = check.Must(NewPerCore(&b.sim, Config{Workers: cores, Seed: 1, Costs: costs}, b.observer()))
	return b
}

func (b *perCore) spawnOn(connection uint64, s ...program.Step) {
	check.Must(b.SpawnOn(connection, steps(s...), connection, sim.Stream(1)))
}

// TestARequestStaysOnTheCoreOfItsConnection, and so do the tasks that it spawns.
func TestARequestStaysOnTheCoreOfItsConnection(t *testing.T) {
	b := startPerCore(t, 3, cost.Tokio())
	for connection := range uint64(9) {
		b.spawnOn(connection, detach(spawn(5, socket(us), compute(us), yield, sleep(ms))), compute(50*us))
	}
	b.sim.Run(100 * ms)
	require.Len(t, b.finished, 9*6)
	for _, p := range b.polls {
		require.Equal(t, scheduler.CoreOf(p.Tag, 3), p.Worker, "%+v", p)
		require.Equal(t, p.Worker, p.Thread)
	}
	for _, f := range b.finished {
		require.Equal(t, scheduler.CoreOf(f.Tag, 3), f.FirstWorker)
		if !f.Root {
			require.Equal(t, f.FirstWorker, f.Spawner)
		}
		require.Zero(t, f.Steals)
	}
}

// TestRequestsWithoutAConnectionGoToTheCoresInTurn.
func TestRequestsWithoutAConnectionGoToTheCoresInTurn(t *testing.T) {
	b := startPerCore(t, 3, cost.Profile{})
	for range 7 {
		check.Must(b.Spawn(steps(compute(us)), 0, sim.Stream(1)))
	}
	b.sim.Run(ms)
	polls := make([]int, 3)
	for _, p := range b.polls {
		polls[p.Worker]++
	}
	assert.Equal(t, []int{3, 2, 2}, polls)
}

// TestUnevenClients: all that a busy client sends waits for one core, while the others sleep. Nobody steals.
func TestUnevenClients(t *testing.T) {
	const requests = 40
	b := startPerCore(t, 4, cost.Profile{})
	b.sim.Run(ms)
	for range requests {
		b.spawnOn(1, compute(ms))
	}
	b.sim.Run(ms + 10*ms + ms/2)
	c := b.Counters()
	for i, w := range c.Workers {
		want := 0
		if i == 1 {
			want = requests - 11 // one of them is polled
		}
		assert.Equal(t, want, w.LocalQueue, "core %d", i)
		assert.Equal(t, i == 1, w.Busy+w.Unpublished > 0, "core %d", i)
	}
	assert.Zero(t, c.GlobalQueue, "what waits for one core waits for no other")
	assert.NoError(t, check.Times(b, b.sim.Now(), true))
	b.sim.Run(b.sim.Now() + 100*ms)
	assert.Equal(t, ms+requests*ms, b.finished[requests-1].End, "one core did all the work")
}

// oneOf is a request of a random load, and the core that it goes to.
type oneOf struct {
	at         sim.Time
	connection uint64
	program    *program.Program
}

func randomLoad(seed uint64, n int, mix check.Mix) (load []oneOf) {
	r := sim.Stream(seed)
	at := sim.Time(0)
	for range n {
		at += sim.Time(r.Exp() * 30_000)
		load = append(load, oneOf{at, uint64(r.IntN(5)), mix.RandomProgram(&r, 1)})
	}
	return load
}

// on plays a load; spawn knows where a request goes.
func on(s *sim.Simulation, load []oneOf, spawn func(tag uint64, o *oneOf)) {
	for i := range load {
		s.Run(load[i].at)
		spawn(uint64(i), &load[i])
	}
	s.Run(load[len(load)-1].at + 10_000*ms)
}

// TestCoresAreCurrentThreadRuntimes: the cores do what as many current_thread runtimes do that share a process and get the same requests, to
// the nanosecond, whatever the programs.
func TestCoresAreCurrentThreadRuntimes(t *testing.T) {
	const cores = 3
	for seed := range uint64(30) {
		load := randomLoad(seed, 60, check.Mix{Cancels: seed%2 == 1})
		config := func(s *sim.Simulation) Config {
			cfg := Config{Workers: cores, Seed: seed, Costs: cost.Tokio(), Process: &process.Process{}}
			if seed%3 == 0 {
				cfg.Process.Host = host.New(s, host.Config{CPUs: 2})
			}
			return cfg
		}

		var separate sim.Simulation
		var apart [cores]check.Log
		var runtimes [cores]*CurrentThread
		shared := config(&separate)
		for i := range runtimes {
			cfg := shared
			cfg.Seed += uint64(i)
			runtimes[i] = check.Must(NewCurrentThread(&separate, cfg, apart[i].Observer()))
		}
		on(&separate, load, func(tag uint64, o *oneOf) {
			check.Must(runtimes[o.connection%cores].Spawn(o.program, tag, sim.Stream(seed, tag)))
		})

		var together sim.Simulation
		var log check.Log
		rt := check.Must(NewPerCore(&together, config(&together), log.Observer()))
		on(&together, load, func(tag uint64, o *oneOf) {
			check.Must(rt.SpawnOn(o.connection, o.program, tag, sim.Stream(seed, tag)))
		})
		require.NoError(t, log.Check(rt), "seed %d", seed)
		require.Equal(t, separate.Now(), together.Now())
		all := rt.Counters()
		for i := range runtimes {
			require.NoError(t, ofCore(&log, i).Same(&apart[i]), "seed %d, core %d", seed, i)
			c := runtimes[i].Counters()
			c.Workers[0].LocalQueue += c.GlobalQueue
			require.Equal(t, c.Workers[0], all.Workers[i])
		}
	}
}

// ofCore is what a core did, as it would say it if it were alone.
func ofCore(all *check.Log, core int) *check.Log {
	var log check.Log
	numbers := map[uint64]uint64{} // among all tasks -> among the core's
	var tasks []uint64
	for _, f := range all.Finished {
		if f.FirstWorker == core {
			tasks = append(tasks, f.Task)
		}
	}
	slices.Sort(tasks)
	for i, number := range tasks {
		numbers[number] = uint64(i) + 1
	}
	for _, p := range all.Polls {
		if p.Worker == core {
			p.Task, p.Worker, p.Thread = numbers[p.Task], 0, 0
			log.Polls = append(log.Polls, p)
		}
	}
	for _, f := range all.Finished {
		if f.FirstWorker == core {
			f.Task, f.Parent, f.FirstWorker, f.Spawner = numbers[f.Task], numbers[f.Parent], 0, min(f.Spawner, 0)
			log.Finished = append(log.Finished, f)
		}
	}
	return &log
}

// TestPerCoreConserves: the identities that hold for any scheduler hold for the cores together.
func TestPerCoreConserves(t *testing.T) {
	for seed := range uint64(40) {
		var s sim.Simulation
		var log check.Log
		costs := cost.Profile{}
		if seed%4 < 2 {
			costs = cost.Tokio()
		}
		rt := check.Must(NewPerCore(&s, Config{Workers: 1 + int(seed%5), Costs: costs, Seed: seed}, log.Observer()))
		check.Play(&s, rt, seed)
		require.NoError(t, log.Check(rt), "seed %d", seed)
		require.NoError(t, check.Times(rt, s.Now(), false), "seed %d", seed)
	}
}

// TestCoresShareTheProcess: a mutex that a task of one core holds keeps those of the others out, and its unlock wakes the next on that one's
// own core.
func TestCoresShareTheProcess(t *testing.T) {
	b := startPerCore(t, 3, cost.Profile{})
	b.sim.Run(ms)
	lock, unlock := program.Step{Op: program.Lock}, program.Step{Op: program.Unlock}
	for connection := range uint64(3) {
		b.spawnOn(connection, lock, compute(ms), unlock)
	}
	b.sim.Run(20 * ms)
	require.Len(t, b.finished, 3)
	for i, f := range b.finished {
		assert.Equal(t, 2*ms+sim.Time(i)*ms, f.End)
		assert.Equal(t, i, f.FirstWorker)
		assert.Equal(t, i, b.pollsOf(f.Task)[len(b.pollsOf(f.Task))-1].Worker)
	}
}

// TestAnAnswerFindsItsCore, in whatever order answers come.
func TestAnAnswerFindsItsCore(t *testing.T) {
	b := &perCore{}
	var requests []scheduler.Request
	o := b.observer()
	o.Call = func(r *scheduler.Request) { requests = append(requests, *r) }
	b.PerCore = check.Must(NewPerCore(&b.sim, Config{Workers: 3, Seed: 1}, o))
	call := program.Step{Op: program.Call, Duration: program.Constant(0)}
	for connection := range uint64(3) {
		b.spawnOn(connection, call, compute(us), call)
	}
	b.sim.Run(ms)
	require.Len(t, requests, 3)
	for answered := range 6 { // the newest first, so that places are used again
		last := requests[len(requests)-1]
		requests = requests[:len(requests)-1]
		before := len(b.polls)
		if answered%2 == 0 {
			b.Answer(last.Waker)
		} else { // by another runtime of the process
			b.Wake(last.Waker)
		}
		b.sim.Run(b.sim.Now() + ms)
		require.Len(t, b.polls, before+1)
		require.Equal(t, last.Tag, b.polls[before].Tag)
		require.Equal(t, scheduler.CoreOf(last.Tag, 3), b.polls[before].Worker)
	}
	assert.Len(t, b.finished, 3)
	assert.Empty(t, requests)
	assert.Len(t, b.free, len(b.asked), "no place is lost")
}

// TestThreadsOfPools: each core has a blocking pool. Their threads have numbers of their own, behind those of the cores.
func TestThreadsOfPools(t *testing.T) {
	b := &perCore{}
	var threads []scheduler.Thread
	var jobs []int
	o := b.observer()
	o.Thread = func(t *scheduler.Thread) { threads = append(threads, *t) }
	o.Job = func(j *scheduler.Job) {
		if j.Begins {
			jobs = append(jobs, j.Thread)
		}
	}
	b.PerCore = check.Must(NewPerCore(&b.sim, Config{Workers: 2, Seed: 1}, o))
	block := program.Step{Op: program.SpawnBlocking, Duration: program.Constant(ms)}
	for connection := range uint64(2) {
		b.spawnOn(connection, spawn(2, block), join)
	}
	b.sim.Run(5 * ms)
	assert.Equal(t, 4, b.Counters().BlockingThreads)
	assert.Equal(t, 4, b.Counters().BlockingIdle)
	b.sim.Run(30_000 * ms)
	assert.Zero(t, b.Counters().BlockingThreads)
	var started, ended []int
	for _, thread := range threads {
		if thread.Started {
			started = append(started, thread.Thread)
		} else {
			ended = append(ended, thread.Thread)
		}
	}
	assert.Equal(t, []int{2, 3, 4, 5}, started)
	assert.Equal(t, started, jobs, "a thread starts for each job")
	assert.ElementsMatch(t, started, ended)
}

func TestPerCoreNamesItsThreads(t *testing.T) {
	b := startPerCore(t, 2, cost.Profile{})
	assert.Equal(t, 2, b.Workers())
	assert.Equal(t, "actix-rt|system:0|arbiter:1", b.ThreadName(1))
	assert.Equal(t, "main", b.ThreadName(scheduler.Outside))
}

func TestPerCoreRefusesWhatCurrentThreadDoes(t *testing.T) {
	b := startPerCore(t, 2, cost.Profile{})
	_, err := b.Spawn(steps(program.Step{Op: program.BlockInPlace, Duration: program.Constant(us)}), 0, 0)
	require.ErrorContains(t, err, "block_in_place")
	_, err = NewPerCore(&sim.Simulation{}, Config{Workers: 1025}, scheduler.Observer{})
	require.EqualError(t, err, "tokio: Workers: 1025 is not allowed; want 1 to 1024, or 0 for 1")
}
