// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/refusals"
)

// TestReasonSays: who refuses has given up nothing.
func TestReasonSays(t *testing.T) {
	for want, r := range map[string]refusals.Refusal{
		`gateway: processor memory_limiter speaks of refusing telemetry, 2 times or more: "no"`:          {Component: "processor memory_limiter", Refused: true, Lines: 2, Last: "no"},
		`gateway: its log speaks of refusing, once or more; the last time: "no"`:                         {Refused: true, Lines: 1, Last: "no"},
		`gateway: its log speaks of dropping, once or more; the last time: "no"`:                         {Lines: 1, Last: "no"},
		`gateway: receiver synthetic_load gave up telemetry, once or more: "no"`:                         {Component: "receiver synthetic_load", Lines: 1, Last: "no"},
		`gateway: exporter otlp got Unavailable, and tried log records again, 1,200 times or more: "no"`: {Component: "exporter otlp", Answer: "Unavailable", Signal: "logs", Retried: true, Lines: 1200, Last: "no"},
		`gateway: exporter otlp got Internal, and gave up 5 spans or more: "no"`:                         {Component: "exporter otlp", Answer: "Internal", Signal: "traces", Lines: 1, Items: 5, Last: "no"},
	} {
		assert.Equal(t, want, Reason{"gateway", r}.String())
	}
}
