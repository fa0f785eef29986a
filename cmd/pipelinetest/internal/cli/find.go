// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/limit"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// Why a search ends early.
const (
	endedInterrupted = "interrupted"
	endedTime        = "the time was up (--" + flagTimeout + ")"
	endedBroken      = "a test could not run"
)

// How long a step may take, beside so many times its load.
const (
	stepPatience = time.Minute
	stepTimes    = 4
)

// search is one for the highest rate, under way.
type search struct {
	*flags
	cmd       *cobra.Command
	collector string
	ports     run.Ports
	load      *scenario.LoadTest // at some rate
	deadline  time.Time
	tests     []report.Test // one for each step
	err       error
}

// find searches for the highest rate that holds, and shows it with the last test at that rate.
func (f *flags) find(cmd *cobra.Command, collector string) (code int, err error) {
	s := &search{flags: f, cmd: cmd, collector: collector}
	if s.load, err = f.load.loadTest(cmd.Flags()); err != nil {
		return 0, err
	}
	most := searchTimeout
	if cmd.Flags().Changed(flagTimeout) {
		most = f.timeout
	}
	s.deadline = time.Now().Add(most)
	found := limit.Search(limit.Bounds{First: s.load.Rate, Steps: f.load.steps}, s.step)
	found.SLO = s.load.SLO.String()
	if s.err != nil {
		return exitBroken, s.err
	}
	if len(s.tests) == 0 {
		return exitBroken, errors.New("nothing is known of any rate: " + found.Ended)
	}
	last := s.last(found)
	last.Search = found
	code = s.code(found)
	if exitCodes[last.Result.Outcome] != code {
		last.Result = last.Result.Of(outcomes[code], report.SearchLine(found))
	}
	done := []report.Test{*last}
	done[0].Compared = f.load.before.Compare(done)
	out := &console{to: cmd.OutOrStdout()}
	_ = report.Text(out, &done[0]) // the console remembers
	return code, f.write(cmd, done, out)
}

// outcomes are what a search has come to, by its exit code, for all reports.
var outcomes = map[int]run.Outcome{exitPassed: run.Passed, exitFailed: run.Failed, exitBroken: run.Unknown}

// code is the exit code of a search.
func (s *search) code(found *limit.Found) int {
	switch {
	case s.cmd.Context().Err() != nil, found.Held == 0 && !found.By.OfSystem(), found.Held > 0 && !found.Repeated:
		return exitBroken
	case found.Held == 0:
		return exitFailed
	}
	return exitPassed
}

// last is the last test at the rate that was found; if none was, the last of all.
func (s *search) last(found *limit.Found) *report.Test {
	last := &s.tests[len(s.tests)-1]
	for i := range s.tests {
		if t := &s.tests[i]; found.Held > 0 && t.Scenario.Load.Rate == found.Held {
			last = t
		}
	}
	return last
}

// step tries a rate, with parts of its own.
func (s *search) step(rate float64) (step *limit.Step, ended string) {
	left := time.Until(s.deadline)
	if left <= s.load.Duration {
		return nil, endedTime
	}
	load := *s.load
	load.Rate = rate
	sc, err := s.scenario()
	if err == nil {
		err = sc.SetLoad(&load)
	}
	if err != nil {
		s.err = err // it went well before the search
		return nil, endedBroken
	}
	sc.Timeout = min(stepPatience+stepTimes*load.Duration, left) // a rate that is far too high is not waited for
	n := len(s.tests) + 1
	say(s.cmd, "step %d: %s spans/s for %v", n, report.PerSecond(rate), load.Duration)
	t := report.Test{Scenario: sc, Repetition: n, Of: 1}
	if t.Result, s.err = s.test(s.cmd, &t, s.collector, &s.ports, func(string, ...any) {}); s.err != nil {
		return nil, endedBroken
	}
	if s.cmd.Context().Err() != nil {
		return nil, endedInterrupted
	}
	s.tests = append(s.tests, t)
	if t.Result.Outcome == run.Broken {
		for _, problem := range t.Result.Problems {
			say(s.cmd, "%s", problem)
		}
		return nil, endedBroken
	}
	if t.Result.Outcome != run.Passed && !time.Now().Before(s.deadline) {
		return nil, endedTime
	}
	step = limit.StepOf(rate, s.load.SLO, t.Result)
	say(s.cmd, "step %d: %s", n, report.StepLine(step, s.load.SLO))
	return step, ""
}
