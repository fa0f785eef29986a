// SPDX-License-Identifier: Apache-2.0

// Package run is the course of one test.
//
//	prepare: ports, folders, proxies on the links that have faults
//	start:   verifier, systems (the last first), generators; each that listens is awaited
//	watch:   faults by the clock; load_verify's report and the parts' telemetry again and again, until
//	         every run is final, the generators have ended, nothing is queued and no fault is to come; or nothing has
//	         arrived for as long as the scenario's settle; or the time is up; or a part has died
//	stop:    generators, systems, verifier: first who sends, so that what is on the way arrives
//	judge:   the last report against what is wanted
//
// One goroutine does all that. Whatever happens, no process and no listener is left.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/authority"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// How often, and how long.
const (
	lookInterval     = 100 * time.Millisecond // between two looks at the report and the processes
	scrapeInterval   = time.Second            // between two readings of the parts' telemetry
	progressInterval = 5 * time.Second        // between two words about what has arrived
	startPatience    = time.Minute            // for a part to listen
	hintPatience     = 5 * time.Second        // before that is awaited aloud
	stopPatience     = 15 * time.Second       // for a part to stop when told to
	lastLines        = 20                     // of what a part printed, to be shown when it has died
)

// Options are what a test needs beside its scenario.
type Options struct {
	Collector string // program that runs configurations
	Dir       string // folder for what the parts write; it exists, and is empty
	Ports     *Ports
	// Say takes what happens, a line each.
	Say func(format string, args ...any)
}

// broken is an error by which the test could not run, as opposed to one of what is tested.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

var errInterrupted = broken{errors.New("interrupted")}

// course is a test under way.
type course struct {
	*scenario.Scenario
	Options
	result  *Result
	client  *http.Client
	members []*member // in the order in which telemetry passes them
	links   []*link
	events  []event
	met     map[int]*encounter // by fault
	answers chan reading
	asking  sync.WaitGroup
	taken   []string // ports
	trust   *authority.Authority
	names   *names    // nil: no part has replicas
	began   time.Time // when the generators had been started
	sending time.Time // before which none of them had been
	stale   []stale   // runs of before this test
	// interrupted is when the verifier was killed, stopped or told to begin anew, for the first time; zero: never.
	interrupted time.Time
	report      *verdict.Report
	// reportedAt is when that was written.
	reportedAt time.Time
	// quiet is since when nothing has happened: no arrival, no fault, no generator's end.
	quiet time.Time
	// ended is when the first part was told to stop.
	ended time.Time
	// saidCopies: it has been said that the test waits for copies.
	saidCopies bool
	// early: nothing arrived any more, and a generator had not ended its run.
	early bool
	// unfinished is what had not come to its end when nothing arrived any more.
	unfinished []string
	load       samples
	timedOut   bool
}

// event is the beginning or the end of a fault.
type event struct {
	at    time.Duration // from the generators' start
	fault int
	ends  bool
}

