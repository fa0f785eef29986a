// SPDX-License-Identifier: Apache-2.0

package report

import (
	_ "embed"
	"fmt"
	"math"
	"regexp"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/judge"
)

// reasonsText says why rows are misses. Each key is a regular expression for workload/runtime/figure.
//
//go:embed reasons.yaml
var reasonsText []byte

// within is the reason of a miss that says nothing about the model.
const within = "The prediction lies in the interval of the measurement: single runs differ by as much"

// Explain gives the rows that are far off their reason, the first that fits.
func Explain(rows []judge.Row) error {
	var reasons []struct{ Rows, Reason string }
	if err := yaml.Unmarshal(reasonsText, &reasons); err != nil {
		return fmt.Errorf("reasons.yaml: %w", err)
	}
	for i := range rows {
		if r := &rows[i]; isMiss(r) && r.Low <= r.Predicted && r.Predicted <= r.High {
			r.Reason = within
		}
	}
	for _, reason := range reasons {
		of, err := regexp.Compile("^(?:" + reason.Rows + ")$")
		if err != nil {
			return fmt.Errorf("reasons.yaml: %w", err)
		}
		for i := range rows {
			r := &rows[i]
			if isMiss(r) && r.Reason == "" && of.MatchString(r.Workload+"/"+r.Runtime+"/"+r.Figure) {
				r.Reason = reason.Reason
			}
		}
	}
	return nil
}

// far is the error from which on a row is a miss, to be explained.
const far = 0.25

func isMiss(r *judge.Row) bool { return r.Counts() && math.Abs(r.Error()) > far }

// miss is the misses that have one reason.
type miss struct {
	Reason string
	Rows   []string
}

func misses(rows []judge.Row) (all []miss) {
	const unknown = "Not explained"
	at := map[string]int{}
	for i := range rows {
		r := &rows[i]
		if !isMiss(r) {
			continue
		}
		reason := r.Reason
		if reason == "" {
			reason = unknown
		}
		n, known := at[reason]
		if !known {
			n = len(all)
			at[reason] = n
			all = append(all, miss{Reason: reason})
		}
		all[n].Rows = append(all[n].Rows, fmt.Sprintf("`%s` %s %s %+.0f %%", r.Workload, r.Runtime, r.Figure, 100*r.Error()))
	}
	return all
}
