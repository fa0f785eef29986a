// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"slices"
	"strings"
)

// Score counts spans of a finding.
type Score struct {
	Earned, Found int
	Right         int // found where it must or may be
	Met           int // found where it must be
	Named         int // of those right, with the culprit that the ledger has; held_up only
}

// Precision is the share of the findings that are right, Recall that of the earned that are found. 1 where there is none.
func (s Score) Precision() float64 { return share(s.Right, s.Found) }

// Recall says how much was found of what must be.
func (s Score) Recall() float64 { return share(s.Met, s.Earned) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

func (s Score) add(o Score) Score {
	return Score{s.Earned + o.Earned, s.Found + o.Found, s.Right + o.Right, s.Met + o.Met, s.Named + o.Named}
}

// Judgement is what a run of a service is worth. Spans whose workers lacked a CPU are counted apart: what preemption does to their times,
// the handlers do not know.
type Judgement struct {
	Spans, Apart        int
	Scores, ApartScores map[string]Score // by finding
	WithFinding         int              // spans with any
	Inconsistent        int
	RuntimeRight        int
	WaitKnown           int
	Joined              int            // of the spans that earn cpu_starved: those that say how much their threads lacked a CPU
	Wrong               map[string]int // "operation: finding", of wrong findings that are not apart
	Missed              map[string]int
	Misses              []Miss // the same, each by itself
}

// Judge counts. The function says whether a span names its runtime rightly.
func Judge(spans []Span, named func(*Span) bool) *Judgement {
	j := &Judgement{Scores: map[string]Score{}, ApartScores: map[string]Score{}, Wrong: map[string]int{}, Missed: map[string]int{}}
	f := familyOf(spans)
	for i := range spans {
		s := &spans[i]
		if named(s) {
			j.RuntimeRight++
		}
		if s.Wait {
			j.WaitKnown++
		}
		j.Spans++
		if s.Inconsistent {
			j.Inconsistent++
		}
		scores := j.Scores
		apart := s.Lacked == nil && s.CPUWait > lackedCPU
		if apart {
			j.Apart++
			scores = j.ApartScores
		} else if len(s.Found) > 0 {
			j.WithFinding++
		}
		for _, finding := range findings {
			verdict, found := f.verdict(s, finding), slices.Contains(s.Found, finding)
			if finding == cpuStarved && verdict == Must && s.Joined {
				j.Joined++
			}
			scores[finding] = scores[finding].add(count(s, finding, verdict, found))
			switch {
			case apart:
			case found && verdict == Never:
				j.Wrong[s.Name+": "+finding]++
			case !found && verdict == Must:
				j.Missed[s.Name+": "+finding]++
				j.Misses = append(j.Misses, missed(spans, i, finding))
			}
		}
	}
	return j
}

func count(s *Span, finding string, verdict Verdict, found bool) (c Score) {
	if verdict == Must {
		c.Earned = 1
	}
	if !found {
		return c
	}
	c.Found = 1
	if verdict == Never {
		return c
	}
	c.Right = 1
	if verdict == Must {
		c.Met = 1
	}
	named, _, _ := strings.Cut(s.Culprit, " /") // the route of the request follows the name
	if finding == heldUp && (s.Culprit == s.HeldUpBy || named == s.HeldUpBy) {
		c.Named = 1
	}
	return c
}
