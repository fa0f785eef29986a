// SPDX-License-Identifier: Apache-2.0

// Package chrometrace writes what the threads of a runtime did as Chrome-trace JSON, which ui.perfetto.dev and chrome://tracing show.
//
//	the runtime tells                         the trace has
//	Poll                                      a slice on the lane of its worker
//	Woken, Stolen                             a flow between two slices
//	Job                                       a slice on the lane of a thread of the blocking pool
//	Counters, looked at after each instant    parks as slices, queues as counter tracks
//	the machine, looked at likewise           throttled CPUs as slices, waiting threads as a counter track
//
// The trace is written while the run goes on. What it keeps are the slices that have not ended, and the flows that lack an end: both grow with
// the tasks that are alive, not with the length of the run. A flow is written when both of its slices are, so that it never lacks one.
//
// The format: "Trace Event Format", complete events (ph X), flows (s, f), counters (C) and metadata (M), in microseconds with decimals.
package chrometrace

import (
	"io"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Trace writes one run.
type Trace struct {
	events

	most    int // events
	lanes   lanes
	names   map[uint64]string // of live tasks with a span, by number
	workers []worker
	queues  queues
	machine machine
	flows   flows
	jobs    map[int]sim.Time // when they began, by thread of the pool
	looked  sim.Time         // at the counters
	totals  Totals
}

// Totals say what a trace shows.
type Totals struct {
	Polls, Parks, Jobs uint64
	// Wakes are those whose task was polled after it.
	Wakes uint64
	// Steals are the operations, Stolen the tasks.
	Steals, Stolen uint64
	// Throttled is the time of CPUs with a thread, summed.
	Throttled sim.Time
}

// slice is something that a lane shows.
type slice struct {
	lane     int
	from, to sim.Time
	task     uint64 // that is polled; 0: no poll
	last     bool   // poll of the task
}

// New begins a trace of at most so many events, beside the names of lanes. The name is that of all lanes together.
func New(w io.Writer, name string, most int) *Trace {
	t := &Trace{
		events: newEvents(w), most: most, names: map[uint64]string{}, jobs: map[int]sim.Time{},
		flows: newFlows(),
	}
	t.metadata("process_name", 0, name)
	return t
}

// Observer records a run.
func (t *Trace) Observer() scheduler.Observer {
	return scheduler.Observer{
		Started: func(s *scheduler.Started) {
			if s.Program.Name != "" {
				t.names[s.Task] = s.Program.Name
			}
		},
		Finished: func(f *scheduler.Finished) { delete(t.names, f.Task) },
		Poll:     t.poll, Woken: t.woken, Stolen: t.stolen, Job: t.job,
	}
}

// Started names the lanes of the runtime.
func (t *Trace) Started(rt scheduler.Runtime) {
	t.lanes.runtime = rt
	for i := range rt.Workers() {
		t.worker(i)
	}
}

// Instant is called after all that happens at a time, each time.
func (t *Trace) Instant(now sim.Time) {
	if t.Full() {
		return
	}
	c := t.lanes.runtime.Counters()
	for i := range c.Workers {
		t.look(i, &c.Workers[i], now)
	}
	t.queues.show(&t.events, &c, now)
	t.lookAtMachine(now)
	t.looked = now
}

// Until is the time up to which the trace goes.
func (t *Trace) Until() sim.Time { return t.looked }

// Close ends the trace: what has not ended ends now. Flows that lack an end are left out.
func (t *Trace) Close() error {
	for i := range t.workers {
		t.closeTurn(i, t.looked)
		t.closePark(i, t.looked)
		t.beginThefts(i, slice{lane: t.workers[i].lane, from: sim.Never, to: sim.Never})
	}
	for cpu := range t.machine.stopped {
		t.closeStop(cpu, t.looked)
	}
	t.end()
	return t.flush()
}

// Totals are those of the trace so far.
func (t *Trace) Totals() Totals { return t.totals }

// Events is how many events were written.
func (t *Trace) Events() int { return t.written }

// Full says that there is no room for more events: the trace ends here.
func (t *Trace) Full() bool { return t.written >= t.most }

// poll shows a poll on the lane of its worker; or, if its task was left alone on its thread, on that of the thread.
func (t *Trace) poll(p *scheduler.Poll) {
	if t.Full() {
		return
	}
	s := slice{from: p.Start, to: p.End, task: p.Task, last: p.Ready}
	switch {
	case p.InPlace:
		s.lane = t.poolLane(p.Thread)
	case p.Worker == scheduler.Outside:
		s.lane = t.mainLane()
	default:
		t.awake(p.Worker, p.End)
		t.closeTurn(p.Worker, p.Start)
		s.lane = t.worker(p.Worker).lane
	}
	t.showPoll(s.lane, p, t.names[p.Task])
	t.totals.Polls++
	t.endFlows(p, s)
	t.beginWakes(s)
	if !p.InPlace {
		t.flows.latest[p.Worker] = s
		t.beginThefts(p.Worker, s)
	}
}

// job shows a job of the blocking pool when it ends.
func (t *Trace) job(j *scheduler.Job) {
	if j.Begins {
		t.jobs[j.Thread] = j.At
		return
	}
	began := t.jobs[j.Thread]
	delete(t.jobs, j.Thread)
	if !t.Full() {
		t.show(slice{lane: t.poolLane(j.Thread), from: began, to: j.At}, "blocking job", "job", `"thread":`+strconv.Itoa(j.Thread))
		t.totals.Jobs++
	}
}
