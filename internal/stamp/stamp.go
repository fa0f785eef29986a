// SPDX-License-Identifier: Apache-2.0

// Package stamp marks items of telemetry so that an audit at the far end of a pipeline can say of each whether it arrived, once and
// unchanged. The generator writes the marks and the auditor reads them; both use this package.
//
// Each item carries the run, its source within the run, its number there (0, 1, 2, ... without gaps) and a checksum. The
// checksum is over all that the stamp says ([Mark]), and over what a pipeline must not change: identity, times, name, kind and status of a
// span; name, time, flags and value of a data point, with the type of the value; times, severity, body and trace of a log record. Attributes
// are not in it. Checksums find what went wrong. They are no proof against somebody who makes up stamps.
//
// On request each item, resource and scope also carries a stamp of its content ([Content]): what it had, hash by hash.
//
// At the end of a run each source sends an end marker of each signal: one more item, without a number, with the count of those before. It
// also says how many sources and which signals the run has, what its process numbered of the other signals, and what the whole shard
// numbered in each stretch of time ([End]): one marker that arrives tells what is missing where others do not.
package stamp

import (
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// EndMarker is the name of end markers: of the span, of the metric, and the body of the log record.
const EndMarker = "load_verify.end"

// Span is the checksum of a span, without its stamp. So it is with the others.
func Span(s ptrace.Span) int64 {
	var h digest
	trace, id, parent := s.TraceID(), s.SpanID(), s.ParentSpanID()
	h.bytes(trace[:])
	h.bytes(id[:])
	h.bytes(parent[:])
	h.number(uint64(s.StartTimestamp()))
	h.number(uint64(s.EndTimestamp()))
	h.text(s.Name())
	h.signed(int64(s.Kind()))
	h.signed(int64(s.Status().Code()))
	h.text(s.Status().Message())
	return h.sum()
}

// NumberPoint is the checksum of a data point of a gauge or sum.
func NumberPoint(metric string, p pmetric.NumberDataPoint) int64 {
	var h digest
	h.text(metric)
	h.number(uint64(p.Timestamp()))
	h.number(uint64(p.Flags()))
	h.signed(int64(p.ValueType())) // 0 is not 0.0, and neither is none
	if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
		h.signed(p.IntValue())
	} else {
		h.number(math.Float64bits(p.DoubleValue()))
	}
	return h.sum()
}

// ExponentialPoint is the checksum of a data point of an exponential histogram.
func ExponentialPoint(metric string, p pmetric.ExponentialHistogramDataPoint) int64 {
	var h digest
	h.text(metric)
	h.number(uint64(p.Timestamp()))
	h.number(uint64(p.Flags()))
	h.number(p.Count())
	h.number(p.ZeroCount())
	h.optional(p.Sum(), p.HasSum())
	return h.sum()
}

// HistogramPoint is the checksum of a data point of a histogram with explicit bounds.
func HistogramPoint(metric string, p pmetric.HistogramDataPoint) int64 {
	var h digest
	h.text(metric)
	h.number(uint64(p.Timestamp()))
	h.number(uint64(p.Flags()))
	h.number(p.Count())
	h.optional(p.Sum(), p.HasSum())
	return h.sum()
}

// Record is the checksum of a log record.
func Record(r plog.LogRecord) int64 {
	var h digest
	trace, span := r.TraceID(), r.SpanID()
	h.bytes(trace[:])
	h.bytes(span[:])
	h.number(uint64(r.Timestamp()))
	h.signed(int64(r.SeverityNumber()))
	h.signed(int64(r.Body().Type()))
	if r.Body().Type() == pcommon.ValueTypeStr {
		h.text(r.Body().Str())
	} else {
		h.number(value(r.Body(), 0))
	}
	return h.sum()
}

// digest collects what is hashed, on the stack for all but long texts.
type digest struct {
	buffer [256]byte
	length int
	long   *xxhash.Digest // has what did not fit
}

func (d *digest) bytes(b []byte) {
	if d.length+len(b) > len(d.buffer) {
		d.spill()
		if len(b) > len(d.buffer) {
			_, _ = d.long.Write(b) // never fails
			return
		}
	}
	d.length += copy(d.buffer[d.length:], b)
}

func (d *digest) spill() {
	if d.long == nil {
		d.long = xxhash.New()
	}
	_, _ = d.long.Write(d.buffer[:d.length]) // never fails
	d.length = 0
}

func (d *digest) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	d.bytes(b[:])
}

func (d *digest) signed(n int64) {
	d.number(uint64(n)) //nolint:gosec // G115: the same 64 bits, of which a hash wants no more
}

// optional is a number that may be missing, which is not 0.
func (d *digest) optional(x float64, there bool) {
	if !there {
		d.number(0)
		return
	}
	d.number(1)
	d.number(math.Float64bits(x))
}

// text includes the length: two texts cannot be mistaken for two others that read the same together.
func (d *digest) text(s string) {
	d.number(uint64(len(s)))
	d.bytes([]byte(s))
}

func (d *digest) sum() int64 {
	var sum uint64
	if d.long != nil {
		d.spill()
		sum = d.long.Sum64()
	} else {
		sum = xxhash.Sum64(d.buffer[:d.length])
	}
	return int64(sum) //nolint:gosec // G115: the same 64 bits, which are only compared
}
