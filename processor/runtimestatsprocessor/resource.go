// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// resourceState is what all spans of a resource have in common.
type resourceState struct {
	names   runtimes.Names
	sources [runtimes.NumSources]string // values of async_runtime.task.queue_wait_source
	windows latency.Resource

	// A span that ended before oldest is late: judged, but no longer a measure of the present. One that ends after newest has a date
	// that cannot be right. Its duration may be, so it is judged like any other; but when its worker did what, it does not tell.
	oldest, newest pcommon.Timestamp

	// Of its instance, as far as there is a key to it.
	instance string
	joined   bool              // metrics could have told about it
	recent   *instances.Recent // what they and the spans before did, nil for nothing
	work     instances.Work    // of this batch
	lastEnd  int64             // of the spans with work

	children children

	// Of the span being processed. Here they are used over and over, and written field by field: copying a struct right after its
	// fields have been written takes longer than writing them (the loads wait for several stores).
	found      observation
	annotation annotation
	evidence   findings.Evidence
}

// newResourceState works out what the spans of a resource have in common: from the resource alone, and from what the windows and the
// metrics of its instance know.
func newResourceState(spans ptrace.ResourceSpans, key keyParts, rules []runtimes.Rule, windows *latency.Windows, shared *join) *resourceState {
	attributes := spans.Resource().Attributes()
	r := &resourceState{
		children: children{of: spans},
		names: runtimes.NewNames(rules, func(name string) (string, bool) {
			s, ok := textOf(attributes, name)
			if name == semconv.RuntimeName {
				s = untrusted.Valid(s) // it goes onto every span
			}
			return s, ok
		}),
		sources: [...]string{
			runtimes.Measured:      semconv.QueueWaitMeasured,
			runtimes.FirstPoll:     semconv.QueueWaitFirstPoll,
			runtimes.HistogramMean: semconv.QueueWaitHistogramMean,
			runtimes.Unknown:       semconv.QueueWaitNone,
		},
		windows: windows.Resource(key.ofResource(attributes)),
	}
	r.evidence.Children = &r.children
	if r.instance = instanceKey(attributes); r.instance != "" {
		r.recent = shared.instances.Recent(r.instance)
	}
	r.joined = shared.watching.Load() > 0
	if simulated, ok := attributes.Get(semconv.Simulated); ok && simulated.Bool() {
		r.sources[runtimes.Measured] = semconv.QueueWaitSimulated
	}
	return r
}
