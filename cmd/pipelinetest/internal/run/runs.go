// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// A generator that is told no run_id gets one here, another one for each start, in a configuration behind all others. So whatever arrives of another
// run was not sent by the test: it lay in a queue that an earlier one has left, or was recorded.
//
//	generator/run.yaml: receivers: {synthetic_load: {run_id: generator-1c9a4f3e}}
//
// A run_id that somebody has set is not touched. What an earlier test of the same run_id has left is told by its time: no item of this test has
// happened before the generators were started.

// naming is how the runs of a generator are named.
type naming struct {
	scenario.Runs
	base string // of the names; no other test has it
	file string // of the configuration that gives them; none: nobody reads it
	// issued are the names that it was given, each with the time.
	issued []issue
}

type issue struct {
	name string
	at   time.Time
}

// newNaming begins with no name.
func newNaming(generator string, runs scenario.Runs) *naming {
	return &naming{Runs: runs, base: generator + "-" + uuid.NewString()[:8]}
}

// writesTo makes the names reach receivers by a configuration in a folder, and returns where that is; none: no receiver needs it.
func (n *naming) writesTo(dir string) (location string) {
	if n == nil || len(n.Unnamed) == 0 {
		return ""
	}
	n.file = filepath.Join(dir, "run.yaml")
	return n.file
}

// next gives names for the next start.
func (n *naming) next() (base string, err error) {
	if n == nil {
		return "", nil
	}
	base = n.base
	if starts := len(n.issued); starts > 0 {
		base += fmt.Sprintf("-%d", starts+1)
	}
	names := []string{base}
	for i := range n.Unnamed {
		if i > 0 {
			names = append(names, fmt.Sprintf("%s.%d", base, i+1))
		}
	}
	for _, name := range names {
		n.issued = append(n.issued, issue{name, time.Now()})
	}
	if n.file == "" {
		return base, nil
	}
	return base, os.WriteFile(n.file, []byte(n.Naming(names)), 0o600)
}

// named is what to start, with the name of the run in the place of what stands for it.
func (n *naming) named(spec part.Spec, base string) part.Spec {
	if n == nil {
		return spec
	}
	replaced := func(texts []string) []string {
		texts = slices.Clone(texts)
		for i := range texts {
			texts[i] = strings.ReplaceAll(texts[i], n.base, base)
		}
		return texts
	}
	spec.Args, spec.Env = replaced(spec.Args), replaced(spec.Env)
	return spec
}

// has tells whether a run is one that the generator sends, or may send: since is when it was given the name, zero if it always had it.
func (n *naming) has(run string) (since time.Time, is bool) {
	if slices.Contains(n.Names, run) {
		return time.Time{}, true
	}
	for _, i := range n.issued {
		if i.name == run {
			return i.at, true
		}
	}
	return time.Time{}, false
}

// isOwn tells whether a run may be of this test: one of a generator that is asked for it, or of any if there is a generator whose runs nobody knows.
func (c *course) isOwn(run string) bool {
	for _, m := range c.members {
		if m.generates {
			if m.naming == nil || !m.naming.Known {
				return true
			}
			if _, is := m.naming.has(run); is {
				return true
			}
		}
	}
	return false
}

// sayNaming says that it is not known which runs a generator sends.
func (c *course) sayNaming(m *member) {
	if !m.naming.Known {
		c.result.Unchecked = append(c.result.Unchecked, fmt.Sprintf("which runs %s sends: what another test has left behind is told by its time only; "+
			"want its run_id to be %s", m.Name, scenario.EnvRun))
	}
}

// clockStep is how far a clock may have been set back in a test.
const clockStep = time.Second

// lookForStale notes runs of which something arrived that happened before any generator was started. The sooner a report is looked at, the less
// of the time of the test can hide that.
func (c *course) lookForStale(report *verdict.Report) {
	if c.sending.IsZero() {
		return
	}
	for i := range report.Runs {
		run := &report.Runs[i]
		oldest, signal := run.Oldest()
		before := c.sending.Sub(oldest)
		if signal == "" || before < clockStep || slices.ContainsFunc(c.stale, func(s stale) bool { return s.run == run.Name }) {
			continue
		}
		c.stale = append(c.stale, stale{run.Name, signal, before})
	}
}

// stale is a run of which something happened before the generators were started, by so much or more.
type stale struct {
	run, signal string
	before      time.Duration
}

// foreign finds what arrived and was not sent by this test.
func (c *course) foreign() (found []verdict.Finding) {
	others := c.result.Report.Others()
	for i := range others.Runs {
		run := &others.Runs[i]
		found = append(found, verdict.Finding{Expectation: verdict.Foreign, Message: fmt.Sprintf(
			"%s items of run %s, which this test did not send; want none: a queue, a file or a broker may hold what an earlier test has left",
			format.Grouped(run.Items()), printable.Name(run.Name))})
	}
	for _, s := range c.stale {
		if slices.ContainsFunc(others.Runs, func(run verdict.Run) bool { return run.Name == s.run }) {
			continue
		}
		found = append(found, verdict.Finding{Expectation: verdict.Foreign, Signal: s.signal, Message: fmt.Sprintf(
			"some %s of run %s happened %v or more before the generators of this test were started; want none: a queue, a file or a broker may hold what an earlier test of the same run_id has left",
			items[s.signal], printable.Name(s.run), s.before.Truncate(100*time.Millisecond))})
	}
	return found
}
