// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Make draws the first requests of a service. Cores is the number of runtimes that requests go to in turn, for a runtime to each core;
// 0: one runtime. The error says what the rig cannot play.
func Make(s *workload.Service, fleetSeed uint64, requests, cores int, options Options) (*Plan, error) {
	arrivals := play.Schedule(s, fleetSeed, 0)
	if arrivals == nil {
		return nil, fmt.Errorf("service %s: its arrivals have no times; want an open process", s.FullName())
	}
	p := &Plan{Head: head(&s.Runtime.Config, cores)}
	p.Options = options
	p.Mutexes = len(s.Mutexes)
	p.Channels = make([]int, len(s.Channels))
	of := play.RequestsOf(s, fleetSeed, 0)
	for n := range requests {
		at := arrivals.Next()
		if at == sim.Never {
			break
		}
		operation, work := of.Number(uint64(n))
		p.BlockOn = p.BlockOn || s.Operations[operation].Program.BlockOn
		steps, err := p.draw(s.Operations[operation].Program, &work)
		if err != nil {
			return nil, fmt.Errorf("service %s: operation %d: %w", s.FullName(), operation, err)
		}
		p.Requests = append(p.Requests, Request{at, steps})
	}
	for i := range p.Channels {
		p.Channels[i] = max(p.Channels[i], 1) // of a channel that nobody sends to
	}
	return p, nil
}

func head(c *models.Config, cores int) Head {
	h := Head{
		Runtime: c.Model, Workers: max(c.Workers, 1), DisableLIFOSlot: c.DisableLIFOSlot,
		GlobalQueueInterval: c.GlobalQueueInterval, EventInterval: c.EventInterval, MaxBlockingThreads: c.MaxBlockingThreads,
	}
	switch {
	case cores > 0:
		h.Runtime, h.Workers = "tokio_per_core", cores
	case c.Flavor == "current_thread":
		h.Runtime = c.Flavor
	case c.Executor == "main":
		h.Runtime = "smol_main"
	}
	return h
}
