// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestArrivalTime: what a system holds back until nothing more comes does not make the load slow; a system that is slow does.
func TestArrivalTime(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(last int, seconds ...uint64) time.Duration {
		c := &course{Scenario: &scenario.Scenario{Load: &scenario.LoadTest{Duration: 10 * time.Second}}, result: &Result{}}
		var sum uint64
		report := func(n uint64) *verdict.Report {
			return &verdict.Report{Runs: []verdict.Run{{
				First: began, Last: began.Add(time.Duration(last) * time.Second),
				Signals: []verdict.Signal{{Signal: "traces", Counts: map[string]uint64{"received": n}}},
			}}}
		}
		for i, n := range seconds {
			sum += n
			c.report, c.reportedAt = report(sum), began.Add(time.Duration(i+1)*time.Second)
			c.noteArrivals()
		}
		c.result.Report = report(1000)
		return c.arrivalTime("traces").Round(100 * time.Millisecond)
	}
	even := []uint64{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}
	assert.Equal(t, 10*time.Second, at(10, even...))
	assert.Equal(t, 10500*time.Millisecond, at(30, 100, 100, 100, 100, 100, 100, 100, 100, 100, 60, 0, 0, 0, 40), "a last batch that is not full")
	assert.Equal(t, 21100*time.Millisecond, at(22, append(append(even[:9:9], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 60, 40)...), "the last tenth took as long as the rest")
	assert.Equal(t, 12*time.Second, at(12), "no report was seen before the last")
}
