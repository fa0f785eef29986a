// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// StepOf is what a load test at a rate comes to.
func StepOf(rate float64, slo *scenario.SLO, r *run.Result) *Step {
	s := &Step{Rate: rate, Held: r.Outcome == run.Passed, Outcome: r.Outcome, Why: []string{}}
	if !s.Held {
		s.Why = append(s.Why, r.Problems...)
	}
	l := r.Load
	if l == nil {
		return s
	}
	if !s.Held {
		s.Limit = l.Limit
	}
	s.Latency, _ = l.Worst(slo.Quantile)
	if spans := l.Signal("traces"); spans != nil {
		s.Arrived = spans.Arrived
	}
	if l.Machine != nil {
		s.Busy = l.Machine.Busy
	}
	return s
}
