// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestOddKinds(t *testing.T) {
	want := []OddKind{{Name: "span.own_parent", Items: 300}, {Name: "log.no_body", Signal: semconv.SignalLogs, Items: 1, GivenUp: 200}}
	b := AppendOdd(nil, want)
	got, ok := ReadOdd(b)
	require.True(t, ok)
	assert.Equal(t, want, got)
	for n := range b {
		if read, ok := ReadOdd(b[:n]); ok {
			assert.Less(t, len(read), len(want), "cut off after %d bytes", n)
		}
	}
	for _, cannot := range [][]OddKind{
		{{Name: strings.Repeat("x", LongestOddKind+1)}},
		{{}},
		{{Name: "x", Signal: semconv.NumSignals}},
		{{Name: "x", GivenUp: mostItems + 1}},
		make([]OddKind, MostOddKinds+1),
	} {
		_, ok = ReadOdd(AppendOdd(nil, cannot))
		assert.False(t, ok)
	}
}

func FuzzOddKinds(f *testing.F) {
	f.Add(AppendOdd(nil, []OddKind{{Name: "span.own_parent", Items: 300}, {Name: "log.no_body", Signal: semconv.SignalLogs, GivenUp: 2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		kinds, ok := ReadOdd(b)
		if !ok {
			return
		}
		again, ok := ReadOdd(AppendOdd(nil, kinds))
		assert.True(t, ok)
		assert.Equal(t, kinds, again)
	})
}
