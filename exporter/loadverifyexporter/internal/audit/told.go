// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// told is what the end markers of a run say beyond the count of their own series. A marker of any signal tells what its source sent of all
// signals, and most tell what their whole shard sent, and when: so a run's items are known where a series, or all of a signal, is lost
// with its marker. Only the first marker of each series is heard, so that the limit of sources bounds what is held.
type told struct {
	announced [Signals]uint64                   // sources of each signal; 0: no marker has come, or the run has no such signal
	sources   map[string]*[Signals]stamp.Totals // what each source sent
	shards    map[uint64]uint64                 // hash of what each shard said, by index
	of        uint64                            // shards that there are; 0: not told
	offered   [Signals]timeline.Timeline        // by those shards
	givenUp   [Signals]uint64                   // likewise
	squares   [Signals]float64                  // likewise, of each source for itself
	names     names                             // keys of attributes
	content   bool                              // content is stamped
	classes   []stamp.Class                     // of all shards that have told, summed
	random    *stamp.Randomness                 // of all shards that have told, summed; nil: they told of none
	odd       []stamp.OddKind                   // of all shards that have told, summed
	rootless  uint64                            // traces without a root, of those shards
	disagrees uint64                            // markers that say something else than one before
}

// hear takes what a marker says.
func (t *told) hear(source string, says *stamp.End) {
	for signal, sends := range says.Sends {
		if sends {
			t.announced[signal] = max(t.announced[signal], says.Sources)
		}
	}
	known := t.sources[source]
	switch {
	case known == nil:
		if t.sources == nil {
			t.sources = map[string]*[Signals]stamp.Totals{}
		}
		totals := says.Process
		t.sources[strings.Clone(source)] = &totals
	case *known != says.Process:
		t.disagrees++
	}
	if len(says.Keys) > 0 {
		t.content = true
		t.names.learn(says.Keys...)
	}
	if says.Shard != nil {
		t.hearShard(says)
	}
}

func (t *told) hearShard(says *stamp.End) {
	shard := says.Shard
	hash := xxhash.Sum64(shard.Append(nil))
	known, again := t.shards[shard.Index]
	switch {
	case t.of != 0 && t.of != shard.Total, again && known != hash:
		t.disagrees++
		return
	case again:
		return
	}
	if t.shards == nil {
		t.shards = map[uint64]uint64{}
	}
	t.shards[shard.Index], t.of = hash, shard.Total
	for signal := range Signals {
		t.offered[signal].Merge(&shard.Offered[signal])
		t.givenUp[signal] += shard.GivenUp[signal]
		t.squares[signal] += float64(shard.Squares[signal])
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
	t.hearClasses(says.Classes)
	t.hearOdd(says.Odd)
}

// hearClasses adds the classes of a shard. All shards have the same.
func (t *told) hearClasses(classes []stamp.Class) {
	if len(t.classes) == 0 && len(t.shards) == 1 {
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

// hearOdd adds the odd items of a shard.
func (t *told) hearOdd(kinds []stamp.OddKind) {
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

// byTrace reports whether classes have whole traces.
func (t *told) byTrace() bool { return len(t.classes) > 0 && t.classes[0].Traces }

// complete reports whether all shards have told, so that it is known what the run sent of each signal.
func (t *told) complete() bool { return t.of > 0 && uint64(len(t.shards)) == t.of }

// totals of a source's signal; nil: nobody told.
func (t *told) totals(source string, signal Signal) *stamp.Totals {
	of := t.sources[source]
	if of == nil || t.announced[signal] == 0 {
		return nil
	}
	return &of[signal]
}
