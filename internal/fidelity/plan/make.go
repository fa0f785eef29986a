// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Make draws the first requests of a service, and where connections are pinned the core of each. The error says what the rig cannot play.
func Make(s *workload.Service, fleetSeed uint64, requests int, options Options) (*Plan, error) {
	arrivals := play.Schedule(s, fleetSeed, 0)
	if arrivals == nil {
		return nil, fmt.Errorf("service %s: its arrivals have no times; want an open process", s.FullName())
	}
	p := &Plan{Head: head(&s.Runtime.Config)}
	p.Options = options
	p.Mutexes = len(s.Mutexes)
	p.Channels = make([]int, len(s.Channels))
	of, connections := play.RequestsOf(s, fleetSeed, 0), play.ConnectionsOf(s, fleetSeed, 0)
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
		request := Request{At: at, Steps: steps}
		if p.Runtime == perCore {
			request.Core = scheduler.CoreOf(connections.Number(uint64(n)), p.Workers)
		}
		p.Requests = append(p.Requests, request)
	}
	for i := range p.Channels {
		p.Channels[i] = max(p.Channels[i], 1) // of a channel that nobody sends to
	}
	return p, nil
}

// perCore is the flavor whose requests are pinned, and the rig's name for it.
const perCore = "tokio_per_core"

func head(c *models.Config) Head {
	h := Head{
		Runtime: c.Model, Workers: max(c.Workers, 1), DisableLIFOSlot: c.DisableLIFOSlot,
		GlobalQueueInterval: c.GlobalQueueInterval, EventInterval: c.EventInterval, MaxBlockingThreads: c.MaxBlockingThreads,
	}
	switch {
	case c.Flavor == "current_thread", c.Flavor == perCore:
		h.Runtime = c.Flavor
	case c.Executor == "main":
		h.Runtime = "smol_main"
	}
	return h
}