// Run runs a test to its end, or until ctx ends.
func Run(ctx context.Context, s *scenario.Scenario, o Options) *Result {
	c := &course{
		Scenario: s, Options: o,
		result: &Result{Began: time.Now()},
		met:    map[int]*encounter{},
		// One question at a time is put to each part, so nobody who answers waits for long.
		answers: make(chan reading),
		client:  &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	err := c.play(ctx)
	c.result.Took = time.Since(c.result.Began)
	for _, l := range c.links {
		c.result.Links = append(c.result.Links, l.result())
	}
	for _, m := range c.members {
		c.result.Parts = append(c.result.Parts, telemetry.Part{
			Name: m.Name, Group: m.Group, Killed: c.wasKilled(m), Disturbed: c.disturbsRequests(m), Elsewhere: m.elsewhere, Read: m.account.Read, Least: m.account.Least, Odd: m.account.Odd, Components: m.components(),
		})
	}
	c.sayMet()
	c.judge(err) //nolint:contextcheck // what it resolves are texts, files and the environment, which nobody waits for
	return c.result
}

func (c *course) play(ctx context.Context) error {
	defer c.clear()
	if err := c.prepare(); err != nil { //nolint:contextcheck // the proxies' life is the test's, to its last step
		return broken{err}
	}
	timed, cancel := context.WithDeadlineCause(ctx, c.result.Began.Add(c.Timeout), fmt.Errorf("timeout: the test was not over after %v", c.Timeout))
	defer cancel()
	if err := c.start(timed); err != nil {
		return interruptedOr(ctx, err)
	}
	err := interruptedOr(ctx, c.watch(timed))
	c.timedOut = timed.Err() != nil && ctx.Err() == nil
	if errors.Is(err, errInterrupted) {
		return err
	}
	c.ended = time.Now()
	c.measure()
	for _, e := range c.met {
		e.settle()
	}
	c.stop(ctx)
	if ctx.Err() != nil {
		return errInterrupted
	}
	return errors.Join(err, c.readFinal())
}

// interruptedOr is an error in the course, unless the course has been interrupted.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// clear leaves nothing behind.
func (c *course) clear() {
	c.takeAll()
	for _, m := range c.members {
		if m.process != nil {
			m.process.Kill()
		}
	}
	for _, l := range c.links {
		_ = l.close() // nobody is left to send
	}
	c.client.CloseIdleConnections()
	c.Ports.give(c.taken)
}

// start starts the parts against the stream, so that each finds whom it sends to.
func (c *course) start(ctx context.Context) error {
	for _, m := range slices.Backward(c.members) {
		if err := c.follow(ctx, m); err != nil {
			return err
		}
		if m.generates && c.sending.IsZero() {
			c.sending = time.Now()
		}
		if err := m.launch(); err != nil {
			return broken{fmt.Errorf("%s cannot be started: %w", m.Name, err)}
		}
		if m.generates {
			c.Say("%s is started", m.Name)
			continue
		}
		if err := c.awaitListening(ctx, m); err != nil {
			return err
		}
		c.Say("%s is ready at %s", m.Name, m.readyAt())
		for _, way := range m.elsewhere {
			c.Say("WARNING: %s also sends what it gets elsewhere: %s", m.Name, way)
		}
	}
	c.measure()
	c.began = time.Now()
	c.quiet = c.began
	for i := range c.Faults {
		f := &c.Faults[i]
		c.events = append(c.events, event{at: f.At, fault: i})
		if f.For > 0 {
			c.events = append(c.events, event{at: f.At + f.For, fault: i, ends: true})
		}
		c.result.Faults = append(c.result.Faults, FaultResult{Fault: f.String()})
	}
	// Of what happens at the same time, what ends goes first: a part that is to be killed again must be there again.
	slices.SortStableFunc(c.events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), beginsAfterEnds(a, b)) })
	return nil
}

func beginsAfterEnds(a, b event) int {
	switch {
	case a.ends == b.ends:
		return 0
	case a.ends:
		return -1
	}
	return 1
}

// watch lets the test take its course.
func (c *course) watch(ctx context.Context) error {
	look, scrape, progress := time.NewTicker(lookInterval), time.NewTicker(scrapeInterval), time.NewTicker(progressInterval)
	defer look.Stop()
	defer scrape.Stop()
	defer progress.Stop()
	for {
		var next <-chan time.Time
		if len(c.events) > 0 {
			next = time.After(time.Until(c.began.Add(c.events[0].at)))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-next:
			if err := c.disturb(ctx); err != nil {
				return err
			}
		case <-scrape.C:
			c.ask(ctx)
			c.measure()
		case r := <-c.answers:
			c.take(&r)
			c.observe()
		case <-progress.C:
			c.sayArrived()
		case <-look.C:
			over, err := c.look()
			if err != nil {
				return err
			}
			if over {
				return nil
			}
		}
	}
}

