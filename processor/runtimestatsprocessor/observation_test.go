// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Two lists name the same attributes. A derived one missing here would be written twice onto a span that already has it.
func TestRolesAgreeWithTheRegistry(t *testing.T) {
	roles := map[string]attributeRole{}
	for _, r := range attributeRoles {
		require.NotContains(t, roles, r.name)
		roles[r.name] = r
	}
	for _, attribute := range semconv.Attributes {
		r, known := roles[attribute.Name]
		switch attribute.Family {
		case semconv.Runtime, semconv.Latency:
			assert.True(t, known, attribute.Name)
			assert.Equal(t, roleDerived, r.role, attribute.Name)
			assert.Equal(t, attribute.Family == semconv.Latency, derivedSet(1<<r.number).hasLatency(), attribute.Name)
		case semconv.Tracing, semconv.Legacy:
			assert.True(t, known, attribute.Name)
			assert.True(t, isSource(attribute.Name), attribute.Name)
		case semconv.Task:
			assert.Equal(t, known, r.role == roleField && r.name != "", attribute.Name)
			assert.False(t, isSource(attribute.Name), attribute.Name)
		case semconv.Resource, semconv.Point, semconv.Log, semconv.Stamp:
			assert.False(t, known, attribute.Name)
		}
		delete(roles, attribute.Name)
	}
	assert.Empty(t, roles, "not in the registry")
	for part, name := range partNames {
		assert.NotEmpty(t, name, "part %d", part)
	}
}

func TestObserve(t *testing.T) {
	attributes := pcommon.NewMap()
	attributes.PutInt(semconv.BusyNs, 3)
	attributes.PutStr(semconv.IdleNs, "four")                     // not a number
	attributes.PutStr(semconv.StealCount, "18446744073709551615") // none that fits
	attributes.PutStr(semconv.ScheduledNs, "70")                  // u64 comes as text
	attributes.PutDouble(semconv.LongestPollNs, 8)
	attributes.PutDouble(semconv.TaskID, math.Inf(1))
	attributes.PutInt(semconv.PollCount, 2)
	attributes.PutStr(semconv.ThreadName, "smol-1")
	attributes.PutStr("http.route", "/")
	attributes.PutStr("a name longer than any of ours, by far", "")
	attributes.PutInt("", 1)
	attributes.PutEmpty(semconv.LatencyBaselineP90)
	attributes.PutInt(semconv.QueueWaitNs, 5)
	attributes.PutInt(semconv.CodeLineNumberLegacy, 6)

	var got observation
	got.read(attributes, newRoles([]string{"none", "http.route"}))
	var want observation
	want.fields.Set(runtimes.Busy, 3)
	want.fields.Set(runtimes.PollCount, 2)
	want.fields.Set(runtimes.Scheduled, 70)
	want.fields.Set(runtimes.LongestPoll, 8)
	want.threadName, want.threadID = "smol-1", explain.Unknown
	want.upstream.Set(runtimes.Scheduled, 5)
	want.legacy = true
	want.derived = 1<<derivedLatency | 1<<runtimes.QueueWait
	want.keyed = 1 << 1
	want.keys[1], _ = attributes.Get("http.route")
	assert.Equal(t, want, got)

	got.read(pcommon.NewMap(), newRoles(nil))
	assert.Zero(t, got.keyed)
}
