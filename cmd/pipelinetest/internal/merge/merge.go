// SPDX-License-Identifier: Apache-2.0

// Package merge gives one verdict for a run that several verifiers share: it collects their states, from files or over HTTP, merges them, and shows the report as
// load_verify shows its own.
package merge

import (
	"context"
	"errors"
	"fmt"
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

// Merge merges the states of some places. While the verdict is not out, and for as long as patience lasts, it collects them again. Then places that cannot be
// reached may come up, too.
func Merge(ctx context.Context, places []string, asked audit.Asked, patience time.Duration) (*Result, error) {
	deadline := time.Now().Add(patience)
	for {
		result, err := once(ctx, places, asked)
		if err == nil && result.Report.Verdict != audit.Running || !time.Now().Add(pause).Before(deadline) {
			return result, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

func once(ctx context.Context, places []string, asked audit.Asked) (*Result, error) {
	m := audit.NewMerge()
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
	return audit.Document{Exporter: "pipelinetest merge", WrittenAt: now.UTC(), Report: r.Report}.JSON()
}
