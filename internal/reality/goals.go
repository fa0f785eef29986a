// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Goal is what a finding has to be worth, as a sum over services.
type Goal struct {
	Precision, Recall float64
	Counts            func(*Service) bool // whose spans can show it; nil: all
}

// Goals are by finding. One that no service earns has to be right where it is found.
var Goals = map[string]Goal{
	semconv.FindingBlocking:   {Precision: 0.95, Recall: 0.9},
	guardAcrossAwait:          {Precision: 0.95, Recall: 0.9},
	heldUp:                    {Precision: 0.95, Recall: 0.9, Counts: oneThread},
	semconv.FindingStarved:    {Precision: 0.95, Recall: 0.7, Counts: taskFields},
	semconv.FindingNeverIdle:  {Precision: 0.95, Recall: 0.7, Counts: taskFields},
	outlivesParent:            {Precision: 0.95, Recall: 0.7},
	semconv.FindingHeld:       {Precision: 0.95},
	semconv.FindingWorkerSkew: {Precision: 0.95},
}

// starvedGoal is for services that lack a CPU, the held-out ones and the others each as a sum.
var starvedGoal = Goal{Precision: 0.9, Recall: 0.8}

// wrongStill is how many of the wrong blocking_suspected may be left once the processor is told what the kernel counts: one in so many.
const wrongStill = 10

// LimitedMisses says what is worse than the goals for services that lack a CPU, a line each.
func LimitedMisses(results []LimitedResult) (misses []string) {
	for _, heldOut := range []bool{false, true} {
		of := "services"
		if heldOut {
			of = "services held out"
		}
		var starved Score
		without, with := 0, 0
		for _, r := range results {
			if r.Limited.HeldOut != heldOut {
				continue
			}
			starved = starved.add(r.Run.Scores[cpuStarved])
			without += r.Without.wrongBlocking()
			with += r.Run.wrongBlocking()
			if s := r.Beside.Scores[cpuStarved]; s.Found > s.Right {
				misses = append(misses, fmt.Sprintf("%s: the healthy one beside has %d wrong %s", r.Limited.Name, s.Found-s.Right, cpuStarved))
			}
		}
		if p := starved.Precision(); p < starvedGoal.Precision {
			misses = append(misses, fmt.Sprintf("%s: %s: precision %.3f; want %.2f or more", of, cpuStarved, p, starvedGoal.Precision))
		}
		if r := starved.Recall(); r < starvedGoal.Recall {
			misses = append(misses, fmt.Sprintf("%s: %s: recall %.3f; want %.2f or more", of, cpuStarved, r, starvedGoal.Recall))
		}
		if with*wrongStill > without {
			misses = append(misses, fmt.Sprintf("%s: %s: wrong on %d spans, and on %d without the kernel's metrics; want a tenth",
				of, semconv.FindingBlocking, with, without))
		}
	}
	return misses
}

// What a healthy service may have at most.
const (
	maxWithFinding  = 0.001 // of the spans of a healthy control
	maxInconsistent = 0.001 // of all spans
)

func oneThread(s *Service) bool {
	return slices.Contains(s.Args, "--current-thread") || s.Binary == "actix-svc" || s.Binary == "smol-svc"
}

func taskFields(s *Service) bool { return slices.Contains(s.Args, "--task-fields") }

// Misses says what is worse than the goals, a line each, for the findings that are named; none: all.
func Misses(results []Result, named ...string) (misses []string) {
	for _, finding := range findings {
		if len(named) > 0 && !slices.Contains(named, finding) {
			continue
		}
		goal := Goals[finding]
		var all, shown Score
		for _, r := range results {
			all = all.add(r.Run.Scores[finding])
			if goal.Counts == nil || goal.Counts(r.Service) {
				shown = shown.add(r.Run.Scores[finding])
			}
		}
		if p := all.Precision(); p < goal.Precision {
			misses = append(misses, fmt.Sprintf("%s: precision %.3f; want %.2f or more", finding, p, goal.Precision))
		}
		if r := shown.Recall(); r < goal.Recall {
			misses = append(misses, fmt.Sprintf("%s: recall %.3f; want %.2f or more", finding, r, goal.Recall))
		}
	}
	return misses
}

// Unhealthy says which services are judged worse than healthy ones may be: too many findings on the control, too many spans whose times are
// called inconsistent, a runtime that is not named.
func Unhealthy(results []Result) (lines []string) {
	for _, r := range results {
		if c := r.Control; c != nil {
			if judged := c.Spans - c.Apart; float64(c.WithFinding) > maxWithFinding*float64(judged) {
				lines = append(lines, fmt.Sprintf("%s, healthy: %d of %d spans have a finding", r.Service.Name, c.WithFinding, judged))
			}
		}
		if j := r.Run; float64(j.Inconsistent) > maxInconsistent*float64(j.Spans) {
			lines = append(lines, fmt.Sprintf("%s: %d of %d spans are inconsistent", r.Service.Name, j.Inconsistent, j.Spans))
		}
		if j := r.Run; j.RuntimeRight < j.Spans {
			lines = append(lines, fmt.Sprintf("%s: the runtime is not named on %d of %d spans", r.Service.Name, j.Spans-j.RuntimeRight, j.Spans))
		}
	}
	return lines
}
