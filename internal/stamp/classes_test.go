// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestClasses(t *testing.T) {
	want := []Class{{Name: "health", Items: [len(semconv.SignalNames)]uint64{1, 2, 300}}, {Name: "errors", Traces: true}}
	b := AppendClasses(nil, want)
	got, ok := ReadClasses(b)
	require.True(t, ok)
	assert.Equal(t, want, got)
	for n := range b {
		if read, ok := ReadClasses(b[:n]); ok {
			assert.Less(t, len(read), len(want), "cut off after %d bytes", n)
		}
	}
	_, ok = ReadClasses(AppendClasses(nil, []Class{{Name: strings.Repeat("x", LongestClass+1)}}))
	assert.False(t, ok)
	_, ok = ReadClasses(AppendClasses(nil, make([]Class, 2)))
	assert.False(t, ok, "no name")
}

func FuzzClasses(f *testing.F) {
	f.Add(AppendClasses(nil, []Class{{Name: "health"}, {Name: "errors", Traces: true}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		classes, ok := ReadClasses(b)
		if !ok {
			return
		}
		again, ok := ReadClasses(AppendClasses(nil, classes))
		assert.True(t, ok)
		assert.Equal(t, classes, again)
	})
}
