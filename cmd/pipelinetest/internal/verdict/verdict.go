// SPDX-License-Identifier: Apache-2.0

// Package verdict reads load_verify's JSON report and holds it against what a scenario wants.
package verdict

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// schema is the version of the report that is read here.
const schema = "load_verify/2"

// Verdicts, beside those that a scenario can want.
const (
	Unknown = scenario.Unknown
	pass    = scenario.Pass
	running = "running"
)

// Expectations of pipelinetest itself, which load_verify cannot have.
const (
	// Faults: each fault must have met something.
	Faults = "faults"
	// GivenUp: the generators must have got rid of everything. What is refused for good is as lost as what is lost, and who refuses it is tested.
	GivenUp = "given_up"
	// Generator: load_verify must know of all that the generators have handed on, by their own count.
	Generator = "generator"
)

// Expectations of load_verify: that no more is lost than is allowed, and that the end marker of each source arrives.
const (
	maxLoss   = "max_loss"
	endMarker = "end_marker"
)

// Report is what is read of load_verify's report, for the meaning see there.
type Report struct {
	Schema   string    `json:"schema"`
	Final    bool      `json:"final"`
	Verdict  string    `json:"verdict"`
	Findings []Finding `json:"findings"`
	Runs     []Run     `json:"runs"`
	// NotChecked is what load_verify does not look at.
	NotChecked []string `json:"not_checked"`

	others []Run // see Separate
}

// Finding is an expectation that was not met.
type Finding struct {
	Expectation string `json:"expectation"`
	Signal      string `json:"signal,omitempty"`
	Message     string `json:"message"`
	// Unknown: that the expectation was met could not be seen, nor that it was not.
	Unknown bool `json:"unknown,omitempty"`
}

// String names the signal, if it is about one.
func (f Finding) String() string {
	about := f.Expectation
	if f.Signal != "" {
		about += ", " + f.Signal
	}
	if f.Unknown {
		about += " (could not be seen)"
	}
	return printable.Name(about) + ": " + printable.Text(strings.ReplaceAll(f.Message, "\n", " "))
}

// Run is one run of a generator.
type Run struct {
	Name     string    `json:"run"`
	Final    bool      `json:"final"`
	First    time.Time `json:"first_arrival"`
	Last     time.Time `json:"last_arrival"`
	Findings []Finding `json:"findings"`
	Signals  []Signal  `json:"signals"`
}

// Signal has the counts of one signal; see scenario.Counts.
type Signal struct {
	Signal string
	Counts map[string]uint64
	// SentKnown: `sent`, and with it `lost`, is exact; otherwise it is the least there has been.
	SentKnown bool
	Latency   Latency
	Odd       []OddKind // items that are odd on purpose
}

// announced is how many sources there are, as end markers say: each has one of each signal. It is no count of items.
const announced = "announced"

// UnmarshalJSON implements json.Unmarshaler: it takes the counts out of what else is there.
func (s *Signal) UnmarshalJSON(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	if err := json.Unmarshal(fields["signal"], &s.Signal); err != nil {
		return err
	}
	if raw, there := fields["latency"]; there {
		if err := json.Unmarshal(raw, &s.Latency); err != nil {
			return fmt.Errorf("latency: %w", err)
		}
	}
	s.Counts = map[string]uint64{}
	for _, count := range append([]string{announced}, scenario.Counts...) {
		var n uint64
		if raw, there := fields[count]; there {
			if err := json.Unmarshal(raw, &n); err != nil {
				return fmt.Errorf("%s: %w", count, err)
			}
		}
		s.Counts[count] = n
	}
	if err := s.readOdd(fields); err != nil {
		return fmt.Errorf("odd: %w", err)
	}
	if raw, there := fields["sent_known"]; there {
		return json.Unmarshal(raw, &s.SentKnown)
	}
	return nil
}

// Read reads the report; text is the file as it is.
func Read(path string) (report *Report, text []byte, err error) {
	text, err = os.ReadFile(path) //nolint:gosec // G304: it is where load_verify was told to write
	if err != nil {
		return nil, nil, err
	}
	report = &Report{}
	if err := json.Unmarshal(text, report); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if report.Schema != schema {
		return nil, nil, fmt.Errorf("%s: schema %q is not known here; want %s", path, report.Schema, schema)
	}
	return report, text, nil
}

