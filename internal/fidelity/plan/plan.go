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
	"io"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
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

	BlockOn bool `json:"block_on"` // the requests' futures run in block_on of the main thread

	Options
}

// Options are what the rig can do with a plan.
type Options struct {
	Record bool `json:"record"`         // every poll, which takes about 0.1 us each
	Polls  bool `json:"polls"`          // give them back
	Bind   bool `json:"bind,omitempty"` // each thread of tokio_per_core to a CPU of its own
}

// Request is one arrival.
type Request struct {
	At    sim.Time `json:"at"`
	Core  int      `json:"core,omitempty"` // that its connection is pinned to
	Steps []any    `json:"steps"`
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
