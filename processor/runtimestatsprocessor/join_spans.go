// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

// context adds to the annotation of a span what the metrics of its time tell, and how the queue wait is known. An outlier of async
// code, or a span with a finding, also says when the queue wait is not known: the lack of a signal is no lack of waiting.
func (r *resourceState) context(a *annotation, span ptrace.Span, all bool, counts *tally) {
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

// keepWork leaves what the workers did in this batch to the spans of the next. It reports whether there was room for the instance
// whose workers they are.
func (r *resourceState) keepWork(known *instances.Instances) bool {
	if r.lastEnd == 0 || r.instance == "" {
		return true
	}
	instance := known.Seen(r.instance, time.Now())
	if instance == nil {
		return false
	}
	instance.AddWork(&r.work, r.lastEnd)
	return true
}
