// SPDX-License-Identifier: Apache-2.0

// Package texttable lays out rows of text in columns, for reports that people read in a terminal. Numbers stand on the right of their
// column, as text/tabwriter does it; names in the first column, and remarks in the last, stand on the left, as it does not.
package texttable

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Alignment is where the cells of the last column stand. Those of the first stand on the left, and those between them on the right.
type Alignment int

// The alignments.
const (
	Right Alignment = iota
	Left
)

const gap = "  "

// Write writes rows, a line each, with columns as wide as their widest cell. Rows may end early.
func Write(w io.Writer, last Alignment, rows ...[]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString(gap)
			}
			if i == 0 || last == Left && i == len(widths)-1 {
				line.WriteString(cell + padding)
			} else {
				line.WriteString(padding + cell)
			}
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}
