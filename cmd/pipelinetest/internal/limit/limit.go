// SPDX-License-Identifier: Apache-2.0

// Package limit searches for the highest rate at which a pipeline does what is wanted of it.
//
//	first rate --doubled, or halved--> one that held and one that did not --bisected--> close enough --the lower one again--> found
//
// A load test is not the same twice. So the rate that is found is one that held twice; if it does not hold the second time, the next lower one
// that held is tried again, or a lower one.
package limit

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
)

// Bounds of a search.
type Bounds struct {
	First float64 // rate
	Steps int     // at most
}

// Bounds of all searches.
const (
	closeEnough         = 1.1 // the one that did not hold, over the one that did
	leastRate, mostRate = 1, 1_000_000
	factor              = 2
)

// Step is a load that was tried.
type Step struct {
	Rate    float64     `json:"rate"`
	Held    bool        `json:"held"`
	Outcome run.Outcome `json:"outcome"`
	Limit   run.Limit   `json:"limit,omitempty"` // why it did not hold
	Why     []string    `json:"why"`
	Arrived float64     `json:"arrived_per_s"`
	// Latency is that of the SLO's quantile, of the slowest signal.
	Latency time.Duration `json:"latency_ns"`
	Busy    float64       `json:"machine_busy"` // share of the machine's CPUs; 0: not known
}

// Found is what a search has found.
type Found struct {
	SLO string `json:"slo"`
	// Held is the highest rate that held, 0 if none did. Repeated: it did so twice.
	Held     float64 `json:"held"`
	Repeated bool    `json:"repeated"`
	// Failed is the lowest rate above it that did not hold, 0 if none failed, and By what limited it.
	Failed float64   `json:"failed"`
	By     run.Limit `json:"limited_by,omitempty"`
	// Ended is why the search ended before its time; empty: it did not.
	Ended string `json:"ended_early,omitempty"`
	Steps []Step `json:"steps"`
}

// Search tries rates. try tells of a rate whether it held; nil: the search is to end, because of what ended says.
func Search(b Bounds, try func(rate float64) (step *Step, ended string)) *Found {
	s := &search{Found: &Found{Steps: []Step{}}, left: b.Steps, try: try}
	s.bracket(b.First)
	for s.Held > 0 && !s.Repeated {
		s.bisect()
		if !s.at(s.Held) {
			break
		}
		if s.Held == 0 {
			s.bracket(max(s.Failed/factor, leastRate))
		}
	}
	return s.Found
}

type search struct {
	*Found
	left int
	try  func(float64) (*Step, string)
}

// at tries a rate. It tells whether the search goes on.
func (s *search) at(rate float64) (goesOn bool) {
	if s.Ended != "" {
		return false
	}
	if s.left == 0 {
		s.Ended = "there were no steps left"
		return false
	}
	s.left--
	step, ended := s.try(rate)
	if step == nil {
		s.Ended = ended
		return false
	}
	s.Steps = append(s.Steps, *step)
	s.sum()
	return true
}

// sum is what the steps come to. A rate holds if it has held each time.
func (s *search) sum() {
	s.Held, s.Failed, s.Repeated, s.By = 0, 0, false, ""
	for i := range s.Steps {
		if step := &s.Steps[i]; !step.Held && (s.Failed == 0 || step.Rate < s.Failed) {
			s.Failed, s.By = step.Rate, step.Limit
		}
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		switch {
		case !step.Held || s.Failed > 0 && step.Rate >= s.Failed:
		case step.Rate > s.Held:
			s.Held, s.Repeated = step.Rate, false
		case step.Rate == s.Held:
			s.Repeated = true
		}
	}
}

// bracket finds a rate that holds, and one that does not.
func (s *search) bracket(rate float64) {
	for {
		switch goesOn := s.at(rate); {
		case !goesOn || s.Held > 0 && s.Failed > 0:
			return
		case s.Held > 0:
			if rate >= mostRate {
				return
			}
			rate = min(rate*factor, mostRate)
		default:
			if rate <= leastRate {
				return
			}
			rate = max(rate/factor, leastRate)
		}
	}
}

// bisect brings the two together.
func (s *search) bisect() {
	for s.Held > 0 && s.Failed > closeEnough*s.Held {
		if !s.at(round(math.Sqrt(s.Held * s.Failed))) {
			return
		}
	}
}

// round is a rate with three digits.
func round(rate float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(rate))-2)
	return math.Round(rate/unit) * unit
}
