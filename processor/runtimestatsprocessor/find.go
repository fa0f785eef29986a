// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"math"
	"math/bits"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// find looks for findings in what is known of a span, and notes what its worker did. What a late one tells is no measure of the
// present.
func (r *resource) find(limits *findings.Limits, a *annotation, mayBlock bool, span ptrace.Span, late bool, counts *tally) {
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

// keepWork leaves what the workers did in this batch to the spans of the next.
func (p *statsProcessor) keepWork(ctx context.Context, r *resource) {
	if r.lastEnd == 0 || r.instance == "" {
		return
	}
	if instance := p.join.instances.Seen(r.instance, time.Now()); instance != nil {
		instance.AddWork(&r.work, r.lastEnd)
	} else {
		p.telemetry.rejectedInstances(ctx, 1)
	}
}

// children knows the busy times of the spans of a resource in a batch, by the span that they are children of.
type children struct {
	of   ptrace.ResourceSpans
	busy map[pcommon.SpanID]int64 // nil until somebody asks
}

// Busy returns the busy time of all children of a span in this batch. Those of other tasks are among them: they may explain
// too much, and then a finding is missed rather than made up.
func (c *children) Busy(parent [8]byte) int64 {
	if c.busy == nil {
		c.busy = map[pcommon.SpanID]int64{}
		for _, scopeSpans := range c.of.ScopeSpans().All() {
			for _, span := range scopeSpans.Spans().All() {
				if parent := span.ParentSpanID(); !parent.IsEmpty() {
					busy := c.busy[parent]
					c.busy[parent] = busy + min(busyOf(span.Attributes()), math.MaxInt64-busy)
				}
			}
		}
	}
	return c.busy[parent]
}

func busyOf(attributes pcommon.Map) int64 {
	for _, name := range [...]string{semconv.BusyNs, semconv.TaskBusyNs} {
		if value, ok := attributes.Get(name); ok && value.Type() == pcommon.ValueTypeInt {
			return max(value.Int(), 0)
		}
	}
	return 0
}
