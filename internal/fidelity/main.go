// SPDX-License-Identifier: Apache-2.0

// Command fidelity holds the models of the runtimes against the real ones. It plays the workloads of its matrix on both, with the same
// requests, and writes how far apart they are.
//
//	matrix --plan--> rig (real Tokio, smol, async-std) --> measured --judge--> rows --report--> docs/fidelity.md
//	            \                                             | when requests came
//	             +------------> models  <---------------------+
//
// What was measured stays in a file: with -judge, the command holds other costs or changed models against it, which takes seconds.
// Packages below: matrix (what is compared), plan (what both sides play), rig, measure, model, figure, judge, report; order compares the
// order of polls of random programs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/measure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/report"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
)

type options struct {
	rig, measured, cost, document, runtimes, rows string
	judge, heldOut, anyway, quota                 bool
	repeats, retries                              int
	only                                          *regexp.Regexp
}

func main() {
	o := options{only: regexp.MustCompile("")}
	flag.StringVar(&o.rig, "rig", "bin/rig/measure/rig", "the rig")
	flag.StringVar(&o.measured, "measured", "bin/fidelity.json.gz", "what was measured")
	flag.BoolVar(&o.judge, "judge", false, "measure nothing: judge what was measured before")
	flag.StringVar(&o.cost, "cost", "", "what the primitives cost, as of runtimesim; without it the default")
	flag.BoolVar(&o.heldOut, "held-out", true, "look at the rows that are held out; false while costs are fitted")
	flag.StringVar(&o.document, "document", "", "rewrite this document")
	flag.StringVar(&o.runtimes, "runtimes", "", "rewrite the figures in this document, which compares the runtimes")
	flag.StringVar(&o.rows, "rows", "bin/fidelity-rows.json", "write the rows to this file, for plots")
	flag.IntVar(&o.repeats, "repeats", 5, "runs of each workload on each runtime")
	flag.IntVar(&o.retries, "retries", 3, "further runs for those that were disturbed")
	flag.BoolVar(&o.anyway, "anyway", false, "keep disturbed runs: to try the command where it is not quiet")
	flag.BoolVar(&o.quota, "quota", false, "the workloads under CPU quotas: needs root and the cpu controller of cgroup version 1")
	flag.Func("run", "only what matches this regular expression, such as ^mm1_60/tokio", func(text string) (err error) {
		o.only, err = regexp.Compile(text)
		return err
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "fidelity:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stopped above
	}
}

func run(ctx context.Context, o options) error {
	if o.quota {
		return underQuota(ctx, o)
	}
	m, err := matrix.Read()
	if err != nil {
		return err
	}
	costs, measured, err := o.sides(ctx, m)
	if err != nil {
		return err
	}
	rows, err := judge.Rows(m, measured, costs, o.heldOut, o.only)
	if err != nil {
		return err
	}
	if err := report.Explain(rows); err != nil {
		return err
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.rows, text, 0o600); err != nil {
		return err
	}
	if o.document != "" {
		if err := write(o.document, report.Document(measured, rows, o.cost)); err != nil {
			return err
		}
	}
	if o.runtimes != "" {
		if err := rewrite(o.runtimes, rows); err != nil {
			return fmt.Errorf("%s: %w", o.runtimes, err)
		}
	}
	return report.Print(os.Stdout, rows)
}

// underQuota is run for the workloads under CPU quotas. Where none can be set, it says so.
func underQuota(ctx context.Context, o options) error {
	if !o.judge {
		group, err := cpuquota.Open(1, time.Duration(host.DefaultPeriod))
		if err != nil {
			fmt.Println("Left out:", err)
			return nil
		}
		if err := group.Close(); err != nil {
			return err
		}
	}
	m, err := matrix.ReadQuota()
	if err != nil {
		return err
	}
	costs, measured, err := o.sides(ctx, m)
	if err != nil {
		return err
	}
	rows, err := judge.Quota(m, measured, costs, o.heldOut, o.only)
	if err != nil {
		return err
	}
	if o.document != "" {
		if err := write(o.document, report.Quota(measured, rows, o.cost)); err != nil {
			return err
		}
	}
	return report.PrintQuota(os.Stdout, rows)
}

// rewrite puts the figures into a document that has a section for them.
func rewrite(path string, rows []judge.Row) error {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return err
	}
	fresh, err := report.Runtimes(string(text), rows)
	if err != nil {
		return err
	}
	return write(path, fresh)
}

func write(path, document string) error {
	return os.WriteFile(path, []byte(document), 0o644) //nolint:gosec // G306: a document is for all to read
}

// sides are what the models go by, and what the real runtimes did.
func (o *options) sides(ctx context.Context, m *matrix.Matrix) (costs *cost.Set, measured *measure.Measured, err error) {
	if costs, err = costsOf(o.cost); err != nil {
		return nil, nil, err
	}
	measured, err = o.measure(ctx, m)
	return costs, measured, err
}

func (o *options) measure(ctx context.Context, m *matrix.Matrix) (*measure.Measured, error) {
	if o.judge {
		return measure.Read(o.measured)
	}
	measured, err := measure.Measure(ctx, m, measure.Setup{
		Rig: o.rig, Repeats: o.repeats, Retries: o.retries, Anyway: o.anyway, Only: o.only,
		Log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) },
	})
	if err != nil {
		return nil, err
	}
	return measured, measured.Write(o.measured)
}

func costsOf(path string) (*cost.Set, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // nil stands for the default
	}
	file, err := os.Open(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, err
	}
	set, err := costfile.Parse(file)
	return &set, errors.Join(err, file.Close())
}
