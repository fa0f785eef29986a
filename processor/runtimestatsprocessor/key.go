// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
)

// The entries of `key` that stand for a property of the span rather than for a resource attribute.
const (
	keySpanName = "span.name"
	keySpanKind = "span.kind"
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
