// SPDX-License-Identifier: Apache-2.0

package run

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// TestGivenUpMarkers: an end marker that the generator gave up never comes. Who has accounted for everything else does not wait for it.
func TestGivenUpMarkers(t *testing.T) {
	t.Parallel()
	s, o, lines := test(t, func(s *scenario.Scenario) {
		s.Settle = time.Hour
		s.Generators[0] = plays(t, "generator", "play-refused-generator", "2")
		s.Verifier = plays(t, "verifier", "play-verifier", "running")
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	assert.NotContains(t, strings.Join(r.Problems, "\n"), "timeout")
	assert.Contains(t, strings.Join(r.Problems, "\n"), "2 given up by the generators")
	assert.Empty(t, r.Notes)
	assert.False(t, lines.has("nothing has arrived for"))
}

// TestWhole: a generator that was stopped before its run had ended hands on more as it stops. What it said before is not all.
func TestWhole(t *testing.T) {
	t.Parallel()
	generator := &member{generates: true, readToEnd: true}
	c := &course{members: []*member{generator, {}}, result: &Result{Parts: make([]telemetry.Part, 2)}}
	assert.False(t, c.offered("logs").Whole)
	generator.ended = true
	assert.True(t, c.offered("logs").Whole)
}
