// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// told is what the end markers of a run say beyond the count of their own series. A marker of any signal tells what its source sent of all
// signals, and most tell what their whole shard sent, and when: so a run's items are known where a series, or all of a signal, is lost
// with its marker.
//
// What is said of each source and each shard is kept apart. So what two auditors were told can be united, whoever heard it first or twice. Of
// statements about the same that disagree, the one with the lowest hash counts, whatever the order in which they came.
type told struct {
	announced [Signals]uint64        // sources of each signal; 0: no marker has come, or the run has no such signal
	sources   map[string]*sourceSays // by name
	shards    map[uint64]*shardSays  // by index
	held      int                    // bytes of statements in shards
	folded    *toldSum               // of shards whose statements are not held; nil: there are none
	names     names                  // keys of attributes
	content   bool                   // content is stamped
	summed    *toldSum               // nil: something has come since it was made
}

// sourceSays is what a source sent of each signal.
type sourceSays struct {
	totals [Signals]stamp.Totals
	hash   uint64
	others []uint64 // hashes of statements that disagree
}

// shardSays is what a shard sent.
type shardSays struct {
	of        uint64 // shards that there are
	statement []byte // see appendStatement; nil: it is folded, or another auditor folded it and did not tell
	folded    bool   // it is in the sum of those that are not held
	hash      uint64
	others    []uint64 // hashes of statements that disagree
}

// Bounds of what is held.
const (
	// mostStatements bounds the bytes of a run's statements: those of some thousand shards. Further ones are added up, and cannot be united with those of
	// another auditor.
	mostStatements = 16 << 20
	// mostOthers bounds the statements about a source or shard that disagree with the one that counts.
	mostOthers = 3
)

// hear takes what a marker says.
func (t *told) hear(source string, says *stamp.End) {
	for signal, sends := range says.Sends {
		if sends {
			t.announced[signal] = max(t.announced[signal], min(says.Sources, mostNumbers))
		}
	}
	t.hearSource(source, &sourceSays{totals: says.Process, hash: hashTotals(&says.Process)})
	if len(says.Keys) > 0 {
		t.content = true
		t.names.learn(says.Keys...)
	}
	if says.Shard != nil {
		statement := appendStatement(nil, says)
		t.hearShard(says.Shard.Index, &shardSays{of: says.Shard.Total, statement: statement, hash: xxhash.Sum64(statement)})
	}
}

func (t *told) hearSource(name string, says *sourceSays) {
	known := t.sources[name]
	switch {
	case known == nil:
		if t.sources == nil {
			t.sources = map[string]*sourceSays{}
		}
		t.sources[strings.Clone(name)] = says
	case known.hash == says.hash:
		for _, h := range says.others {
			known.others = withOther(known.others, h, known.hash)
		}
	default:
		if says.hash > known.hash {
			known, says = says, known
		}
		for _, h := range append(known.others, known.hash) {
			says.others = withOther(says.others, h, says.hash)
		}
		t.sources[name] = says
	}
	t.summed = nil
}

func (t *told) hearShard(index uint64, says *shardSays) {
	known := t.shards[index]
	switch {
	case known == nil:
		if t.shards == nil {
			t.shards = map[uint64]*shardSays{}
		}
		t.shards[index] = says
		t.hold(says)
	case known.hash == says.hash:
		if known.statement == nil && !known.folded && says.statement != nil {
			known.statement = says.statement
			t.hold(known)
		}
		for _, h := range says.others {
			known.others = withOther(known.others, h, known.hash)
		}
	case known.folded: // it stays in the sum
		known.others = withOther(known.others, says.hash, known.hash)
	default:
		t.held -= len(known.statement)
		if says.hash > known.hash {
			known, says = says, known
		}
		for _, h := range append(known.others, known.hash) {
			says.others = withOther(says.others, h, says.hash)
		}
		t.shards[index] = says
		t.hold(says)
	}
	t.summed = nil
}

// hold keeps the statement of a shard, or folds it.
func (t *told) hold(says *shardSays) {
	if t.held+len(says.statement) <= mostStatements {
		t.held += len(says.statement)
		return
	}
	if t.folded == nil {
		t.folded = &toldSum{}
	}
	t.folded.add(says.statement)
	says.statement, says.folded = nil, true
}

// withOther adds a statement that disagrees with the one that counts.
func withOther(others []uint64, hash, counts uint64) []uint64 {
	i, known := slices.BinarySearch(others, hash)
	if known || hash == counts {
		return others
	}
	others = slices.Insert(others, i, hash)
	return others[:min(len(others), mostOthers)]
}

func hashTotals(totals *[Signals]stamp.Totals) uint64 {
	var b []byte
	for i := range totals {
		t := &totals[i]
		for _, n := range []uint64{t.Numbered, t.GivenUp, t.Squares, uint64(len(t.Refused))} {
			b = binary.AppendUvarint(b, n)
		}
		b = append(b, t.Refused...)
	}
	return xxhash.Sum64(b)
}

// totals of a source's signal; nil: nobody told.
func (t *told) totals(source string, signal Signal) *stamp.Totals {
	of := t.sources[source]
	if of == nil || t.announced[signal] == 0 {
		return nil
	}
	return &of.totals[signal]
}

// sum is what all shards say together.
func (t *told) sum() *toldSum {
	if t.summed == nil {
		t.summed = t.addUp()
	}
	return t.summed
}

// addUp adds up the statements of all shards. Those that say that there are other shards than most disagree.
func (t *told) addUp() *toldSum {
	sum := &toldSum{}
	if t.folded != nil {
		sum = t.folded.clone()
	}
	for _, s := range t.shards {
		sum.of = max(sum.of, s.of)
	}
	for _, index := range slices.Sorted(maps.Keys(t.shards)) {
		s := t.shards[index]
		sum.disagrees += uint64(len(s.others))
		switch {
		case s.of != sum.of:
			sum.disagrees++
		case s.folded:
			sum.shards++
		case s.statement != nil:
			sum.shards++
			sum.add(s.statement)
		}
	}
	for _, s := range t.sources {
		sum.disagrees += uint64(len(s.others))
	}
	return sum
}
