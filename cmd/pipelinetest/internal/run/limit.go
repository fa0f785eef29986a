// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/refusals"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Limit is what kept a load test from being passed.
type Limit string

// The limits. Of the last three the system is none: what it could do is not known.
const (
	LimitLoss         Limit = "loss"         // or duplicates, or changes: the verdict without the load's
	LimitBackpressure Limit = "backpressure" // the system did not take the load in time
	LimitLatency      Limit = "latency"
	LimitMachine      Limit = "machine"
	LimitGenerator    Limit = "generator"
	LimitVerifier     Limit = "verifier"
)

// OfSystem tells whether a limit is that of what is tested.
func (l Limit) OfSystem() bool {
	return l == LimitLoss || l == LimitBackpressure || l == LimitLatency
}

// Findings of a load test.
const (
	findRate = "rate"
	findSLO  = "slo"
)

// Bounds of what is believed of a load.
const (
	slack          = 500 * time.Millisecond // what a load may take longer, beside the share slackShare
	slackShare     = 0.05                   // of its duration
	lateBound      = 100 * time.Millisecond // a generator that is later with one slice in a hundred is behind
	busyShare      = 0.9                    // of the machine's CPUs, or of one core
	throttledShare = 0.1                    // of the slices of time in which a container may use its quota
	fullShare      = 0.5                    // of the generator's queue: the next part does not take what comes
)

// symptoms are what a load test shows beside its verdict.
type symptoms struct {
	took, duration time.Duration // of all arrivals, and of the load
	late           bool          // the generator was behind its schedule
	pushed         bool          // the generator's queue filled
	refused        bool          // the generator was told to send again
	slow           bool          // the latency is beyond the SLO
	cut            bool          // the time was up before all had arrived
	systems        bool          // there is one between generator and verifier
	generator      float64       // cores, as the next two
	verifier, all  float64
	machine        *MachineLoad
}

// kept tells whether the load was sent and has arrived in its time.
func (s *symptoms) kept() bool {
	return !s.cut && s.took <= s.duration+slack+time.Duration(slackShare*float64(s.duration))
}

// limit is what kept the load, or its latency, from being what is wanted.
func (s *symptoms) limit() Limit {
	switch {
	case s.kept() && !s.slow:
		return ""
	case s.machine.busy(s.all):
		return LimitMachine
	case s.late && !s.pushed:
		return LimitGenerator
	case !s.systems || s.verifier >= busyShare && s.pushed:
		return LimitVerifier
	case !s.kept():
		return LimitBackpressure
	}
	return LimitLatency
}

// busy tells whether the machine, or what a container may have of it, had little left, given the cores that the parts have used. Nil: nobody knows.
func (m *MachineLoad) busy(cores float64) bool {
	return m != nil && (m.Busy >= busyShare || cores >= busyShare*float64(m.CPUs) || m.Throttled >= throttledShare)
}

// MachineBusy tells whether the machine had little left.
func (l *Load) MachineBusy() bool {
	all := 0.0
	for i := range l.Parts {
		all += l.Parts[i].Cores
	}
	return l.Machine.busy(all)
}

// symptoms are those of the test.
func (c *course) symptoms(l *Load) *symptoms {
	s := &symptoms{
		took: c.arrivalTime("traces"), duration: c.Load.Duration, late: c.load.late.P99 > lateBound,
		cut:    c.timedOut,
		pushed: float64(c.load.queued) >= fullShare*scenario.QueueSize, systems: len(c.Systems) > 0, machine: l.Machine,
	}
	for i, m := range c.members {
		s.all += l.Parts[i].Cores
		switch p := &l.Parts[i]; {
		case m.generates:
			s.generator += p.Cores
			s.refused = s.refused || slices.ContainsFunc(m.refusals.All(), func(r refusals.Refusal) bool { return r.Retried })
		case m.Name == scenario.VerifierName:
			s.verifier = p.Cores
		}
	}
	if c.Load.SLO != nil {
		most, _ := l.Worst(c.Load.SLO.Quantile)
		s.slow = most > c.Load.SLO.Most
	}
	return s
}

