// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
)

var words = map[run.Outcome]string{run.Passed: "PASS", run.Failed: "FAIL", run.Unknown: "UNKNOWN", run.Broken: "ERROR"}

func (t *Test) name() string {
	if t.Of > 1 {
		return fmt.Sprintf("%s (%d of %d)", t.Scenario.Name, t.Repetition, t.Of)
	}
	return t.Scenario.Name
}

// Line writes what came out of a test on one line.
func Line(w io.Writer, t *Test) error {
	_, err := io.WriteString(w, printable.Text(fmt.Sprintf("%-7s  %-40s %6s  %s\n",
		words[t.Result.Outcome], t.name(), short(t.Result.Took), t.Scenario.Want.String())))
	return err
}

// Notes writes what to know about a test that has passed as a whole pipeline does: it is less than a PASS alone says.
func Notes(w io.Writer, t *Test) error {
	var b strings.Builder
	if t.passes() {
		for _, note := range t.Result.Notes {
			fmt.Fprintf(&b, "         %s\n", note)
		}
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}

func short(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }

// Text writes all of what came out of a test.
func Text(w io.Writer, t *Test) error {
	var b bytes.Buffer
	searchText(&b, t)
	fmt.Fprintf(&b, "%s  %s  after %s; wanted: %s\n", words[t.Result.Outcome], t.name(), short(t.Result.Took), t.Scenario.Want.String())
	for _, problem := range t.Result.Problems {
		fmt.Fprintf(&b, "  %s\n", problem)
	}
	for i, reason := range t.Result.Reasons {
		if i == 0 {
			fmt.Fprintf(&b, "  %s\n", whyHeading)
		}
		fmt.Fprintf(&b, "    %s\n", reason)
	}
	if t.Result.Outcome == run.Passed && len(t.notChecked()) > 0 {
		fmt.Fprintf(&b, "  load_verify does not look at: %s\n", strings.Join(t.notChecked(), ", "))
	}
	for _, what := range t.Result.Unchecked {
		fmt.Fprintf(&b, "  not checked: %s\n", what)
	}
	for _, harmless := range t.harmless() {
		fmt.Fprintf(&b, "  %s\n", harmless)
	}
	loadText(&b, t)
	if t.Result.Report != nil {
		b.WriteString("\n")
		audited(&b, t)
		odd(&b, t)
		b.WriteString("\n")
		told(&b, t)
		where(&b, t)
	}
	faults(&b, t)
	for i, note := range t.Result.Notes {
		if i == 0 {
			b.WriteString("\nto know\n")
		}
		fmt.Fprintf(&b, "  %s\n", note)
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}

// whyHeading stands before what parts say of themselves, which need not be true.
const whyHeading = "why, as the parts' own logs say:"

// harmless explains counts that look like faults in a test that has passed.
func (t *Test) harmless() (explained []string) {
	if t.Result.Outcome != run.Passed || t.Result.Report == nil || t.Result.Report.Verdict != scenario.Pass {
		return nil
	}
	for _, count := range []struct{ name, why string }{
		{"out_of_order", "out_of_order is no fault: several connections and retries overtake each other"},
		{"after_grace", "after_grace is no fault: these items came late, and count as received"},
	} {
		if slices.ContainsFunc(scenario.Signals, func(signal string) bool { return t.Result.Report.Sum(signal, count.name) > 0 }) {
			explained = append(explained, count.why)
		}
	}
	return explained
}

// counted is a signal with what is counted of it.
func counted(signal string) string {
	return signal + map[string]string{"traces": " (spans)", "metrics": " (points)", "logs": " (records)"}[signal]
}

// ownCount says what the star behind a figure means.
const ownCount = "* by the generators' own count, which may hold end markers: load_verify cannot know"

// nameWidth is that of the first column of the tables, at least.
const nameWidth = len("  metrics (points)")

// shownCounts are the counts of load_verify that are always shown; the others only if they are not 0.
var shownCounts = []string{"sent", "received", "lost", "duplicate", "out_of_order", "corrupt"}

// signals are those that somebody has sent or received anything of.
func (t *Test) signals() []string {
	return slices.DeleteFunc(slices.Clone(scenario.Signals), func(signal string) bool {
		return t.Result.Report.Sum(signal, "sent") == 0 && t.Result.Report.Sum(signal, "received") == 0 && !slices.ContainsFunc(t.Result.Parts, func(part telemetry.Part) bool {
			return telemetry.Sum(part.Components, signal) != (telemetry.Counts{})
		})
	})
}

// audited writes what load_verify counted.
func audited(w io.Writer, t *Test) {
	counts := append([]string{}, shownCounts...)
	if slices.ContainsFunc(t.Result.Figures, func(f verdict.Figures) bool { return f.GivenUp > 0 }) {
		counts = append(counts, "given_up")
	}
	for _, count := range []string{"beyond", "after_grace", "disagreeing", "over_limit"} {
		for _, signal := range scenario.Signals {
			if t.Result.Report.Sum(signal, count) > 0 {
				counts = append(counts, count)
				break
			}
		}
	}
	rows := [][]string{row("audited", nameWidth, counts)}
	own := false
	for _, signal := range t.signals() {
		f := t.figures(signal)
		own = own || f.From == verdict.Own || f.LostFrom == verdict.Own
		var values []string
		for _, count := range counts {
			switch n := t.Result.Report.Sum(signal, count); count {
			case "sent":
				values = append(values, f.From.Show(f.Sent))
			case "lost":
				values = append(values, f.LostFrom.Show(f.Lost))
			case "given_up":
				values = append(values, f.From.Show(f.GivenUp))
			default:
				values = append(values, format.Grouped(n))
			}
		}
		rows = append(rows, row("  "+counted(signal), nameWidth, values))
	}
	_ = texttable.Write(w, texttable.Right, rows...) // into memory
	if own {
		_, _ = fmt.Fprintln(w, "  "+ownCount) // into memory
	}
	for _, signal := range t.signals() {
		if f := t.figures(signal); f.GivenUp > 0 && f.From != verdict.Least && f.LostFrom != verdict.Least {
			_, _ = fmt.Fprintf(w, "  in all, %s of %s %s did not arrive (%.3g %%): %s that the generators gave up, %s that were lost afterwards\n",
				format.Grouped(f.GivenUp+f.Lost), format.Grouped(f.Sent), counted(signal), 100*float64(f.GivenUp+f.Lost)/float64(max(f.Sent, 1)),
				format.Grouped(f.GivenUp), format.Grouped(f.Lost)) // into memory
		}
	}
}

// figures are those of a signal.
func (t *Test) figures(signal string) *verdict.Figures {
	for i := range t.Result.Figures {
		if t.Result.Figures[i].Signal == signal {
			return &t.Result.Figures[i]
		}
	}
	return &verdict.Figures{From: verdict.Least, LostFrom: verdict.Least}
}

// told writes what each part said of itself.
func told(w io.Writer, t *Test) {
	width := nameWidth
	for _, part := range t.Result.Parts {
		width = max(width, len(part.Name)+2)
	}
	var rows [][]string
	unnamed := false
	for _, signal := range t.signals() {
		rows = append(rows, row(counted(signal), width, []string{"offered", "received", "refused", "dropped", "sent", "send failed", "not queued", "queued"}))
		for i := range t.Result.Parts {
			part := &t.Result.Parts[i]
			if !part.Read {
				rows = append(rows, row("  "+part.Name, width, slices.Repeat([]string{"-"}, 8)))
				continue
			}
			c := telemetry.Sum(part.Components, signal)
			var values []string
			for _, n := range []uint64{c.Offered, c.Received, c.Refused, c.Dropped + c.GivenUp, c.Sent, c.SendFailed, c.EnqueueFailed, c.Queued} {
				value := format.Grouped(n)
				if part.Least && n > 0 {
					value = ">=" + value
				}
				values = append(values, value)
			}
			if c.Queued > 0 {
				unit := part.QueueUnit(signal)
				if unnamed = unnamed || unit == ""; c.Queued == 1 {
					unit = strings.TrimSuffix(unit, "s")
				}
				values[len(values)-1] += " " + unit
			}
			rows = append(rows, row("  "+part.Name, width, values))
		}
	}
	_ = texttable.Write(w, texttable.Right, rows...) // into memory
	if unnamed {
		_, _ = fmt.Fprintln(w, "  queued: in the unit of the queue, which is requests unless its sizer says otherwise") // into memory
	}
}

// row is a row of a table. The width is that of its name at least, so that the columns of both tables begin at the same place.
func row(name string, width int, values []string) []string {
	return append([]string{fmt.Sprintf("  %-*s", width, name)}, values...)
}

// where writes where items did not get any further, and what the proxies did.
func where(w *bytes.Buffer, t *Test) {
	losses := t.Result.Losses
	for _, signal := range scenario.Signals {
		for i, place := range losses[signal] {
			if i == 0 {
				fmt.Fprintf(w, "\nwhere %s went\n", signal)
			}
			fmt.Fprintf(w, "  %s\n", place)
		}
	}
	for _, link := range t.Result.Links {
		fmt.Fprintf(w, "\non %s: %s\n", link.Link, disturbed(link))
		if codes := link.Answers.Codes; len(codes) > 0 {
			var counts []string
			for _, code := range slices.Sorted(maps.Keys(codes)) {
				counts = append(counts, format.Grouped(codes[code])+" "+code)
			}
			fmt.Fprintf(w, "  the target answered %s; the last time: %s\n", strings.Join(counts, ", "), link.Answers.Last)
		}
	}
}

// faults writes when each fault was in force, and what it met.
func faults(w *bytes.Buffer, t *Test) {
	for i := range t.Result.Faults {
		f := &t.Result.Faults[i]
		if i == 0 {
			w.WriteString("\nfaults\n")
		}
		what := "it did not come to that"
		if f.Met != nil {
			what = meeting(f.Met)
		}
		fmt.Fprintf(w, "  %s%s: %s\n", f.Fault, f.When(), what)
	}
}

// meeting says what a fault met. A connection can be refused, cut or reset although no request is under way on it.
func meeting(met *proxy.Met) string {
	of := fmt.Sprintf("%s of %s %s", format.Grouped(met.Suffered), format.Grouped(met.Came), met.Unit)
	if met.Unit != "connections" || met.Idle+met.Unsure == 0 {
		return of
	}
	var said []string
	if met.Suffered > 0 {
		said = append(said, of)
	}
	if met.Idle > 0 {
		said = append(said, fmt.Sprintf("%s of %s connections refused, cut or reset while no request was under way on them", format.Grouped(met.Idle), format.Grouped(met.Came)))
	}
	if met.Unsure > 0 {
		said = append(said, fmt.Sprintf("%s of %s connections refused, cut or reset, and nobody knows whether a request was under way on them", format.Grouped(met.Unsure), format.Grouped(met.Came)))
	}
	return strings.Join(said, "; ")
}

// disturbed says what a proxy did to requests and connections.
func disturbed(link run.LinkResult) string {
	c := link.Counts
	said := []string{format.Grouped(c.Connections) + " connections"}
	for _, count := range []struct {
		n    uint64
		what string
	}{
		{c.Requests, "requests"},
		{c.Refused, "refused"},
		{c.Dropped, "dropped"},
		{c.Duplicated, "duplicated"},
		{c.Reordered, "reordered"},
		{c.Corrupted, "corrupted"},
		{c.ResponsesLost, "delivered, but their answers lost"},
		{c.Rejected, "rejected by a partial success"},
		{c.Undelivered, "held back and never delivered"},
		{c.Failed, "failed at the target"},
		{c.ConnectionsRefused, "connections refused"},
		{c.ConnectionsCut, "connections cut"},
		{c.ConnectionsReset, "connections reset"},
	} {
		if count.n > 0 {
			said = append(said, format.Grouped(count.n)+" "+count.what)
		}
	}
	return strings.Join(said, "; ")
}

// Summary writes how many tests came out in which way, how long all of them took together, and what those that passed say nothing about.
func Summary(w io.Writer, tests []Test, took time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d passed, %d failed, %d unknown, %d could not run; %s\n",
		Count(tests, run.Passed), Count(tests, run.Failed), Count(tests, run.Unknown), Count(tests, run.Broken), took.Round(100*time.Millisecond))
	if t := leastSeen(tests); t != nil {
		fmt.Fprintf(&b, "load_verify does not look at: %s\n", strings.Join(t.notChecked(), ", "))
	}
	for _, what := range unchecked(tests) {
		fmt.Fprintf(&b, "not checked: %s\n", what)
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}

// leastSeen is the test whose pipeline passed that has ended soonest after the last arrival, or any that has passed if it was to fail; nil: all is
// checked, or none has passed.
func leastSeen(tests []Test) (least *Test) {
	for i := range tests {
		if t := &tests[i]; t.Result.Outcome == run.Passed && len(t.notChecked()) > 0 && (least == nil || t.passes() && (!least.passes() || t.Result.SeenFor < least.Result.SeenFor)) {
			least = t
		}
	}
	return least
}

// unchecked is what could not be looked at before the tests that have passed, each once.
func unchecked(tests []Test) (list []string) {
	for i := range tests {
		for _, what := range tests[i].Result.Unchecked {
			if tests[i].Result.Outcome == run.Passed && !slices.Contains(list, what) {
				list = append(list, what)
			}
		}
	}
	return list
}
