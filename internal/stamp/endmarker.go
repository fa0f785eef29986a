// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Write adds what an end marker says to its attributes, beside the names of run and source. item is the checksum of the marker without them.
func (e *End) Write(to *xpdata.MapBuilder, item int64) {
	to.AppendEmpty(semconv.StampTotal).SetInt(inAttribute(e.Total))
	to.AppendEmpty(semconv.StampDropped).SetInt(inAttribute(e.GivenUp))
	to.AppendEmpty(semconv.StampSources).SetInt(inAttribute(e.Sources))
	names := to.AppendEmpty(semconv.StampSignals).SetEmptySlice()
	process := to.AppendEmpty(semconv.StampProcess).SetEmptySlice()
	for signal, name := range semconv.SignalNames {
		if e.Sends[signal] {
			names.AppendEmpty().SetStr(name)
		}
		for _, n := range e.Process[signal].numbers() {
			process.AppendEmpty().SetInt(inAttribute(*n))
		}
	}
	if refused := e.appendRefused(nil); len(refused) > len(semconv.SignalNames) { // not all are empty
		to.AppendEmpty(semconv.StampDroppedRanges).SetEmptyBytes().FromRaw(refused)
	}
	var shard []byte
	if e.Shard != nil {
		shard = e.Shard.Append(nil)
		to.AppendEmpty(semconv.StampShard).SetEmptyBytes().FromRaw(shard)
	}
	if len(e.Keys) > 0 {
		keys := to.AppendEmpty(semconv.StampKeys).SetEmptySlice()
		for _, key := range e.Keys {
			keys.AppendEmpty().SetStr(key)
		}
	}
	if e.Randomness != nil {
		to.AppendEmpty(semconv.StampRandomness).SetEmptyBytes().FromRaw(e.Randomness.Append(nil))
	}
	if e.Rootless > 0 {
		to.AppendEmpty(semconv.StampRootless).SetInt(inAttribute(e.Rootless))
	}
	if len(e.Classes) > 0 {
		to.AppendEmpty(semconv.StampClasses).SetEmptyBytes().FromRaw(AppendClasses(nil, e.Classes))
	}
	if len(e.Odd) > 0 {
		to.AppendEmpty(semconv.StampOddKinds).SetEmptyBytes().FromRaw(AppendOdd(nil, e.Odd))
	}
	to.AppendEmpty(semconv.StampChecksum).SetInt(e.checksum(item, shard))
}

// inAttribute is a count as an attribute. One that no attribute can hold becomes the largest: the checksum is that of the count itself, so the
// marker reads as damaged.
func inAttribute(n uint64) int64 {
	if n > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(n)
}

// ReadEnd reads what Write has written. It is not ok if something is missing or cannot be; intact says that the checksum is that of what was
// written, for a marker whose own checksum is item.
func ReadEnd(attributes pcommon.Map, item int64) (says *End, intact, ok bool) {
	r := endReader{end: &End{}}
	for key, value := range attributes.All() {
		r.attribute(key, value)
	}
	const all = 1<<5 - 1
	if r.failed || r.found != all || !r.end.sound() {
		return nil, false, false
	}
	if r.run != "" || r.source != "" {
		r.end.Source = SourceOf(r.run, r.source)
	}
	return r.end, r.hasSum && r.sum == r.end.checksum(item, r.shard), true
}

func (e *End) sound() bool {
	if e.Sources > mostItems {
		return false
	}
	for i := range e.Process {
		if !e.Process[i].Sound() {
			return false
		}
	}
	return true
}

// endReader takes a marker's attributes one by one.
type endReader struct {
	end    *End
	shard  []byte
	run    string
	source string
	sum    int64
	hasSum bool
	found  uint8 // a bit for each attribute that must be there
	failed bool
}

