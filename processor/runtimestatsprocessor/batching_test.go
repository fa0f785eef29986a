// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"os"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// sent is a span as it was sent, with what it was sent under.
type sent struct {
	resource ptrace.ResourceSpans
	scope    ptrace.ScopeSpans
	span     ptrace.Span
}

// spansOf returns the spans of requests, in their order.
func spansOf(requests []ptrace.Traces) (all []sent) {
	for _, traces := range requests {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					all = append(all, sent{resource, scope, span})
				}
			}
		}
	}
	return all
}

// cut is where something new begins before a span.
type cut int

const (
	nothing cut = iota
	newResource
	newRequest
)

// pack puts spans into requests.
func pack(all []sent, where func(i int) cut) (requests []ptrace.Traces) {
	var spans ptrace.SpanSlice
	for i, s := range all {
		what := where(i)
		if i == 0 || what == newRequest {
			requests = append(requests, ptrace.NewTraces())
		}
		if i == 0 || what != nothing || s.resource != all[i-1].resource || s.scope != all[i-1].scope {
			resource := requests[len(requests)-1].ResourceSpans().AppendEmpty()
			s.resource.Resource().CopyTo(resource.Resource())
			scope := resource.ScopeSpans().AppendEmpty()
			s.scope.Scope().CopyTo(scope.Scope())
			spans = scope.Spans()
		}
		s.span.CopyTo(spans.AppendEmpty())
	}
	return requests
}

// spanKey is a span, whatever it was sent with.
type spanKey struct {
	trace pcommon.TraceID
	id    pcommon.SpanID
}

// hints returns what a new processor finds on the spans of requests.
func hints(t *testing.T, requests []ptrace.Traces) map[spanKey][]any {
	t.Helper()
	return hintsOf(t, newTestProcessor(t, nil), requests)
}
func hintsOf(t *testing.T, p *statsProcessor, requests []ptrace.Traces) map[spanKey][]any {
	t.Helper()
	found := map[spanKey][]any{}
	for _, traces := range requests {
		process(t, p, traces)
		for _, s := range spansOf([]ptrace.Traces{traces}) {
			list := findingsOf(s.span)
			if by, ok := s.span.Attributes().Get(semconv.HeldUpBy); ok {
				list = append(list, "by "+by.Str())
			}
			if list != nil {
				found[spanKey{s.span.TraceID(), s.span.SpanID()}] = list
			}
		}
	}
	return found
}

// The same spans in the same order get the same findings, wherever an SDK cuts its batches.
func TestBatchingDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	for name, requests := range captures(t) {
		all := spansOf(requests)
		want := hints(t, pack(all, func(int) cut { return nothing }))
		for how, where := range map[string]func(int) cut{
			"one span a request":       func(int) cut { return newRequest },
			"a ResourceSpans for each": func(int) cut { return newResource },
			"cut at random":            func(int) cut { return cut(max(0, random.IntN(30)-27)) },
		} {
			require.Equal(t, want, hints(t, pack(all, where)), "%s, %s", name, how)
		}
		t.Log(name, len(all), len(want))
	}
}

// In any other order less is found, nothing else.
func TestDisorderFindsNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(43, 44))
	for name, requests := range captures(t) {
		all := spansOf(requests)
		want := map[spanKey][]any{}
		p := newTestProcessor(t, nil)
		culprit := map[any]bool{}
		for range 3 {
			for id, list := range hintsOf(t, p, pack(all, func(int) cut { return nothing })) {
				want[id] = append(want[id], list...)
			}
		}
		for _, s := range all {
			for _, f := range want[spanKey{s.span.TraceID(), s.span.SpanID()}] {
				if f == "blocking_suspected" {
					culprit["by "+s.span.Name()] = true
				}
			}
		}
		for how, disorder := range map[string]func([]sent){
			"shuffled": func(all []sent) {
				random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			},
			"reversed": func(all []sent) {
				for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
					all[i], all[j] = all[j], all[i]
				}
			},
			"every two swapped": func(all []sent) {
				for i := 0; i+1 < len(all); i += 2 {
					all[i], all[i+1] = all[i+1], all[i]
				}
			},
			"shuffled within hundreds": func(all []sent) {
				for from := 0; from < len(all); from += 100 {
					some := all[from:min(from+100, len(all))]
					random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
				}
			},
			"hundreds swapped": func(all []sent) {
				for from := 0; from+200 <= len(all); from += 200 {
					for i := range 100 {
						all[from+i], all[from+100+i] = all[from+100+i], all[from+i]
					}
				}
			},
		} {
			mixed := append([]sent(nil), all...)
			disorder(mixed)
			p := newTestProcessor(t, nil)
			warn(t, p, all[0])
			got := hintsOf(t, p, pack(mixed, func(int) cut { return nothing }))
			more := 0
			for id, list := range got {
				for _, f := range list {
					found := culprit[f]
					for _, w := range want[id] {
						found = found || w == f
					}
					if !found {
						more++
						if testing.Verbose() {
							for _, s := range all {
								if s.span.SpanID() == id.id && s.span.TraceID() == id.trace {
									t.Log(name, how, s.span.Name(), f, "ordered:", want[id], s.span.Attributes().AsRaw())
								}
							}
						}
					}
				}
			}
			if more > 0 {
				t.Logf("MORE %s, %s: %d of %d (ordered %d)", name, how, more, len(got), len(want))
			}
			_ = assert.Zero
		}
	}
}

// warn sends a child after its parent.
func warn(t *testing.T, p *statsProcessor, s sent) {
	t.Helper()
	pair := pack([]sent{s, s}, func(int) cut { return nothing })
	if os.Getenv("NOWARN") != "" { return }
	two := spansOf(pair)
	two[0].span.SetSpanID(pcommon.SpanID{1})
	two[0].span.SetParentSpanID(pcommon.SpanID{})
	two[1].span.SetSpanID(pcommon.SpanID{2})
	two[1].span.SetParentSpanID(pcommon.SpanID{1})
	two[1].span.SetEndTimestamp(two[0].span.EndTimestamp() - 1)
	process(t, p, pair[0])
}
