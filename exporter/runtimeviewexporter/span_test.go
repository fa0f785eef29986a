// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const epoch = pcommon.Timestamp(1_700_000_000_000_000_000)

// newSpan returns a span of this duration, without attributes.
func newSpan(duration time.Duration) ptrace.Span {
	span := ptrace.NewSpan()
	span.SetStartTimestamp(epoch)
	span.SetEndTimestamp(epoch + pcommon.Timestamp(duration.Nanoseconds()))
	return span
}

// describe writes the attributes of a classified span with task measurements.
func describe(attributes pcommon.Map, runtime string, queueWait time.Duration, outlier bool) {
	attributes.PutStr(semconv.RuntimeName, runtime)
	attributes.PutInt(semconv.QueueWaitNs, queueWait.Nanoseconds())
	attributes.PutDouble(semconv.BusyRatio, 0.25)
	attributes.PutInt(semconv.TaskStealCount, 2)
	attributes.PutStr(semconv.LatencyClass, semconv.ClassNormal)
	if outlier {
		attributes.PutStr(semconv.LatencyClass, semconv.ClassOutlier)
		attributes.PutBool(semconv.LatencyOutlier, true)
	}
}

func TestReadSpan(t *testing.T) {
	full := newSpan(2 * time.Millisecond)
	full.SetSpanID(pcommon.SpanID{1, 2, 3, 4, 5, 6, 7, 8})
	full.SetParentSpanID(pcommon.SpanID{9, 10, 11, 12, 13, 14, 15, 16})
	full.SetTraceID(pcommon.TraceID{17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32})
	full.SetKind(ptrace.SpanKindServer)
	full.Attributes().PutStr("http.route", "/orders/{id}")
	full.Attributes().PutInt(semconv.IOWaitNs, 1_460_000)
	full.Attributes().PutDouble(semconv.CPUWaitRatio, 0.5)
	describe(full.Attributes(), semconv.RuntimeSmol, 40*time.Microsecond, true)
	found := full.Attributes().PutEmptySlice(semconv.Finding)
	found.AppendEmpty().SetStr(semconv.FindingHeldUp)
	found.AppendEmpty().SetStr("of a later version")
	found.AppendEmpty().SetStr(semconv.FindingStarved)
	full.Attributes().PutStr(semconv.HeldUpBy, "GET /report")
	assert.Equal(t, aggregate.Span{
		Runtime:   smol,
		Latency:   aggregate.Known[int64](2_000_000),
		QueueWait: aggregate.Known[int64](40_000),
		BusyRatio: aggregate.Known(0.25),
		Steals:    aggregate.Known[int64](2),
		Warm:      true,
		Class:     aggregate.ClassNamed(semconv.ClassOutlier),
		Outlier:   true,
		Findings:  aggregate.FindingNamed(semconv.FindingHeldUp) | aggregate.FindingNamed(semconv.FindingStarved),
		HeldUpBy:  "GET /report",
		IOWait:    aggregate.Known[int64](1_460_000),
		CPUWait:   aggregate.Known(0.5),
		TraceID:   [16]byte{17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32},
		Request:   true,
		End:       int64(epoch + 2_000_000), ID: 0x0807060504030201, Parent: 0x100f0e0d0c0b0a09, Trace: 0x201f1e1d1c1b1a19,
	}, readSpan(full))

	bare := newSpan(0)
	assert.Equal(t, aggregate.Span{Latency: aggregate.Known[int64](0), End: int64(epoch), Request: true}, readSpan(bare), "a span without our attributes")
}

func TestReadSpanOfWrongTypes(t *testing.T) {
	for _, key := range []string{
		semconv.RuntimeName, semconv.QueueWaitNs, semconv.BusyRatio, semconv.TaskStealCount, semconv.LatencyClass, semconv.LatencyOutlier,
		semconv.Finding, semconv.HeldUpBy, semconv.IOWaitNs, semconv.CPUWaitRatio,
	} {
		t.Run(key, func(t *testing.T) {
			span := newSpan(time.Second)
			span.Attributes().PutEmptyMap(key).PutStr(semconv.RuntimeName, semconv.RuntimeTokio)
			want := aggregate.Span{Latency: aggregate.Known(time.Second.Nanoseconds()), Malformed: 1, End: int64(epoch) + time.Second.Nanoseconds(), Request: true}
			if key == semconv.RuntimeName || key == semconv.HeldUpBy {
				want.Malformed = 0 // such a span has its own column already: unknown; and nobody held it up
			}
			assert.Equal(t, want, readSpan(span))
		})
	}
}

func TestDuration(t *testing.T) {
	const last = pcommon.Timestamp(math.MaxUint64)
	none := aggregate.Value[int64]{}
	for name, tt := range map[string]struct {
		start, end pcommon.Timestamp
		want       aggregate.Value[int64]
	}{
		"usual":            {epoch, epoch + 5, aggregate.Known[int64](5)},
		"zero":             {epoch, epoch, aggregate.Known[int64](0)},
		"end before start": {epoch, epoch - 1, none},
		"no end":           {epoch, 0, none},
		"no start":         {0, epoch, none},
		"neither":          {0, 0, none},
		"longest":          {1, 1 + math.MaxInt64, aggregate.Known[int64](math.MaxInt64)},
		"too long":         {1, 2 + math.MaxInt64, none},
		"last to first":    {last, 1, none},
		"first to last":    {1, last, none},
	} {
		t.Run(name, func(t *testing.T) {
			got, malformed := duration(tt.start, tt.end)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, !tt.want.Known, malformed == 1)
		})
	}
}
