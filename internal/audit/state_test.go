// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/cespare/xxhash/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// exampleOrigin is that of a verifier that began a minute before noon, and is at its end.
func exampleOrigin(verifier string) Origin {
	return Origin{
		Verifier: verifier, Incarnation: "1", Sequence: 1, Started: noon.Add(-time.Minute), Written: noon.Add(time.Minute), Final: true,
		Clock: Clock{Name: "here"}, Processes: []Process{{ID: "p", Started: noon.Add(-time.Minute)}},
	}
}

// exampleAuditor has something of everything that a state has.
func exampleAuditor() *Auditor {
	a := New(DefaultLimits(), time.Second, Expectations{})
	var items []Item
	for i := range uint64(50) {
		if i%7 == 3 {
			continue
		}
		it := numbered("r", fmt.Sprint("source", i%3), i)
		it.Span, it.Parent, it.Trace, it.At = i+1, i+2-i%5/4, i/5+1, noon.Add(-time.Duration(i)*time.Millisecond).UnixNano()
		it.TraceNumbered, it.TraceSpan, it.Root, it.HasRV, it.RV = true, uint32(i%5+1), i%5 == 4, true, i<<40
		it.Content = Content{Read: true, Had: 2, Faults: []Fault{{Kind: Removed, Part: Part{OnItem, uint32(i % 2)}, Name: "key"}}}
		items = append(items, it)
	}
	odd, stray := numbered("r", "source1", 3), numbered("r", "sorce1", 3)
	odd.Odd, stray.Stray, stray.Corrupt = "span.own_parent", true, true
	end := marker("r", "source1", 40, 1)
	end.Says.Shard = &stamp.Shard{Total: 2}
	end.Says.Shard.Offered[Traces].AddCluster(noon.UnixNano(), 1<<63, 40)
	end.Says.Keys, end.Says.Classes = []string{"key"}, []stamp.Class{{Name: "all"}}
	a.Audit(Traces, noon, append(items, items[0], odd, odd, stray, end, end, marker("r", "source1", 41, 0)))
	a.Audit(Logs, noon, []Item{{}, numbered("other", "s", 5)})
	return a
}

// goOn lets an auditor go on from the state of another one.
func goOn(t *testing.T, from, to *Auditor, of Origin, brief bool) {
	t.Helper()
	of.Verifier, of.Incarnation, of.Processes = "v", "1", []Process{{ID: "p"}}
	state, err := from.Export(of, brief)
	require.NoError(t, err)
	origin, err := to.Import(state, noon)
	require.NoError(t, err)
	require.Equal(t, of, origin)
}

func readOne(t *testing.T, text []byte) *State {
	t.Helper()
	states, err := ReadStates(text)
	require.NoError(t, err)
	require.Len(t, states, 1)
	return states[0]
}

// TestStateRefused: what cannot be used is refused, with what is wrong and where.
func TestStateRefused(t *testing.T) {
	text, err := exampleAuditor().Export(exampleOrigin("a"), false)
	require.NoError(t, err)
	line := len("load_verify state 7 1\n")
	changed := append([]byte{}, text...)
	changed[len(text)-1]++
	for name, tc := range map[string]struct {
		state []byte
		want  string
	}{
		"nothing":             {nil, "this is no state of load_verify"},
		"something else":      {[]byte("hello"), `this is no state of load_verify: it begins with "hello"`},
		"an older version":    {append([]byte("load_verify state 6 "), text[line:]...), "version 6, which is older than this program: it reads version 7"},
		"a newer version":     {append([]byte("load_verify state 8 1\n"), text[line:]...), "version 8, which is newer than this program: it reads version 7"},
		"a line that is none": {append([]byte("load_verify state 7 x\n"), text[line:]...), "the first line of the state is damaged"},
		"changed":             {changed, fmt.Sprintf("state 1 of 1: byte %d: the state is damaged: its checksum", line+16)},
		"cut off":             {text[:len(text)-1], fmt.Sprintf("state 1 of 1: byte %d: the state is cut off: %d bytes are there; want %d", len(text)-1, len(text)-line-17, len(text)-line-16)},
		"cut off early":       {text[:line+3], fmt.Sprintf("byte %d: the state is cut off", line+3)},
		"more than there is":  {append([]byte("load_verify state 7 2\n"), text[line:]...), fmt.Sprintf("state 2 of 2: byte %d: the state is cut off", len(text))},
		"less than there is":  {append(append([]byte{}, text...), 'x'), fmt.Sprintf("byte %d: 1 bytes follow the last state", len(text))},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadStates(tc.state)
			require.ErrorContains(t, err, tc.want)
			fresh := New(DefaultLimits(), time.Second, Expectations{})
			_, err = fresh.Import(tc.state, noon)
			require.ErrorContains(t, err, tc.want)
			assert.Empty(t, fresh.runs)
		})
	}
	for n := range len(text) {
		_, err := ReadStates(text[:n])
		require.Error(t, err, "cut off at %d", n)
	}
}

