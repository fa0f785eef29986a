// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

func dense(s sparse) (counts bucketCounts) {
	for i, n := range s.all() {
		counts[i] += n
	}
	return counts
}

func TestSparseKeepsEveryCount(t *testing.T) {
	random := rand.New(rand.NewPCG(27, 28))
	for _, use := range []float64{0, 0.001, 0.1, 0.9, 1} {
		var counts bucketCounts
		for i := range counts {
			if random.Float64() < use {
				counts[i] = 1 + random.Uint32()>>random.IntN(32)>>1
			}
		}
		encoded := newSparse(&counts)
		require.NoError(t, encoded.check())
		assert.Equal(t, counts, dense(encoded))
	}

	// What a window of one operation looks like: two bytes for each bucket in use.
	var lognormal bucketCounts
	inUse := 0
	for range 5_000 {
		bucket := histogram.Index(int64(5e6 * math.Exp(random.NormFloat64())))
		if lognormal[bucket]++; lognormal[bucket] == 1 {
			inUse++
		}
	}
	assert.InDelta(t, 2*inUse, len(newSparse(&lognormal)), 2)
}

func TestMalformedSparse(t *testing.T) {
	encode := func(numbers ...uint64) (s sparse) {
		for _, n := range numbers {
			s = binary.AppendUvarint(s, n)
		}
		return s
	}
	require.NoError(t, encode(histogram.Buckets-1, math.MaxUint32).check())
	require.NoError(t, encode(0, 1, histogram.Buckets-2, 1).check())
	for name, malformed := range map[string]sparse{
		"beyond the last bucket":      encode(histogram.Buckets, 1),
		"beyond it in the second":     encode(0, 1, histogram.Buckets-1, 1),
		"a distance that wraps":       encode(5, 1, math.MaxUint64, 1),
		"no count":                    encode(5),
		"count of zero":               encode(5, 0),
		"count of more than 32 bits":  encode(5, math.MaxUint32+1),
		"cut within the count":        encode(5, 300)[:2],
		"a number of more than 64":    append(sparse{5}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
		"a distance of more than 64":  {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1},
		"cut within the next's start": append(encode(5, 1), 0x80),
	} {
		assert.ErrorIs(t, malformed.check(), errSparse, name)
	}
}
