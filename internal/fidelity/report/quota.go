// SPDX-License-Identifier: Apache-2.0

package report

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

//go:embed quota.tmpl
var quotaText string

// quotaLine is a line of the table of docs/quota.md.
type quotaLine struct {
	What string
	judge.QuotaSummary
}

// quotaLines are all figures, and those that must hold by load, by runtime and for what is held out.
func quotaLines(rows []judge.Row) (list []quotaLine) {
	figures := distinct(rows, func(r *judge.Row) string { return r.Figure })
	add := func(what string, keep func(*judge.Row) bool) {
		if s := judge.SummarizeQuota(rows, keep); s.Models.Counted > 0 {
			list = append(list, quotaLine{what, s})
		}
	}
	for _, figure := range figures {
		add("`"+figure+"`", func(r *judge.Row) bool { return r.Figure == figure })
	}
	for _, figure := range figures {
		if (&judge.Row{Figure: figure}).Must() == 0 {
			continue
		}
		add("`"+figure+"` of those held out", func(r *judge.Row) bool { return r.Figure == figure && r.HeldOut })
		for _, key := range []func(*judge.Row) string{
			func(r *judge.Row) string { return r.Workload },
			func(r *judge.Row) string { return r.Runtime },
		} {
			for _, name := range distinct(rows, key) {
				add("`"+figure+"` of `"+name+"`", func(r *judge.Row) bool { return r.Figure == figure && key(r) == name })
			}
		}
	}
	return list
}

func distinct(rows []judge.Row, key func(*judge.Row) string) (names []string) {
	for i := range rows {
		if name := key(&rows[i]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// PrintQuota writes the summary as text, and each row that must hold and does not.
func PrintQuota(w io.Writer, rows []judge.Row) error {
	table := [][]string{{"", "rows", "within 10 %", "25 %", "50 %", "floor 10 %", "25 %"}}
	for _, l := range quotaLines(rows) {
		m, f := l.Models, l.Floor
		table = append(table, []string{
			l.What, strconv.Itoa(m.Counted), percent(m.Of(m.In10)), percent(m.Of(m.In25)), percent(m.Of(m.In50)), percent(f.Of(f.In10)), percent(f.Of(f.In25)),
		})
	}
	if err := texttable.Write(w, texttable.Right, table...); err != nil {
		return err
	}
	for _, line := range quotaMisses(rows) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// quotaMisses are the rows that must hold and do not.
func quotaMisses(rows []judge.Row) (lines []string) {
	for i := range rows {
		r := &rows[i]
		if must := r.Must(); must == 0 || r.Open != "" || r.Error() <= must && r.Error() >= -must {
			continue
		}
		lines = append(lines, fmt.Sprintf("`%s` %s %s: %s, and was %s (%+.0f %%; half of the runs are %.0f %% from the others)",
			r.Workload, r.Runtime, r.Figure, value(r, r.Predicted), value(r, r.Measured), 100*r.Error(), 100*r.Noise))
	}
	return lines
}

// Quota is docs/quota.md.
func Quota(m *measure.Measured, rows []judge.Row, costs string) string {
	d := struct {
		Measured  *measure.Measured
		Lines     []quotaLine
		Blocks    []*block
		Misses    []string
		Open      map[string]int
		Cost      string
		Disturbed int
	}{m, quotaLines(rows), blocks(rows), quotaMisses(rows), judge.Summarize(rows).Open, costs, 0}
	for _, c := range m.Cells {
		d.Disturbed += len(c.Disturbed)
	}
	functions := template.FuncMap{"percent": percent, "day": func(t time.Time) string { return t.Format("2 January 2006") }}
	var text strings.Builder
	if err := template.Must(template.New("").Funcs(functions).Parse(quotaText)).Execute(&text, d); err != nil {
		panic("report: " + err.Error()) // TestQuota
	}
	return text.String()
}
