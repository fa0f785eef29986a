// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// keyParts says what of a span makes its key.
type keyParts struct {
	resource   []string // resource attributes, in the configured order
	name, kind bool
}

func newKeyParts(key []string) keyParts {
	return keyParts{
		resource: slices.DeleteFunc(slices.Clone(key), func(entry string) bool {
			return entry == keySpanName || entry == keySpanKind
		}),
		name: slices.Contains(key, keySpanName),
		kind: slices.Contains(key, keySpanKind),
	}
}

// ofResource joins the values of the resource attributes; one that is missing counts as empty. Of each part of a key only the
// beginning counts (package untrusted): parts come from outside and keys stay in memory. Names that agree so far share a window.
func (k keyParts) ofResource(attributes pcommon.Map) string {
	if len(k.resource) == 1 {
		return untrusted.Cut(valueOf(attributes, k.resource[0]))
	}
	var joined strings.Builder
	for _, name := range k.resource {
		joined.WriteString(untrusted.Cut(valueOf(attributes, name)))
		joined.WriteByte(0)
	}
	return joined.String()
}

// valueOf returns the text of an attribute, empty if it has none: a list or map is not looked into.
func valueOf(attributes pcommon.Map, name string) string {
	s, _ := textOf(attributes, name)
	return s
}

func textOf(attributes pcommon.Map, name string) (s string, ok bool) {
	if value, present := attributes.Get(name); present {
		return untrusted.Text(value)
	}
	return "", false
}

// ofSpan returns the span's part of the key.
func (k keyParts) ofSpan(span ptrace.Span) (name string, kind latency.Kind) {
	if k.name {
		name = untrusted.Cut(span.Name())
	}
	if k.kind {
		kind = latency.KindOf(int32(span.Kind()))
	}
	return name, kind
}

// resource is what all spans of a resource have in common.
type resource struct {
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

func (p *statsProcessor) newResource(spans ptrace.ResourceSpans) *resource {
	attributes := spans.Resource().Attributes()
	r := &resource{
		children: children{of: spans},
		names: runtimes.NewNames(p.rules, func(name string) (string, bool) {
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
		windows: p.windows.Resource(p.key.ofResource(attributes)),
	}
	r.evidence.Children = &r.children
	if r.instance = instanceKey(attributes); r.instance != "" {
		r.recent = p.join.instances.Recent(r.instance)
	}
	r.joined = p.join.watching.Load() > 0
	if simulated, ok := attributes.Get(semconv.Simulated); ok && simulated.Bool() {
		r.sources[runtimes.Measured] = semconv.QueueWaitSimulated
	}
	return r
}
