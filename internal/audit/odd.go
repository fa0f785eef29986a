// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Items that are odd on purpose have numbers of their own, and are in no account but this one: not in what was sent and lost, not among the
// latencies, traces or parents. Their ids, times and values say nothing.

// OddExpectation says what a pipeline does with items that are odd on purpose, by patterns for their kinds. Every other odd item must arrive as
// it was sent, or the generator must have been told that it is refused.
type OddExpectation struct {
	// Dropped must not arrive.
	Dropped []string
	// Changed must arrive, and not as they were sent.
	Changed []string
	// Either may be dropped, changed, or arrive as they were sent.
	Either []string
}

// oddFate is what is expected of a kind.
type oddFate uint8

const (
	oddKept oddFate = iota
	oddDropped
	oddChanged
	oddEither
)

func (e *OddExpectation) of(kind string) oddFate {
	if e == nil {
		return oddKept
	}
	selects := func(pattern string) bool { return odd.Selects(pattern, kind) }
	switch {
	case slices.ContainsFunc(e.Either, selects):
		return oddEither
	case slices.ContainsFunc(e.Dropped, selects):
		return oddDropped
	case slices.ContainsFunc(e.Changed, selects):
		return oddChanged
	}
	return oddKept
}

// oddExpectation is what findings about odd items are called.
const oddExpectation = "odd"

// wrong reports whether an item that arrived, changed or not, shows that the pipeline did something else than expected.
func (e *OddExpectation) wrong(kind string, changed bool) bool {
	switch e.of(kind) {
	case oddDropped:
		return true
	case oddChanged:
		return !changed
	case oddKept:
		return changed
	case oddEither:
	}
	return false
}

// oddAccount is what has arrived that is odd, of one signal of a run.
type oddAccount struct {
	sources map[string]uint32 // a number for each
	kinds   map[string]*oddArrived
}

// oddArrived is what has arrived of one kind, as numbers of items: that of the source in the upper 32 bits, and its own in the lower. An item of which one copy was
// changed and another was not is in both, so that it does not matter which of them came first, or to whom.
type oddArrived struct {
	intact    *roaring64.Bitmap // as they were sent
	changed   *roaring64.Bitmap
	duplicate uint64
}

func newOddArrived() *oddArrived {
	return &oddArrived{intact: roaring64.New(), changed: roaring64.New()}
}

func (k *oddArrived) has(x uint64) bool { return k.intact.Contains(x) || k.changed.Contains(x) }

// received is how many different items have arrived.
func (k *oddArrived) received() uint64 {
	return k.intact.GetCardinality() + k.changed.GetCardinality() - k.intact.AndCardinality(k.changed)
}

// mostOdd is how many odd items a source has at most.
const mostOdd = 1 << 32

// arrive notes an item of a kind.
func (a *oddAccount) arrive(name, source string, sequence uint64, changed bool, b *budget) arrival {
	kind := a.kind(name)
	switch {
	case sequence >= mostOdd:
		return beyond
	case kind == nil:
		return tooMany
	}
	number, fits := a.source(source)
	if !fits {
		return tooMany
	}
	x := uint64(number)<<32 | sequence
	known, set := kind.has(x), kind.intact
	if changed {
		set = kind.changed
	}
	if !set.Contains(x) {
		if b.exhausted() {
			return tooMany
		}
		set.Add(x)
		b.used += oddCost
	}
	if known {
		kind.duplicate++
		return again
	}
	return inOrder
}

// oddCost is what an odd item costs at most, in bytes. It is given back when its run is forgotten.
const oddCost = 2 * 16

// cost is what all cost.
func (a *oddAccount) cost() (bytes int) {
	for _, k := range a.kinds {
		bytes += oddCost * int(min(k.intact.GetCardinality()+k.changed.GetCardinality(), mostOdd))
	}
	return bytes
}

// received is how many different items of all kinds have arrived.
func (a *oddAccount) received() (n uint64) {
	for _, k := range a.kinds {
		n += k.received()
	}
	return n
}

// kind is the account of a kind; nil: there are too many.
func (a *oddAccount) kind(name string) *oddArrived {
	k := a.kinds[name]
	if k == nil && len(a.kinds) < stamp.MostOddKinds {
		if a.kinds == nil {
			a.kinds = map[string]*oddArrived{}
		}
		k = newOddArrived()
		a.kinds[strings.Clone(name)] = k
	}
	return k
}

// mostOddSources bounds the sources of odd items: a number for each has 32 bits.
const mostOddSources = math.MaxUint32

// source is the number of a source. It is false if there are too many.
func (a *oddAccount) source(name string) (n uint32, fits bool) {
	n, known := a.sources[name]
	if known {
		return n, true
	}
	if len(a.sources) >= mostOddSources {
		return 0, false
	}
	if a.sources == nil {
		a.sources = map[string]uint32{}
	}
	n = uint32(len(a.sources)) //nolint:gosec // G115: less than mostOddSources
	a.sources[strings.Clone(name)] = n
	return n, true
}

// OddReport is what became of a kind of item that is odd on purpose.
type OddReport struct {
	Kind string `json:"kind"`
	// Sent items, those refused included.
	Sent uint64 `json:"sent"`
	// Refused by the pipeline, which told the generator.
	Refused uint64 `json:"refused"`
	// Received items, each once.
	Received uint64 `json:"received"`
	// Changed are those of them of which a copy is not as it was sent, as far as its stamp shows.
	Changed   uint64 `json:"changed"`
	Duplicate uint64 `json:"duplicate"`
	// Missing were neither refused nor received. Where some that were refused have arrived all the same, it is the least.
	Missing uint64 `json:"missing"`

	both uint64 // of those changed, another copy is as it was sent
}

// OddCounts are what became of all items of a signal that are odd on purpose.
type OddCounts struct {
	OddSent      uint64 `json:"odd_sent,omitempty"`
	OddRefused   uint64 `json:"odd_refused,omitempty"`
	OddReceived  uint64 `json:"odd_received,omitempty"`
	OddChanged   uint64 `json:"odd_changed,omitempty"`
	OddDuplicate uint64 `json:"odd_duplicate,omitempty"`
	OddMissing   uint64 `json:"odd_missing,omitempty"`
}

func (c *OddCounts) include(o *OddReport) {
	c.OddSent += o.Sent
	c.OddRefused += o.Refused
	c.OddReceived += o.Received
	c.OddChanged += o.Changed
	c.OddDuplicate += o.Duplicate
	c.OddMissing += o.Missing
}

// report describes the kinds of a signal: those that end markers tell of, in their order, and then others that arrived. Known: end markers of all
// shards told what was sent.
func (a *oddAccount) report(signal Signal, told []stamp.OddKind) (list []OddReport) {
	seen := map[string]bool{}
	add := func(name string, sent, refused uint64) {
		r := OddReport{Kind: shown(name), Sent: sent + refused, Refused: refused}
		if k := a.kinds[name]; k != nil {
			r.Received, r.Changed, r.Duplicate, r.both = k.received(), k.changed.GetCardinality(), k.duplicate, k.intact.AndCardinality(k.changed)
		}
		r.Sent = max(r.Sent, r.Received)
		r.Missing = r.Sent - min(r.Sent, r.Refused+r.Received)
		list = append(list, r)
	}
	for i := range told {
		if k := &told[i]; k.Signal == signal {
			seen[k.Name] = true
			add(k.Name, k.Items, k.GivenUp)
		}
	}
	var others []string
	for name := range a.kinds {
		if !seen[name] {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		add(name, 0, 0)
	}
	return list
}
