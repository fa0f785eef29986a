// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// stampAttributes is how many attributes a stamp has.
const stampAttributes = 4

// stamp marks an item for load_verify. Its source is the process; traces, metrics and logs are numbered apart.
func (f *Fleet) stamp(b *xpdata.MapBuilder, p *process, number uint64, checksum int64) {
	b.AppendEmpty(semconv.StampRun).SetStr(f.options.Run)
	b.AppendEmpty(semconv.StampSource).SetStr(p.identity.source)
	b.AppendEmpty(semconv.StampSequence).SetInt(int64(min(number, math.MaxInt64)))
	b.AppendEmpty(semconv.StampChecksum).SetInt(checksum)
}

// Drop notes that a request was given up.
func (f *Fleet) Drop(r *Request) {
	if r.ends {
		return
	}
	f.strike(r)
	for _, part := range r.parts {
		n := uint64(max(0, part.count))
		part.process.givenUp[r.Signal] += n
		part.process.refused[r.Signal].Add(part.first, n)
	}
}

// EndMarkers are the last requests of a stamped run: of each process and signal how much there was.
func (f *Fleet) EndMarkers(of ...Signal) (requests []Request) {
	if !f.options.Verify {
		return nil
	}
	for _, s := range of {
		r := Request{Signal: s, ends: true, Items: len(f.processes)}
		for _, p := range f.processes {
			r.parts = append(r.parts, part{process: p, count: 1})
		}
		if r.Items > 0 {
			requests = append(requests, r)
		}
	}
	return requests
}

func (f *Fleet) buildEnd(span ptrace.Span, p *process, epoch time.Time) {
	span.SetTraceID(p.identity.traceID(endTag))
	span.SetSpanID(p.identity.spanID(endTag))
	span.SetName(stamp.EndMarker)
	span.SetKind(ptrace.SpanKindInternal)
	span.SetStartTimestamp(timestamp(epoch, p.endedAt))
	span.SetEndTimestamp(timestamp(epoch, p.endedAt))
	var b xpdata.MapBuilder
	f.stampEnd(&b, p, Traces, stamp.Span(span))
	b.UnsafeIntoMap(span.Attributes())
}

// endTag stands for a request in the ids of end markers.
const endTag = 1<<64 - 1

func (f *Fleet) stampEnd(b *xpdata.MapBuilder, p *process, s Signal, checksum int64) {
	b.AppendEmpty(semconv.StampRun).SetStr(f.options.Run)
	b.AppendEmpty(semconv.StampSource).SetStr(p.identity.source)
	says := f.says(p, s)
	says.Write(b, checksum)
}
