// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/refcount"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

// join is what the pipelines of one processor id share: traces look up what metrics have left there.
type join struct {
	instances *instances.Instances
	watching  atomic.Int32 // metrics pipelines
	stored    atomic.Bool  // whether the windows of a traces pipeline are
}

func newJoin(cfg *Config) *join { return &join{instances: instances.New(cfg.Join.settings())} }

// joins are the joins of one Collector by processor id. A join lives as long as one of its users.
type joins struct {
	shared refcount.Values[component.ID, *join]
}

// acquire returns the join of an id, and what its user calls in the end, once or more often.
func (j *joins) acquire(id component.ID, cfg *Config) (of *join, release func() (last bool)) {
	of, release, _ = j.shared.Acquire(id, func() (*join, error) { return newJoin(cfg), nil }) // never fails
	return of, release
}

// context adds to an annotation what the metrics of its time tell, and how the queue wait is known. An outlier or a finding of
// async code of which it is not known says so: no signal is not no wait.
func (r *resource) context(a *annotation, span ptrace.Span, all bool, counts *tally) {
	notable := a.outlier() || a.findings != 0
	if r.joined && (all || notable) && a.async() {
		outcome := miss
		if r.recent != nil && a.duration >= 0 { // else it has no time that metrics could be of
			start, end := nanoseconds(span.StartTimestamp()), nanoseconds(span.EndTimestamp())
			if n, known := r.recent.Workers(end); known {
				a.account.SetWorkers(n)
				outcome = hit
			}
			if mean, known := r.recent.QueueWait(start, end); known && mean <= a.longestWait() {
				a.account.Estimate(mean)
				outcome = hit
			}
		}
		counts.joined[outcome]++
	}
	if a.account.Source != runtimes.Unknown || notable && a.async() {
		a.queueWaitSource = r.sources[a.account.Source]
	}
	counts.queueWaits[a.account.Source]++
}
