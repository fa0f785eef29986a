// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/task"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

var (
	_ scheduler.Runtime = (*Runtime)(nil)
	_ sim.Handler       = (*Runtime)(nil)
	_ flavor            = (*Runtime)(nil)
)

// New starts a multi_thread runtime on a simulation: its workers look for work at once, find none, and park. The error says
// which field of the Config is wrong and what is allowed.
func New(s *sim.Simulation, cfg Config, o scheduler.Observer) (*Runtime, error) {
	settled, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	rt := &Runtime{
		version:       settled.version,
		threadName:    cfg.ThreadName,
		lifoEnabled:   !cfg.DisableLIFOSlot,
		eventInterval: settled.eventInterval,
		workers:       make([]worker, settled.workers),
	}
	if err := rt.init(s, rt, &cfg, settled.workers, rt.giveThread, o); err != nil {
		return nil, err
	}
	rt.startBlockOn(s, rt.host)
	rt.countUnparked(settled.workers)
	rt.mayHaveTasks = task.NewPlaces(settled.workers)
	rt.skipsEmpty = rt.host == nil && cfg.Costs.StealAttempt > 0 && !settled.version.lifoStealable
	rt.tasks.Threads = make([]int32, settled.workers)
	for i := range rt.workers {
		rt.workers[i] = worker{
			poller:      poller{index: i},
			queue:       task.NewRing(queueCapacity),
			lifoEnabled: rt.lifoEnabled,
			tuning:      newTuning(settled.globalQueueInterval),
			rand:        sim.Stream(cfg.Seed, uint64(i)+1),
		}
		w := &rt.workers[i]
		w.counters.FallAsleep(s.Now())
		rt.runOn(w, rt.pool.StartWorker())
		w.cpu.Wake(0)
	}
	return rt, nil
}

// Spawn implements [scheduler.Runtime]: tokio::spawn from a thread that is no worker, such as main's accept loop; or Runtime::block_on.
func (rt *Runtime) Spawn(p *program.Program, tag uint64, work sim.Rand) (uint64, error) {
	id, err := rt.tasks.New(p, tag, work)
	if err != nil {
		return 0, err
	}
	if p.BlockOn {
		rt.blockOn(id)
	} else {
		rt.outside.Spawn(id)
	}
	return rt.tasks.Spawned(), nil
}

// thread implements flavor.
func (rt *Runtime) thread(worker int) *host.Thread { return rt.workers[worker].cpu }

// notify implements flavor.
func (rt *Runtime) notify() sim.Time { return rt.notifyOne() }

// Workers implements [scheduler.Runtime].
func (rt *Runtime) Workers() int { return len(rt.workers) }

// ThreadName implements [scheduler.Runtime].
func (rt *Runtime) ThreadName(thread int) string {
	if thread == scheduler.Outside {
		return mainThread
	}
	return rt.threadName
}

// Counters implements [scheduler.Runtime]. Like Tokio's, the busy time of a worker is published when its batch ends: at a park or
// every 61 ticks.
func (rt *Runtime) Counters() scheduler.Counters {
	c := rt.count(len(rt.workers))
	for i := range rt.workers {
		w := &rt.workers[i]
		c.Workers[i] = w.counters.Until(rt.sim.Now())
		c.Workers[i].LocalQueue = w.queue.Len()
		if w.phase == phaseTick || w.phase == phasePoll || w.phase == phaseNextLIFO {
			c.Workers[i].Unpublished = max(rt.sim.Now()-w.tuning.batchStart, 0)
		}
	}
	return c
}

// Handle implements [sim.Handler].
func (rt *Runtime) Handle(ev sim.Event) {
	switch ev.Kind {
	case eventResume:
		rt.resume(&rt.workers[ev.Arg])
	case eventIO:
		rt.Answer(scheduler.Waker(ev.Arg))
	case eventTimeout:
		rt.driver.timeout(ev.Arg)
	case eventSkipped:
		rt.skipped(ev.Arg)
	case eventBlockOn:
		rt.resumeBlockOn()
	case eventInPlace:
		rt.resumeInPlace(narrow.Int(ev.Arg))
	}
}
