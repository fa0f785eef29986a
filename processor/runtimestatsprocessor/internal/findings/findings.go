// SPDX-License-Identifier: Apache-2.0

// Package findings says what the times of a span hint at: a long poll, a crowded queue, a future that never waits.
//
// What is long depends on the operation. A time is therefore compared with those of the spans before it of the same key
// first ([Window]): it must exceed their 99th percentile and ten times their median, and a tenth of what is long anywhere.
// Only a time that is long anywhere ([Limits]) needs no comparison: an operation that always blocks must not become normal
// by that. Nor must one that always waits for a worker. A finding is a hint, not a proof; each rule says what it rests on.
// What rests on a time that is not known is not found, so findings mean little without the share of spans of which it is.
//
// The package stands at the bottom of the runtime_stats processor, on package histogram and the names of package semconv.
// Package latency keeps a Window for each key; the processor asks [Limits.Find] for each span, and writes what it says.
package findings

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Kind is a kind of finding.
type Kind uint8

// The kinds.
const (
	BlockingSuspected   Kind = iota // a poll that is long: computation, or a call that blocks
	QueueStarved                    // runnable, but for long no worker took it
	WorkerSkew                      // it waited for a worker that does several times the work of the others
	NeverIdle                       // always in a poll, of which it had several: it never waits, or the span stays entered while it does
	HeldAfterCompletion             // kept open after its last poll
	NumKinds            int  = iota
)

// Names are the values of async_runtime.finding.
var Names = [NumKinds]string{
	semconv.FindingBlocking, semconv.FindingStarved, semconv.FindingWorkerSkew, semconv.FindingNeverIdle, semconv.FindingHeld,
}

// Set has bit 1<<k set for every kind in it.
type Set uint8

// Has reports whether a kind is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }

// Limits say which times are long for any operation, in nanoseconds.
type Limits struct {
	Poll, Wait int64
	Kinds      Set // to look for
}

// Unknown stands for a time or number that is not known.
const Unknown = -1

// Evidence is what is known of a span. Times are in nanoseconds.
type Evidence struct {
	Duration, Busy, Idle int64
	LongestPoll          int64
	Polls                int64
	Wait                 int64 // queue wait, of this span
	MeanWait             int64 // of the polls of its runtime at that time
	SkewedWorker         bool  // first polled by a worker that does several times the work of the others
	Pool                 bool  // it ran on a pool of threads that are there to be blocked

	ID       [8]byte
	Children Children
}

// Children are asked for the busy time of a span's children, as far as they are known: their polls are part of its own. They
// are asked only in doubt.
type Children interface {
	Busy(parent [8]byte) int64
}

// Shares of a span's duration.
const (
	notable = 10 // one part in so many: what takes less explains nothing
	mostly  = 2
	nearly  = 50 // all but one part in so many
)

// poll returns the longest poll of the span. If it is not known, that of the mean of several is, which is no longer; else only
// that it is no longer than all of them together.
func (e *Evidence) poll() (ns int64, bound bool) {
	switch {
	case e.LongestPoll >= 0:
		return e.LongestPoll, false
	case e.Busy >= 0 && e.Polls > 0:
		return e.Busy / e.Polls, false
	default:
		return e.Busy, true
	}
}

// Find returns what the evidence hints at, seen in the light of the spans of its key before it, and adds it to these if
// it is worth to be one of them. The window may be nil.
func (l *Limits) Find(e *Evidence, w *Window, add bool) Set {
	if e.Duration <= 0 || e.Busy < 0 && e.Wait < 0 {
		return 0
	}
	var found Set
	var polls, waits *times // those usual for the key
	if w != nil {
		polls, waits = &w.polls, &w.waits
	}
	poll, bound := e.poll()
	if !e.Pool && polls.exceededBy(poll, l.Poll) && (!bound || l.mostlyBusy(e, polls)) {
		found |= 1 << BlockingSuspected
	}
	if e.Wait*notable >= e.Duration && (waits.exceededBy(e.Wait, l.Wait) || l.alwaysWaiting(e, waits)) {
		found |= 1 << QueueStarved
	}
	if e.Wait < 0 && e.MeanWait >= l.Wait && e.Idle >= e.MeanWait {
		found |= 1 << QueueStarved
	}
	if e.SkewedWorker && e.Wait*notable >= e.Duration && e.Wait >= l.Wait/unusual {
		found |= 1 << WorkerSkew
	}
	several := e.Polls > 1 || e.Polls < 0 && !found.Has(BlockingSuspected) // unknown, one long poll explains it as well
	if !e.Pool && several && e.Duration >= l.Poll && e.Duration-e.Busy <= e.Duration/nearly {
		found |= 1 << NeverIdle
	}
	if e.Busy > 0 && e.Idle >= 0 { // a span that was never polled had nothing to complete
		if held := e.Duration - e.Busy - e.Idle; held >= l.Poll/unusual && held*notable >= e.Duration {
			found |= 1 << HeldAfterCompletion
		}
	}
	if w != nil && add {
		w.add(poll, e.Wait)
	}
	return found & l.Kinds
}

// wakeUp is what a sleeping worker may take to come, in nanoseconds: a task of many polls waits that long each time, and nobody is
// to blame.
const wakeUp = 100_000

// alwaysWaiting is the condition on a span that waits for no longer than others of its key, where half of them wait for what is worth
// a comparison: there is no usual wait to compare with, but usual trouble. Of the time in which the span could have run it spent
// the larger part waiting. (There is no such rule for polls: computing may be what an operation is there for, waiting never is.)
func (l *Limits) alwaysWaiting(e *Evidence, waits *times) bool {
	least := l.Wait / unusual
	return waits != nil && e.Wait >= max(least, e.Busy) && e.Wait/wakeUp >= e.Polls && waits.median.Load() >= least
}

// mostlyBusy is the second condition on a span of whose polls only the sum is known: many short ones would make as much. If most
// of its duration is spent in polls, and what its children do not explain is still long, it is worth a suspicion.
func (l *Limits) mostlyBusy(e *Evidence, polls *times) bool {
	return e.Busy*mostly >= e.Duration && polls.exceededBy(e.Busy-e.Children.Busy(e.ID), l.Poll)
}
