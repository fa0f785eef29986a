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
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Request is one that the sidecar received: spans or metrics.
type Request struct {
	Traces  ptrace.Traces
	Metrics pmetric.Metrics
}

// ReadRequests reads the spans of a file, and leaves out the metrics.
func ReadRequests(path string) (traces []ptrace.Traces, err error) {
	requests, err := ReadAll(path)
	for _, request := range requests {
		if request.Traces.SpanCount() > 0 {
			traces = append(traces, request.Traces)
		}
	}
	return traces, err
}

// ReadAll reads a file of requests, one a line, in the order in which they came; one that ends in .gz is decompressed.
func ReadAll(path string) (requests []Request, err error) {
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
		request, err := readRequest(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(requests)+1, err)
		}
		requests = append(requests, request)
	}
	return requests, lines.Err()
}

func readRequest(line []byte) (r Request, err error) {
	r = Request{ptrace.NewTraces(), pmetric.NewMetrics()}
	if bytes.HasPrefix(line, []byte(`{"resourceMetrics"`)) {
		r.Metrics, err = (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(line)
	} else {
		r.Traces, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
	}
	return r, err
}

// maxCapture is how large the file of a capture may be.
const maxCapture = 150_000

// WriteCapture writes the first requests of a run, as many as fit, without traces that are not whole: those go on in later requests.
func WriteCapture(path string, requests []Request) error {
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
func whole(requests []Request) []Request {
	rooted := map[pcommon.TraceID]bool{}
	for _, request := range requests {
		eachSpan(request.Traces, func(span ptrace.Span) bool {
			if span.ParentSpanID().IsEmpty() {
				rooted[span.TraceID()] = true
			}
			return true
		})
	}
	var kept []Request
	for _, request := range requests {
		c := Request{ptrace.NewTraces(), request.Metrics}
		request.Traces.CopyTo(c.Traces)
		eachSpan(c.Traces, func(span ptrace.Span) bool { return rooted[span.TraceID()] })
		if c.Traces.SpanCount()+c.Metrics.MetricCount() > 0 {
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

func compress(requests []Request) ([]byte, error) {
	var file bytes.Buffer
	z, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		line, err := request.line()
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

func (r Request) line() ([]byte, error) {
	if r.Metrics.MetricCount() > 0 {
		return (&pmetric.JSONMarshaler{}).MarshalMetrics(r.Metrics)
	}
	return (&ptrace.JSONMarshaler{}).MarshalTraces(r.Traces)
}
