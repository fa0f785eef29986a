// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// requireUntouched checks that all the processor did to the original was to append derived attributes to spans: with
// these taken off again, both are the same bytes.
func requireUntouched(t *testing.T, original, processed ptrace.Traces) {
	t.Helper()
	derived := map[string]bool{}
	for _, attribute := range semconv.Attributes {
		if attribute.Family == semconv.Runtime || attribute.Family == semconv.Latency {
			derived[attribute.Name] = true
		}
	}
	for i, resourceSpans := range processed.ResourceSpans().All() {
		for j, scopeSpans := range resourceSpans.ScopeSpans().All() {
			for k, span := range scopeSpans.Spans().All() {
				left := original.ResourceSpans().At(i).ScopeSpans().At(j).Spans().At(k).Attributes().Len()
				span.Attributes().RemoveIf(func(name string, _ pcommon.Value) bool {
					left--
					if left < 0 {
						require.True(t, derived[name], "added attribute %q", name)
					}
					return left < 0
				})
			}
		}
	}
	var marshaler ptrace.ProtoMarshaler
	want, err := marshaler.MarshalTraces(original)
	require.NoError(t, err)
	got, err := marshaler.MarshalTraces(processed)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// arbitraryTraces returns traces with everything that a span can have, and with any attributes, ours among them.
func arbitraryTraces(random *rand.Rand) ptrace.Traces {
	traces := ptrace.NewTraces()
	for range random.IntN(4) {
		resourceSpans := traces.ResourceSpans().AppendEmpty()
		arbitraryAttributes(random, resourceSpans.Resource().Attributes(), 4)
		resourceSpans.SetSchemaUrl("https://opentelemetry.io/schemas/1.37.0")
		for range random.IntN(3) {
			scopeSpans := resourceSpans.ScopeSpans().AppendEmpty()
			scopeSpans.Scope().SetName("tokio")
			for range random.IntN(20) {
				arbitrarySpan(random, scopeSpans.Spans().AppendEmpty())
			}
		}
	}
	return traces
}

func arbitrarySpan(random *rand.Rand, span ptrace.Span) {
	span.SetTraceID(pcommon.TraceID{byte(random.Uint32()), 1})
	span.SetSpanID(pcommon.SpanID{byte(random.Uint32()), 2})
	span.SetParentSpanID(pcommon.SpanID{byte(random.Uint32()), 3})
	span.SetFlags(random.Uint32())
	span.TraceState().FromRaw("a=b")
	span.SetName([]string{"", "GET", "PUT"}[random.IntN(3)])
	span.SetKind(ptrace.SpanKind(random.IntN(7)))
	if random.IntN(10) > 0 {
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(epoch))
	}
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(epoch.Add(time.Duration(random.IntN(100)-5) * ms)))
	arbitraryAttributes(random, span.Attributes(), 12)
	span.Status().SetCode(ptrace.StatusCode(random.IntN(3)))
	for range random.IntN(3) {
		event := span.Events().AppendEmpty()
		event.SetName("poll")
		arbitraryAttributes(random, event.Attributes(), 2)
		link := span.Links().AppendEmpty()
		link.SetSpanID(pcommon.SpanID{4})
		arbitraryAttributes(random, link.Attributes(), 2)
	}
}

func arbitraryAttributes(random *rand.Rand, attributes pcommon.Map, most int) {
	for range random.IntN(most + 1) {
		attribute := semconv.Attributes[random.IntN(len(semconv.Attributes))]
		switch value := attributes.PutEmpty(attribute.Name); random.IntN(10) {
		case 0:
			value.SetStr([]string{"", "tokio", "smol-1", "outlier"}[random.IntN(4)])
		case 1:
			value.SetDouble(random.NormFloat64())
		case 2:
			value.SetBool(random.IntN(2) == 0)
		case 3:
			value.SetEmptySlice().AppendEmpty().SetStr("x")
		case 4:
			value.SetEmptyMap().PutStr("x", "y")
		case 5: // stays empty
		case 6:
			value.SetInt(int64(random.Uint64()))
		default:
			value.SetInt(random.Int64N(int64(100 * ms)))
		}
	}
}

func TestNothingElseChanges(t *testing.T) {
	random := rand.New(rand.NewPCG(23, 24))
	p := newTestProcessor(t, func(c *Config) { c.MinCount = 5 })
	for range 500 {
		original := arbitraryTraces(random)
		processed := ptrace.NewTraces()
		original.CopyTo(processed)
		_, err := p.processTraces(t.Context(), processed)
		require.NoError(t, err)
		requireUntouched(t, original, processed)
	}
	assert.Positive(t, p.windows.Keys())
}

// Any OTLP bytes pass, and pass untouched.
func FuzzProcessTraces(f *testing.F) {
	random := rand.New(rand.NewPCG(25, 26))
	var marshaler ptrace.ProtoMarshaler
	for range 20 {
		seed, err := marshaler.MarshalTraces(arbitraryTraces(random))
		require.NoError(f, err)
		f.Add(seed)
	}
	keeping := newTestProcessor(f, func(c *Config) { c.MinCount, c.MaxKeys = 2, 50 })
	overwriting := newTestProcessor(f, func(c *Config) {
		c.MinCount, c.MaxKeys, c.Overwrite = 2, 50, true
		c.Key = []string{"service.name", "process.runtime.name", "span.name"}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		var unmarshaler ptrace.ProtoUnmarshaler
		original, err := unmarshaler.UnmarshalTraces(data)
		if err != nil {
			return
		}
		processed := ptrace.NewTraces()
		original.CopyTo(processed)
		_, err = overwriting.processTraces(t.Context(), processed)
		require.NoError(t, err)

		original.CopyTo(processed)
		_, err = keeping.processTraces(t.Context(), processed)
		require.NoError(t, err)
		requireUntouched(t, original, processed)
	})
}
