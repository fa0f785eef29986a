// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestState(t *testing.T) {
	type read struct {
		rv, th       uint64
		hasRV, hasTH bool
	}
	for state, want := range map[string]read{
		"":                            {},
		"ot=rv:0123456789abcd":        {rv: 0x0123456789abcd, hasRV: true},
		"ot=th:8;rv:0123456789abcd":   {rv: 0x0123456789abcd, th: 1 << 55, hasRV: true, hasTH: true},
		"a=b,ot=th:0,c=d":             {hasTH: true},
		"ot=th:c":                     {th: 3 << 54, hasTH: true},
		"ot=th:00000000000001":        {th: 1, hasTH: true},
		"ot=th:000000000000010":       {}, // too long
		"ot=rv:123":                   {}, // too short
		"ot=rv:+123456789abcd;th:xyz": {},
		"rv:0123456789abcd":           {},
	} {
		var got read
		got.rv, got.th, got.hasRV, got.hasTH = ReadState(state)
		if !want.hasTH {
			got.th = 0
		}
		if !want.hasRV {
			got.rv = 0
		}
		assert.Equal(t, want, got, state)
	}
	for _, rv := range []uint64{0, 1, 1<<56 - 1, 0xa5} {
		got, _, has, _ := ReadState(State(rv))
		assert.True(t, has)
		assert.Equal(t, rv, got)
	}
	assert.Zero(t, PartOf(0))
	assert.Equal(t, RandomParts-1, PartOf(1<<56-1))
	assert.Equal(t, 5, PartOf(PartBegins(5)))
	assert.Equal(t, 4, PartOf(PartBegins(5)-1))
}

func TestRandomness(t *testing.T) {
	var want Randomness
	for i := range want {
		want[i] = uint64(i * i)
	}
	b := want.Append(nil)
	got, ok := ReadRandomness(b)
	require.True(t, ok)
	assert.Equal(t, want, *got)
	_, ok = ReadRandomness(b[:len(b)-1])
	assert.False(t, ok)
	_, ok = ReadRandomness(append(b, 0))
	assert.False(t, ok)
}

func FuzzState(f *testing.F) {
	f.Add("a=b,ot=th:8;rv:0123456789abcd")
	f.Fuzz(func(t *testing.T, state string) {
		rv, th, hasRV, hasTH := ReadState(state)
		assert.True(t, !hasRV || rv < 1<<56)
		assert.True(t, !hasTH || th < 1<<56)
	})
}