// TestStateDamaged: states whose checksum is right, and that cannot be.
func TestStateDamaged(t *testing.T) {
	stream := func(a *Auditor) *stream { return a.runs[0].accounts[Traces].streams["source1"] }
	for name, tc := range map[string]struct {
		damage func(a *Auditor)
		want   string
	}{
		"a run twice":          {func(a *Auditor) { a.runs = append(a.runs, a.runs[0]) }, `run "r" is there twice`},
		"gaps out of range":    {func(a *Auditor) { n := stream(a); n.gaps, n.lacks = roaring64.BitmapOf(1000), 1 }, "numbers that are not between"},
		"nothing has arrived":  {func(a *Auditor) { n := stream(a); n.gaps.AddRange(n.first, n.next) }, "numbers that are not between"},
		"more than numbered":   {func(a *Auditor) { stream(a).endings = []ending{{8, 0, 1}} }, "numbers of 8"},
		"endings out of order": {func(a *Auditor) { s := stream(a); s.endings[0], s.endings[1] = s.endings[1], s.endings[0] }, "not in its place"},
		"more given up":        {func(a *Auditor) { stream(a).endings[0].givenUp = 99 }, "99 of them given up"},
		"never sent":           {func(a *Auditor) { s := stream(a); s.over, s.endings = roaring64.BitmapOf(90), nil }, "no end marker says so"},
		"a shard that is none": {func(a *Auditor) { a.runs[0].told.shards[7] = a.runs[0].told.shards[0] }, "shard 7 of 2 is not one"},
		"a shard of another": {func(a *Auditor) {
			s := *a.runs[0].told.shards[0]
			a.runs[0].told.shards = map[uint64]*shardSays{1: &s}
		}, "what shard 1 sent cannot be"},
		"a source unsound": {func(a *Auditor) { a.runs[0].told.sources["source1"].totals[0].GivenUp = 1 }, `what source "source1" sent cannot be`},
		"odd of nobody": {func(a *Auditor) {
			a.runs[0].accounts[Traces].odd.kinds["span.own_parent"].intact.Add(5 << 32)
		}, "a source that is not there"},
		"a name too long": {func(a *Auditor) { a.runs[0].name = string(make([]byte, 300)) }, "a name of 300 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			a := exampleAuditor()
			tc.damage(a)
			text, err := a.Export(exampleOrigin("a"), false)
			require.NoError(t, err)
			m := NewMerge()
			require.NoError(t, m.Add(readOne(t, text)))
			_, err = m.Report(Asked{})
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, `verifier "a", incarnation 1, state 1: byte `)
			fresh := New(DefaultLimits(), time.Second, Expectations{})
			_, err = fresh.Import(text, noon)
			require.ErrorContains(t, err, tc.want)
			assert.Empty(t, fresh.runs)
		})
	}
	for name, tc := range map[string]struct {
		encode func(*encoder)
		decode func(*decoder)
		want   string
	}{
		"a bucket that is none":  {func(e *encoder) { e.numbers([]uint64{0, 1, histogram.Buckets, 1}) }, func(d *decoder) { (&account{}).decodeLatency(d) }, "byte 4: a bucket of latency of 1730"},
		"more than follows":      {func(e *encoder) { e.number(1 << 40) }, func(d *decoder) { d.fixeds(1 << 50) }, "byte 6: 1099511627776 elements, in 0 bytes that follow"},
		"a text that is cut off": {func(e *encoder) { e.number(5) }, func(d *decoder) { d.bytes() }, "byte 1: 0 bytes follow; want 5"},
		"a timeline":             {func(e *encoder) { e.bytes([]byte{0, 0, 0}) }, func(d *decoder) { decodeTimeline(d) }, "a timeline is damaged"},
		"a bitmap of many parts": {func(e *encoder) { e.bytes(binary.LittleEndian.AppendUint64(nil, 1<<31)) }, func(d *decoder) { d.bitmap() }, "more parts than bytes"},
		"not ascending":          {func(e *encoder) { e.numbers([]uint64{2, 5, 0}) }, func(d *decoder) { d.ascending(9) }, "not in its order"},
	} {
		t.Run(name, func(t *testing.T) {
			var e encoder
			tc.encode(&e)
			d := decoder{text: e.text}
			tc.decode(&d)
			require.ErrorContains(t, d.err, tc.want)
		})
	}
}

// TestStateAllocates: a state that is damaged anywhere, and has a right checksum, costs memory in proportion to its length.
func TestStateAllocates(t *testing.T) {
	text, err := exampleAuditor().Export(exampleOrigin("a"), false)
	require.NoError(t, err)
	of := readOne(t, text)
	for i := of.accounts; i < len(of.body); i++ {
		for _, x := range []byte{0, 1, 0x7f, 0xff} {
			body := append([]byte{}, of.body...)
			body[i] = x
			s := State{preamble: of.preamble, body: body, accounts: of.accounts}
			took := allocated(func() { _, _ = s.auditor(mergedLimits(len(body))) })
			require.Less(t, took, 1<<20, "byte %d is %x", i, x)
		}
	}
}

// TestStateAsItWas: the state of an auditor that goes on from a state is the same state.
func TestStateAsItWas(t *testing.T) {
	a := exampleAuditor()
	text, err := a.Export(exampleOrigin("a"), false)
	require.NoError(t, err)
	next := New(DefaultLimits(), time.Second, Expectations{})
	_, err = next.Import(text, noon)
	require.NoError(t, err)
	again, err := next.Export(exampleOrigin("a"), false)
	require.NoError(t, err)
	assert.Equal(t, xxhash.Sum64(text), xxhash.Sum64(again))
	assert.Equal(t, a.Report(noon, true), next.Report(noon, true))
}
