// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDidYouMean(t *testing.T) {
	known := []string{"compute", "sleep", "io", "yield", "spawn", "join"}
	for _, tt := range []struct{ word, want string }{
		{"compuet", "compute"},
		{"Compute", "compute"},
		{"slep", "sleep"},
		{"oi", "io"},
		{"spwan", "spawn"},
		{"call", ""},
		{"", ""},
		{"x", ""},
		{strings.Repeat("compute", 100_000), ""},
	} {
		want := ""
		if tt.want != "" {
			want = " (did you mean " + tt.want + "?)"
		}
		assert.Equal(t, want, didYouMean(tt.word, known))
	}
}

func TestEditDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"kitten", "sitting", 3},
	} {
		assert.Equal(t, tt.want, editDistance(tt.a, tt.b), "%s %s", tt.a, tt.b)
	}
}
