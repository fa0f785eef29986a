// SPDX-License-Identifier: Apache-2.0

package runtimes

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
)

// Field is a number that a service records on a span.
type Field uint8

// The fields, named after the attributes that carry them. Times are in nanoseconds.
const (
	Busy             Field = iota // busy_ns
	Idle                          // idle_ns
	Scheduled                     // scheduled_ns
	FirstPollDelay                // first_poll_delay_ns
	LongestPoll                   // longest_poll_ns
	PollCount                     // poll_count
	StealCount                    // steal_count
	ForcedYieldCount              // forced_yield_count
	WorkerIndex                   // worker.index
	TaskID                        // task.id
	NumFields        int   = iota
)

// Fields are the fields found on one span. The zero value has none.
type Fields struct {
	values [NumFields]int64 // of a field that is not known: anything
	known  uint16
}

// Reset takes all fields away.
func (f *Fields) Reset() { f.known = 0 }

// Set records a field. None of them can be negative: a value that is does not count as known.
func (f *Fields) Set(field Field, value int64) {
	if value >= 0 {
		f.values[field] = value
		f.known |= 1 << field
	}
}

func (f *Fields) has(field Field) bool {
	return f.known&(1<<field) != 0
}

// Merge adds the fields that f does not have, or with replace all that other has.
func (f *Fields) Merge(other *Fields, replace bool) {
	for field := range Field(NumFields) {
		if other.has(field) && (replace || !f.has(field)) {
			f.Set(field, other.values[field])
		}
	}
}

// Part is a whole number of the account of a span's time, as the derived attributes hold it.
type Part uint8

// The parts, named after the attributes that carry them. Times are in nanoseconds.
const (
	QueueWait         Part = iota // async_runtime.task.queue_wait_ns
	QueueWaitEstimate             // async_runtime.task.queue_wait_estimate_ns
	IOWait                        // async_runtime.task.io_wait_ns
	Unaccounted                   // async_runtime.task.unaccounted_ns
	TaskBusy                      // async_runtime.task.busy_ns
	TaskIdle                      // async_runtime.task.idle_ns
	TaskLongestPoll               // async_runtime.task.longest_poll_ns
	TaskPolls                     // async_runtime.task.poll_count
	TaskSteals                    // async_runtime.task.steal_count
	TaskForcedYields              // async_runtime.task.forced_yield_count
	Worker                        // async_runtime.worker.index
	Workers                       // async_runtime.worker.count
	Task                          // async_runtime.task.id
	NumParts          int  = iota
)

// Origins is the field from which a part is known when another Collector has derived it before: its own source fields may
// be gone by now.
var Origins = map[Part]Field{
	QueueWait:        Scheduled,
	TaskBusy:         Busy,
	TaskIdle:         Idle,
	TaskLongestPoll:  LongestPoll,
	TaskPolls:        PollCount,
	TaskSteals:       StealCount,
	TaskForcedYields: ForcedYieldCount,
	Worker:           WorkerIndex,
	Task:             TaskID,
}

// PartSet has bit 1<<p set for every part p in it.
type PartSet uint16

// Has reports whether a part is in the set.
func (s PartSet) Has(p Part) bool {
	return s&(1<<p) != 0
}

// counters are the fields that hold whatever the span's duration is.
var counters = [...]struct {
	from Field
	to   Part
}{
	{PollCount, TaskPolls},
	{StealCount, TaskSteals},
	{ForcedYieldCount, TaskForcedYields},
	{WorkerIndex, Worker},
	{TaskID, Task},
}

// anyCounter has the bits of all of them.
var anyCounter = func() (known uint16) {
	for _, c := range counters {
		known |= 1 << c.from
	}
	return known
}()

// Source says how the queue wait of a span is known.
type Source uint8

// The sources, from the best to none.
const (
	Measured      Source = iota // by the service, at each poll
	FirstPoll                   // estimate: the delay of the first poll
	HistogramMean               // estimate: mean over all polls of the runtime at that time
	Unknown
	NumSources int = iota
)

// Account says where the time of a span went.
type Account struct {
	Parts        [NumParts]int64
	Known        PartSet // the parts that are known; the others mean nothing
	Source       Source
	BusyRatio    float64 // share of the duration being polled, 0 to 1
	HasBusyRatio bool
	Inconsistent bool // times were left out because they do not add up

	// What the span recorded of its own times, whether or not there is a part for it: -1 if it is not known or not trusted.
	Busy, Idle int64
}

func (a *Account) set(p Part, value int64) {
	a.Parts[p] = value
	a.Known |= 1 << p
}

// Value returns a part, -1 if it is not known.
func (a *Account) Value(p Part) int64 {
	if a.Known.Has(p) {
		return a.Parts[p]
	}
	return -1
}

// Estimate adds the mean queue wait of the runtime's polls, as an estimate for a span without a better one.
func (a *Account) Estimate(mean int64) {
	if a.Source == Unknown {
		a.set(QueueWaitEstimate, mean)
		a.Source = HistogramMean
	}
}

// SetWorkers adds the number of workers.
func (a *Account) SetWorkers(n int64) { a.set(Workers, n) }

