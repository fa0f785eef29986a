// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"errors"
	"maps"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// toldState is what the end markers of a run have told, as state.
type toldState struct {
	Announced [Signals]uint64                  `json:"announced"`
	Sources   map[string][Signals]stamp.Totals `json:"sources,omitempty"`
	Shards    map[uint64]uint64                `json:"shards,omitempty"`
	Of        uint64                           `json:"of"`
	Offered   [Signals][]byte                  `json:"offered"` // timelines
	GivenUp   [Signals]uint64                  `json:"given_up"`
	Squares   [Signals]float64                 `json:"squares"`
	Disagrees uint64                           `json:"disagrees"`
	Keys      []string                         `json:"keys,omitempty"`
	Content   bool                             `json:"content,omitempty"`
	Classes   []stamp.Class                    `json:"classes,omitempty"`
	Rootless  uint64                           `json:"rootless,omitempty"`
	Random    *stamp.Randomness                `json:"random,omitempty"`
	Odd       []byte                           `json:"odd,omitempty"` // as end markers have it
}

func (t *told) export() toldState {
	s := toldState{
		Announced: t.announced, Sources: map[string][Signals]stamp.Totals{}, Shards: t.shards, Of: t.of, GivenUp: t.givenUp, Squares: t.squares,
		Disagrees: t.disagrees, Keys: slices.Sorted(maps.Values(t.names.byHash)), Content: t.content, Classes: t.classes, Rootless: t.rootless,
		Random: t.random,
	}
	if len(t.odd) > 0 {
		s.Odd = stamp.AppendOdd(nil, t.odd)
	}
	for name, totals := range t.sources {
		s.Sources[name] = *totals
	}
	for signal := range t.offered {
		s.Offered[signal] = exportTimeline(&t.offered[signal])
	}
	return s
}

func (t *told) restore(s *toldState) error {
	*t = told{announced: s.Announced, shards: s.Shards, of: s.Of, givenUp: s.GivenUp, squares: s.Squares, disagrees: s.Disagrees, content: s.Content, classes: s.Classes, rootless: s.Rootless, random: s.Random}
	if len(s.Classes) > stamp.MostClasses {
		return errors.New("more classes than there can be")
	}
	if len(s.Odd) > 0 {
		kinds, ok := stamp.ReadOdd(s.Odd)
		if !ok {
			return errors.New("what was sent of odd items cannot be")
		}
		t.odd = kinds
	}
	t.names.learn(s.Keys...)
	if uint64(len(s.Shards)) > s.Of {
		return errors.New("more shards than there are")
	}
	for name, totals := range s.Sources {
		for i := range totals {
			if !totals[i].Sound() {
				return errors.New("what a source sent cannot be")
			}
		}
		if t.sources == nil {
			t.sources = map[string]*[Signals]stamp.Totals{}
		}
		t.sources[name] = &totals
	}
	for signal, b := range s.Offered {
		if err := restoreTimeline(&t.offered[signal], b); err != nil {
			return err
		}
	}
	return nil
}

func exportTimeline(t *timeline.Timeline) []byte {
	if t.Empty() {
		return nil
	}
	return t.Append(nil)
}

func restoreTimeline(t *timeline.Timeline, exported []byte) (err error) {
	if len(exported) > 0 {
		*t, _, err = timeline.Cut(exported)
	}
	return err
}