func (r *endReader) attribute(key string, value pcommon.Value) {
	switch key {
	case semconv.StampRun:
		r.run = value.Str()
	case semconv.StampSource:
		r.source = value.Str()
	case semconv.StampTotal:
		r.count(value, &r.end.Total, 0)
	case semconv.StampDropped:
		r.count(value, &r.end.GivenUp, 1)
	case semconv.StampSources:
		r.count(value, &r.end.Sources, 2)
	case semconv.StampSignals:
		r.signals(value)
	case semconv.StampProcess:
		r.process(value)
	case semconv.StampDroppedRanges:
		r.failed = r.failed || value.Type() != pcommon.ValueTypeBytes || !r.end.cutRefused(value.Bytes().AsRaw())
	case semconv.StampShard:
		r.readShard(value)
	case semconv.StampRandomness:
		ok := value.Type() == pcommon.ValueTypeBytes
		if ok {
			r.end.Randomness, ok = ReadRandomness(value.Bytes().AsRaw())
		}
		r.failed = r.failed || !ok
	case semconv.StampRootless:
		r.count(value, &r.end.Rootless, 0)
		r.failed = r.failed || r.end.Rootless > mostItems
	case semconv.StampClasses:
		ok := value.Type() == pcommon.ValueTypeBytes
		if ok {
			r.end.Classes, ok = ReadClasses(value.Bytes().AsRaw())
		}
		r.failed = r.failed || !ok
	case semconv.StampOddKinds:
		ok := value.Type() == pcommon.ValueTypeBytes
		if ok {
			r.end.Odd, ok = ReadOdd(value.Bytes().AsRaw())
		}
		r.failed = r.failed || !ok
	case semconv.StampKeys:
		r.keys(value)
	case semconv.StampChecksum:
		if value.Type() == pcommon.ValueTypeInt {
			r.sum, r.hasSum = value.Int(), true
		}
	}
}

// count reads a number that is not negative.
func (r *endReader) count(value pcommon.Value, to *uint64, bit int) {
	r.found |= 1 << bit
	if value.Type() != pcommon.ValueTypeInt {
		r.failed = true
		return
	}
	n := value.Int()
	if n < 0 {
		r.failed = true
		return
	}
	*to = uint64(n)
}

func (r *endReader) signals(value pcommon.Value) {
	r.found |= 1 << 3
	if value.Type() != pcommon.ValueTypeSlice {
		r.failed = true
		return
	}
	for _, name := range value.Slice().All() {
		for signal, known := range semconv.SignalNames {
			if name.Type() == pcommon.ValueTypeStr && name.Str() == known {
				r.end.Sends[signal] = true
			}
		}
	}
}

func (r *endReader) process(value pcommon.Value) {
	const bit = 4
	r.found |= 1 << bit
	perSignal := len(r.end.Process[0].numbers())
	if value.Type() != pcommon.ValueTypeSlice || value.Slice().Len() != len(semconv.SignalNames)*perSignal {
		r.failed = true
		return
	}
	for signal := range r.end.Process {
		totals := &r.end.Process[signal]
		for i, to := range totals.numbers() {
			r.count(value.Slice().At(signal*perSignal+i), to, bit)
		}
	}
}

func (r *endReader) keys(value pcommon.Value) {
	if value.Type() != pcommon.ValueTypeSlice || value.Slice().Len() > mostKeys {
		r.failed = true
		return
	}
	size := 0
	for _, key := range value.Slice().All() {
		if size += len(key.Str()); key.Type() != pcommon.ValueTypeStr || size > mostKeyBytes {
			r.failed = true
			return
		}
		r.end.Keys = append(r.end.Keys, key.Str())
	}
}

func (r *endReader) readShard(value pcommon.Value) {
	if value.Type() != pcommon.ValueTypeBytes {
		r.failed = true
		return
	}
	r.shard = value.Bytes().AsRaw()
	var err error
	r.end.Shard, err = ReadShard(r.shard)
	r.failed = r.failed || err != nil
}

// appendRefused appends the ranges of all signals, each after its length.
func (e *End) appendRefused(b []byte) []byte {
	for signal := range semconv.SignalNames {
		b = binary.AppendUvarint(b, uint64(len(e.Process[signal].Refused)))
		b = append(b, e.Process[signal].Refused...)
	}
	return b
}

// cutRefused reads what appendRefused has written.
func (e *End) cutRefused(b []byte) (ok bool) {
	for signal := range semconv.SignalNames {
		length, n := binary.Uvarint(b)
		if n <= 0 {
			return false
		}
		if b = b[n:]; length > uint64(len(b)) {
			return false
		}
		e.Process[signal].Refused, b = Packed(b[:length]), b[length:]
	}
	return len(b) == 0
}
