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
// [Queue] and [Ring] are the queues that runtimes build theirs from. The files:
//
//	tasks.go    the table of tasks; polls and their accounts
//	step.go     what a task does next
//	objects.go  steps on the mutexes and channels of the process
//	spans.go    spans inside tasks
//	drop.go     how a task, or a part of it, ends before its last step
//	wake.go     what makes a task runnable
//	waker.go    the handles by which timers, sockets and jobs name a wait
//	sound.go    which programs a runtime accepts
//	queue.go    queues of tasks
package task
