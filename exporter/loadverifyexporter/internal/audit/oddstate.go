// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// oddState is what has arrived that is odd, as state.
type oddState struct {
	Sources map[string]oddSourceState `json:"sources"`
	Kinds   map[string]oddCounts      `json:"kinds"`
}

type oddSourceState struct {
	Next uint64 `json:"next"`
	Gaps []byte `json:"gaps,omitempty"` // a roaring bitmap
}

func (a *oddAccount) export() (*oddState, error) {
	if len(a.kinds) == 0 {
		return nil, nil //nolint:nilnil // nothing to export is no error
	}
	s := &oddState{Sources: map[string]oddSourceState{}, Kinds: map[string]oddCounts{}}
	for name, n := range a.sources {
		gaps, err := n.exportGaps()
		if err != nil {
			return nil, err
		}
		s.Sources[name] = oddSourceState{n.next, gaps}
	}
	for name, c := range a.kinds {
		s.Kinds[name] = *c
	}
	return s, nil
}

func (a *Auditor) restoreOdd(to *oddAccount, s *oddState) error {
	if s == nil {
		return nil
	}
	if len(s.Kinds) > stamp.MostOddKinds {
		return errors.New("more odd kinds than there can be")
	}
	for name, c := range s.Kinds {
		*to.kind(name) = c
	}
	for name, of := range s.Sources {
		n := to.source(name)
		n.next = of.Next
		if err := n.restoreGaps(of.Gaps); err != nil {
			return fmt.Errorf("odd items of source %q: %w", name, err)
		}
		a.gaps.measure(n)
	}
	return nil
}
