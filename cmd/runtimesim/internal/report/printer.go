// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
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

func (p *printer) table(last texttable.Alignment, rows ...[]string) {
	if p.err == nil {
		p.err = texttable.Write(p.w, last, rows...)
	}
}