// Over tells whether there are runs, and none of them goes on. In the last report of a verifier none does, but another may have been
// started since.
func (r *Report) Over() bool {
	return !r.Final && len(r.Runs) > 0 && !slices.ContainsFunc(r.Runs, func(run Run) bool { return !run.Final })
}

// Sum adds a count up over all runs.
func (r *Report) Sum(signal, count string) uint64 {
	var sum uint64
	for _, run := range r.Runs {
		for _, s := range run.Signals {
			if s.Signal == signal {
				sum += s.Counts[count]
			}
		}
	}
	return sum
}

// Heard is the least that must have arrived of a signal to be counted so: items, further copies, and end markers.
func (r *Report) Heard(signal string) uint64 {
	return r.Sum(signal, "received") + r.Sum(signal, "duplicate") + r.Sum(signal, "ended") + r.Sum(signal, oddReceived) + r.Sum(signal, oddDuplicate)
}

// Arrived is all that has arrived of any signal, copies included.
func (r *Report) Arrived() uint64 {
	var sum uint64
	for _, signal := range scenario.Signals {
		sum += r.Sum(signal, "received") + r.Sum(signal, "duplicate") + r.Sum(signal, "beyond") + r.Sum(signal, oddReceived) + r.Sum(signal, oddDuplicate)
	}
	return sum
}

// Add adds findings of the test itself. They count as load_verify's do.
func (r *Report) Add(findings ...Finding) {
	r.Findings = append(r.Findings, findings...)
	for _, f := range findings {
		switch {
		case r.Verdict == running || r.Verdict == scenario.Fail:
		case f.Unknown:
			r.Verdict = Unknown
		default:
			r.Verdict = scenario.Fail
		}
	}
}

// AllFindings are all expectations that were not met.
func (r *Report) AllFindings() []Finding {
	all := slices.Clone(r.Findings)
	for _, run := range r.Runs {
		all = append(all, run.Findings...)
	}
	return all
}

// Compare says what in a report is not as wanted. Nothing: all is. get are the counts, by signal and name.
func Compare(r *Report, want *scenario.Want, get func(signal, count string) uint64) []string {
	var wrong []string
	if r.Verdict != want.Verdict {
		wrong = append(wrong, fmt.Sprintf("verdict: %s; want %s", r.Verdict, want.Verdict))
		if want.Verdict == scenario.Pass || r.Verdict == Unknown {
			for _, f := range r.AllFindings() {
				wrong = append(wrong, f.String())
			}
		}
	}
	if want.Runs != nil && !want.Runs.Holds(uint64(len(r.Runs))) {
		wrong = append(wrong, fmt.Sprintf("runs: %d; want %s", len(r.Runs), want.Runs))
	}
	wrong = append(wrong, want.Signals.Compare("", get)...)
	if r.Verdict == want.Verdict && want.Findings == nil {
		wrong = append(wrong, r.untested()...)
	}
	return append(wrong, compareFindings(r, want.Findings, want.MayFind)...)
}

// untested are the faults that did nothing. A failure that is wanted is wanted because of them, unless the wanted findings say otherwise.
func (r *Report) untested() (wrong []string) {
	for _, f := range r.AllFindings() {
		if f.Expectation == Faults && !f.Unknown {
			wrong = append(wrong, f.String())
		}
	}
	return wrong
}

// compareFindings holds the kinds of finding against those wanted, if any are.
func compareFindings(r *Report, want, may []string) []string {
	if want == nil {
		return nil
	}
	kinds, allowed := map[string]bool{}, map[string]bool{}
	for _, f := range r.AllFindings() {
		kinds[f.Expectation] = true
	}
	missing := false
	for _, name := range want {
		allowed[name] = true
		missing = missing || !kinds[name]
	}
	for _, name := range may {
		allowed[name] = true
	}
	is := slices.Sorted(maps.Keys(kinds))
	if !missing && !slices.ContainsFunc(is, func(name string) bool { return !allowed[name] }) {
		return nil
	}
	lines := []string{fmt.Sprintf("findings: %s; want %s", orNone(is), orNone(want))}
	for _, f := range r.AllFindings() {
		if !allowed[f.Expectation] {
			lines = append(lines, f.String())
		}
	}
	return lines
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
