// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// printer writes lines until one fails.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, text+"\n")
	}
}

type alignment int

const (
	rightAligned alignment = iota // all columns but the first
	leftAligned                   // the last column; the others to the right
)

// table writes rows with columns as wide as their widest cell. Rows may end early.
func (p *printer) table(last alignment, rows ...[]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if i == 0 || last == leftAligned && i == len(widths)-1 {
				line.WriteString(cell + padding)
			} else {
				line.WriteString(padding + cell)
			}
		}
		p.line(strings.TrimRight(line.String(), " "))
	}
}
