// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// capture reads the requests of a file that a real service sent, one a line.
func capture(tb testing.TB, name string) (requests []ptrace.Traces) {
	tb.Helper()
	return read(tb, filepath.Join("testdata", "captures", name))
}

func read(tb testing.TB, path string) (requests []ptrace.Traces) {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	path, zipped := strings.CutSuffix(path, ".gz")
	if zipped {
		unzip, err := gzip.NewReader(bytes.NewReader(text))
		require.NoError(tb, err)
		text, err = io.ReadAll(unzip)
		require.NoError(tb, err)
	}
	lines := [][]byte{text}
	if filepath.Ext(path) == ".jsonl" {
		lines = bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	}
	for _, line := range lines {
		traces, err := new(ptrace.JSONUnmarshaler).UnmarshalTraces(line)
		require.NoError(tb, err)
		requests = append(requests, traces)
	}
	return requests
}

// captures returns the requests of all files that real services sent, by the names of the files.
func captures(tb testing.TB) map[string][]ptrace.Traces {
	tb.Helper()
	all := map[string][]ptrace.Traces{}
	here, err := filepath.Glob(filepath.Join("testdata", "captures", "*.json*"))
	require.NoError(tb, err)
	there, err := filepath.Glob(filepath.Join("..", "..", "reference", "captures", "*.jsonl.gz"))
	require.NoError(tb, err)
	for _, path := range append(here, there...) {
		if strings.Contains(path, "-quota-") {
			continue // without the kernel's metrics nobody can tell who blocks there: internal/reality plays these with them
		}
		all[filepath.Base(path)] = read(tb, path)
	}
	return all
}

// sent is a span, and what it was sent under.
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

// cut says what begins anew before a span.
type cut int

const (
	nothing cut = iota
	newResource
	newRequest
)

// inOne cuts nowhere: all spans go into one request.
func inOne() cut { return nothing }

// pack copies spans into requests.
func pack(all []sent, where func() cut) (requests []ptrace.Traces) {
	var spans ptrace.SpanSlice
	for i, s := range all {
		what := where()
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

// again returns spans as the same process would send them the nth time: later, and of other traces.
func again(all []sent, n int) (later []sent) {
	first, last := all[0].span.StartTimestamp(), all[0].span.EndTimestamp()
	for _, s := range all {
		first, last = min(first, s.span.StartTimestamp()), max(last, s.span.EndTimestamp())
	}
	shift := pcommon.Timestamp(n) * (last - first + pcommon.Timestamp(time.Second))
	for _, s := range all {
		span := ptrace.NewSpan()
		s.span.CopyTo(span)
		span.SetStartTimestamp(span.StartTimestamp() + shift)
		span.SetEndTimestamp(span.EndTimestamp() + shift)
		trace, id, parent := span.TraceID(), span.SpanID(), span.ParentSpanID()
		trace[0] ^= byte(n)
		id[0] ^= byte(n)
		if !parent.IsEmpty() {
			parent[0] ^= byte(n)
		}
		span.SetTraceID(trace)
		span.SetSpanID(id)
		span.SetParentSpanID(parent)
		later = append(later, sent{s.resource, s.scope, span})
	}
	return later
}
