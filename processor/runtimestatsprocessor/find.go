// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math/bits"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

// find looks for findings in what is known of a span, and notes what its worker did. What a late one tells is no measure of the
// present.
func (r *resourceState) find(limits *findings.Limits, a *annotation, mayBlock bool, span ptrace.Span, late bool, counts *tally) {
	account := &a.account
	if account.Busy < 0 && account.Source == runtimes.Unknown {
		return // not of async code, or not in a way that tells
	}
	evidence := &r.evidence
	evidence.Duration, evidence.Busy, evidence.Idle = a.duration, account.Busy, account.Idle
	evidence.LongestPoll, evidence.Polls = account.Value(runtimes.TaskLongestPoll), account.Value(runtimes.TaskPolls)
	evidence.Wait, evidence.MeanWait, evidence.SkewedWorker = account.Value(runtimes.QueueWait), findings.Unknown, false
	evidence.Pool = mayBlock
	evidence.ID = span.SpanID()
	if account.Source == runtimes.FirstPoll {
		evidence.Wait = account.Parts[runtimes.QueueWaitEstimate]
	}
	if r.recent != nil {
		end := nanoseconds(span.EndTimestamp())
		evidence.SkewedWorker = r.recent.Skewed(account.Value(runtimes.Worker), end)
		if account.Source == runtimes.Unknown && r.recent.LongestMean() >= limits.Wait {
			if mean, known := r.recent.QueueWait(nanoseconds(span.StartTimestamp()), end); known {
				evidence.MeanWait = mean
			}
		}
	}
	if worker := account.Value(runtimes.Worker); worker >= 0 && account.Busy > 0 && !late && span.EndTimestamp() <= r.newest {
		r.work.Add(worker, account.Busy)
		r.lastEnd = max(r.lastEnd, nanoseconds(span.EndTimestamp()))
	}

	a.findings = limits.Find(evidence, r.windows.Tasks(), !late)
	for found := uint8(a.findings); found != 0; found &= found - 1 {
		counts.findings[bits.TrailingZeros8(found)]++
	}
}
