// SPDX-License-Identifier: Apache-2.0

// Package program says what a task does: a list of steps that a runtime model executes in virtual time.
//
// A [Program] is immutable and shared by all tasks that run it. What differs from task to task, the duration of each
// step, is drawn from the task's own random stream at the moment the step runs, in program order; the same stream therefore
// gives the same work on every runtime.
//
// Package program is built on package sim. The engine, package internal/task, executes programs for all models; package workload/spec writes
// them from YAML.
package program

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// Op is the kind of a step.
type Op uint8

// The kinds of steps.
const (
	// Compute holds the worker for Duration.
	Compute Op = iota
	// Block holds the worker for Duration too, without progress: blocking code in an async task.
	Block
	// BlockInPlace holds the thread, but not the worker, which moves to another thread meanwhile (Tokio's multi_thread only).
	BlockInPlace
	// Sleep waits for a timer of Duration and holds nothing. The runtime's timer decides how late it fires.
	Sleep
	// IO waits for a socket that becomes ready after Duration and holds nothing.
	IO
	// Signal waits for a signal of the operating system that comes after Duration, through the runtime's driver like a socket.
	Signal
	// Process starts a process that runs for Duration, and awaits its end.
	Process
	// File reads or writes a file, which takes Duration: it runs on the runtime's blocking pool.
	File
	// SpawnBlocking runs a closure of Duration on the runtime's blocking pool and awaits it.
	SpawnBlocking
	// Yield gives way once, as the runtime's yield_now does.
	Yield
	// Spawn starts Count tasks that run Child.
	Spawn
	// Join awaits the handles of all attached tasks spawned so far, in the order of spawning.
	Join
	// Cancel cancels the tasks that Join would await, and does not wait until they are gone.
	Cancel
	// Timeout drops the steps up to the EndTimeout that belongs to it, if the task waits inside when Duration has passed.
	Timeout
	// EndTimeout ends the timeout opened last.
	EndTimeout
	// Call sends a request to another service, which takes Duration on the network each way, and awaits the answer.
	Call
	// Lock takes the async mutex Object, or waits for it in order.
	Lock
	// Unlock hands the mutex Object to the task that has waited longest.
	Unlock
	// Send puts a message into the channel Object of capacity Count, or waits in order while it is full.
	Send
	// Receive takes a message from the channel Object, or waits while it is empty.
	Receive
	// Span opens a span inside the task, up to the EndSpan that belongs to it.
	Span
	// EndSpan closes the span opened last.
	EndSpan
	// Event notes that something happened, at this time, in the innermost span.
	Event
)

var names = [...]string{
	Compute: "compute", Block: "block", BlockInPlace: "block_in_place",
	Sleep: "sleep", IO: "io", Signal: "signal", Process: "process",
	File: "file", SpawnBlocking: "spawn_blocking", Yield: "yield",
	Spawn: "spawn", Join: "join", Cancel: "cancel", Timeout: "timeout", EndTimeout: "end of timeout", Call: "call",
	Lock: "lock", Unlock: "unlock", Send: "send", Receive: "receive",
	Span: "span", EndSpan: "end of span", Event: "event",
}

// String is the name of the step.
func (o Op) String() string { return names[o] }

// Sampler draws a duration, at least 0, from a task's random stream.
type Sampler interface {
	Sample(r *sim.Rand) sim.Time
}

// Constant is the Sampler that always gives the same duration.
type Constant sim.Time

// Sample implements Sampler.
func (c Constant) Sample(*sim.Rand) sim.Time { return sim.Time(c) }

// Step is one step of a program.
type Step struct {
	Op       Op
	Duration Sampler  // of the steps that say so
	Child    *Program // Spawn: what the new tasks run
	Count    int      // Spawn: how many tasks, at least 1; Send: capacity of the channel, at least 1
	Object   int      // Lock, Unlock, Send, Receive: which mutex or channel of the process, from 0
	Label    int      // Span, Event, Call: the caller's, handed back with it, like Program.Label
	Detached bool     // Spawn: the tasks run on without a handle
}

// Program is a list of steps; when they are done the task is.
type Program struct {
	// Name of the span around the task; tasks of a program without a name are not traced.
	Name  string
	Steps []Step
	// BlockOn: a task that is spawned from outside is the future that the main thread gives to block_on. That thread polls it, which is no
	// worker: what the task spawns or wakes comes to the workers from outside, and such tasks run one after the other. A current_thread
	// runtime and smol's executor of the main thread poll it on their only thread, as any task. Tasks that tasks spawn must not have it.
	BlockOn bool
	// Label is the caller's, handed back with every finished task: an index into a table of its own.
	Label int
}
