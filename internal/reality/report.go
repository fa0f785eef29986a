// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

// Result is a service's judgement, beside that of its healthy control.
type Result struct {
	Service *Service
	Run     *Judgement
	Control *Judgement // nil: it has none
}

// Table is rows of cells below a heading.
type Table struct {
	Head []string
	Rows [][]string
}

// Findings is a row for each service and each finding that it earned or has, and the sums of what was there when the rules were made and
// of what was held out.
func Findings(results []Result) Table {
	t := Table{Head: []string{"service", "finding", "earned", "found", "right", "precision", "recall", "culprit named", "apart: earned", "found", "right"}}
	type sum struct{ judged, apart Score }
	sums := map[bool]map[string]sum{false: {}, true: {}}
	for _, r := range results {
		for _, finding := range findings {
			s, apart := r.Run.Scores[finding], r.Run.ApartScores[finding]
			of := sums[r.Service.HeldOut]
			of[finding] = sum{of[finding].judged.add(s), of[finding].apart.add(apart)}
			if s.Earned+s.Found+apart.Earned+apart.Found > 0 {
				t.Rows = append(t.Rows, row(r.Service.label(), finding, s, apart))
			}
		}
	}
	for _, heldOut := range []bool{false, true} {
		name := "**all**"
		if heldOut {
			name = "**all held out**"
		}
		for _, finding := range findings {
			if s, there := sums[heldOut][finding]; there && s.judged.Earned+s.judged.Found > 0 {
				t.Rows = append(t.Rows, row(name, finding, s.judged, s.apart))
			}
		}
	}
	return t
}

func row(service, finding string, s, apart Score) []string {
	precision, recall, named := "", "", ""
	if s.Found > 0 {
		precision = fmt.Sprintf("%.3f", s.Precision())
	}
	if s.Earned > 0 {
		recall = fmt.Sprintf("%.3f", s.Recall())
	}
	if finding == heldUp && s.Right > 0 {
		named = fmt.Sprintf("%.3f", share(s.Named, s.Right))
	}
	return []string{
		service, "`" + finding + "`", number(s.Earned), number(s.Found), number(s.Right), precision, recall, named,
		number(apart.Earned), number(apart.Found), number(apart.Right),
	}
}

// Health is a row for each service: what is true of all its spans, and of its healthy control.
func Health(results []Result) Table {
	t := Table{Head: []string{
		"service", "sent by", "spans", "apart", "runtime named", "queue wait known", "inconsistent", "healthy: spans", "apart", "with a finding", "inconsistent",
	}}
	for _, r := range results {
		j := r.Run
		cells := []string{
			r.Service.label(), r.Service.sentBy(), number(j.Spans), number(j.Apart), percent(j.RuntimeRight, j.Spans), percent(j.WaitKnown, j.Spans), percent(j.Inconsistent, j.Spans),
		}
		if c := r.Control; c != nil {
			cells = append(cells, number(c.Spans), number(c.Apart), percent(c.WithFinding, c.Spans-c.Apart), percent(c.Inconsistent, c.Spans))
		} else {
			cells = append(cells, "", "", "", "")
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// Mistakes are the operations with wrong and missed findings, the most first.
func Mistakes(results []Result) Table {
	t := Table{Head: []string{"service", "spans", "", "operation: finding"}}
	for _, r := range results {
		t.mistakes(r.Service.Name, "wrong", r.Run.Wrong)
		t.mistakes(r.Service.Name, "missed", r.Run.Missed)
		if r.Control != nil {
			t.mistakes(r.Service.Name+", healthy", "wrong", r.Control.Wrong)
		}
	}
	return t
}

func (t *Table) mistakes(service, kind string, of map[string]int) {
	names := slices.Sorted(maps.Keys(of))
	slices.SortStableFunc(names, func(a, b string) int { return of[b] - of[a] })
	for _, name := range names {
		t.Rows = append(t.Rows, []string{service, number(of[name]), kind, name})
	}
}

func (s *Service) label() string {
	if s.HeldOut {
		return s.Name + ", held out"
	}
	return s.Name
}

func (s *Service) sentBy() string {
	protocol, exporter := "gRPC", "batch"
	if s.HTTP {
		protocol = "HTTP"
	}
	if s.Simple {
		exporter = "simple"
	}
	return protocol + ", " + exporter
}

func number(n int) string { return fmt.Sprint(n) } //nolint:perfsprint // one name for all cells

func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(whole))
}

// Print writes the table for a terminal.
func (t Table) Print(w io.Writer) error {
	return texttable.Write(w, texttable.Left, append([][]string{t.Head}, t.Rows...)...)
}

// Markdown is the table in a document; its first columns, as many as are said, are of text.
func (t Table) Markdown(words int) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.Head)
	rule := make([]string, len(t.Head))
	for i := range rule {
		rule[i] = "---:"
		if i < words {
			rule[i] = "---"
		}
	}
	line(rule)
	for _, row := range t.Rows {
		line(row)
	}
	return b.String()
}
