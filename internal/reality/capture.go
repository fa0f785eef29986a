// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// ReadRequests reads a file of requests, one a line, in the order in which they were sent; one that ends in .gz is decompressed.
func ReadRequests(path string) (requests []ptrace.Traces, err error) {
	file, err := os.Open(path) //nolint:gosec // the caller says which
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var text io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if text, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		request, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(requests)+1, err)
		}
		requests = append(requests, request)
	}
	return requests, lines.Err()
}

// maxCapture is how large the file of a capture may be.
const maxCapture = 150_000

// WriteCapture writes the first requests of a run, as many as fit, without traces that are not whole: those go on in later requests.
func WriteCapture(path string, requests []ptrace.Traces) error {
	fits := []byte(nil)
	for low, high := 1, len(requests); low <= high; {
		middle := (low + high) / 2
		text, err := compress(whole(requests[:middle]))
		if err != nil {
			return err
		}
		if len(text) <= maxCapture {
			fits, low = text, middle+1
		} else {
			high = middle - 1
		}
	}
	if fits == nil {
		return fmt.Errorf("%s: the first request alone is larger than %d bytes", path, maxCapture)
	}
	return os.WriteFile(path, fits, 0o644) //nolint:gosec // it goes into the repository
}

// whole copies requests without the spans of traces whose root is missing. A parent is sent after its children, so a trace whose root is
// there is there, but for tasks that outlive it; of those a few are lost at the end.
func whole(requests []ptrace.Traces) []ptrace.Traces {
	rooted := map[pcommon.TraceID]bool{}
	for _, request := range requests {
		eachSpan(request, func(span ptrace.Span) bool {
			if span.ParentSpanID().IsEmpty() {
				rooted[span.TraceID()] = true
			}
			return true
		})
	}
	var kept []ptrace.Traces
	for _, request := range requests {
		c := ptrace.NewTraces()
		request.CopyTo(c)
		eachSpan(c, func(span ptrace.Span) bool { return rooted[span.TraceID()] })
		if c.SpanCount() > 0 {
			kept = append(kept, c)
		}
	}
	return kept
}

// eachSpan visits all spans, and removes those that are not to be kept.
func eachSpan(traces ptrace.Traces, keep func(ptrace.Span) bool) {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			scope.Spans().RemoveIf(func(span ptrace.Span) bool { return !keep(span) })
		}
	}
}

// registry is where Cargo unpacks crates: in somebody's home.
var registry = regexp.MustCompile(`"[^"]*/registry/src/[^"/]+/`)

func compress(requests []ptrace.Traces) ([]byte, error) {
	var file bytes.Buffer
	z, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(request)
		if err != nil {
			return nil, err
		}
		line = registry.ReplaceAll(line, []byte(`"/cargo/`))
		if _, err = z.Write(append(line, '\n')); err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return file.Bytes(), err
}
