package runtimes

// Field is a number that a service records on a span.
type Field uint8

// The fields, named after the attributes that carry them. Times are in nanoseconds.
const (
	Busy             Field = iota // busy_ns
	Idle                          // idle_ns
	Scheduled                     // scheduled_ns
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
	values [NumFields]int64
	known  uint16
}

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

// Part is a whole number of the account of a span's time, as the derived attributes hold it.
type Part uint8

// The parts, named after the attributes that carry them. Times are in nanoseconds.
const (
	QueueWait        Part = iota // async_runtime.task.queue_wait_ns
	IOWait                       // async_runtime.task.io_wait_ns
	Unaccounted                  // async_runtime.task.unaccounted_ns
	TaskBusy                     // async_runtime.task.busy_ns
	TaskIdle                     // async_runtime.task.idle_ns
	TaskLongestPoll              // async_runtime.task.longest_poll_ns
	TaskPolls                    // async_runtime.task.poll_count
	TaskSteals                   // async_runtime.task.steal_count
	TaskForcedYields             // async_runtime.task.forced_yield_count
	Worker                       // async_runtime.worker.index
	Task                         // async_runtime.task.id
	NumParts         int  = iota
)

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

// Account says where the time of a span went.
type Account struct {
	Parts        [NumParts]int64
	Known        PartSet // the parts that are known; the others are 0
	BusyRatio    float64 // share of the duration being polled, 0 to 1
	HasBusyRatio bool
}

func (a *Account) set(p Part, value int64) {
	a.Parts[p] = value
	a.Known |= 1 << p
}

// tolerance is by how much a time may exceed the duration it is part of. Busy and idle come from a monotonic clock, the
// span's start and end from the wall clock, which ticks by up to a microsecond and is slewed by up to 0.05 %.
func tolerance(duration int64) int64 {
	const clockTick = 1_000
	return clockTick + duration/1_000
}

// Account derives what the fields tell about a span of the given duration in nanoseconds; a negative duration means that
// it is not known, and no time can then be checked or derived.
//
//	busy ratio  = busy / duration
//	I/O wait    = idle - queue wait           timers, sockets, other tasks
//	unaccounted = duration - busy - idle      alive after the last poll
//
// The parts that describe the task are derived only for a span with measured task fields, that is with scheduled_ns: for
// any other they would repeat busy_ns and idle_ns under a second name.
func (f *Fields) Account(duration int64) (a Account) {
	if f.known == 0 {
		return a
	}
	measured := f.has(Scheduled)
	if duration >= 0 {
		f.accountTimes(duration, measured, &a)
	}
	for _, c := range counters {
		if f.has(c.from) {
			a.set(c.to, f.values[c.from])
		}
	}
	return a
}

func (f *Fields) accountTimes(duration int64, measured bool, a *Account) {
	slack := tolerance(duration)
	limit := duration + slack
	if limit < 0 { // overflow
		limit = duration
	}
	busy, idle, queued := f.values[Busy], f.values[Idle], f.values[Scheduled]
	hasBusy := f.has(Busy) && busy <= limit
	// An untrusted busy says nothing against idle, but then what they add up to cannot be checked.
	hasIdle := f.has(Idle) && f.has(Busy) == hasBusy && idle <= limit-busy
	hasQueued := measured && queued <= limit

	if hasBusy && duration > 0 {
		a.BusyRatio = min(float64(busy)/float64(duration), 1)
		a.HasBusyRatio = true
	}
	if f.has(LongestPoll) && f.values[LongestPoll] <= limit {
		a.set(TaskLongestPoll, f.values[LongestPoll])
	}
	if !measured {
		return
	}
	if hasQueued {
		a.set(QueueWait, queued)
	}
	if hasBusy {
		a.set(TaskBusy, busy)
	}
	if hasIdle {
		a.set(TaskIdle, idle)
	}
	if hasIdle && hasQueued && queued-slack <= idle {
		a.set(IOWait, max(idle-queued, 0))
	}
	if hasIdle && hasBusy {
		a.set(Unaccounted, max(duration-busy-idle, 0))
	}
}