// judgeLoad finds that the load was not what it was to be, or its latency. Where the system is not what limited it, that is no fault of the system: nobody
// knows what it could do.
func (c *course) judgeLoad() (findings []verdict.Finding) {
	l := c.measured()
	if l == nil {
		return nil
	}
	c.result.Load = l
	s := c.symptoms(l)
	l.Kept = s.kept()
	limit := s.limit()
	because := c.because(l, s, limit)
	spans := l.Signal("traces")
	if !l.Kept && spans != nil {
		findings = append(findings, verdict.Finding{Expectation: findRate, Unknown: !limit.OfSystem(), Message: fmt.Sprintf(
			"%s spans/s arrived: those of %v took %v%s; want %s spans/s in %v; %s",
			format.Grouped(uint64(spans.Arrived)), c.Load.Duration, s.took.Round(100*time.Millisecond), orMore(s.cut), format.Grouped(uint64(l.Rate)), c.Load.Duration, because)})
	}
	if c.Load.SLO != nil {
		most, of := l.Worst(c.Load.SLO.Quantile)
		switch {
		case of == "":
			findings = append(findings, verdict.Finding{Expectation: findSLO, Unknown: true, Message: "the latency is not known of any item; want " + c.Load.SLO.String()})
		case !s.slow && l.untimed() != nil:
			u := l.untimed()
			findings = append(findings, verdict.Finding{Expectation: findSLO, Signal: u.Signal, Unknown: true, Message: fmt.Sprintf(
				"the latency is known of %s of %s items; want %s", format.Grouped(u.Latency.Count), format.Grouped(u.Items), c.Load.SLO)})
		case s.slow:
			findings = append(findings, verdict.Finding{Expectation: findSLO, Signal: of, Unknown: !limit.OfSystem(), Message: fmt.Sprintf(
				"%s of the latency: %v; want at most %v; %s", c.Load.SLO.Quantile, rounded(most), c.Load.SLO.Most, because)})
		}
	}
	l.Limit = limit
	if c.timedOut {
		return findings // what load_verify misses may have been on its way
	}
	if c.result.Report.Verdict == scenario.Fail || slices.ContainsFunc(c.result.Findings, func(f verdict.Finding) bool { return !f.Unknown }) {
		l.Limit = LimitLoss
	}
	l.About = c.aboutLoad(l, s)
	return findings
}

// orMore stands behind a time that was cut short.
func orMore(cut bool) string {
	if cut {
		return " or more"
	}
	return ""
}

// because says what limited a load, in words.
func (c *course) because(l *Load, s *symptoms, limit Limit) string {
	const nothing = "this says nothing about the system"
	switch limit {
	case LimitMachine:
		return "the machine was busy, " + c.whoWasBusy(l) + ": " + nothing
	case LimitGenerator:
		return fmt.Sprintf("the generator was behind its own schedule (p99 up to %v, %.2g cores) although the next part took all at once: %s", rounded(l.Generator.P99), s.generator, nothing)
	case LimitVerifier:
		return fmt.Sprintf("the verifier used %.2g cores, and did not take more: %s", s.verifier, nothing)
	case LimitBackpressure:
		how := fmt.Sprintf("%s did not take it in time", c.Next(c.Generators[0].Name))
		if s.refused {
			how += ", and refused some for the moment"
		}
		return how
	case LimitLatency, LimitLoss:
	}
	return fmt.Sprintf("up to %v of that are the generator's own", rounded(scenario.OwnDelay+l.Generator.P99))
}

// whoWasBusy says who used the machine's CPUs.
func (c *course) whoWasBusy(l *Load) string {
	var who []string
	for i := range l.Parts {
		who = append(who, fmt.Sprintf("%s %.2g", l.Parts[i].Name, l.Parts[i].Cores))
	}
	throttled := ""
	if l.Machine.Throttled > 0 {
		throttled = fmt.Sprintf("; the container had used up its quota in %.0f %% of the time slices", 100*l.Machine.Throttled)
	}
	return fmt.Sprintf("%.0f %% of %d CPUs (%s, other programs %.2g%s)", 100*l.Machine.Busy, l.Machine.CPUs, strings.Join(who, ", "), l.Machine.Other, throttled)
}

// aboutLoad is what to know of the figures.
func (c *course) aboutLoad(l *Load, s *symptoms) []string {
	about := []string{}
	if c.load.err != nil {
		about = append(about, "CPU and memory are not known: "+c.load.err.Error())
	} else if len(c.load.list) < 2 || l.Machine == nil {
		about = append(about, "CPU and memory are not known: the load was too short")
	}
	if s.late && l.Limit != LimitGenerator {
		about = append(about, fmt.Sprintf("the generator was behind its own schedule, by up to %v (p99): the latency has that in it", rounded(l.Generator.P99)))
	}
	if l.Limit == "" && l.MachineBusy() {
		about = append(about, "the machine was busy, "+c.whoWasBusy(l)+": on a machine of its own the system is faster")
	}
	if s.pushed {
		about = append(about, fmt.Sprintf("up to %s items of a signal waited in the generator: %s did not take them at once", format.Grouped(c.load.queued), c.Next(c.Generators[0].Name)))
	}
	for i := range l.Parts {
		if p := &l.Parts[i]; !p.Told && p.Known {
			about = append(about, p.Name+": no telemetry of it could be read; its CPU an item is by what arrived at the verifier")
		}
	}
	return about
}

// takeLateness takes what a generator says of its schedule.
func (c *course) takeLateness(late telemetry.Lateness) {
	if late.Slices > 0 {
		c.load.late = late
	}
}

// rounded is a duration to three digits or so.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= 100*time.Millisecond:
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Microsecond)
}
