// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestEffect: a fault has done something only if telemetry was disturbed; what cannot be known is unknown.
func TestEffect(t *testing.T) {
	killed := proxy.Met{Unit: "processes", Came: 1, Suffered: 1}
	idle := proxy.Met{Unit: "connections", Came: 2, Idle: 2}
	opaque := proxy.Met{Unit: "connections", Came: 2, Unsure: 2}
	onLink := []*proxy.Disturbance{nil}
	const all = 30 // of three signals, ten each
	for name, tc := range map[string]struct {
		e       encounter
		met     proxy.Met
		verdict string
		lost    uint64
		want    effect
	}{
		"killed when all had arrived":           {encounter{before: all}, killed, scenario.Pass, 0, nothing},
		"killed, and more arrived":              {encounter{before: 10, soon: new(uint64(12))}, killed, scenario.Pass, 0, something},
		"killed under load":                     {encounter{before: 10, loading: true}, killed, scenario.Pass, 0, something},
		"killed at the end of the load":         {encounter{before: 29, soon: new(uint64(all))}, killed, scenario.Pass, 0, unknown},
		"killed with something in hand":         {encounter{before: all, held: true}, killed, scenario.Pass, 0, something},
		"killed, and some loss is allowed":      {encounter{before: all}, killed, scenario.Pass, 1, unknown},
		"killed, and the test fails":            {encounter{before: all}, killed, scenario.Fail, 1, something},
		"not running":                           {encounter{before: 10}, proxy.Met{Unit: "processes", Came: 1}, scenario.Pass, 0, nothing},
		"idle connections":                      {encounter{ways: onLink, before: 10, heard: true}, idle, scenario.Pass, 0, nothing},
		"idle connections of who says nothing":  {encounter{ways: onLink, before: 10}, idle, scenario.Pass, 0, unknown},
		"idle connections when all had arrived": {encounter{ways: onLink, before: all}, idle, scenario.Pass, 0, nothing},
		"idle connections of who is waiting":    {encounter{ways: onLink, before: 10, held: true}, idle, scenario.Pass, 0, something},
		"TLS, and more arrived":                 {encounter{ways: onLink, before: 10, soon: new(uint64(12))}, opaque, scenario.Pass, 0, something},
		"TLS when all had arrived":              {encounter{ways: onLink, before: all}, opaque, scenario.Pass, 0, nothing},
	} {
		t.Run(name, func(t *testing.T) {
			report := &verdict.Report{Verdict: tc.verdict, Runs: []verdict.Run{{Final: true}}}
			for _, signal := range scenario.Signals {
				report.Runs[0].Signals = append(report.Runs[0].Signals, verdict.Signal{
					Signal: signal, SentKnown: true, Counts: map[string]uint64{"sent": 10 + tc.lost, "received": 10, "lost": tc.lost},
				})
			}
			c := &course{Scenario: scenario.New(), result: &Result{Report: report}, members: []*member{{}}}
			assert.Equal(t, tc.want, c.effect(&tc.e, &tc.met))
		})
	}
}
