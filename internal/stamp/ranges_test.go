// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRanges: whatever the order in which numbers are added, what is packed is those numbers.
func TestRanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		var ranges Ranges
		want := map[uint64]bool{}
		for _, i := range r.Perm(60) {
			if r.IntN(3) == 0 {
				continue
			}
			ranges.Add(uint64(10*i), uint64(5*(1+i%2)))
			for n := range 5 * (1 + i%2) {
				want[uint64(10*i+n)] = true
			}
		}
		unpacked, ok := ranges.Pack().Ranges()
		require.True(t, ok)
		got := map[uint64]bool{}
		for i, of := range unpacked {
			require.True(t, i == 0 || of.First > unpacked[i-1].End, "they are apart")
			for n := of.First; n < of.End; n++ {
				got[n] = true
			}
		}
		require.Equal(t, want, got)
	}
}

// TestTooManyRanges: what would be too long is not told, and said to be unknown.
func TestTooManyRanges(t *testing.T) {
	var ranges Ranges
	for i := range uint64(mostRanges) {
		ranges.Add(2*i, 1)
	}
	totals := Totals{Numbered: 1 << 20, GivenUp: mostRanges, Refused: ranges.Pack()}
	assert.True(t, totals.Sound())
	got, known := totals.RefusedRanges()
	assert.True(t, known)
	assert.Len(t, got, mostRanges)

	ranges.Add(1<<19, 1)
	ranges.Add(2*mostRanges-1, 1)
	totals = Totals{Numbered: 1 << 20, GivenUp: mostRanges + 2, Refused: ranges.Pack()}
	assert.True(t, totals.Sound())
	assert.Empty(t, totals.Refused)
	_, known = totals.RefusedRanges()
	assert.False(t, known)
}

func TestUnsoundRanges(t *testing.T) {
	for name, totals := range map[string]Totals{
		"more than were given up":   {Numbered: 9, GivenUp: 1, Refused: "\x01\x02"},
		"fewer":                     {Numbered: 9, GivenUp: 3, Refused: "\x01\x02"},
		"beyond what was numbered":  {Numbered: 2, GivenUp: 2, Refused: "\x01\x02"},
		"cut off":                   {Numbered: 9, GivenUp: 2, Refused: "\x01"},
		"empty":                     {Numbered: 9, GivenUp: 2, Refused: "\x01\x00\x01\x02"},
		"not apart":                 {Numbered: 9, GivenUp: 3, Refused: "\x01\x02\x00\x01"},
		"more than there can be":    {Numbered: 9, GivenUp: 2, Refused: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02"},
		"none was given up of them": {Numbered: 9, Refused: "\x01\x02"},
	} {
		assert.False(t, totals.Sound(), name)
	}
	assert.True(t, (&Totals{Numbered: 9, GivenUp: 2, Refused: "\x01\x02"}).Sound())
}
