// SPDX-License-Identifier: Apache-2.0

// Package report writes how far the models are from the real runtimes: a summary for the terminal, and docs/fidelity.md.
package report

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

//go:embed document.tmpl
var documentText string

// line is a line of a table: the share of rows within some errors.
type line struct {
	What string
	judge.Shares
}

func lines(rows []judge.Row) []line {
	of := func(what string, keep func(*judge.Row) bool) line {
		var some []judge.Row
		for i := range rows {
			if keep(&rows[i]) {
				some = append(some, rows[i])
			}
		}
		s := judge.Summarize(some)
		if what == "counters" {
			return line{what, s.Counters}
		}
		return line{what, s.Times}
	}
	all := func(*judge.Row) bool { return true }
	list := []line{
		of("times and throughput", all),
		of("those held out", func(r *judge.Row) bool { return r.HeldOut }),
		of("counters", all),
	}
	for _, key := range []func(*judge.Row) string{
		func(r *judge.Row) string { return r.Class },
		func(r *judge.Row) string { return r.Runtime },
	} {
		var names []string
		for i := range rows {
			if name := key(&rows[i]); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			list = append(list, of("times of `"+name+"`", func(r *judge.Row) bool { return key(r) == name }))
		}
	}
	return slices.DeleteFunc(list, func(l line) bool { return l.Counted == 0 })
}

const mostDisturbed = 5 // a fifth of the rows

// Print writes the summary as text.
func Print(w io.Writer, rows []judge.Row) error {
	s := judge.Summarize(rows)
	head := fmt.Sprintf("%d rows; left out: %s; fitted: %d\n", s.Rows, open(s), s.Fitted)
	if _, err := io.WriteString(w, head); err != nil {
		return err
	}
	table := [][]string{{"", "rows", "within 10 %", "15 %", "25 %", "50 %"}}
	for _, l := range lines(rows) {
		table = append(table, []string{
			l.What, strconv.Itoa(l.Counted), percent(l.Of(l.In10)), percent(l.Of(l.In15)), percent(l.Of(l.In25)), percent(l.Of(l.In50)),
		})
	}
	if err := texttable.Write(w, texttable.Right, table...); err != nil {
		return err
	}
	tail := fmt.Sprintf("%d clear orders of two runtimes, %d of them wrong\n", s.Orders, s.Wrong)
	if mostDisturbed*s.Open["disturbed"] > s.Rows {
		tail += "More than a fifth of the rows was disturbed. Measure again when the machine does nothing else.\n"
	}
	_, err := io.WriteString(w, tail)
	return err
}

func open(s judge.Summary) string {
	return fmt.Sprintf("%d disturbed, %d with counts too small to tell", s.Open["disturbed"], s.Open["too few to tell"])
}

func percent(p float64) string { return fmt.Sprintf("%.0f %%", p) }

// block is a workload with its rows, by runtime.
type block struct {
	Name, Class     string
	Plays           string
	HeldOut, Fitted bool
	Figures         []string
	Lines           []blockLine
}

type blockLine struct {
	Runtime string
	Cells   []string // a figure each
}

func blocks(rows []judge.Row) (all []*block) {
	for i := range rows {
		r := &rows[i]
		if len(all) == 0 || all[len(all)-1].Name != r.Workload {
			all = append(all, &block{Name: r.Workload, Class: r.Class, Plays: r.Plays, HeldOut: r.HeldOut, Fitted: r.Fitted})
		}
		b := all[len(all)-1]
		at := slices.Index(b.Figures, r.Figure)
		if at < 0 {
			at = len(b.Figures)
			b.Figures = append(b.Figures, r.Figure)
		}
		if len(b.Lines) == 0 || b.Lines[len(b.Lines)-1].Runtime != r.Runtime {
			b.Lines = append(b.Lines, blockLine{Runtime: r.Runtime})
		}
		l := &b.Lines[len(b.Lines)-1]
		for len(l.Cells) <= at {
			l.Cells = append(l.Cells, "")
		}
		l.Cells[at] = cell(r)
	}
	for _, b := range all {
		for i := range b.Lines {
			for len(b.Lines[i].Cells) < len(b.Figures) {
				b.Lines[i].Cells = append(b.Lines[i].Cells, "")
			}
		}
	}
	return all
}

// cell is predicted, measured with its interval, and the error.
func cell(r *judge.Row) string {
	if r.Open == "disturbed" {
		return r.Open
	}
	text := fmt.Sprintf("%s / %s (%s to %s)", value(r, r.Predicted), value(r, r.Measured), value(r, r.Low), value(r, r.High))
	if r.Open != "" {
		return text
	}
	e := fmt.Sprintf("%+.0f %%", 100*r.Error())
	if math.Abs(r.Error()) > far {
		e = "**" + e + "**"
	}
	return text + " " + e
}

// value has three digits.
func value(r *judge.Row, v float64) string {
	switch {
	case r.Figure == "throughput":
		three, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64) // what it has written, it reads
		return fmt.Sprintf("%.0f/s", three)
	case r.Figure == "throttled_share":
		return fmt.Sprintf("%.1f %%", 100*v)
	case r.Figure == "throttled_time", r.Figure == "cpu_wait":
		return fmt.Sprintf("%.3f", v)
	case figure.IsCounter(r.Figure):
		return fmt.Sprintf("%.0f", v)
	case v < 1e3:
		return fmt.Sprintf("%.3g ns", v)
	case v < 999.5e3:
		return fmt.Sprintf("%.3g us", v/1e3)
	default:
		return fmt.Sprintf("%.3g ms", v/1e6)
	}
}

// document is what document.tmpl shows.
type document struct {
	Measured  *measure.Measured
	Summary   judge.Summary
	Lines     []line
	Blocks    []*block
	Misses    []miss
	Orders    []string
	Left      string
	Cost      string
	Disturbed int
	Cells     int
}

// Document is docs/fidelity.md.
func Document(m *measure.Measured, rows []judge.Row, costs string) string {
	d := document{Measured: m, Summary: judge.Summarize(rows), Lines: lines(rows), Blocks: blocks(rows), Misses: misses(rows), Cost: costs}
	d.Left = open(d.Summary)
	d.Cells = len(m.Cells)
	for _, c := range m.Cells {
		d.Disturbed += len(c.Disturbed)
	}
	for _, o := range d.Summary.WrongOrders {
		d.Orders = append(d.Orders, fmt.Sprintf("`%s`, %s: %s is less than %s (%s and %s), and the model says %s and %s", o.Less.Workload, o.Less.Figure,
			o.Less.Runtime, o.More.Runtime, value(o.Less, o.Less.Measured), value(o.More, o.More.Measured),
			value(o.Less, o.Less.Predicted), value(o.More, o.More.Predicted)))
	}
	functions := template.FuncMap{
		"percent": percent,
		"join":    strings.Join,
		"day":     func(t time.Time) string { return t.Format("2 January 2006") },
	}
	var text strings.Builder
	if err := template.Must(template.New("").Funcs(functions).Parse(documentText)).Execute(&text, d); err != nil {
		panic("report: " + err.Error()) // TestDocument
	}
	return text.String()
}
