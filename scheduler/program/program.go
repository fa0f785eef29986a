// Package program says what a task does: a list of steps that a runtime model executes in virtual time.
//
// A [Program] is immutable and shared by all tasks that run it. What differs from task to task, the duration of each
// step, is drawn from the task's own random stream at the moment the step runs, in program order; the same stream therefore
// gives the same work on every runtime.
package program

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// Op is the kind of a step.
type Op uint8

// The kinds of steps.
const (
	// Compute holds the worker for Duration.
	Compute Op = iota
	// Sleep waits for a timer of Duration and holds nothing. The runtime's timer decides how late it fires.
	Sleep
	// IO waits for a socket that becomes ready after Duration and holds nothing.
	IO
	// Yield gives way once, as the runtime's yield_now does.
	Yield
	// Spawn starts Count tasks that run Child.
	Spawn
	// Join awaits the handles of all attached tasks spawned so far, in the order of spawning.
	Join
)

// String is the YAML key of the step.
func (o Op) String() string {
	return [...]string{"compute", "sleep", "io", "yield", "spawn", "join"}[o]
}

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
	Duration Sampler  // Compute, Sleep, IO
	Child    *Program // Spawn: what the new tasks run
	Count    int      // Spawn: how many tasks, at least 1
	Detached bool     // Spawn: drop the handles at once; Tokio and async-std let such tasks run on
}

// Program is a list of steps; when they are done the task is.
type Program struct {
	// Name of the span around the task; tasks of a program without a name are not traced.
	Name  string
	Steps []Step
	// Label is the caller's, handed back with every finished task: an index into a table of its own.
	Label int
}
