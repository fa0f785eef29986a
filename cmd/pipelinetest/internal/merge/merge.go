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
// reached may come up, too. It remembers what it has collected: a verifier that has lost its storage does not know who was before it, and who has
// seen that one does. When patience or ctx ends before, it returns what is known so far beside the error; without patience nothing is known of places that
// cannot all be reached.
func Merge(ctx context.Context, places []string, asked audit.Asked, patience Patience) (*Result, error) {
	return collect(ctx, places, asked, patience, newFetcher())
}

func collect(ctx context.Context, places []string, asked audit.Asked, patience Patience, from *fetcher) (*Result, error) {
	all, deadline := audit.NewMerge(), time.Now().Add(patience.Wait)
	reading := ctx // ends with patience
	if patience.Wait > 0 {
		var end context.CancelFunc
		reading, end = context.WithDeadlineCause(ctx, deadline, errors.New("--wait is over"))
		defer end()
	}
	looked := false
	for {
		result, err := look(reading, places, all, asked, from)
		if err == nil && !looked {
			looked = true
			if err := result.stale(); patience.Fresh && err != nil {
				return nil, err
			}
			if patience.Looked != nil {
				patience.Looked()
			}
		}
		switch last := !time.Now().Add(pause).Before(deadline); {
		case err == nil && (last || !result.goesOn()):
			return result, nil
		case err != nil && patience.Wait == 0:
			return nil, err
		case err != nil && last:
			return known(all, asked, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return known(all, asked, errors.Join(err, fmt.Errorf("interrupted: %w", ctx.Err())))
		}
	}
}

// look collects the states of all places, and reports on them and on those that were known before.
func look(ctx context.Context, places []string, all *audit.Merge, asked audit.Asked, from *fetcher) (*Result, error) {
	if err := gather(ctx, places, all, from); err != nil {
		return nil, err
	}
	return report(all, asked)
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

// gather adds the states of all places to those that are known. It reads them side by side, and waits for all, or until ctx ends. Then it takes those that are there,
// and leaves the others behind, such as a file that blocks.
func gather(ctx context.Context, places []string, to *audit.Merge, from *fetcher) error {
	type read struct {
		states []*audit.State
		err    error
	}
	all := make([]chan read, len(places))
	for i, place := range places {
		all[i] = make(chan read, 1)
		go func() {
			states, err := from.fetch(ctx, place)
			all[i] <- read{states, err}
		}()
	}
	var errs []error
	for i, place := range places {
		var of read
		select {
		case of = <-all[i]:
		case <-ctx.Done():
			select {
			case of = <-all[i]:
			default:
				of.err = fmt.Errorf("%s: %w", place, context.Cause(ctx))
			}
		}
		if of.err == nil {
			if of.err = to.Add(of.states...); of.err != nil {
				of.err = fmt.Errorf("%s: %w", place, of.err)
			}
		}
		errs = append(errs, of.err)
	}
	return errors.Join(errs...)
}

// known reports what is known although some states could not be had: whatever it is, it is not all.
func known(all *audit.Merge, asked audit.Asked, why error) (*Result, error) {
	asked.Final = true
	asked.Lacks = strings.Split(why.Error(), "\n")
	result, err := report(all, asked)
	if err != nil {
		return nil, why
	}
	return result, why
}

func report(all *audit.Merge, asked audit.Asked) (*Result, error) {
	report, err := all.Report(asked)
	if err != nil {
		return nil, err
	}
	return &Result{Report: report, State: all.Bytes()}, nil
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
	return audit.Document{Exporter: "pipelinetest merge", WrittenAt: now.UTC(), Report: r.Report}.JSON()
}