// look looks at the report and the processes, and says whether the test is over.
func (c *course) look() (over bool, err error) {
	if err := c.lookForDead(); err != nil {
		return false, err
	}
	// A report that is not there yet is not an error, nor one of a verifier that is down; the last one counts.
	if report, _, err := verdict.Read(c.verifier().report); err == nil {
		if c.report == nil || report.Arrived() != c.report.Arrived() {
			c.quiet = time.Now()
		}
		c.report, c.reportedAt = report, writtenAt(c.verifier().report)
		c.lookForStale(report)
		c.noteArrivals()
	}
	c.observe()
	ended := true
	for _, m := range c.members {
		if m.generates && !m.hasEnded() {
			ended = false
		} else if m.generates && !m.told {
			m.told, m.endedAt, c.quiet = true, time.Now(), time.Now()
			c.Say("%s has ended its run", m.Name)
		}
	}
	if len(c.events) > 0 || c.awaitsCopies(time.Now()) {
		return false, nil
	}
	if over := ended && c.report != nil && c.report.Over() && !c.anyHeld(); over && (c.report.Verdict == scenario.Pass || !c.anyUnseen()) {
		return true, nil
	}
	if ended && c.isAccounted() && !c.anyHeld() {
		return true, nil
	}
	if time.Since(c.quiet) < c.Settle {
		return false, nil
	}
	c.Say("nothing has arrived for %v", c.Settle)
	c.unfinished, c.early = c.goesOn(), !ended && (c.report == nil || !c.report.Over())
	return true, nil
}

// goesOn is what had not come to its end when the test was ended all the same.
func (c *course) goesOn() (what []string) {
	for _, m := range c.members {
		if m.generates && !m.hasEnded() {
			what = append(what, m.Name+" had not said that its run had ended")
		}
	}
	switch {
	case c.report == nil || len(c.report.Runs) == 0:
		what = append(what, "load_verify had seen no run")
	case !c.report.Over():
		what = append(what, "a run was not final for load_verify")
	}
	if c.anyHeld() {
		what = append(what, "a part held something to be sent")
	}
	return what
}

// lookForDead finds a part that has ended although nobody has told it to.
func (c *course) lookForDead() error {
	for _, m := range c.members {
		if !m.up || m.alive() || m.generates && m.hasEnded() {
			continue
		}
		m.up = false
		err := fmt.Errorf("%s has ended by itself: %s; its last words:\n  %s", m.Name, m.process.Ending(), lastWords(m.process))
		if m.tested {
			return err
		}
		return broken{err}
	}
	return nil
}

// anyHeld tells whether a part held something at the last reading, in a queue or to be tried again.
func (c *course) anyHeld() bool {
	for _, m := range c.members {
		if m.up && m.holds() {
			return true
		}
	}
	return false
}

// anyUnseen tells whether it is not known of a system what it holds, because its telemetry cannot be read. What is missing may then be in it,
// waiting to be tried again: stopping it would lose that.
func (c *course) anyUnseen() bool {
	return slices.ContainsFunc(c.members, func(m *member) bool { return m.tested && m.up && !m.account.Read })
}

func (c *course) sayArrived() {
	if c.report == nil {
		return
	}
	var counts []string
	for _, signal := range scenario.Signals {
		counts = append(counts, format.Grouped(c.report.Sum(signal, "received"))+" "+signal)
	}
	c.Say("received so far: %s", strings.Join(counts, ", "))
}

// stop stops the parts along the stream. What a proxy holds back is delivered before whom it goes to is stopped.
func (c *course) stop(ctx context.Context) {
	for _, m := range c.members {
		if m.up {
			c.stopMember(ctx, m)
		}
		for _, l := range c.links {
			if l.From == m.Name {
				_ = l.close() // what it could not deliver is in its counts
			}
		}
	}
}

// stopMember stops a part, and reads its telemetry for as long as it is there.
func (c *course) stopMember(ctx context.Context, m *member) {
	m.readToEnd = c.scrape(ctx, m)
	m.up = false
	c.observe()
	m.forced = !m.process.Stop(ctx, stopPatience, func() { m.readToEnd = c.scrape(ctx, m) || m.readToEnd })
	if m.forced || !m.readToEnd {
		m.account.Cut()
	}
	if m.forced {
		c.Say("%s did not stop within %v and was killed", m.Name, stopPatience)
	}
}
