// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// faultsState is what is wrong with the content of a signal's items, as state.
type faultsState struct {
	Met    uint64       `json:"met"`
	Had    uint32       `json:"had,omitempty"`
	Others uint64       `json:"others"`
	Counts []faultState `json:"counts"`
}

type faultState struct {
	faultKey
	Items uint64 `json:"items"`
	Name  string `json:"name"`
}

func (f *faults) export() *faultsState {
	if f.met == 0 && f.had == 0 && len(f.counts) == 0 {
		return nil
	}
	s := &faultsState{Met: f.met, Had: f.had, Others: f.others}
	for key, c := range f.counts {
		s.Counts = append(s.Counts, faultState{key, c.items, c.name})
	}
	return s
}

func (f *faults) restore(s *faultsState) {
	if s == nil {
		return
	}
	*f = faults{met: s.Met, had: s.Had, others: s.Others, counts: map[faultKey]*faultCount{}}
	for _, c := range s.Counts {
		if c.Kind < FaultKinds && c.Part.Place < Places && len(f.counts) < mostFaults {
			f.counts[c.faultKey] = &faultCount{items: c.Items, name: c.Name}
		}
	}
}

func (e *evidence) restore(exhibits []*exhibit) {
	for _, x := range exhibits {
		if x == nil || Signal(x.Signal) >= Signals || len(e.exhibits) >= mostEvidence || len(x.OTLP) > LongestEvidence ||
			slices.ContainsFunc(x.Faults, func(f Fault) bool { return f.Kind >= FaultKinds || f.Part.Place >= Places }) {
			continue
		}
		e.exhibits = append(e.exhibits, x)
		if x.Expectation != contentExpectation {
			e.note(x.kind(), Signal(x.Signal))
		}
	}
}

// randomState is what has arrived by random values, as state.
type randomState struct {
	Parts                                              *stamp.Randomness
	Without, Below, Unsampled, Thresholds, Least, Most uint64
}

func (r *randomness) export() *randomState {
	if r.parts == nil && r.without == 0 {
		return nil
	}
	return &randomState{r.parts, r.without, r.below, r.unsampled, r.thresholds, r.least, r.most}
}

func (r *randomness) restore(s *randomState) {
	if s != nil {
		*r = randomness{s.Parts, s.Without, s.Below, s.Unsampled, s.Thresholds, s.Least, s.Most}
	}
}
