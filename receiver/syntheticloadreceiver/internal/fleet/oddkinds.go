// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/internal/odd"

// Odd is what the fleet sends that is odd on purpose: beside the items of each process and signal, one odd item for each 1/Share of them, of
// the kinds in turn. Ordinary items are what they are without: odd ones have numbers, traces and requests of their own.
type Odd struct {
	Share float64
	Kinds []*odd.Kind
}

// odds are what is odd of a fleet. Nil: nothing is. What it counts belongs, like the requests' pdata, to the goroutine that delivers.
type odds struct {
	share float64
	kinds [signals][]*oddKind
}

// oddKind is a kind, with what was sent of it.
type oddKind struct {
	*odd.Kind

	items, givenUp uint64
}

func newOdds(o *Odd) *odds {
	if o == nil {
		return nil
	}
	of := &odds{share: o.Share}
	for _, k := range o.Kinds {
		of.kinds[k.Signal] = append(of.kinds[k.Signal], &oddKind{Kind: k})
	}
	return of
}

// upTo is how many odd items there are beside the first n ordinary ones.
func (o *odds) upTo(n uint64) uint64 { return uint64(o.share * float64(n)) }
