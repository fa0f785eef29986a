// SPDX-License-Identifier: Apache-2.0

// Package operation says what to call the operation that a span is of, so that whoever reads a finding, a table or a percentile sees
// one name for one operation.
//
// A span's name is meant to be that, and often is. But tower-http, for one, calls the span of each request `request`, and says in an
// attribute what was asked for. So the name gets the route, or else the path without what belongs to one request alone: the query, the
// host, and the ids in it.
//
// The package stands on package untrusted. The runtime_stats processor names culprits and keys its windows by it; the runtime_view exporter names
// its rows by it.
package operation

import (
	"bytes"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// paths are the attributes that hold the path of a request, the best first: of OpenTelemetry, of tower-http, and of older conventions.
var paths = [...]string{semconv.URLPath, semconv.URI, semconv.HTTPTarget}

// HoldsPath reports whether an attribute holds the path of a request, which AppendPath shortens, rather than its route.
func HoldsPath(attribute string) bool {
	for _, path := range paths {
		if attribute == path {
			return true
		}
	}
	return false
}

// AppendName appends the name of a span's operation to b: the span's name, and the route or path of its request if the name does not say it. It takes
// at most the first [untrusted.Limit] bytes of each. It allocates nothing if b has room.
func AppendName(b []byte, span ptrace.Span) []byte {
	start := len(b)
	b = append(b, untrusted.Cut(span.Name())...)
	end := len(b)
	b = append(b, ' ')
	if route, found := span.Attributes().Get(semconv.HTTPRoute); found && route.Str() != "" {
		b = append(b, untrusted.Cut(route.Str())...)
	} else {
		for _, attribute := range paths {
			if path, found := span.Attributes().Get(attribute); found && path.Str() != "" {
				b = AppendPath(b, path.Str())
				break
			}
		}
	}
	if bytes.Contains(b[start:end], b[end+1:]) { // nothing, or said by the name
		return b[:end]
	}
	return b
}

// AppendPath appends to b the part of a URI that requests for the same thing share: its path, with {id} in the place of each number, UUID
// and long hexadecimal number. Query and fragment are no part of it, and may be secrets. Of a long URI only the first [untrusted.Limit] bytes count.
func AppendPath(b []byte, uri string) []byte {
	uri = untrusted.Cut(uri)
	if end := strings.IndexAny(uri, "?#"); end >= 0 {
		uri = uri[:end]
	}
	if _, rest, absolute := strings.Cut(uri, "://"); absolute { // as HTTP/2 has it
		path := strings.IndexByte(rest, '/')
		if path < 0 {
			return append(b, '/')
		}
		uri = rest[path:]
	}
	for {
		segment, rest, more := strings.Cut(uri, "/")
		if isID(segment) {
			segment = "{id}"
		}
		b = append(b, segment...)
		if !more {
			return b
		}
		b = append(b, '/')
		uri = rest
	}
}

// isID reports whether a segment of a path names one thing among many: it has digits, and nothing but digits; or it has those of a
// hexadecimal number, and is as long as a UUID, or half as long.
func isID(segment string) bool {
	const uuid, long = 36, 16
	digits, letters, hyphens := 0, 0, 0
	for i := range len(segment) {
		switch c := segment[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
			letters++
		case c == '-':
			hyphens++
		default:
			return false
		}
	}
	switch {
	case digits == 0:
		return false
	case hyphens == 0:
		return letters == 0 || len(segment) >= long
	default:
		return len(segment) == uuid && hyphens == 4
	}
}
