// SPDX-License-Identifier: Apache-2.0

package workload

import "github.com/runtimelab/otelcol-runtimelab/scheduler/program"

const (
	// MostTasks bounds the tasks and calls that one request becomes. A million live tasks fit into memory; more are a typing error.
	MostTasks = 1_000_000
	// MostCapacity bounds the messages that a channel holds.
	MostCapacity = 1_000_000
)

// TaskCount counts what programs start. It keeps what it has counted: without that the work would double with each service that calls
// the next one twice.
type TaskCount struct{ known map[*program.Program]int }

// NewTaskCount makes a count that knows nothing yet.
func NewTaskCount() *TaskCount { return &TaskCount{map[*program.Program]int{}} }

// Of counts what one run of a service's program starts, here and in the services that it calls, up to MostTasks+1. The services must not
// call each other in a circle.
func (c *TaskCount) Of(s *Service, p *program.Program) int {
	if n, ok := c.known[p]; ok {
		return n
	}
	n := 0
	for i := range p.Steps {
		switch st := &p.Steps[i]; st.Op {
		case program.Spawn:
			n += st.Count * (1 + c.Of(s, st.Child))
		case program.Call:
			call := &s.Calls[st.Label]
			n += 1 + c.Of(call.Service, call.Service.Operations[call.Operation].Program)
		default:
		}
		n = min(n, MostTasks+1)
	}
	c.known[p] = n
	return n
}
