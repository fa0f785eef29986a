// SPDX-License-Identifier: Apache-2.0

// Package task is the engine under all models: the live tasks of a runtime, what each does next, and where its time went.
//
//	tokio.Runtime     asyncexecutor.Executor     ideal.Runtime      who runs a task, when, on which worker
//	      |                    |                      |
//	      +------------------ Tasks ------------------+             what the task does then: this package
//	                            |
//	       scheduler.Observer, process.Process, program.Program
//
// A runtime knows its workers and queues, and not what a task does; [Tasks] knows what a task does, and not who runs it. A runtime polls
// a task by [Tasks.Begin], carries out the [Action]s that [Tasks.Step] gives until one of them ends the poll, and closes the poll with
// [Tasks.Pend] or [Tasks.Finish]. A task runs from step to step without preemption. Its life:
//
//	         New/Wake            Begin              Finish
//	waiting ------------> queued ---------> running ---------> done
//	   ^                                      |
//	   +--------------- Pend -----------------+
//
// Packages tokio, asyncexecutor and ideal are built on this package, which is built on packages process, program and sim.
//
// [Queue] and [Ring] are the queues that runtimes build theirs from; [Places] says which of many queues are worth a look. The files, each
// of which calls only those below it:
//
//	outside.go   the thread that spawns from outside
//	poll.go      polls and their accounts: what runtimes call
//	step.go      what a task does next
//	drop.go      how a task, or a part of a task, ends before its last step
//	spawn.go     new tasks
//	handles.go   join handles: who has awaited them, and how they are dropped
//	objects.go   steps on the mutexes and channels of the process, by the rules of their crates
//	hop.go       what steps on mutexes, channels and join handles cost
//	report.go    what the observer is told
//	wake.go      what makes a task runnable
//	queue.go     queues of tasks
//	budget.go    the coop budget
//	tasks.go     the table of tasks
//	timeouts.go  timeouts inside tasks
//	spans.go     spans inside tasks
//	sound.go     which programs a runtime accepts
//	action.go    what a step asks of the runtime
//	task.go      one task
//	numbers.go   numbers of tasks and spans
//	waker.go     the handles by which timers, sockets and jobs name a wait
//	places.go    a set of workers
package task
