// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestAwaitsCopies: after a part has gone away, who sent to it may send again what it had handed on. Who says that nothing is held does not.
func TestAwaitsCopies(t *testing.T) {
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	held := func(requests float64) map[string]*dto.MetricFamily {
		gauge := func(value float64) *dto.MetricFamily {
			label := func(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }
			return &dto.MetricFamily{Metric: []*dto.Metric{{
				Label: []*dto.LabelPair{label("exporter", "otlp"), label("data_type", "traces")}, Gauge: &dto.Gauge{Value: &value},
			}}}
		}
		sent := gauge(5)
		return map[string]*dto.MetricFamily{"otelcol_exporter_sent_spans": sent, "otelcol_exporter_queue_size": gauge(requests)}
	}
	up := &dto.MetricFamily{Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: new(3.0)}}}}
	kill := scenario.Fault{Kill: "gateway"}
	for name, tc := range map[string]struct {
		fault    scenario.Fault
		ended    *float64
		families map[string]*dto.MetricFamily // what the agent says; nil: nothing
		readAt   time.Duration
		now      time.Duration
		timeout  time.Duration
		awaits   bool
	}{
		"no part went away":      {fault: scenario.Fault{FullDisk: "gateway"}, now: time.Second},
		"it went away":           {fault: kill, now: 15 * time.Second, awaits: true},
		"it came back":           {fault: kill, ended: new(4.0), now: 18 * time.Second, awaits: true},
		"long ago":               {fault: kill, now: 17 * time.Second},
		"the agent holds some":   {fault: kill, now: 5 * time.Second, families: held(1), readAt: 4 * time.Second, awaits: true},
		"the agent holds none":   {fault: kill, now: 5 * time.Second, families: held(0), readAt: 4 * time.Second},
		"it held none before":    {fault: kill, now: 5 * time.Second, families: held(0), readAt: time.Second, awaits: true},
		"the time is nearly up":  {fault: kill, now: 5 * time.Second, timeout: 7 * time.Second},
		"nothing came to it":     {fault: kill, now: 5 * time.Second, families: map[string]*dto.MetricFamily{"otelcol_process_uptime": up}, readAt: 4 * time.Second},
		"it does not know of it": {fault: kill, now: 5 * time.Second, families: map[string]*dto.MetricFamily{}, readAt: 4 * time.Second, awaits: true},
	} {
		t.Run(name, func(t *testing.T) {
			agent := &member{Part: scenario.Part{Name: "agent"}, tested: true, up: true}
			if tc.families != nil {
				agent.account.Set(tc.families)
				agent.readAt = began.Add(tc.readAt)
			}
			s := &scenario.Scenario{Timeout: time.Minute, Faults: []scenario.Fault{tc.fault}}
			if tc.timeout > 0 {
				s.Timeout = tc.timeout
			}
			c := &course{
				Scenario: s, began: began, report: &verdict.Report{}, members: []*member{agent, {Part: scenario.Part{Name: scenario.VerifierName}, up: true}},
				result: &Result{Began: began, Faults: []FaultResult{{Began: new(1.5), Ended: tc.ended}}},
			}
			assert.Equal(t, tc.awaits, c.awaitsCopies(began.Add(tc.now)))
		})
	}
}

// TestSeenFor: a copy is seen until the first part is told to stop.
func TestSeenFor(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := &course{ended: noon, result: &Result{Report: &verdict.Report{Runs: []verdict.Run{{Last: noon.Add(-3 * time.Second)}, {Last: noon.Add(-2 * time.Second)}}}}}
	assert.Equal(t, 2*time.Second, c.seenFor())
	c.result.Report.Runs[1].Last = noon.Add(time.Second)
	assert.Zero(t, c.seenFor(), "something arrived while they stopped")
	c.result.Report.Runs = nil
	assert.Zero(t, c.seenFor())
}
