// SPDX-License-Identifier: Apache-2.0

// Package printable makes text that others have written fit for a terminal: a system under test may print anything, and its telemetry may
// name anything.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text escapes what is not printable, but for tabs and the ends of lines: an escape character, which begins a command to the
// terminal, becomes \x1b. What is no UTF-8 becomes its bytes.
func Text(text string) string { return escaped(text, "\t\n") }

// Name is like [Text] for a text that is to stay within a line, and within bounds: at most 200 characters are left.
func Name(text string) string { return Short(text, 200) }

// Short is a text that is to stay within a line, of which so many characters are left.
func Short(text string, most int) string {
	short := escaped(text, "")
	if utf8.RuneCountInString(short) > most {
		short = string([]rune(short)[:most]) + "..."
	}
	return short
}

func escaped(text, allowed string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(r) || strings.ContainsRune(allowed, r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += size
	}
	return b.String()
}
