// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Merge collects the states of several verifiers. A state replaces those that led to it: earlier ones of its process, and those that its process went on from. All
// others are kept apart until a report is made. So it does not matter in which order they come, how they were merged before, or whether one comes twice. Not safe
// for concurrent use.
type Merge struct {
	states map[stateKey]*State
}

type stateKey struct{ verifier, incarnation, process string }

// NewMerge makes one without states.
func NewMerge() *Merge { return &Merge{states: map[stateKey]*State{}} }

// Add takes states. It is an error if another one says something else under the same number.
func (m *Merge) Add(states ...*State) error {
	for _, s := range states {
		key := stateKey{s.Verifier, s.Incarnation, s.process()}
		known := m.states[key]
		switch {
		case known == nil || known.Sequence < s.Sequence:
			m.states[key] = s
		case known.Sequence == s.Sequence && !bytes.Equal(known.body, s.body):
			return fmt.Errorf("%v is there twice, and the two differ: one of them is not what it says", &s.Origin)
		}
	}
	return nil
}

// Bytes is a file of all states, which can be merged again.
func (m *Merge) Bytes() []byte { return writeStates(m.sorted()) }

// sorted are the states that led to no other, by verifier, of each by when its incarnation began, and of each incarnation by when they were written, the last first.
func (m *Merge) sorted() []*State {
	led := map[stateKey]uint64{} // the last state of each process from which another one went on
	for key, s := range m.states {
		for i := 1; i < len(s.Processes); i++ {
			key.process = s.Processes[i-1].ID
			led[key] = max(led[key], s.Processes[i].After)
		}
	}
	var ends []*State
	for key, s := range m.states {
		if after, some := led[key]; !some || after < s.Sequence {
			ends = append(ends, s)
		}
	}
	slices.SortFunc(ends, func(a, b *State) int {
		return cmp.Or(
			strings.Compare(a.Verifier, b.Verifier), a.Started.Compare(b.Started), strings.Compare(a.Incarnation, b.Incarnation),
			b.Written.Compare(a.Written), cmp.Compare(b.Sequence, a.Sequence), strings.Compare(a.process(), b.process()),
		)
	})
	return ends
}

// Asked says what a merged report is asked for.
type Asked struct {
	// Verifiers is how many there are; 0: as many as their expectations say.
	Verifiers int
	// Names of them, instead of their number.
	Names []string
	// Run is the only one that is judged; empty: all.
	Run string
	// Final: nothing will come any more, whatever the states say.
	Final bool
	// Lacks says why states could not be had that there are; nil: all that there are were.
	Lacks []string
}

// Report unites all accounts, and holds them against what all verifiers expect.
func (m *Merge) Report(asked Asked) (Report, error) {
	known := m.sorted()
	if len(known) == 0 {
		return Report{}, errors.New("there is no state to merge")
	}
	if err := sameExpectations(known); err != nil {
		return Report{}, err
	}
	states, lives, err := livesOf(known)
	if err != nil {
		return Report{}, err
	}
	var all *Auditor
	bytes := 0
	for _, s := range states {
		bytes += len(s.body)
	}
	limits := mergedLimits(bytes)
	for i, s := range states {
		of, err := s.auditor(limits)
		if err != nil {
			return Report{}, fmt.Errorf("%v: %w", &s.Origin, err)
		}
		if all == nil {
			all = New(limits, 0, of.expect)
			all.united = true
		}
		all.grace = max(all.grace, of.grace)
		lives[i].note(of)
		all.unite(of)
	}
	all.only(asked.Run)
	slices.SortFunc(all.runs, func(a, b *run) int { return cmp.Or(cmp.Compare(a.first, b.first), strings.Compare(a.name, b.name)) })
	all.clocks = clocksOf(known)
	all.absent = asked.missing(states, all.expect.Verifiers)
	if all.nameless != [Signals]uint64{} {
		all.absent = append(all.absent, "more items with a changed stamp came than a verifier keeps names of, and some may be of this run")
	}
	if len(all.runs) == 0 {
		all.absent = append(all.absent, died(lives)...)
	}
	now, running := newest(lives, all.clocks.margin())
	for _, r := range all.runs {
		all.lineage.settle(&r.awaiting)
		r.markedAt = r.ended()
		r.absent = append(r.absent, all.unseen(r, lives)...)
		if asked.Final && running && (r.markedAt == 0 || !r.allFinal(now.UnixNano(), all.grace)) {
			r.absent = append(r.absent, "the run has not ended, and some verifiers may have taken more since they wrote their states")
		}
	}
	report := all.Report(now, asked.Final || !running)
	report.Final = !running
	for _, s := range known {
		report.States = append(report.States, s.Origin)
	}
	return report, nil
}

// mergedLimits bound the memory of a merge of states of so many bytes. All that they have fits. What lies between the parts of a source may not: then it is counted.
func mergedLimits(bytes int) Limits {
	const much = 1 << 30
	return Limits{Runs: much, Sources: much, GapBytes: 64<<20 + 64*bytes, Spans: much / 4, Traces: much}
}

// sameExpectations finds verifiers that do not expect the same.
func sameExpectations(states []*State) error {
	for _, s := range states[1:] {
		if bytes.Equal(s.Expect, states[0].Expect) {
			continue
		}
		var a, b map[string]json.RawMessage
		if err := cmp.Or(json.Unmarshal(states[0].Expect, &a), json.Unmarshal(s.Expect, &b)); err != nil {
			return &stateError{s.offset, fmt.Sprintf("the expectations are damaged: %v", err)}
		}
		var keys []string
		for key := range a {
			if !bytes.Equal(a[key], b[key]) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		return fmt.Errorf("verifiers %q and %q expect different things (%s); want the same in expect of all", states[0].Verifier, s.Verifier, strings.Join(keys, ", "))
	}
	return nil
}

// only forgets all runs but one, and those that are forgotten already.
func (a *Auditor) only(name string) {
	if name == "" {
		a.forgotten.Unknown = a.forgotten.Runs // what one of several verifiers made of them says nothing
		return
	}
	a.forgotten = Forgotten{}
	a.runs = slices.DeleteFunc(a.runs, func(r *run) bool { return r.name != name })
}

// missing says which verifiers' states are not there, or should not be.
func (asked *Asked) missing(states []*State, expected int) (why []string) {
	for _, lacks := range asked.Lacks {
		why = append(why, "not all states could be had: "+lacks)
	}
	var names []string
	for _, s := range states {
		names = append(names, s.Verifier)
	}
	names = slices.Compact(names) // they are sorted
	if len(asked.Names) > 0 {
		for _, name := range asked.Names {
			if !slices.Contains(names, name) {
				why = append(why, fmt.Sprintf("the state of verifier %q is missing", name))
			}
		}
		for _, name := range names {
			if !slices.Contains(asked.Names, name) {
				why = append(why, fmt.Sprintf("there is a state of verifier %q, which is none of those that were named", name))
			}
		}
		return why
	}
	switch n := cmp.Or(asked.Verifiers, max(expected, 1)); {
	case len(names) < n:
		why = append(why, fmt.Sprintf("the states of %d of %d verifiers are missing", n-len(names), n))
	case len(names) > n:
		why = append(why, fmt.Sprintf("there are states of %d verifiers, and there should be %d: expect.verifiers says how many", len(names), n))
	}
	return why
}
