// SPDX-License-Identifier: Apache-2.0

package play

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncexecutor"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/asyncstd"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/ideal"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/smol"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// process is what the runtimes of one process share.
type process struct {
	host *host.Host // nil: one CPU for each thread
}

// processKey tells processes apart: services, and their instances.
type processKey struct {
	service  string
	instance int
}

// process is the one that a runtime belongs to. The first runtime of a process makes it.
func (n *Network) process(s *workload.Service, instance int) *process {
	key := processKey{s.Name, instance}
	p := n.processes[key]
	if p == nil {
		p = &process{}
		if cpus := s.Runtime.CPUs; cpus > 0 {
			p.host = host.New(n.sim, host.Config{CPUs: cpus})
		}
		n.processes[key] = p
	}
	return p
}

func start(s *sim.Simulation, spec *workload.RuntimeSpec, p *process, seed uint64, o scheduler.Observer) scheduler.Runtime {
	costs := spec.Costs
	if costs == nil {
		costs = new(cost.Default())
	}
	switch spec.Name {
	case semconv.RuntimeTokio:
		cfg := tokio.Config{
			Workers: spec.Workers, ThreadName: spec.ThreadName, Version: spec.Version, MaxBlockingThreads: spec.MaxBlockingThreads,
			DisableLIFOSlot: spec.DisableLIFOSlot, GlobalQueueInterval: spec.GlobalQueueInterval, EventInterval: spec.EventInterval,
			Host: p.host, Costs: costs.Tokio, Seed: seed,
		}
		if spec.Flavor == "current_thread" {
			return tokio.NewCurrentThread(s, cfg, o)
		}
		return tokio.New(s, cfg, o)
	case semconv.RuntimeAsyncStd:
		return asyncstd.New(s, asyncstd.Config{
			Threads: spec.Workers, MaxBlockingThreads: spec.MaxBlockingThreads, Host: p.host, Costs: costs.AsyncStd, Seed: seed,
		}, o)
	case semconv.RuntimeSmol:
		return smol.New(s, smol.Config{
			Composition: map[string]asyncexecutor.Composition{
				"main": asyncexecutor.Main, "thread_per_task": asyncexecutor.ThreadPerTask,
			}[spec.Executor], Threads: spec.Workers, ThreadName: spec.ThreadName,
			MaxBlockingThreads: spec.MaxBlockingThreads, Host: p.host, Costs: costs.Smol, Seed: seed,
		}, o)
	default:
		return ideal.New(s, ideal.Config{Workers: spec.Workers}, o)
	}
}
