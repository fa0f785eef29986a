// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// write writes a profile in the format of package costfile, which says beside each value how it is known.
func (r *result) write(w io.Writer, m machine, at time.Time, ms measurements) error {
	var b strings.Builder
	kept, thrown := 0, 0
	for _, m := range ms {
		kept += m.Kept
		thrown += m.Thrown
	}
	comment(&b, "What the primitives of the runtimes cost on this machine: "+m.String()+".")
	comment(&b, fmt.Sprintf("Measured by make calibrate on %s with %s.", at.UTC().Format("2006-01-02 15:04 UTC"), m.crates))
	comment(&b, fmt.Sprintf("%d samples were kept; %d were thrown away because their threads lacked a CPU, or others used the machine.", kept, thrown))
	comment(&b, "")
	comment(&b, "Above each value stands the interval that holds it 95 times in 100, and how it is known. docs/calibrate.md says more.")
	section := ""
	for _, c := range allCosts() {
		if c.section.Name != section {
			section = c.section.Name
			b.WriteString("\n")
		}
		comment(&b, r.findings[c.name].describe(c))
		if c.key.Number != nil {
			fmt.Fprintf(&b, "%s: %.2f\n", c.name, c.get(&r.parameters))
		} else {
			fmt.Fprintf(&b, "%s: %s\n", c.name, duration(c.get(&r.parameters)))
		}
	}
	b.WriteString("\n")
	comment(&b, "The loops, in nanoseconds for each operation: measured, and as the models play them with these values. No cost is fitted to those with a star.")
	for _, c := range r.checks {
		star := "*"
		if c.fitted {
			star = " "
		}
		fmt.Fprintf(&b, "# %s %-26s %9.1f [%.1f, %.1f] %9.1f %+5.0f %%\n", star, c.name, c.measured, c.low, c.high, c.model, 100*(c.model/c.measured-1))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const width = 140

// describe says in one line between which values a cost lies, and how it is known.
func (f finding) describe(c costKey) string {
	switch {
	case f.open:
		return f.how
	case c.key.Number != nil:
		return fmt.Sprintf("%.2f to %.2f: %s", f.low, f.high, f.how)
	}
	return fmt.Sprintf("%s to %s: %s", duration(f.low), duration(f.high), f.how)
}

// comment writes text as lines of a comment of YAML.
func comment(b *strings.Builder, text string) { wrap(b, "#", text) }

// wrap writes text in lines that begin with a mark.
func wrap(b *strings.Builder, mark, text string) {
	line := mark
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = mark
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
