// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/operation"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
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
	instance instances.Identity
	full     bool              // there was no room for it
	joined   bool              // metrics could have told about it
	recent   *instances.Recent // what they and the spans before did, nil for nothing
	work     instances.Work    // of this batch
	lastEnd  int64             // of the spans with work

	process *explain.Process // locked while the resource is processed

	// Of the span being processed. Here they are used over and over, and written field by field: copying a struct right after its
	// fields have been written takes longer than writing them (the loads wait for several stores).
	found      observation
	annotation annotation
	span       explain.Span
	current    ptrace.Span
}

// newResourceState works out what the spans of a resource have in common: from the resource alone, and from what the windows and the
// metrics of its instance know.
func newResourceState(ctx context.Context, spans ptrace.ResourceSpans, key *keyParts, rules []runtimes.Rule, windows *latency.Windows, shared *join) *resourceState {
	attributes := spans.Resource().Attributes()
	r := &resourceState{
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
	r.span.Name = func() string { return string(operation.AppendName(nil, r.current)) }
	r.instance = identityOf(ctx, attributes)
	if instance := shared.instances.Seen(&r.instance, time.Now()); instance != nil {
		r.recent, r.process = instance.Recent(), &instance.Process
		r.span.CPU = shared.instances.CPUOf(instance)
	} else {
		r.full, r.process = true, new(explain.Process) // it learns from this batch alone
	}
	r.joined = shared.watching.Load() > 0
	if simulated, ok := attributes.Get(semconv.Simulated); ok && simulated.Bool() {
		r.sources[runtimes.Measured] = semconv.QueueWaitSimulated
	}
	return r
}

// listens is how many batches of a process are searched for a name of its runtime before their spans are processed.
const listens = 3

// listen searches the spans for whatever names the runtime of the process, if nothing has yet: then it is named on the spans before, too.
func (r *resourceState) listen(spans ptrace.ResourceSpans) {
	if r.process.Named() || !r.process.Listen(listens) {
		return
	}
	for _, scopeSpans := range spans.ScopeSpans().All() {
		names := r.names.InScope(scopeSpans.Scope().Name())
		for _, span := range scopeSpans.Spans().All() {
			attributes := span.Attributes()
			module := valueOf(attributes, semconv.Target)
			if module == "" {
				module = valueOf(attributes, semconv.CodeModuleName)
			}
			if sign, told := names.Of(valueOf(attributes, semconv.ThreadName), module); !told && sign.Number >= 0 {
				r.process.NameRuntime(sign.Number)
			}
		}
	}
}

// recognize says what the names on the span being processed tell, and how its runtime is called: as they say, or as everything else of
// its process does.
func (r *resourceState) recognize(names *runtimes.Names) (sign *runtimes.Sign, runtime string) {
	sign, told := names.Of(r.found.threadName, r.found.module)
	if !told && sign.Number >= 0 {
		r.process.NameRuntime(sign.Number)
	}
	if sign.Runtime != "" {
		return sign, sign.Runtime
	}
	named := r.found.threadName != "" && r.found.threadName != semconv.ThreadMain && !sign.Blockable
	if n, known := r.process.Runtime(named); known {
		return sign, semconv.Runtimes[n].Name
	}
	return sign, ""
}
