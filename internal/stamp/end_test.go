// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func exampleShard() *Shard {
	s := &Shard{Index: 1, Total: 3, GivenUp: [len(semconv.SignalNames)]uint64{5, 0, 7}, Squares: [len(semconv.SignalNames)]uint64{8000, 0, 2000}}
	for i := range int64(1000) {
		s.Offered[0].AddCluster(1e18+i*1e8, uint64(i/8)*0x9E3779B97F4A7C15, 1)
		s.Offered[2].Add(1e18+i*1e9, 2)
	}
	return s
}

func TestShard(t *testing.T) {
	want := exampleShard()
	b := want.Append(nil)
	got, err := ReadShard(b)
	require.NoError(t, err)
	assert.Equal(t, want.Index, got.Index)
	assert.Equal(t, want.Total, got.Total)
	assert.Equal(t, want.GivenUp, got.GivenUp)
	assert.Equal(t, want.Squares, got.Squares)
	for signal := range semconv.SignalNames {
		assert.Equal(t, timeline.Compare(&want.Offered[signal], &want.Offered[signal]), timeline.Compare(&got.Offered[signal], &got.Offered[signal]))
	}
	for n := range b {
		_, err := ReadShard(b[:n])
		require.Error(t, err, "cut off after %d bytes", n)
	}
	_, err = ReadShard(append(b, 0))
	require.Error(t, err)
	_, err = ReadShard((&Shard{Index: 3, Total: 3}).Append(nil))
	require.Error(t, err, "no such shard")
}

// TestEndChecksum: nothing that a marker says can be changed unseen.
func TestEndChecksum(t *testing.T) {
	says := End{Total: 1, GivenUp: 2, Sources: 3}
	sums := map[int64]string{}
	note := func(what string, sum int64) {
		assert.NotContains(t, sums, sum, what)
		sums[sum] = what
	}
	note("nothing", says.checksum(7, nil))
	note("the item", says.checksum(8, nil))
	note("a shard", says.checksum(7, []byte{0}))
	note("another shard", says.checksum(7, []byte{1}))
	changeEach(reflect.ValueOf(&says).Elem(), "End", func(field string) { note(field, says.checksum(7, nil)) })
	assert.Greater(t, len(sums), 15)
}

// changeEach changes one number or flag of a value at a time.
func changeEach(v reflect.Value, name string, changed func(string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			changeEach(v.Field(i), name+"."+v.Type().Field(i).Name, changed)
		}
	case reflect.Array:
		for i := range v.Len() {
			changeEach(v.Index(i), name+"[]", changed)
		}
	case reflect.Uint64:
		v.SetUint(v.Uint() + 100)
		changed(name)
		v.SetUint(v.Uint() - 100)
	case reflect.Bool:
		v.SetBool(!v.Bool())
		changed(name)
		v.SetBool(!v.Bool())
	case reflect.String:
		v.SetString("x")
		changed(name)
		v.SetString("")
	default: // the shard, which is summed as bytes
	}
}

func FuzzReadShard(f *testing.F) {
	f.Add(exampleShard().Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadShard(b)
		if err != nil {
			return
		}
		again, err := ReadShard(s.Append(nil))
		require.NoError(t, err)
		require.Equal(t, s, again)
	})
}

