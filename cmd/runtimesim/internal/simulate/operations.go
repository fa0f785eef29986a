// SPDX-License-Identifier: Apache-2.0

package simulate

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Operation is what the requests of one operation met. The durations are of those after the warm-up.
type Operation struct {
	Name     string
	Finished uint64

	QueueWait, Latency *Summary
}

// record adds a request that has finished.
func (o *Operation) record(f *scheduler.Finished, measured bool) {
	o.Finished++
	if measured {
		o.QueueWait.Record(int64(f.QueueWait))
		o.Latency.Record(int64(f.End - f.Spawned))
	}
}

// startOperations makes the figures of a service's operations, by program. The figures of an operation that is the only one are those of all
// requests: for it nothing is kept.
func startOperations(s *workload.Service) map[*program.Program]*Operation {
	if len(s.Operations) == 1 {
		return nil
	}
	started := make(map[*program.Program]*Operation, len(s.Operations))
	for i := range s.Operations {
		p := s.Operations[i].Program
		started[p] = &Operation{Name: p.Name, QueueWait: new(Summary), Latency: new(Summary)}
	}
	return started
}

// operationsOf are the figures in the order of the operations.
func operationsOf(s *workload.Service, recorded map[*program.Program]*Operation, r *Result) []Operation {
	if recorded == nil {
		return []Operation{{s.Operations[0].Program.Name, r.Finished, &r.QueueWait, &r.Latency}}
	}
	operations := make([]Operation, len(s.Operations))
	for i := range operations {
		operations[i] = *recorded[s.Operations[i].Program]
	}
	return operations
}
