// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"math"
	"time"
)

// Lag tells how far a simulated load has fallen behind the clock. Its newest span is as old as the services' batching and the pipeline make
// it, which is no fault: what counts is how much older the newest spans are than they once were. The zero value is ready. Not safe for
// concurrent use.
type Lag struct {
	least    time.Duration // ever
	interval time.Duration // since the last Behind; never: nothing arrived
	known    bool
}

const never = math.MaxInt64

// Arrived says that a batch came at a time, and when the newest of its spans ended.
func (l *Lag) Arrived(at, newest time.Time) {
	lag := at.Sub(newest)
	if !l.known {
		l.known, l.least, l.interval = true, lag, lag
		return
	}
	l.least, l.interval = min(l.least, lag), min(l.interval, lag)
}

// Behind is how much longer the newest span took since the call before than it took at best. It is not known if none came.
func (l *Lag) Behind() Value[time.Duration] {
	if !l.known || l.interval == never {
		return Value[time.Duration]{}
	}
	behind := l.interval - l.least
	l.interval = never
	return Known(behind)
}
