// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// longestShards bounds the shards of a run in a state.
const longestShards = 1 << 20

// encode appends what end markers have told.
func (t *told) encode(e *encoder) {
	e.numbers(t.announced[:])
	e.flag(t.content)
	e.number(uint64(len(t.names.byHash)))
	for _, name := range slices.Sorted(maps.Values(t.names.byHash)) {
		e.string(name)
	}
	e.number(uint64(len(t.sources)))
	before := ""
	for _, name := range slices.Sorted(maps.Keys(t.sources)) {
		e.name(name, &before)
		says := t.sources[name]
		for i := range says.totals {
			of := &says.totals[i]
			e.numbers([]uint64{of.Numbered, of.GivenUp, of.Squares})
			e.string(string(of.Refused))
		}
		e.fixeds(says.others)
	}
	e.number(uint64(len(t.shards)))
	for _, index := range slices.Sorted(maps.Keys(t.shards)) {
		says := t.shards[index]
		e.numbers([]uint64{index, says.of})
		e.fixed(says.hash)
		e.fixeds(says.others)
		e.bytes(says.statement) // none: it is folded, and not told here
	}
}

func (t *told) decode(d *decoder) {
	for i := range t.announced {
		t.announced[i] = d.count()
	}
	t.content = d.flag()
	for range d.length(mostNames, 1) {
		if name := d.string(LongestName); d.err == nil {
			t.names.learn(name)
		}
	}
	before := ""
	n := d.length(mostStoredSources, 15)
	if n > 0 {
		t.sources = make(map[string]*sourceSays, n)
	}
	for i := range n {
		name := d.sorted(&before, i == 0)
		says := &sourceSays{}
		for i := range says.totals {
			says.totals[i] = stamp.Totals{Numbered: d.count(), GivenUp: d.count(), Squares: d.number(), Refused: stamp.Packed(d.bytes())}
			if d.err == nil && !says.totals[i].Sound() {
				d.fail("what source %q sent cannot be", name)
			}
		}
		if says.others = d.others(); d.err != nil {
			return
		}
		says.hash = hashTotals(&says.totals)
		t.sources[name] = says
	}
	for range d.length(longestShards, 12) {
		index := d.number()
		says := &shardSays{of: d.number(), hash: d.fixed(), others: d.others(), statement: d.bytes()}
		if d.err != nil {
			return
		}
		if t.checkShard(d, index, says); d.err != nil {
			return
		}
		t.hearShard(index, says)
	}
}

// checkShard finds what a shard cannot have said.
func (t *told) checkShard(d *decoder, index uint64, says *shardSays) {
	if index >= says.of || says.of > longestShards || t.shards[index] != nil {
		d.fail("shard %d of %d is not one, or there twice", index, says.of)
		return
	}
	if len(says.statement) == 0 {
		says.statement = nil
		return
	}
	said, ok := readStatement(says.statement)
	if !ok || said.Shard.Index != index || said.Shard.Total != says.of || xxhash.Sum64(says.statement) != says.hash {
		d.fail("what shard %d sent cannot be", index)
	}
}

// others reads the hashes of statements that disagree with one.
func (d *decoder) others() []uint64 {
	list := d.fixeds(mostOthers)
	if !slices.IsSorted(list) {
		d.fail("statements that disagree are not in their places")
	}
	return list
}
