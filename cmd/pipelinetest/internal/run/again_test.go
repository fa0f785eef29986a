// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// TestSpared: what was refused and came again is told on a PASS: another sender would have lost it.
func TestSpared(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Systems[0] = plays(t, "gateway", "play-system", `otelcol_receiver_refused_spans{receiver="otlp"} 5742`, `otelcol_receiver_refused_log_records{receiver="otlp"} 3`)
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome)
	assert.Equal(t, []string{"gateway refused 5,742 spans and 3 log records, each time counted, and generator sent them again: a sender that does not, or not for as long, loses them"}, r.Notes)

	s, o, _ = test(t, func(*scenario.Scenario) {})
	r = Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome)
	assert.Empty(t, r.Notes)
}
