// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/binary"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// toldSum is what the shards of a run say together, in the order of their numbers.
type toldSum struct {
	of        uint64 // shards that there are; 0: not told
	shards    uint64 // that have told
	offered   [Signals]timeline.Timeline
	givenUp   [Signals]uint64
	squares   [Signals]float64 // of each source for itself
	classes   []stamp.Class
	random    *stamp.Randomness // nil: they told of none
	odd       []stamp.OddKind
	rootless  uint64 // traces without a root
	disagrees uint64 // statements that disagree with one about the same
}

// complete reports whether all shards have told, so that it is known what the run sent of each signal.
func (t *toldSum) complete() bool { return t.of > 0 && t.shards == t.of }

// byTrace reports whether classes have whole traces.
func (t *toldSum) byTrace() bool { return len(t.classes) > 0 && t.classes[0].Traces }

func (t *toldSum) clone() *toldSum {
	c := *t
	for signal := range c.offered {
		c.offered[signal] = t.offered[signal].Clone()
	}
	c.classes, c.odd = slices.Clone(t.classes), slices.Clone(t.odd)
	if t.random != nil {
		random := *t.random
		c.random = &random
	}
	return &c
}

// add adds a statement.
func (t *toldSum) add(statement []byte) {
	says, ok := readStatement(statement)
	if !ok {
		return // it was read before it was kept
	}
	for signal := range Signals {
		t.offered[signal].Merge(&says.Shard.Offered[signal])
		t.givenUp[signal] += says.Shard.GivenUp[signal]
		t.squares[signal] += float64(says.Shard.Squares[signal])
	}
	t.rootless += says.Rootless
	if says.Randomness != nil {
		if t.random == nil {
			t.random = &stamp.Randomness{}
		}
		for i, n := range says.Randomness {
			t.random[i] += n
		}
	}
	t.addClasses(says.Classes)
	t.addOdd(says.Odd)
}

// addClasses adds the classes of a shard. All shards have the same.
func (t *toldSum) addClasses(classes []stamp.Class) {
	if len(t.classes) == 0 {
		t.classes = slices.Clone(classes)
		return
	}
	if !slices.EqualFunc(t.classes, classes, func(a, b stamp.Class) bool { return a.Name == b.Name && a.Traces == b.Traces }) {
		t.disagrees++
		return
	}
	for i := range classes {
		for signal, n := range classes[i].Items {
			t.classes[i].Items[signal] += n
		}
	}
}

// addOdd adds the odd items of a shard.
func (t *toldSum) addOdd(kinds []stamp.OddKind) {
	for _, k := range kinds {
		i := slices.IndexFunc(t.odd, func(of stamp.OddKind) bool { return of.Name == k.Name && of.Signal == k.Signal })
		switch {
		case i >= 0:
			t.odd[i].Items += k.Items
			t.odd[i].GivenUp += k.GivenUp
		case len(t.odd) < stamp.MostOddKinds:
			t.odd = append(t.odd, k)
		}
	}
}

// appendStatement appends what a marker says of its whole shard: the encodings of package stamp, each after its length, and the traces without a root.
func appendStatement(b []byte, says *stamp.End) []byte {
	part := func(encoded []byte) {
		b = binary.AppendUvarint(b, uint64(len(encoded)))
		b = append(b, encoded...)
	}
	part(says.Shard.Append(nil))
	b = binary.AppendUvarint(b, says.Rootless)
	var random, classes, odd []byte
	if says.Randomness != nil {
		random = says.Randomness.Append(nil)
	}
	if len(says.Classes) > 0 {
		classes = stamp.AppendClasses(nil, says.Classes)
	}
	if len(says.Odd) > 0 {
		odd = stamp.AppendOdd(nil, says.Odd)
	}
	part(random)
	part(classes)
	part(odd)
	return b
}

// readStatement reads what appendStatement has written.
func readStatement(b []byte) (says stamp.End, ok bool) {
	d := decoder{text: b}
	shard := d.bytes()
	says.Rootless = d.number()
	random, classes, odd := d.bytes(), d.bytes(), d.bytes()
	if d.err != nil || d.at != len(b) {
		return says, false
	}
	var err error
	if says.Shard, err = stamp.ReadShard(shard); err != nil {
		return says, false
	}
	ok = true
	if len(random) > 0 {
		says.Randomness, ok = stamp.ReadRandomness(random)
	}
	if len(classes) > 0 && ok {
		says.Classes, ok = stamp.ReadClasses(classes)
	}
	if len(odd) > 0 && ok {
		says.Odd, ok = stamp.ReadOdd(odd)
	}
	return says, ok
}
