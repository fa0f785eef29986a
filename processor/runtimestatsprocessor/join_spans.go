// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

// context adds to an annotation what the metrics of its time tell, and how the queue wait is known. An outlier or a finding of
// async code of which it is not known says so: no signal is not no wait.
func (r *resourceState) context(a *annotation, span ptrace.Span, all bool, counts *tally) {
	notable := a.outlier() || a.findings.Found != 0
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
		if account, covered := r.span.Account(); covered && a.duration >= 0 {
			a.cpuWaitRatio = account.Ratio()
			a.quotaKnown, a.throttled = account.HasQuota, account.Quota.Throttled > 0
			outcome = hit
		}
		counts.joined[outcome]++
	}
	if a.account.Source != runtimes.Unknown || notable && a.async() {
		a.queueWaitSource = r.sources[a.account.Source]
	}
	counts.queueWaits[a.account.Source]++
}

// keepWork leaves what the workers did in this batch to the spans of the next.
func (r *resourceState) keepWork(known *instances.Instances) {
	if r.lastEnd == 0 || r.full {
		return
	}
	if instance := known.Seen(&r.instance, time.Now()); instance != nil {
		instance.AddWork(&r.work, r.lastEnd)
	}
}
