// SPDX-License-Identifier: Apache-2.0

// Package merge gives one verdict for a run that several verifiers share: it collects their states, from files or over HTTP, merges them, and shows the report as
// load_verify shows its own.
package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit/table"
)

// Result is what came of a merge.
type Result struct {
	Report audit.Report
	// State has all states, and can be merged again.
	State []byte
}

// pause is between two attempts.
const pause = time.Second

// Patience says how long a merge waits for the end of a run.
type Patience struct {
	// Wait is how long states are collected again.
	Wait time.Duration
	// Fresh: a run that is there at the first look is of an earlier test.
	Fresh bool
	// Looked is called when all states have been had once; nil: nobody wants to know.
	Looked func()
}

// Merge merges the states of some places. While a run goes on, and for as long as patience lasts, it collects them again. Then places that cannot be
// reached may come up, too. What was collected once is kept: a verifier that comes back without its memory has another incarnation, and is found out by the one before.
func Merge(ctx context.Context, places []string, asked audit.Asked, patience Patience) (*Result, error) {
	deadline := time.Now().Add(patience.Wait)
	looked, collected := false, audit.NewMerge()
	for {
		result, err := once(ctx, collected, places, asked)
		if err == nil && !looked {
			looked = true
			if err := result.stale(); patience.Fresh && err != nil {
				return nil, err
			}
			if patience.Looked != nil {
				patience.Looked()
			}
		}
		if err == nil && !result.goesOn() || !time.Now().Add(pause).Before(deadline) {
			return result, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// goesOn reports whether a later look may say something else: a run has not ended, or the end markers of a shard have not come. The generator of that may have
// begun later than the others.
func (r *Result) goesOn() bool {
	return r.Report.Verdict == audit.Running ||
		slices.ContainsFunc(r.Report.Runs, func(run audit.RunReport) bool { return run.Shards.Seen < run.Shards.Total })
}

// stale finds what an earlier test has left. Its verdict would be taken for that of a run which has not begun.
func (r *Result) stale() error {
	for i := range r.Report.Runs {
		return fmt.Errorf("the verifiers had run %q when merge first looked, so it may be of an earlier test; want verifiers without a state, and merge before the load", r.Report.Runs[i].Run)
	}
	if n := r.Report.Forgotten.Runs; n > 0 {
		return fmt.Errorf("the verifiers had held %d runs when merge first looked; want verifiers without a state, and merge before the load", n)
	}
	return nil
}

func once(ctx context.Context, m *audit.Merge, places []string, asked audit.Asked) (*Result, error) {
	var errs []error
	for _, place := range places {
		states, err := fetch(ctx, place)
		if err == nil {
			if err = m.Add(states...); err != nil {
				err = fmt.Errorf("%s: %w", place, err)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	report, err := m.Report(asked)
	if err != nil {
		return nil, err
	}
	return &Result{Report: report, State: m.Bytes()}, nil
}

// title is what tables begin with.
const title = "merged"

// Text is the report as people read it: the table of each run, the verdict over all, and whose states these are.
func (r *Result) Text() string {
	var b strings.Builder
	for i := range r.Report.Runs {
		b.WriteString(table.Run(title, &r.Report.Runs[i]))
	}
	b.WriteString(table.Whole(title, &r.Report))
	for i := range r.Report.States {
		s := &r.Report.States[i]
		last := ""
		if s.Final {
			last = ", its last"
		}
		fmt.Fprintf(&b, "  verifier %q, incarnation %s, state %d of %s%s\n", s.Verifier, s.Incarnation, s.Sequence, s.Written.Format(time.DateTime), last)
	}
	return b.String()
}

// JSON is the report as load_verify writes it.
func (r *Result) JSON(now time.Time) ([]byte, error) {
	final := !slices.ContainsFunc(r.Report.States, func(o audit.Origin) bool { return !o.Final })
	return audit.Document{Exporter: "pipelinetest merge", WrittenAt: now.UTC(), Final: final, Report: r.Report}.JSON()
}
