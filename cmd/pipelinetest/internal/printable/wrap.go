// SPDX-License-Identifier: Apache-2.0

package printable

import "strings"

// Wrapped is a text within one line of whoever wrote it, as lines of at most so many columns, without anything that commands a terminal.
// Lines end between words where they can. Of a text that does not end, 4,000 characters are left.
func Wrapped(text string, columns int) (lines []string) {
	const most = 4000
	rest := []rune(escaped(strings.ReplaceAll(text, "\t", "    "), ""))
	if len(rest) > most {
		rest = append(rest[:most:most], []rune("...")...)
	}
	for len(rest) > columns {
		end := columns
		for end > columns/2 && rest[end] != ' ' {
			end--
		}
		if rest[end] != ' ' {
			end = columns
		}
		lines = append(lines, strings.TrimRight(string(rest[:end]), " "))
		if rest = rest[end:]; rest[0] == ' ' {
			rest = rest[1:]
		}
	}
	return append(lines, string(rest))
}