// TestReadEnd: what is written is read; what is changed on the way is noticed, and what cannot be is not taken.
func TestReadEnd(t *testing.T) {
	want := End{
		Total: 9, GivenUp: 2, Sources: 3, Sends: [len(semconv.SignalNames)]bool{true, false, true},
		Process: [len(semconv.SignalNames)]Totals{{9, 2, 30, "\x01\x02"}, {}, {7, 0, 7, ""}}, Shard: exampleShard(),
	}
	written := func() pcommon.Map {
		var b xpdata.MapBuilder
		want.Write(&b, 7)
		m := pcommon.NewMap()
		b.UnsafeIntoMap(m)
		return m
	}
	says, intact, ok := ReadEnd(written(), 7)
	require.True(t, ok)
	assert.True(t, intact)
	assert.Equal(t, want.Process, says.Process)
	assert.Equal(t, want.Shard.Append(nil), says.Shard.Append(nil))
	says.Shard = want.Shard
	assert.Equal(t, &want, says)

	for name, tc := range map[string]struct {
		change     func(pcommon.Map)
		intact, ok bool
	}{
		"an attribute more":   {func(m pcommon.Map) { m.PutStr("x", "y") }, true, true},
		"another total":       {func(m pcommon.Map) { m.PutInt(semconv.StampTotal, 8) }, false, true},
		"no checksum":         {func(m pcommon.Map) { m.Remove(semconv.StampChecksum) }, false, true},
		"no ranges":           {func(m pcommon.Map) { m.Remove(semconv.StampDroppedRanges) }, false, true},
		"damaged ranges":      {func(m pcommon.Map) { m.PutEmptyBytes(semconv.StampDroppedRanges).FromRaw([]byte{9}) }, false, false},
		"ranges as text":      {func(m pcommon.Map) { m.PutStr(semconv.StampDroppedRanges, "x") }, false, false},
		"no shard":            {func(m pcommon.Map) { m.Remove(semconv.StampShard) }, false, true},
		"a signal less":       {func(m pcommon.Map) { m.PutEmptySlice(semconv.StampSignals) }, false, true},
		"no total":            {func(m pcommon.Map) { m.Remove(semconv.StampTotal) }, false, false},
		"a negative total":    {func(m pcommon.Map) { m.PutInt(semconv.StampTotal, -1) }, false, false},
		"no totals":           {func(m pcommon.Map) { m.Remove(semconv.StampProcess) }, false, false},
		"too few totals":      {func(m pcommon.Map) { m.PutEmptySlice(semconv.StampProcess) }, false, false},
		"totals as text":      {func(m pcommon.Map) { m.PutStr(semconv.StampProcess, "[1]") }, false, false},
		"signals as text":     {func(m pcommon.Map) { m.PutStr(semconv.StampSignals, "traces") }, false, false},
		"more given up":       {func(m pcommon.Map) { v, _ := m.Get(semconv.StampProcess); v.Slice().At(1).SetInt(10) }, false, false},
		"a damaged shard":     {func(m pcommon.Map) { m.PutEmptyBytes(semconv.StampShard).FromRaw([]byte{9}) }, false, false},
		"a shard as text":     {func(m pcommon.Map) { m.PutStr(semconv.StampShard, "x") }, false, false},
		"a checksum as text":  {func(m pcommon.Map) { m.PutStr(semconv.StampChecksum, "x") }, false, true},
		"too many sources":    {func(m pcommon.Map) { m.PutInt(semconv.StampSources, mostItems+1) }, false, false},
		"sources as a double": {func(m pcommon.Map) { m.PutDouble(semconv.StampSources, 1) }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := written()
			tc.change(m)
			_, intact, ok := ReadEnd(m, 7)
			assert.Equal(t, []bool{tc.intact, tc.ok}, []bool{intact, ok})
		})
	}
	_, intact, _ = ReadEnd(written(), 8)
	assert.False(t, intact, "another item")
}

// TestCountBeyondAnAttribute: a total that an attribute cannot hold is not taken for one that it can.
func TestCountBeyondAnAttribute(t *testing.T) {
	for total, want := range map[uint64]bool{math.MaxInt64: true, math.MaxInt64 + 1: false, math.MaxUint64: false} {
		says := End{Total: total, Sources: 1}
		var b xpdata.MapBuilder
		says.Write(&b, 7)
		m := pcommon.NewMap()
		b.UnsafeIntoMap(m)
		read, intact, ok := ReadEnd(m, 7)
		require.True(t, ok)
		assert.Equal(t, want, intact)
		assert.Equal(t, uint64(math.MaxInt64), read.Total)
	}
}
