// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"encoding/binary"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
)

// The bits of a span's flags that say whether its parent is of another process.
const (
	flagHasIsRemote = 0x100
	flagIsRemote    = 0x200
)

// find looks for findings in what is known of a span, and notes what its worker did. What a late one tells is no measure of the
// present.
func (r *resourceState) find(limits *findings.Limits, a *annotation, sign *runtimes.Sign, span ptrace.Span, late bool, counts *tally) {
	account, s := &a.account, &r.span
	r.current = span
	identify(s, span, &r.found, sign)
	s.Late, s.Inconsistent = late, account.Inconsistent
	s.Duration, s.Busy, s.Idle, s.Layered = a.duration, account.Busy, account.Idle, r.found.legacy
	s.LongestPoll, s.Polls = account.Value(runtimes.TaskLongestPoll), account.Value(runtimes.TaskPolls)
	s.Forced = account.Value(runtimes.TaskForcedYields)
	s.Wait, s.MeanWait, s.SkewedWorker = account.Value(runtimes.QueueWait), explain.Unknown, false
	if account.Source == runtimes.FirstPoll {
		s.Wait = account.Parts[runtimes.QueueWaitEstimate]
	}
	if s.CPU != nil {
		s.ThreadName, s.Workers = r.found.threadName, 0
		if n, known := r.recent.Workers(s.End); known {
			s.Workers = n
		}
	}
	if r.recent != nil {
		s.SkewedWorker = r.recent.Skewed(account.Value(runtimes.Worker), s.End)
		if account.Source == runtimes.Unknown && r.recent.LongestMean() >= limits.Wait {
			if mean, known := r.recent.QueueWait(s.Start, s.End); known {
				s.MeanWait = mean
			}
		}
	}
	if worker := account.Value(runtimes.Worker); worker >= 0 && account.Busy > 0 && !late && span.EndTimestamp() <= r.newest {
		r.work.Add(worker, account.Busy)
		r.lastEnd = max(r.lastEnd, s.End)
	}

	a.findings = r.process.Explain(s, limits, r.windows.Tasks())
	for found := uint(a.findings.Found); found != 0; found &= found - 1 {
		counts.findings[bits.TrailingZeros(found)]++
	}
	if a.async() {
		counts.async++
		for judged := uint(a.findings.Judged); judged != 0; judged &= judged - 1 {
			counts.judged[bits.TrailingZeros(judged)]++
		}
	}
}

// identify reads what a span is, and where it comes from.
func identify(s *explain.Span, span ptrace.Span, found *observation, sign *runtimes.Sign) {
	trace, id, parent := span.TraceID(), span.SpanID(), span.ParentSpanID()
	s.Trace = binary.LittleEndian.Uint64(trace[:8])
	s.ID, s.Parent = binary.LittleEndian.Uint64(id[:]), binary.LittleEndian.Uint64(parent[:])
	kind := span.Kind()
	s.Request = sign.Server || kind == ptrace.SpanKindServer || kind == ptrace.SpanKindConsumer
	said, remote := span.Flags()&flagHasIsRemote != 0, span.Flags()&flagIsRemote != 0
	s.SaidLocal = s.Parent != 0 && said && !remote
	s.Top = s.Parent == 0 || remote || !said && s.Request
	s.Callsite = xxhash.Sum64String(untrusted.Cut(span.Name())) + uint64(found.line) //nolint:gosec // any number tells places apart
	s.Start, s.End = nanoseconds(span.StartTimestamp()), nanoseconds(span.EndTimestamp())
	s.Thread, s.Worker, s.Arbiter, s.Blockable = found.threadID, sign.Worker, sign.Arbiter, sign.Blockable
}
