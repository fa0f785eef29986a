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

// TestWrapped: nothing of a long line is cut, and a line that does not end does end.
func TestWrapped(t *testing.T) {
	assert.Equal(t, []string{"short"}, Wrapped("short", 10))
	assert.Equal(t, []string{""}, Wrapped("", 10))
	assert.Equal(t, []string{"one two", "three four", "five"}, Wrapped("one two three four five", 10))
	assert.Equal(t, []string{"0123456789", "0123456789", "0"}, Wrapped("012345678901234567890", 10), "a word that is too long")
	assert.Equal(t, []string{`    \x1b[3`, "1m"}, Wrapped("\t\x1b[31m", 10))
	endless := strings.Join(Wrapped(strings.Repeat("x", 1_000_000), 76), "")
	assert.Equal(t, strings.Repeat("x", 4000)+"...", endless)
}
