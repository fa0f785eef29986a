// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Any attribute of a resource that is read, as 800,000 nested arrays, overflows the stack of whoever looks into it.
func TestNestedAttributes(t *testing.T) {
	p := newPipelines(t, func(c *Config) {
		c.Runtimes = []RuntimeConfig{{Match: map[string]string{"deployment.environment.name": "*"}, Name: semconv.RuntimeSmol}}
	})
	nested := pcommon.NewValueEmpty()
	for range 800_000 {
		outer := pcommon.NewValueSlice()
		nested.MoveTo(outer.Slice().AppendEmpty())
		nested = outer
	}
	for _, name := range []string{
		semconv.ServiceName, semconv.ServiceNamespace, semconv.ServiceInstanceID, semconv.HostName, semconv.ProcessPID,
		semconv.RuntimeName, semconv.ProcessRuntimeName, semconv.Simulated, "deployment.environment.name",
	} {
		traces, spans := newService("orders")
		addTracingAttributes(addSpan(spans, "GET", 10*ms), ms, 9*ms)
		resource := traces.ResourceSpans().At(0).Resource().Attributes()
		resource.PutStr(semconv.HostName, "host")
		value := resource.PutEmpty(name)
		nested.MoveTo(value)
		require.NoError(t, p.traces.ConsumeTraces(t.Context(), traces))
		runtime, _ := spans.At(0).Attributes().Get(semconv.RuntimeName)
		assert.Equal(t, semconv.RuntimeTokio, runtime.Str(), "by its thread: a list matches no pattern")

		metrics := workers("", "tokio.workers", 0, 4)
		resource = metrics.ResourceMetrics().At(0).Resource().Attributes()
		resource.PutStr(semconv.HostName, "host")
		value.MoveTo(resource.PutEmpty(name))
		value, _ = resource.Get(name)
		require.NoError(t, p.metrics.ConsumeMetrics(t.Context(), metrics))
		value.MoveTo(nested)
	}
}

// The resource's word for its runtime goes onto each of its spans: a long one would be sent once for each, one that is no UTF-8 would
// make a strict backend refuse them all.
func TestLongRuntimeNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 1<<20), strings.Repeat("x", untrusted.Limit-1) + "é", "\xff"} {
		traces, spans := newService("orders")
		traces.ResourceSpans().At(0).Resource().Attributes().PutStr(semconv.RuntimeName, name)
		span := addSpan(spans, "GET", ms)
		process(t, newTestProcessor(t, nil), traces)
		runtime, ok := span.Attributes().Get(semconv.RuntimeName)
		require.True(t, ok)
		assert.LessOrEqual(t, len(runtime.Str()), untrusted.Limit)
		assert.True(t, utf8.ValidString(runtime.Str()))
	}
}
