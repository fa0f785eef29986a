// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// span is the record of a span that has ended, around a task or inside one.
type span struct {
	number, parent, tag uint64
	label, creator      int // creator: the thread, or Outside
	start, end, busy    sim.Time
	outcome             scheduler.Outcome
	work                sim.Rand  // of which its attributes are drawn
	caller              *identity // whose span the parent is; nil: its own process's
	thread              string    // name of the creator's
	threadID            int64
	events              []spanEvent
	links               []spanRef

	task   bool // around a task: the rest is known
	fields taskFields
}

// taskFields are what a service records that measures its own futures.
type taskFields struct {
	queueWait, firstPollDelay, longestPoll sim.Time
	polls, steals, forcedYields            uint32
	worker                                 int
}

// spanEvent is one of the events in a span: of the workload, or a poll.
type spanEvent struct {
	at    sim.Time
	label int // of the workload; isPoll
	work  sim.Rand

	queueWait, duration sim.Time
	worker              int

	more uint32 // in place of event mostEvents: how many were dropped
}

const isPoll = -1

// mostEvents is how many events a span holds; the SDK drops more (OTEL_SPAN_EVENT_COUNT_LIMIT).
const mostEvents = 128

// logRecord is what was logged.
type logRecord struct {
	at      sim.Time
	span    uint64 // number of the span or task; 0: outside of any
	tag     uint64
	label   int // of the span or the event; of a thread its number
	kind    logKind
	work    sim.Rand // of an event: what its attributes are drawn of
	message string   // of a span that failed
}

func timestamp(epoch time.Time, t sim.Time) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(epoch.Add(t.Duration()))
}
