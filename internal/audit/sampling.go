// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// sampling judges a signal of which a pipeline keeps a share on purpose, by what the generator says it sent.
//
// Each stretch of time of the run is judged, of any length, at any place: of the items that happened in it, the share that arrived must be
// the expected one, give or take the tolerance and what chance explains. So a loss cannot hide in the whole of a run, nor behind as
// large a surplus elsewhere.
//
// # Chance
//
// A sampler keeps each cluster of items (a trace) with probability p. Of a stretch with clusters of sizes m1, m2, ... by chance alone
//
//	less arrives than p * sum(m) - t  with a probability of at most exp(-t^2 / (2 * p * sum(m^2)))
//	more arrives than p * sum(m) + t  with a probability of at most exp(-t^2 / (2 * (1-p) * sum(m^2)))
//
// (Maurer's bound for sums of nonnegative variables, of the items kept and of those dropped). t is chosen so that all stretches and
// sources of a healthy run together exceed it once in ten million runs. sum(m^2) is estimated: see [timeline.Spread].
type sampling struct {
	expect   *Sampled
	windows  []timeline.Window
	unplaced uint64  // arrived, but it is not known when they happened
	anyway   uint64  // arrived, at most, though the generator had given them up, or are counted twice
	rarity   float64 // -ln of the probability that one test fails by chance
}

const (
	// falseAlarm is the probability that a healthy run is accused.
	falseAlarm = 1e-7
	// estimated is by how much an estimate of squares from a stretch is raised, to be on the safe side; estimatedOfSource of a source.
	estimated, estimatedOfSource = 1.5, 2.5
)

func newSampling(e *Sampled, s *SignalReport) *sampling {
	n := len(s.windows)
	tests := float64(n*(n+1) + 2*len(s.BySource) + 3)
	return &sampling{expect: e, windows: s.windows, unplaced: s.unplaced, anyway: s.anyway + s.doubtful + s.twice, rarity: math.Log(tests / falseAlarm)}
}

// deviation is a stretch or source of which too few or too many items arrived.
type deviation struct {
	from, to       int64  // of a stretch
	source         string // of a source
	sent, received uint64
	excess         float64 // items beyond what tolerance and chance allow; 0: none
	more           bool    // too many arrived
	certain        bool    // whatever of what was given up has arrived
}

// fewer and more are by how many items the share of a stretch is beyond what is allowed.
func (s *sampling) fewer(sent, received uint64, squares float64) float64 {
	p := s.expect.Ratio
	least := (p-s.expect.Tolerance)*float64(sent) - s.chance(p, squares)
	return least - float64(received+s.unplaced)
}

func (s *sampling) more(sent, received uint64, squares float64) float64 {
	most := min(s.expect.Ratio+s.expect.Tolerance, 1)
	return float64(received) - most*float64(sent) - s.chance(1-s.expect.Ratio+s.expect.Tolerance, squares)
}

// chance is the number of items that chance explains. Where all are kept, it explains nothing.
func (s *sampling) chance(p, squares float64) float64 {
	if s.expect.Ratio == 1 {
		return 0
	}
	return math.Sqrt(2 * min(p, 1) * squares * s.rarity)
}

// stretches finds the two stretches that deviate most, one in each direction.
func (s *sampling) stretches() (fewest, most deviation) {
	perItem := s.squaresPerItem()
	for i := range s.windows {
		var spread timeline.Spread
		sent, received, sum := uint64(0), uint64(0), 0.0
		for j := i; j < len(s.windows); j++ {
			w := &s.windows[j]
			sent, received = sent+w.Sent, received+w.Received
			spread.Merge(&w.Spread)
			sum += w.Spread.Squares()
			squares := estimated * max(sum, spread.Squares(), perItem*float64(sent), float64(sent))
			is := deviation{from: s.windows[i].From, to: w.To, sent: sent, received: received}
			least := received - min(received, s.anyway)
			if is.excess = s.fewer(sent, least, squares); is.excess > fewest.excess {
				is.certain = s.fewer(sent, received, squares) > 0
				fewest = is
			}
			if is.excess = s.more(sent, received, squares); is.excess > most.excess {
				is.more, is.certain = true, s.more(sent, least, squares) > 0
				most = is
			}
		}
	}
	return fewest, most
}

// squaresPerItem is the average of all windows: where clusters are alike it is more precise than the estimate of one window.
func (s *sampling) squaresPerItem() float64 {
	sum, sent := 0.0, uint64(0)
	for i := range s.windows {
		sum += s.windows[i].Spread.Squares()
		sent += s.windows[i].Sent
	}
	return sum / max(1, float64(sent))
}

