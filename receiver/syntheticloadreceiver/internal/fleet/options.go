// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
)

// Options say what the fleet sends of what it plays.
type Options struct {
	// Signals to send; others are not recorded.
	Signals []Signal
	// TaskFields adds what services record that measure their own futures.
	TaskFields bool
	// PollEvents is the share of traces whose spans list each poll as a span event, 0 to 1.
	PollEvents float64
	// Metrics that services send; needed for the signal.
	Metrics *runtimemetrics.Config
	// Logs that services write; needed for the signal.
	Logs *LogsConfig
	// Separate makes a request of each export; otherwise those between two Discards are one request.
	Separate bool
	// Shard of the fleet that sends; the zero value is the only one.
	Shard Shard
	// Run names the run: identifiers belong to it.
	Run string
	// Verify marks each item for load_verify, as one of the run.
	Verify bool
	// Slice is the most virtual time that is played before the requests are taken; 0: LongestSlice.
	Slice time.Duration
	// Content stamps what each item has too, if Verify.
	Content bool
	// TraceSpans numbers the spans of each trace, if Verify.
	TraceSpans bool
	// Randomness gives each trace a random value in its trace state.
	Randomness bool
	// Odd items; nil: none.
	Odd *Odd
	// Classes are counted by themselves, if Verify: all by whole traces, or none.
	Classes []Class
}

// sends reports whether a signal is to be sent, which may need a configuration.
func (o *Options) sends(s Signal) bool {
	return slices.Contains(o.Signals, s) && (s != Metrics || o.Metrics != nil) && (s != Logs || o.Logs != nil)
}

// Shard is one of Total parts of a fleet; together they send exactly what the whole fleet would. Processes are dealt out in turn.
type Shard struct {
	Index, Total int
}

func (s Shard) has(number int) bool { return s.Total < 2 || number%s.Total == s.Index }
