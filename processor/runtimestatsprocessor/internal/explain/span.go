// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Unknown stands for a time or number that is not known.
const Unknown = findings.Unknown

// Span is what one span says. Times are in nanoseconds, those of the day since 1970.
type Span struct {
	Trace, ID, Parent uint64        // halves of the ids are enough; 0 for none
	Top               bool          // it has no parent in its process, for all that is known
	SaidLocal         bool          // the service says that the parent is of its own process
	Request           bool          // a server framework made it, for a request or message from outside
	Name              func() string // what to call it, if it is worth a name
	Callsite          uint64        // where in the code it was made; any number that is the same for the same place

	Start, End int64
	Duration   int64 // Unknown without times that make sense
	Busy, Idle int64 // Unknown if not recorded or not trusted
	Layered    bool  // Idle holds other things as well: an older tracing layer

	LongestPoll, Polls int64
	Forced             int64 // of its polls ended only because others must have their turn
	Wait               int64 // for a worker
	MeanWait           int64 // of the polls of its runtime at that time
	SkewedWorker       bool  // first polled by a worker that does several times the work of the others

	Thread    int64 // that made the span; Unknown
	Worker    bool  // by its name, the thread is a worker of a known runtime
	Arbiter   bool  // by its name, the thread runs tasks that no other thread may run
	Blockable bool  // by its name, the thread is there to block

	CPU        *cputime.Recent // what the kernel said of its process; nil for nothing
	ThreadName string          // of the thread that made it
	Workers    int64           // of its runtime, as metrics tell; 0 if they do not

	Late         bool // it tells nothing about the present
	Inconsistent bool // its times do not add up: when it ended is not certain
}

// Findings are what a span's times hint at.
type Findings struct {
	Found findings.Set
	// Judged are the kinds that would have been found: the others are unknown for this span.
	Judged findings.Set
	// Why is what kept each kind from being found.
	Why [findings.NumKinds]Reason
	// HeldUpBy is the name of the span whose polls held this one up, with [findings.HeldUp].
	HeldUpBy string
}

// Shares of a span's duration.
const (
	notable = 10 // one part in so many: what takes less explains nothing
	nearly  = 50 // all but one part in so many
)

// unusual is what part of a long time is worth a comparison with the operation's own.
const unusual = 10

const (
	// handover is the idle time from which on a span may have been entered on another thread: the work was handed there and back. Where pool
	// handed its span to the blocking pool, half of the spans had 52 us or more (axum-task-fields-healthy), 42 us the least of axum.json.
	// Some had as little as 10 us (axum-one-thread-healthy), so a shorter idle time alone proves nothing.
	handover = 45_000
	// reentry is the least time between two polls of a task that never waits: it is queued, and taken from the queue. In the captures
	// drain, whose every message is there, was away for 9 us between polls at the least (axum-opentelemetry-0.31).
	reentry = 2_500
	// entering is the most that passes between making a span and entering it in the next statement, and what its times may be off. All
	// guarded spans took 2.5 us or less on a quiet machine (actix.json), and up to 9 us on a busy one (actix-web).
	entering = 10_000
)

// whole reports whether the span was entered once, for all that its times tell, and stayed so to its end.
func (s *Span) whole() bool {
	switch {
	case s.Busy < 0 || s.Duration <= 0:
		return false
	case s.Polls >= 0:
		return s.Polls == 1 && s.Duration-s.Busy <= s.Duration/nearly+handover
	default:
		return !s.Layered && s.Idle >= 0 && s.Idle <= handover && s.Duration-s.Busy <= s.Duration/nearly+handover
	}
}

// poll returns a time that the longest poll of the span took at least; Unknown if its times do not say.
func (s *Span) poll() int64 {
	switch {
	case s.LongestPoll >= 0:
		return s.LongestPoll
	case s.Busy < 0:
		return Unknown
	case s.Polls > 0:
		return s.Busy / s.Polls
	case s.Layered || s.Idle < 0:
		return Unknown
	default:
		return s.Busy / (1 + s.Idle/reentry)
	}
}

// timed reports whether it is certain when the span started and ended, compared with others: a wall clock that is set in the middle of a span
// makes it longer or shorter than its polls say.
func (s *Span) timed() bool { return s.Duration >= 0 && !s.Inconsistent }

// measured reports whether the service told how long the span's polls were.
func (s *Span) measured() bool { return s.LongestPoll >= 0 || s.Polls > 0 }

// mostPoll returns a time that no poll of the span exceeded.
func (s *Span) mostPoll() int64 {
	if s.measured() {
		return s.poll()
	}
	return s.Busy
}

// Account returns what the kernel said of the span's threads in the intervals that cover it, and whether there are such. Where it does not tell of
// these threads, they may be any of the process: then they are covered if it told of all.
func (s *Span) Account() (a cputime.Account, covered bool) {
	if s.CPU == nil {
		return a, false
	}
	a, covered = s.CPU.Of(semconv.ThreadGroup(s.ThreadName), s.Start, s.End)
	return a, covered && (a.Named || !a.Partial)
}
