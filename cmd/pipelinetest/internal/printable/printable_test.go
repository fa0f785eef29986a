// SPDX-License-Identifier: Apache-2.0

package printable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"plain, grün, 漢字":            "plain, grün, 漢字",
		"two\n\tlines":               "two\n\tlines",
		"\x1b[31mred\x1b]0;title\a":  `\x1b[31mred\x1b]0;title\x07`,
		"over\rwritten":              `over\x0dwritten`,
		"\u009b31m":                  `\x9b31m`, // the same in one character
		"right to left \u202e":       `right to left \u202e`,
		"no UTF-8: \xff":             `no UTF-8: \xff`,
		"":                           "",
		"replacement \ufffd is real": "replacement \ufffd is real",
	} {
		assert.Equal(t, want, Text(text))
	}
}

func TestName(t *testing.T) {
	assert.Equal(t, `a\x0ab\x09c`, Name("a\nb\tc"))
	assert.Equal(t, strings.Repeat("ä", 200)+"...", Name(strings.Repeat("ä", 1000)))
}