// Account derives what the fields tell about a span of the given duration in nanoseconds, into a, whatever that held before. A
// negative duration means that it is not known, and no time can then be checked or derived. With legacy, the times are those of
// tracing-opentelemetry up to 0.31: at each enter of a span that is entered already, it adds the time since the one before to
// idle instead of busy.
//
//	busy ratio  = busy / duration
//	queue wait  = scheduled                   and the delay of the first poll, if that is longer and so not in it
//	I/O wait    = idle - queue wait           timers, sockets, other tasks
//	unaccounted = duration - busy - idle      alive after the last poll
//
// The parts that describe the task are derived only for a span with measured task fields, that is with scheduled_ns: for
// any other they would repeat busy_ns and idle_ns under a second name.
func (f *Fields) Account(duration int64, legacy bool, a *Account) {
	// The parts stay: they would be a hundred bytes to clear, for every span.
	a.Known, a.Source, a.HasBusyRatio, a.Inconsistent, a.Busy, a.Idle = 0, Unknown, false, false, -1, -1
	if f.known == 0 {
		return
	}
	if duration >= 0 {
		f.accountTimes(duration, legacy, a)
	}
	if f.known&anyCounter == 0 {
		return
	}
	for _, c := range counters {
		if f.has(c.from) {
			a.set(c.to, f.values[c.from])
		}
	}
}

// add returns the sum of two times, or the longest there is.
func add(a, b int64) int64 { return a + min(b, math.MaxInt64-a) }

// accountTimes takes the times that fit. One that exceeds its bound by no more than the slack is cut to it, so the parts of a span
// never sum up to more than the span.
func (f *Fields) accountTimes(duration int64, legacy bool, a *Account) {
	slack := untrusted.Excess(duration)
	// within returns a field, at most bound, and whether it is known and fits: what is beyond bound and slack does not add up.
	within := func(field Field, bound int64) (value int64, fits bool) {
		value = f.values[field]
		if !f.has(field) {
			return 0, false
		}
		if value > add(bound, slack) {
			a.Inconsistent = true
			return 0, false
		}
		return min(value, bound), true
	}
	measured := f.has(Scheduled)
	busy, hasBusy := within(Busy, duration)
	var idle int64
	hasIdle := false
	if f.has(Busy) == hasBusy { // An untrusted busy says nothing against idle, but then what they add up to cannot be checked.
		idle, hasIdle = within(Idle, duration-busy)
	}
	queued, hasQueued := within(Scheduled, duration)
	first, hasFirst := within(FirstPollDelay, duration)
	// Nothing is polled longer than all polls together.
	bound := duration
	if hasBusy && !legacy {
		bound = busy
	}
	longest, hasLongest := within(LongestPoll, bound)

	if hasBusy {
		a.Busy = busy
		if duration > 0 {
			a.BusyRatio = share(busy, duration)
			a.HasBusyRatio = true
		}
	}
	if hasIdle {
		a.Idle = idle
	}
	switch {
	case hasLongest:
		a.set(TaskLongestPoll, longest)
	case hasBusy && f.has(PollCount) && f.values[PollCount] == 1:
		a.set(TaskLongestPoll, busy)
	}
	if !measured {
		switch {
		case hasFirst:
			a.estimate(first)
		case hasIdle && !legacy && !f.has(FirstPollDelay) && f.has(PollCount) && f.values[PollCount] == 1:
			a.estimate(idle)
		}
		return
	}
	if hasQueued {
		if hasFirst && queued < first { // it cannot be in there
			longestWait := duration
			if hasIdle {
				longestWait = idle
			}
			queued = max(queued, min(add(queued, first), longestWait))
		}
		a.set(QueueWait, queued)
		a.Source = Measured
	}
	if hasBusy {
		a.set(TaskBusy, busy)
	}
	if hasIdle {
		a.set(TaskIdle, idle)
	}
	// More queue wait than idle time is no contradiction: tokio-metrics counts the wait after a wake by the task's own poll
	// from that wake on, the rest of the poll included. It leaves no I/O wait to tell.
	if hasIdle && hasQueued && queued-untrusted.Tolerance(duration) <= idle {
		a.set(IOWait, max(idle-queued, 0))
	}
	if hasIdle && hasBusy {
		a.set(Unaccounted, duration-busy-idle)
	}
}

// estimate sets a queue wait that was not measured, from the first poll. Recorded, its delay is a lower bound: later waits are not in
// it. Of a span with a single poll the idle time is what it waited for it, exactly, unless an older layer has added busy time to it.
func (a *Account) estimate(wait int64) {
	a.set(QueueWaitEstimate, wait)
	a.Source = FirstPoll
}

// share returns part of whole, right to 0.02 %. A service's times say no more, and bytes that are zero compress to nothing: those of an
// exact ratio were two thirds of what four attributes add to a span on its way.
func share(part, whole int64) float64 {
	const dropped = 40 // of the 52 bits behind the point
	return math.Float64frombits((math.Float64bits(float64(part)/float64(whole)) + 1<<(dropped-1)) >> dropped << dropped)
}
