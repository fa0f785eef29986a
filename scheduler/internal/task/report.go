// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What the observer is told. The callers ask first whether the observer wants to know, because most reports are wanted by nobody.

func (ts *Tasks) reportStarted(t *Task, at sim.Time) {
	ts.startedReport = scheduler.Started{Task: t.number, Tag: t.tag, Program: t.Program, At: at}
	ts.observer.Started(&ts.startedReport)
}

func (ts *Tasks) reportPoll(t *Task, end sim.Time, ready bool) {
	ts.pollReport = scheduler.Poll{
		Task: t.number, Tag: t.tag, Worker: int(t.worker), Thread: int(t.thread), Source: t.source,
		Queued: t.queued, Start: t.pollStart, End: end, Ready: ready, InPlace: t.inPlace,
	}
	ts.observer.Poll(&ts.pollReport)
}

func (ts *Tasks) reportFinished(t *Task) {
	ts.finishedReport = scheduler.Finished{
		Task: t.number, Parent: t.parent, Tag: t.tag, Program: t.Program,
		Root: t.origin == root, Spawner: int(t.spawner), FirstWorker: int(t.firstWorker),
		Spawned: t.spawned, FirstPoll: t.firstPoll, End: ts.sim.Now(),
		Busy: t.busy, QueueWait: t.queueWait, LongestPoll: t.longestPoll,
		Polls: t.polls, Steals: t.steals, ForcedYields: t.forcedYields, Outcome: t.outcome, Work: t.work,
	}
	ts.observer.Finished(&ts.finishedReport)
}

// closeSpan ends the innermost span of a task. The outcome is TimedOut if a timeout elapsed in the span and the span is not cancelled.
func (ts *Tasks) closeSpan(t *Task, outcome scheduler.Outcome) {
	closed := ts.spans.close(t)
	if ts.observer.Span == nil {
		return
	}
	now := ts.sim.Now()
	ts.spanReport = scheduler.Span{
		Number: closed.number, Parent: closed.parent, Tag: t.tag, Label: closed.label, Thread: int(closed.thread),
		Start: closed.start, End: now, Busy: t.busyUntil(now) - closed.busy,
		Outcome: max(outcome, closed.outcome), Work: t.work,
	}
	ts.observer.Span(&ts.spanReport)
}

func (ts *Tasks) reportEvent(t *Task, label int) {
	ts.eventReport = scheduler.Event{Span: ts.spans.own(t), Tag: t.tag, Label: label, At: ts.sim.Now(), Work: t.work}
	ts.observer.Event(&ts.eventReport)
}

// call hands a request to the observer, who carries it to another service.
func (ts *Tasks) call(id ID, t *Task, st *program.Step, network sim.Time) {
	if ts.observer.Call == nil {
		panic("scheduler: a task calls another service, and no scheduler.Observer.Call carries the request")
	}
	ts.callReport = scheduler.Request{Span: ts.spans.own(t), Tag: t.tag, Label: st.Label, Network: network, Seed: t.work.Uint64(), Waker: ts.Waker(id)}
	ts.observer.Call(&ts.callReport)
}

// Woke tells of a task that was made runnable, and must be queued now: by a worker, or Outside, during the poll of a task; 0: of none.
func (ts *Tasks) Woke(id ID, by int, during ID) {
	if ts.observer.Woken != nil {
		ts.reportWoken(id, by, during)
	}
}

func (ts *Tasks) reportWoken(id ID, by int, during ID) {
	t := ts.Get(id)
	ts.wokenReport = scheduler.Woken{Task: t.number, Tag: t.tag, By: by, Turn: during == 0 && by != scheduler.Outside, At: ts.sim.Now()}
	if during != 0 {
		if d := ts.Get(during); int(d.worker) == by { // else the place of a task that has ended is another's by now
			ts.wokenReport.During = d.number
		}
	}
	ts.observer.Woken(&ts.wokenReport)
}

// Robbed tells of a steal that found tasks.
func (ts *Tasks) Robbed(thief, victim, tasks int) {
	if ts.observer.Stolen != nil {
		ts.theftReport = scheduler.Theft{Thief: thief, Victim: victim, Tasks: tasks, At: ts.sim.Now()}
		ts.observer.Stolen(&ts.theftReport)
	}
}
