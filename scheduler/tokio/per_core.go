// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// PerCore is a current_thread runtime for each core, in one process: thread per core, as actix-web has it (schedulers.md 1.17).
//
//	connection 0, 2, 4, ... --> core 0: run queue, inject queue, driver, blocking pool
//	connection 1, 3, 5, ... --> core 1: likewise
//
// A request goes to the core that has its connection, and all that it spawns stays there. No core takes work from another: a core whose
// clients ask for much has a long queue beside cores that sleep. The cores share the process: its CPUs, mutexes and channels.
//
// To an observer the cores are the workers of one runtime: core i is worker i, on thread i.
type PerCore struct {
	cores   []*CurrentThread
	next    uint64 // connection of the next request that has none of its own
	asked   []asked
	free    []int            // places of asked
	threads []map[int]int    // by core: the numbers of its pool's threads among all, by those that the pool gives
	started int              // threads of all pools, since the start
	thread  scheduler.Thread // what the observer is handed
	job     scheduler.Job
}

// asked is a request to another service that is not answered yet: the waker alone does not tell the core.
type asked struct {
	core  *CurrentThread
	waker scheduler.Waker
}

var _ scheduler.Pinned = (*PerCore)(nil)

// NewPerCore starts a runtime on each of Config.Workers cores; all of them find nothing to do and park. The error says which field of the
// Config is wrong and what is allowed.
func NewPerCore(s *sim.Simulation, cfg Config, o scheduler.Observer) (*PerCore, error) {
	settled, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	if cfg.Process == nil {
		cfg.Process = &process.Process{}
	}
	rt := &PerCore{}
	var numbers task.Numbers
	for i := range settled.workers {
		of := cfg
		of.Seed += narrow.Uint64(i)
		core, err := newCurrentThread(s, &of, i, rt.watching(i, o))
		if err != nil {
			return nil, err
		}
		core.tasks.Share(&numbers)
		rt.cores = append(rt.cores, core)
		rt.threads = append(rt.threads, map[int]int{})
	}
	return rt, nil
}

// watching is an observer of a core, which tells the one of the runtime what the core cannot know.
func (rt *PerCore) watching(core int, o scheduler.Observer) scheduler.Observer {
	own := o
	if o.Call != nil {
		own.Call = func(r *scheduler.Request) {
			r.Waker = rt.ask(asked{rt.cores[core], r.Waker})
			o.Call(r)
		}
	}
	if o.Thread != nil || o.Job != nil {
		own.Thread = func(t *scheduler.Thread) {
			rt.thread = *t
			rt.thread.Thread = rt.numberOf(core, t)
			if o.Thread != nil {
				o.Thread(&rt.thread)
			}
		}
	}
	if o.Job != nil {
		own.Job = func(j *scheduler.Job) {
			rt.job = *j
			rt.job.Thread = rt.threads[core][j.Thread]
			o.Job(&rt.job)
		}
	}
	return own
}

// numberOf is the number of a pool's thread among the threads of all cores, behind those that poll. A pool numbers its own in the order of
// their creation.
func (rt *PerCore) numberOf(core int, t *scheduler.Thread) int {
	live := rt.threads[core]
	if t.Started {
		live[t.Thread] = len(rt.cores) + rt.started
		rt.started++
		return live[t.Thread]
	}
	number := live[t.Thread]
	delete(live, t.Thread)
	return number
}

// ask keeps a request, and returns the waker by which its answer finds the core.
func (rt *PerCore) ask(a asked) scheduler.Waker {
	place := len(rt.asked)
	if last := len(rt.free) - 1; last >= 0 {
		place = rt.free[last]
		rt.free = rt.free[:last]
		rt.asked[place] = a
	} else {
		rt.asked = append(rt.asked, a)
	}
	return scheduler.Waker(narrow.Uint64(place) + 1)
}

// answered takes back what ask has kept. A request is answered once.
func (rt *PerCore) answered(w scheduler.Waker) asked {
	place := narrow.Int(uint64(w) - 1)
	rt.free = append(rt.free, place)
	return rt.asked[place]
}

// Answer implements [scheduler.Runtime].
func (rt *PerCore) Answer(w scheduler.Waker) {
	a := rt.answered(w)
	a.core.Answer(a.waker)
}

// Wake implements [scheduler.Runtime]. Tasks that wait for a mutex or a channel are woken by their core's own Wake.
func (rt *PerCore) Wake(w scheduler.Waker) {
	a := rt.answered(w)
	a.core.Wake(a.waker)
}

// Spawn implements [scheduler.Runtime]: a request on a connection of its own.
func (rt *PerCore) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	connection := rt.next
	rt.next++
	return rt.SpawnOn(connection, p, tag, work)
}

// SpawnOn implements [scheduler.Pinned].
func (rt *PerCore) SpawnOn(connection uint64, p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	return rt.cores[scheduler.CoreOf(connection, len(rt.cores))].Spawn(p, tag, work)
}

// Workers implements [scheduler.Runtime]: one to a core.
func (rt *PerCore) Workers() int { return len(rt.cores) }

// ThreadName implements [scheduler.Runtime]. The threads are called as actix-rt calls its own, one arbiter to a core.
func (rt *PerCore) ThreadName(thread int) string {
	if thread == scheduler.Outside {
		return mainThread
	}
	return fmt.Sprintf("actix-rt|system:0|arbiter:%d", thread)
}

// Live implements [scheduler.Runtime].
func (rt *PerCore) Live() (n int) {
	for _, core := range rt.cores {
		n += core.Live()
	}
	return n
}

// Counters implements [scheduler.Runtime]. What waits in a core's inject queue waits for this core alone, so it is in the local queue of the
// worker, and no queue is global.
func (rt *PerCore) Counters() scheduler.Counters {
	all := scheduler.Counters{Workers: make([]scheduler.WorkerCounters, len(rt.cores))}
	for i, core := range rt.cores {
		c := core.Counters()
		all.Workers[i] = c.Workers[0]
		all.Workers[i].LocalQueue += c.GlobalQueue
		all.Spawned += c.Spawned
		all.Finished += c.Finished
		all.RemoteSchedules += c.RemoteSchedules
		all.ForcedYields += c.ForcedYields
		all.BlockingQueue += c.BlockingQueue
		all.BlockingThreads += c.BlockingThreads
		all.BlockingIdle += c.BlockingIdle
	}
	return all
}
