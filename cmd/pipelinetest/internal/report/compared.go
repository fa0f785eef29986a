// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
)

// differenceTable are the figures before and now.
func differenceTable(list []Difference) [][]string {
	rows := [][]string{{"compared with the baseline", "before", "now", "change", ""}}
	for i := range list {
		d := &list[i]
		said := "within noise"
		switch {
		case d.Busy:
			said = "machine busy"
		case d.Beyond:
			said = "DIFFERENT"
		}
		rows = append(rows, []string{d.What, number(d.Before.Median) + " " + d.Unit, number(d.Now.Median) + " " + d.Unit, fmt.Sprintf("%+.1f %%", 100*d.Change), said})
	}
	return rows
}

// number is a figure with as many digits as make sense.
func number(x float64) string {
	if x >= 100 {
		return perSecond(x)
	}
	return fmt.Sprintf("%.1f", x)
}

// comparisonText writes how a load differs from the one before.
func comparisonText(b *bytes.Buffer, t *Test) {
	if len(t.Compared) > 0 {
		b.WriteString("\n")
		indented(b, differenceTable(t.Compared))
	}
}

// comparisonMarkdown writes the same for the page of a CI job.
func comparisonMarkdown(b *bytes.Buffer, t *Test) {
	if len(t.Compared) > 0 {
		b.WriteString("\n")
		markdownTable(b, differenceTable(t.Compared))
	}
}
