// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// span is the record of a span that has ended, around a task or inside one. It has no pointers: many spans wait at a time, and the
// garbage collector need not look at them.
type span struct {
	number, parent, tag uint64
	start, end, busy    sim.Time
	work                sim.Rand // of which its attributes are drawn
	label               int
	thread              int // that opened the span: place in threads
	caller              int // place in origins of the process whose span the parent is
	extras              int // place in extras, from 1; 0: it has none
	outcome             scheduler.Outcome
	inTrace             uint32 // its number among the spans of its trace, if they are numbered

	task   bool // around a task: the rest is known
	fields taskFields
}

// ownCaller stands for the span's own process.
const ownCaller = -1

// threadName is a thread of a process, as its spans name it.
type threadName struct {
	id   int64  // 0: no span has named it
	name string // may be empty
}

// extras are what few spans have.
type extras struct {
	events []spanEvent
	links  []spanRef
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

// timestamp is the wall time of a virtual one; virtual time 0 is epoch.
func timestamp(epoch time.Time, t sim.Time) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(epoch) + pcommon.Timestamp(max(0, t))
}
