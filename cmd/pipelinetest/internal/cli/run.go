// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// output is a file that a flag names.
type output struct{ flag, path string }

// check finds outputs that cannot be written, or that would replace each other or an input.
func check(outputs []output, inputs []string) error {
	var errs []error
	taken := map[string]string{} // by whom
	for _, path := range inputs {
		taken[report.Place(path)] = "the argument " + path + " is read"
	}
	for _, o := range outputs {
		if o.path == "" {
			continue
		}
		if err := report.CheckFile(o.path); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", o.flag, err))
		}
		place := report.Place(o.path)
		if by, is := taken[place]; is && report.Replaces(o.path) {
			errs = append(errs, fmt.Errorf("--%s: %s is not allowed, %s there; want a file for each", o.flag, o.path, by))
		}
		taken[place] = "--" + o.flag + " writes"
	}
	return errors.Join(errs...)
}

// checkOutputs finds what cannot be written before hours have been spent on it.
func (f *flags) checkOutputs() error {
	errs := []error{check([]output{{"json", f.json}, {"junit", f.junit}, {"markdown", f.markdown}}, nil)}
	if f.keep != "" {
		err := os.MkdirAll(f.keep, 0o700)
		if err == nil {
			err = report.CheckFolder(f.keep)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("--keep: %w", err))
		}
	}
	return errors.Join(errs...)
}

// console is where texts of tests go. Once it cannot be written to, that is remembered, and the tests go on.
type console struct {
	to  io.Writer
	err error
}

func (c *console) Write(text []byte) (int, error) {
	if c.err == nil {
		_, c.err = c.to.Write(text)
	}
	return len(text), nil
}

// run runs the scenarios and shows what comes out.
func (f *flags) run(cmd *cobra.Command, scenarios []*scenario.Scenario, collector string) (code int, err error) {
	tests := make([]report.Test, 0, len(scenarios)*f.repeat)
	for _, s := range scenarios {
		for repetition := range f.repeat {
			tests = append(tests, report.Test{Scenario: s, Repetition: repetition + 1, Of: f.repeat})
		}
	}
	out := &console{to: cmd.OutOrStdout()}
	several := len(tests) > 1
	began := time.Now()
	done, err := f.runAll(cmd, tests, collector, func(t *report.Test) {
		if t == &tests[len(tests)-1] {
			t.Compared = f.load.before.Compare(tests)
		}
		_ = show(out, t, several) // the console remembers
	})
	if err != nil {
		return 0, err
	}
	if several {
		_ = report.Summary(out, done, time.Since(began)) // the console remembers
	}
	err = f.write(cmd, done, out)
	if cmd.Context().Err() != nil {
		return exitBroken, err
	}
	return exitCodes[report.Outcome(done)], err
}

var exitCodes = map[run.Outcome]int{run.Passed: exitPassed, run.Failed: exitFailed, run.Unknown: exitBroken, run.Broken: exitBroken}

// write writes the reports that are asked for.
func (f *flags) write(cmd *cobra.Command, done []report.Test, out *console) (err error) {
	if f.json != "" {
		err = report.JSON(f.json, done)
	}
	if f.junit != "" {
		err = errors.Join(err, report.JUnit(f.junit, done))
	}
	if f.markdown != "" {
		err = errors.Join(err, report.Markdown(f.markdown, done))
	}
	if out.err != nil {
		say(cmd, "the results could not be shown: %v", out.err)
	}
	return err
}

// runAll runs tests, up to --jobs at once, and shows each when it and all before it are over. It returns those that have run.
func (f *flags) runAll(cmd *cobra.Command, tests []report.Test, collector string, show func(*report.Test)) (done []report.Test, err error) {
	type result struct {
		test int
		*run.Result
		err error
	}
	next, results := make(chan int), make(chan result)
	ports := &run.Ports{}
	var workers sync.WaitGroup
	for range min(f.jobs, len(tests)) {
		workers.Go(func() {
			for i := range next {
				prefix := ""
				if len(tests) > 1 {
					prefix = tests[i].Scenario.Name + ": "
				}
				r, err := f.test(cmd, &tests[i], collector, ports, func(format string, args ...any) { say(cmd, "%s"+format, append([]any{prefix}, args...)...) })
				results <- result{i, r, err}
			}
		})
	}
	go func() {
		defer close(results)
		defer workers.Wait()
		defer close(next)
		for i := range tests {
			select {
			case next <- i:
			case <-cmd.Context().Done():
				return
			}
		}
	}()
	shown := 0
	for r := range results {
		tests[r.test].Result, err = r.Result, errors.Join(err, r.err)
		for ; shown < len(tests) && tests[shown].Result != nil; shown++ {
			show(&tests[shown])
		}
	}
	for i := range tests { // an interrupt leaves gaps
		if tests[i].Result == nil {
			tests[i].Result = &run.Result{Outcome: run.Broken, Began: time.Now(), Problems: []string{"interrupted before it began"}}
		} else if i >= shown {
			show(&tests[i])
		}
		done = append(done, tests[i])
	}
	return done, err
}

// show shows a test: on a line if it is one of several and came out as wanted. Of a load test there is more to say.
func show(w io.Writer, t *report.Test, several bool) error {
	if several && t.Result.Outcome == run.Passed && t.Result.Load == nil {
		return errors.Join(report.Line(w, t), report.Notes(w, t))
	}
	return report.Text(w, t)
}

// say says something about the course of the tests. Progress is not worth failing for.
func say(cmd *cobra.Command, format string, args ...any) {
	_, _ = io.WriteString(cmd.ErrOrStderr(), printable.Text(fmt.Sprintf(format, args...))+"\n")
}

// test runs a scenario once, in a folder that is removed afterwards unless it is to be kept.
func (f *flags) test(cmd *cobra.Command, t *report.Test, collector string, ports *run.Ports, tell func(format string, args ...any)) (result *run.Result, err error) {
	var dir string
	if f.keep == "" {
		if dir, err = os.MkdirTemp("", "pipelinetest-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else {
		dir = filepath.Join(f.keep, fmt.Sprintf("%s-%d", t.Scenario.FileName(), t.Repetition))
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	return run.Run(cmd.Context(), t.Scenario, run.Options{Collector: collector, Dir: dir, Ports: ports, Say: tell}), nil
}
