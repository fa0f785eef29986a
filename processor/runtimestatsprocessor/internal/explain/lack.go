// SPDX-License-Identifier: Apache-2.0

package explain

// lackState says whether a span lacked a CPU.
type lackState uint8

const (
	untold   lackState = iota // the kernel does not tell of its process
	none                      // it lacked hardly any
	unknown                   // the kernel has not told of its time, or not yet
	doubtful                  // its process lacked some, and it may have been among those who did
	lacking                   // it did, and for most of what it took
)

// lack is for how long a span lacked a CPU.
type lack struct {
	state lackState
	ns    int64 // as an estimate
	most  int64 // all that the threads lacked in the intervals that cover it; Unknown where none do
	poll  int64 // how long its longest poll usually is
	ran   bool  // whether what is known all the same says that its thread had a CPU
}

// possible reports whether the span may have lacked a CPU, for all that is known.
func (l *lack) possible() bool { return l.state >= unknown && !l.ran }
