// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// tables is the generated section of docs/scale.md.
func tables(m *measurement) (string, error) {
	if m == nil || len(m.Trials) == 0 {
		return "", errors.New("nothing was measured: no trial has passed, or -measured is not there")
	}
	var b strings.Builder
	b.WriteString(m.preface())
	for _, part := range []struct {
		heading string
		write   func(*strings.Builder)
	}{
		{"### CPU time of a span", m.writeCosts},
		{"### Beside one process of each", m.writeTimes},
		{"### Memory, bytes, balance and states", m.writeRest},
		{"### Sizes", m.writeSizes},
	} {
		b.WriteString("\n" + part.heading + "\n\n")
		part.write(&b)
	}
	return b.String(), nil
}

func (m *measurement) preface() string {
	repeats := 0
	for i := range m.Trials {
		repeats = max(repeats, m.Trials[i].Repeat+1)
	}
	text := fmt.Sprintf("Measured on %d CPUs (%s, %s); %d repeats, windows of %.0f s; the fixed rate is %.0f spans/s. %d trials passed.",
		m.Machine.CPUs, m.Machine.Model, m.Machine.Architecture, repeats, m.Window, m.Rate, len(m.Trials))
	if m.LeftOut > 0 {
		text += fmt.Sprintf("\n%d did not, and were left out.", m.LeftOut)
	}
	if m.Machine.Others >= 0.5 {
		text += fmt.Sprintf("\nThe machine had other work, too: %.1f programs wanted a CPU when it began, so spans/s are lower than they could be.", m.Machine.Others)
	}
	return text + "\n"
}

// row writes a row of a table.
func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// head writes the first two rows. All columns but the first have numbers.
func head(b *strings.Builder, cells ...string) {
	row(b, cells...)
	b.WriteString("| ---" + strings.Repeat(" | ---:", len(cells)-1) + " |\n")
}

// column is a figure of a table.
type column struct {
	name     string
	of       figure
	decimals int
}

// plans writes a table with a row for each plan of which something counts.
func (m *measurement) plans(b *strings.Builder, cell func(plan, column) string, columns ...column) {
	names := []string{"generators x gateways x verifiers"}
	for _, c := range columns {
		names = append(names, c.name)
	}
	head(b, names...)
	for _, p := range matrix() {
		if len(m.of(p)) == 0 {
			continue
		}
		cells := []string{p.String()}
		for _, c := range columns {
			cells = append(cells, cell(p, c))
		}
		row(b, cells...)
	}
}

// measured is the median, and how far the repeats reach.
func (m *measurement) measured(p plan, c column) string {
	s, _ := m.spread(p, c.of) // plans has seen that there are trials
	return s.text(c.decimals)
}

// middle is the median alone.
func (m *measurement) middle(p plan, c column) string {
	s, _ := m.spread(p, c.of)
	return fmt.Sprintf("%.*f", c.decimals, s.median)
}

// beside is how many times the figure of the base it is.
func (m *measurement) beside(p plan, c column) string {
	s, ok := m.times(p, c.of)
	if !ok {
		return "?" // no trial of the base counts
	}
	return s.text(c.decimals)
}

func (m *measurement) writeCosts(b *strings.Builder) {
	m.plans(b, m.measured, column{"spans/s", (*trial).rate, 0}, column{"generator, us", costOf(generator), 2}, column{"gateway, us", costOf(gateway), 2},
		column{"verifier, us", costOf(verifier), 2}, column{"all, us", costOfAll, 2})
}

func (m *measurement) writeTimes(b *strings.Builder) {
	m.plans(b, m.beside, column{"spans/s", (*trial).rate, 2}, column{"generator", costOf(generator), 2}, column{"gateway", costOf(gateway), 2},
		column{"verifier", costOf(verifier), 2}, column{"all", costOfAll, 2})
	var each []string
	for r := range roles {
		if s, ok := m.presence(r); ok {
			each = append(each, r.String()+" "+s.text(2))
		}
	}
	if len(each) > 0 {
		fmt.Fprintf(b, "\nWhat each further process takes for being there, in percent of a CPU, by the shapes at the fixed rate:\n%s.\n", strings.Join(each, ", "))
	}
}

func (m *measurement) writeRest(b *strings.Builder) {
	m.plans(b, m.middle, column{"generator, MB", peakOf(generator), 0}, column{"gateway, MB", peakOf(gateway), 0}, column{"verifier, MB", peakOf(verifier), 0},
		column{"generator sends, bytes", bytesOf(generator), 0}, column{"gateway sends, bytes", bytesOf(gateway), 0},
		column{"busiest gateway", largestShare(gateway), 2}, column{"busiest verifier", largestShare(verifier), 2},
		column{"state, KB", stateOf, 0}, column{"merge, CPU s", mergeCost, 2}, column{"merge, MB", mergePeak, 0})
}

// sized are the rates of the table of sizes, in spans a second.
var sized = []float64{1e5, 1e6, 1e7}

func (m *measurement) writeSizes(b *strings.Builder) {
	head(b, "spans/s, generators, gateways", "generator CPUs", "pods", "gateway CPUs", "pods", "verifier CPUs", "pods", "limits of memory, GiB", "into gateways, Gbit/s", "into verifiers, Gbit/s")
	uncompressed := shipped
	uncompressed.Compressed = false
	for _, rate := range sized {
		writeSize(b, rate, "wait, gzip", m.waits(shipped, rate))
		writeSize(b, rate, "queue, gzip", m.basis(shipped))
		writeSize(b, rate, "queue, uncompressed", m.basis(uncompressed))
	}
}

func writeSize(b *strings.Builder, rate float64, how string, with basis) {
	cells, memory := []string{fmt.Sprintf("%.1f M, %s", rate/1e6, how)}, 0.0
	for r := range roles {
		s := with.size(r, rate)
		cells, memory = append(cells, fmt.Sprintf("%.1f", s.cpus), format.Grouped(s.pods)), memory+s.memory
	}
	row(b, append(cells, fmt.Sprintf("%.1f", memory), fmt.Sprintf("%.2f", with.size(generator, rate).network/1e9), fmt.Sprintf("%.2f", with.size(gateway, rate).network/1e9))...)
}

// Where the tables stand.
const (
	sectionBegin = "<!-- scale autogenerated section -->\n"
	sectionEnd   = "<!-- end scale autogenerated section -->\n"
)

// section puts tables into a document, in place of those that are there.
func section(document, tables string) (string, error) {
	before, rest, begins := strings.Cut(document, sectionBegin)
	_, after, ends := strings.Cut(rest, sectionEnd)
	if !begins || !ends {
		return "", errors.New("there is no scale autogenerated section")
	}
	return before + sectionBegin + "\n" + tables + "\n" + sectionEnd + after, nil
}

func writeSection(document, tables string) error {
	text, err := os.ReadFile(document) //nolint:gosec // the command line says which
	if err != nil {
		return err
	}
	fresh, err := section(string(text), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", document, err)
	}
	return os.WriteFile(document, []byte(fresh), 0o644) //nolint:gosec // G306: a document
}
