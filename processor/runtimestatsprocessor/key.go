// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math/bits"
	"slices"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/operation"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// keyParts says what of a span makes its key.
type keyParts struct {
	attributes []string // in the configured order
	name, kind bool
	// route and paths are which of the attributes hold the route or the path of a request, by their index.
	route, paths uint32
}

func newKeyParts(key []string) keyParts {
	parts := keyParts{
		attributes: slices.DeleteFunc(slices.Clone(key), func(entry string) bool {
			return entry == keySpanName || entry == keySpanKind
		}),
		name: slices.Contains(key, keySpanName),
		kind: slices.Contains(key, keySpanKind),
	}
	for i, attribute := range parts.attributes {
		switch {
		case attribute == semconv.HTTPRoute:
			parts.route = 1 << i
		case operation.HoldsPath(attribute):
			parts.paths |= 1 << i
		}
	}
	return parts
}

// A key has the values of a resource and those of a span. An attribute may be on either; where it is on both, both count. A path has ids, and
// counts only if there is no route, and then without them. Of each value
// only the beginning counts (package untrusted): it comes from outside and keys stay in memory. Values that agree so far share a window.

// ofResource returns what the attributes of a resource contribute to the key.
func (k *keyParts) ofResource(attributes pcommon.Map) string {
	var first string
	var more []byte
	for i, name := range k.attributes {
		switch text := valueOf(attributes, name); {
		case i == 0:
			first = untrusted.Cut(text) // mostly the only one, which takes no memory
		case text != "":
			more = appendPart(more, i, text)
		}
	}
	if more == nil {
		return first
	}
	return first + string(more)
}

// ofSpan returns the span's part of the key. The name is valid until the next call with the same observation.
func (k *keyParts) ofSpan(span ptrace.Span, found *observation) (name string, kind latency.Kind) {
	if k.name {
		name = untrusted.Cut(span.Name())
	}
	if k.kind {
		kind = latency.KindOf(int32(span.Kind()))
	}
	keyed := found.keyed
	if keyed&k.route != 0 {
		keyed &^= k.paths
	}
	if keyed != 0 {
		name = found.join(name, keyed, k.paths)
	}
	return name, kind
}

// join adds to a span's name those attributes of the key that are keyed. It shortens the paths among them.
func (o *observation) join(name string, keyed, paths uint32) string {
	joined := o.joined[:0]
	for ; keyed != 0; keyed &= keyed - 1 {
		i := bits.TrailingZeros32(keyed)
		text := o.keys[i].Str()
		if text == "" { // no string
			text, _ = untrusted.Text(o.keys[i])
		}
		if paths&(1<<i) != 0 {
			o.path = operation.AppendPath(o.path[:0], text)
			text = unsafe.String(unsafe.SliceData(o.path), len(o.path)) //nolint:gosec // used up below, before the next path is written
		}
		if text == "" || endsWith(name, text) {
			continue
		}
		if len(joined) == 0 {
			joined = append(joined, name...)
		}
		joined = appendPart(joined, i, text)
	}
	if len(joined) == 0 {
		return name
	}
	o.joined = joined
	return unsafe.String(unsafe.SliceData(joined), len(joined)) //nolint:gosec // whoever keeps it makes a copy; one for every span would be most of the cost of a key
}

// endsWith reports whether a name is a word and a text, as the conventions make that of an HTTP span of its method and route: then the
// name says it all. At most one text is the end of a name.
func endsWith(name, text string) bool {
	word := len(name) - len(text) - 1
	if word < 0 || name[word] != ' ' || name[word+1:] != text {
		return false
	}
	for i := range word { // short, as a rule
		if name[i] == ' ' {
			return false
		}
	}
	return true
}

// appendPart appends the value of the attribute with that index in the key.
func appendPart(to []byte, index int, text string) []byte {
	return append(append(to, 0, byte(index)), untrusted.Cut(text)...) //nolint:gosec // G115: less than maxKeyEntries
}
