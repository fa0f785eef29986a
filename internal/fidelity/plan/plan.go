// SPDX-License-Identifier: Apache-2.0

// Package plan writes what a service does as the rig of reference/ plays it: for each request when it arrives, and its steps with every
// duration drawn. The draws are those of the models: the same seed gives both the same work.
//
//	workload.Service, seed --Make--> Plan --Write--> JSON lines --> the rig
//
// Package plan is built on packages workload and workload/play.
package plan

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// Plan is a runtime and the requests that come to it.
type Plan struct {
	Head

	Requests []Request
}

// Head is the first line of a plan: the runtime, what its tasks share, and what to record.
type Head struct {
	Runtime             string `json:"runtime"`
	Workers             int    `json:"workers"`
	DisableLIFOSlot     bool   `json:"disable_lifo_slot"`
	GlobalQueueInterval int    `json:"global_queue_interval"`
	EventInterval       int    `json:"event_interval"`
	MaxBlockingThreads  int    `json:"max_blocking_threads"`
	Channels            []int  `json:"channels"` // capacities
	Mutexes             int    `json:"mutexes"`

	Options
}

// Options are what the rig can do with a plan.
type Options struct {
	Record  bool `json:"record"`   // every poll, which takes about 0.1 us each
	Polls   bool `json:"polls"`    // give them back
	BlockOn bool `json:"block_on"` // the requests' futures run in block_on of the main thread
}

// Request is one arrival.
type Request struct {
	At    sim.Time `json:"at"`
	Steps []any    `json:"steps"`
}

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
	}
	return h
}

// Write writes the lines of the plan.
func (p *Plan) Write(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	encoder := json.NewEncoder(buffered)
	err := encoder.Encode(&p.Head)
	for i := range p.Requests {
		err = errors.Join(err, encoder.Encode(&p.Requests[i]))
	}
	return errors.Join(err, buffered.Flush())
}
