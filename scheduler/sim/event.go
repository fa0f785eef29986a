// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"math"
	"time"
)

// Time is a point in virtual time: nanoseconds since the simulation's start. Differences of Times are Times too.
type Time int64

// Never is later than every event.
const Never Time = math.MaxInt64

// Duration converts t to the standard library's type.
func (t Time) Duration() time.Duration { return time.Duration(t) }

// Target identifies a registered handler.
type Target int32

// Event is something due at a time. Kind and Arg mean what the handler says they mean.
type Event struct {
	At   Time
	Arg  uint64
	Kind uint8
}

// Handler receives the events scheduled for its target, at their time.
type Handler interface {
	Handle(ev Event)
}

// due is when an event is due, and what places it among events of the same time.
type due struct {
	at    Time
	from  Time   // when it was scheduled, or as if
	order uint64 // of scheduling, or rank
}

// before is the order in which events are handled.
func (d due) before(o due) bool {
	if d.at != o.at {
		return d.at < o.at
	}
	if d.from != o.from {
		return d.from < o.from
	}
	return d.order < o.order
}

// message is what a handler gets when an event is due.
type message struct {
	arg    uint64
	target Target
	kind   uint8
}

// scheduled is an event ahead. Its two parts are small enough to be moved through registers; the whole would go through memory, where
// a processor waits for the parts of a value to be written before it reads the value.
type scheduled struct {
	due
	message
}
