// SPDX-License-Identifier: Apache-2.0

// Package cost says what each primitive of an async runtime costs: the time a worker spends on scheduling instead of on
// tasks, and the delay until a sleeping thread runs. Costs are data. The models apply them; the zero [Profile] makes every
// primitive free, which is what the queueing-theory oracles need.
//
//	DefaultParameters, SeedParameters, a file --> Parameters --> Set --> one Profile for each runtime
//
// A [Set] holds the profiles of all runtimes. [Default] is the one to simulate with: its values were measured on a virtual machine, and
// default.go says how sure each is. [Zero] is free of any cost. A file of one's own, for instance
// one fitted on the machine in question, is read by the keys of [Sections].
//
// Package cost is built on package sim. The models take their Profiles from it, package models hands a Set to the model that it starts, and
// package internal/costfile outside of scheduler reads a Set from a file.
package cost

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Set is the costs of all runtimes.
type Set struct {
	// Tokio is for package tokio.
	Tokio Profile
	// AsyncExecutor is for package asyncexecutor: async-executor with the async-io reactor, as it is.
	AsyncExecutor Profile
	// AsyncStd is for package asyncstd: AsyncExecutor, what async-std adds to it, and channels of its own.
	AsyncStd Profile
	// Smol is for package smol, likewise.
	Smol Profile
}

// Zero makes everything free.
var Zero Set

// Profile is the cost of each primitive, in virtual nanoseconds.
type Profile struct {
	// Poll is the overhead of one poll beside the task's own work: pop, dispatch, bookkeeping.
	Poll sim.Time
	// Spawn is paid by the task that spawns: allocation, registration, push.
	Spawn sim.Time
	// Finish is paid at a task's end: result, deregistration, wake of the joiner.
	Finish sim.Time
	// Wake is paid for each task made runnable: state change and push.
	Wake sim.Time
	// Hop is paid for what tasks exchange.
	Hop Hop
	// Migration is paid on the way to a poll on another worker than the one that polled or made the task last: cache misses.
	Migration sim.Time
	// Contention is paid for each operation on what workers share, for each other worker that is awake; see [Profile.Contended].
	Contention sim.Time
	// GlobalPush is paid by a thread that is no worker for each task that it puts into the queue shared by all workers, one of which is awake.
	GlobalPush sim.Time
	// GlobalPop is paid for taking tasks from the queue shared by all workers.
	GlobalPop sim.Time
	// StealAttempt is paid per victim looked at; StealTask in addition per task taken.
	StealAttempt, StealTask sim.Time
	// Park is the way to sleep: lock, list, last look at the queues.
	Park sim.Time
	// Unpark is paid by the waker of a thread that sleeps on a condvar; UnparkDriver if it sleeps in epoll.
	Unpark, UnparkDriver Latency
	// WakeLatency passes from the wake of a thread until it runs.
	WakeLatency, WakeDriverLatency Latency
	// DeepSleep comes on top of both for a thread that has slept for long.
	DeepSleep DeepSleep
	// ThreadStart passes from the creation of a blocking pool's thread until it runs.
	ThreadStart Latency
	// BlockingSubmit is paid by who gives the blocking pool a job: allocation, lock, push. The wake of an idle thread comes on top, or
	// ThreadCreate.
	BlockingSubmit sim.Time
	// ThreadCreate is paid by who creates a thread.
	ThreadCreate sim.Time
	// ProcessStart is paid by the task that starts a process: fork and exec.
	ProcessStart sim.Time
	// DriverPoll is one look at timers and sockets without sleeping.
	DriverPoll sim.Time
	// TimerInsert is paid for each timer registered.
	TimerInsert sim.Time
	// TimerOvershoot is how late the kernel ends a timed sleep.
	TimerOvershoot sim.Time
}

// Hop is what a task pays for what it exchanges with others.
type Hop struct {
	// Channel is for a message: once where it is sent, and once where it is received.
	Channel sim.Time
	// Lock is for an async mutex: once where it is locked, and once where it is unlocked.
	Lock sim.Time
	// Join is for a join handle whose task has ended: the result, and the end of the task's memory.
	Join sim.Time
	// Wait comes on top where a message, a mutex or the end of a task is not there yet: the waker is left behind.
	Wait sim.Time
}

// DeepSleep is what a CPU does that has had nothing to do for a time: it sleeps deeper, what it had in its caches is lost, and a thread takes
// longer to run again. Latency is for a thread that has slept for After, and grows with the square root of the time slept.
type DeepSleep struct {
	After, Latency sim.Time
}

// Exit is how much longer a thread takes to run after it has slept for a time. The CPU of a thread is taken to sleep when the thread does.
func (d *DeepSleep) Exit(slept sim.Time) sim.Time {
	if slept <= d.After || d.After == 0 {
		return 0
	}
	return sim.Time(float64(d.Latency) * math.Sqrt(float64(min(slept, longestSleep))/float64(d.After)))
}

// Rise is how long a thread takes to run that is woken when its CPU has been idle for a time. Chance makes the whole of it longer or shorter.
func (p *Profile) Rise(l Latency, idle sim.Time, r *sim.Rand) sim.Time {
	l.Median += p.DeepSleep.Exit(idle)
	return l.Sample(r)
}

// longestSleep is the longest that was measured: from there on the latency is the same.
const longestSleep = sim.Time(30_000_000)

// mostContending bounds how many others an operation waits for: no measurement has more.
const mostContending = 7

// Contended is what an operation on something that workers share costs beside its own price, while others are awake that share it.
func (p *Profile) Contended(others int) sim.Time {
	return p.Contention * sim.Time(max(min(others, mostContending), 0))
}

// Latency is a log-normal delay: exp(sigma) times the median is exceeded by 16 % of draws. The zero value is no delay.
type Latency struct {
	Median sim.Time
	Sigma  float64
}

// Sample draws a delay.
func (l Latency) Sample(r *sim.Rand) sim.Time {
	if l.Sigma == 0 {
		return l.Median
	}
	return sim.Time(float64(l.Median) * math.Exp(l.Sigma*r.Norm()))
}
