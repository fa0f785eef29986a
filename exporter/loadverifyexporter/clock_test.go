// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestClockSkew: what a clock shows is no reason to think that an item took long, or came before it happened. The skew that the generator
// names is taken off. With one that cannot be, it is not known when the item happened.
func TestClockSkew(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(pcommon.Map)
		at     int64
	}{
		"right":        {func(pcommon.Map) {}, noon.UnixNano()},
		"ahead":        {func(a pcommon.Map) { a.PutInt(semconv.StampClockSkew, int64(time.Minute)) }, noon.Add(-time.Minute).UnixNano()},
		"behind":       {func(a pcommon.Map) { a.PutInt(semconv.StampClockSkew, -int64(time.Hour)) }, noon.Add(time.Hour).UnixNano()},
		"too far":      {func(a pcommon.Map) { a.PutInt(semconv.StampClockSkew, int64(time.Hour)+1) }, 0},
		"the farthest": {func(a pcommon.Map) { a.PutInt(semconv.StampClockSkew, math.MinInt64) }, 0},
		"no number":    {func(a pcommon.Map) { a.PutStr(semconv.StampClockSkew, "1h") }, noon.UnixNano()},
	} {
		t.Run(name, func(t *testing.T) {
			span := ptrace.NewSpan()
			source{run: "r", name: "s", at: noon}.span(span, 4)
			tc.change(span.Attributes())
			reseal(span)
			it := readSpan(plain(t), span)
			assert.False(t, it.Corrupt)
			assert.Equal(t, tc.at, it.At)
			assert.False(t, it.Past)
			span.Attributes().PutBool(semconv.StampPast, true)
			reseal(span)
			assert.True(t, readSpan(plain(t), span).Past)
		})
	}
}
