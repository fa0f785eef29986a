// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// arrival is how much of each signal had arrived when load_verify wrote a report.
type arrival struct {
	at       time.Time
	received []uint64 // in the order of scenario.Signals
}

// bulk is the share of a load whose arrival is timed. What a system holds back to fill a batch, and sends when no more comes, is late without being slow.
const bulk = 0.95

// noteArrivals notes what had arrived, if this is a load test.
func (c *course) noteArrivals() {
	if c.Load == nil {
		return
	}
	a := arrival{at: c.reportedAt}
	for _, signal := range scenario.Signals {
		a.received = append(a.received, c.report.Sum(signal, "received"))
	}
	if n := len(c.load.arrivals); n == 0 || !slices.Equal(c.load.arrivals[n-1].received, a.received) {
		c.load.arrivals = append(c.load.arrivals, a)
	}
}

// arrivalTime is how long a signal took to arrive: by its bulk, from the first arrival of any signal on.
func (c *course) arrivalTime(signal string) time.Duration {
	var first, last time.Time
	for i := range c.result.Report.Runs {
		run := &c.result.Report.Runs[i]
		if first.IsZero() || run.First.Before(first) {
			first = run.First
		}
		if run.Last.After(last) {
			last = run.Last
		}
	}
	at := slices.Index(scenario.Signals, signal)
	enough := bulk * float64(c.result.Report.Sum(signal, "received"))
	i := slices.IndexFunc(c.load.arrivals, func(a arrival) bool { return float64(a.received[at]) >= enough })
	if i < 0 || enough == 0 {
		return last.Sub(first) // the rest came at the very end
	}
	return min(time.Duration(float64(c.load.arrivals[i].at.Sub(first))/bulk), last.Sub(first))
}

// writtenAt is when a file was written last; zero: it is not there any more.
func writtenAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
