// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// encode appends what has arrived that is odd: the sources in the order of their numbers, and then each kind.
func (a *oddAccount) encode(e *encoder) error {
	e.number(uint64(len(a.sources)))
	for _, name := range a.names() {
		e.string(name)
	}
	e.number(uint64(len(a.kinds)))
	for _, name := range slices.Sorted(maps.Keys(a.kinds)) {
		k := a.kinds[name]
		e.string(name)
		e.number(k.duplicate)
		if err := cmp.Or(e.bitmap(k.intact), e.bitmap(k.changed)); err != nil {
			return err
		}
	}
	return nil
}

// names are those of the sources, in the order of their numbers.
func (a *oddAccount) names() []string {
	names := make([]string, len(a.sources))
	for name, n := range a.sources {
		names[n] = name
	}
	return names
}

func (a *Auditor) decodeOdd(d *decoder, to *oddAccount) {
	for range d.length(mostStoredSources, 1) {
		if name := d.string(LongestName); d.err == nil {
			if _, twice := to.sources[name]; twice {
				d.fail("odd items of source %q are there twice", name)
				return
			}
			to.source(name)
		}
	}
	for range d.length(stamp.MostOddKinds, 4) {
		name := d.string(stamp.LongestOddKind)
		duplicate := d.count()
		intact, changed := d.bitmap(), d.bitmap()
		if d.err != nil {
			return
		}
		outside := func(set *roaring64.Bitmap) bool {
			return !set.IsEmpty() && set.Maximum()>>32 >= uint64(len(to.sources))
		}
		if outside(intact) || outside(changed) {
			d.fail("odd items of a source that is not there")
			return
		}
		k := to.kind(name)
		k.intact, k.changed, k.duplicate = intact, changed, duplicate
	}
	a.gaps.used += to.cost()
}