// sources are those that deviate.
func (s *sampling) sources(all []SourceReport) (deviating []deviation) {
	for i := range all {
		if d := s.source(&all[i]); d.excess > 0 {
			d.source = all[i].Source
			deviating = append(deviating, d)
		}
	}
	return deviating
}

// source judges one whose total is known.
func (s *sampling) source(of *SourceReport) (d deviation) {
	if !of.Ended && !of.Told {
		return deviation{}
	}
	d.sent = of.offered()
	least, most := of.offeredReceived()
	d.received = most
	squares := max(estimatedOfSource*of.squares, float64(d.sent))
	if d.excess = s.fewer(d.sent, least, squares); d.excess > 0 {
		d.certain = s.fewer(d.sent, most, squares) > 0
		return d
	}
	d.excess = max(0, s.more(d.sent, most, squares))
	d.more, d.certain = true, s.more(d.sent, least, squares) > 0
	return d
}

// rest judges the sources whose totals are not known, together. Where a trace goes through several of them, the square of its part in all is
// at most their number times the squares of the parts in each, and never more than that of the whole trace.
func (s *sampling) rest(of *rest) deviation {
	var whole timeline.Spread
	sum := 0.0
	for i := range s.windows {
		whole.Merge(&s.windows[i].Spread)
		sum += s.windows[i].Spread.Squares()
	}
	squares := min(float64(max(of.sources, 1))*of.squares, estimated/estimatedOfSource*max(sum, whole.Squares()))
	return s.source(&SourceReport{Told: true, Counts: of.Counts, squares: squares})
}

func (d *deviation) String() string {
	return fmt.Sprintf("%d of %d arrived, %s", d.received, d.sent, percent(share(d.received, d.sent)))
}

// stretch names the time.
func (d *deviation) stretch() string {
	from, to := time.Unix(0, d.from).UTC(), time.Unix(0, d.to).UTC()
	layout := time.TimeOnly
	if to.Sub(from) > 12*time.Hour {
		layout = time.DateTime
	}
	return "from " + from.Format(layout) + " to " + to.Format(layout) + " UTC"
}

// mostSources bounds how many sources are named in findings.
const mostSources = 8

// judgeSampled judges a signal that is final. Where not all shards have told what they sent, what is known of it still shows that too little
// arrived, but never that enough did.
func (r *RunReport) judgeSampled(e *Sampled, s *SignalReport) {
	if !r.Shards.complete() {
		r.doubt("sampled", s, "how much was sent, and when, is not known: no end marker arrived that tells it of %v. "+
			"Let the sampler keep spans named load_verify.end, or send a further signal past it", &r.Shards)
	}
	sent := s.offered()
	if sent == 0 {
		return
	}
	want := "want " + percent(e.Ratio) + " +- " + percent(e.Tolerance)
	lossKnown := !r.partial() && s.OverLimit == 0
	least, most := s.offeredReceived()
	lowest, ratio := share(least, sent), share(most, sent)
	before := len(r.Findings)
	switch {
	case lowest < e.Ratio-e.Tolerance:
		r.add(lossKnown && ratio < e.Ratio-e.Tolerance, "sampled", s, "%s of %d sent arrived; %s", percent(ratio), sent, want)
	case ratio > e.Ratio+e.Tolerance && s.SentKnown:
		r.add(lowest > e.Ratio+e.Tolerance, "sampled", s, "%s of %d sent arrived; %s", percent(ratio), sent, want)
	}
	test := newSampling(e, s)
	fewest, surplus := test.stretches()
	for _, d := range []deviation{fewest, surplus} {
		if d.excess > 0 {
			r.add(d.certain && (lossKnown || d.more), "sampled", s, "%s: %v; %s", d.stretch(), &d, want)
		}
	}
	if d := test.rest(&s.rest); d.excess > 0 {
		r.add(d.certain && (lossKnown || d.more), "sampled", s, "%d of %d sources without an end marker, together: %v; %s", s.rest.sources, s.Expected(), &d, want)
	}
	deviating := test.sources(s.BySource)
	if len(r.Findings) > before && 2*len(deviating) > len(s.BySource) {
		return // where most deviate alike, it is said of the whole already
	}
	for _, d := range deviating[:min(len(deviating), mostSources)] {
		r.add(d.certain && (lossKnown || d.more), "sampled", s, "source %q: %v; %s", d.source, &d, want)
	}
	if more := deviating[min(len(deviating), mostSources):]; len(more) > 0 {
		certain := slices.ContainsFunc(more, func(d deviation) bool { return d.certain && (lossKnown || d.more) })
		r.add(certain, "sampled", s, "and %d more sources", len(more))
	}
}
