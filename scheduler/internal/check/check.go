// SPDX-License-Identifier: Apache-2.0

// Package check holds the checks that every runtime model must pass: random programs, an event log, and the
// identities that hold for any scheduler on any load.
//
// The tests of all models use this package; no program does. The tests in its own folder are those that hold for every model.
package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Must hands on what a constructor made. Tests of what a model does have a Config that is right.
func Must[R any](made R, err error) R {
	if err != nil {
		panic(err)
	}
	return made
}

// Log is everything a runtime reported.
type Log struct {
	Polls    []scheduler.Poll
	Finished []scheduler.Finished
}

// Observer appends to the log.
func (l *Log) Observer() scheduler.Observer {
	return scheduler.Observer{
		Poll:     func(p *scheduler.Poll) { l.Polls = append(l.Polls, *p) },
		Finished: func(f *scheduler.Finished) { l.Finished = append(l.Finished, *f) },
	}
}

// Same returns the first difference between two logs. Programs are left out: each load makes its own. A comparison by assert.Equal would
// print what differs in thousands of polls, which takes longer than to play them.
func (l *Log) Same(o *Log) error {
	for i := range min(len(l.Polls), len(o.Polls)) {
		if a, b := l.Polls[i], o.Polls[i]; a != b {
			return fmt.Errorf("poll %d: %+v and %+v", i, a, b)
		}
	}
	for i := range min(len(l.Finished), len(o.Finished)) {
		a, b := l.Finished[i], o.Finished[i]
		a.Program, b.Program = nil, nil
		if a != b {
			return fmt.Errorf("finished task %d: %+v and %+v", i, a, b)
		}
	}
	if len(l.Polls) != len(o.Polls) || len(l.Finished) != len(o.Finished) {
		return fmt.Errorf("%d polls and %d finished tasks; %d and %d", len(l.Polls), len(l.Finished), len(o.Polls), len(o.Finished))
	}
	return nil
}

// Order is the sequence of polls, by task number.
func (l *Log) Order() []uint64 {
	order := make([]uint64, len(l.Polls))
	for i, p := range l.Polls {
		order[i] = p.Task
	}
	return order
}

// Check returns the first identity that the log breaks, for a runtime on which all tasks have finished:
//
//   - every task spawned has finished, once;
//   - a thread polls one task at a time, and so does a worker but for tasks that block in place; a task is polled by one worker at
//     a time, and never before it is queued;
//   - a task's busy time, queue wait, longest poll and number of polls are those of its polls;
//   - spawned <= first poll <= end, and spawned + queue wait + busy <= end;
//   - Little's law, as an identity: the number of tasks in the system, integrated over time, is the sum of the times that
//     tasks spent there;
//   - the workers' counters add up to the polls: as many polls, as many steals, and no less busy time.
func (l *Log) Check(rt scheduler.Runtime) error {
	if err := l.checkTasks(rt); err != nil {
		return err
	}
	if err := l.checkLittle(); err != nil {
		return err
	}
	return l.checkWorkers(rt)
}

// checkTasks holds the polls against each other, and the finished tasks against their polls.
func (l *Log) checkTasks(rt scheduler.Runtime) error {
	c := rt.Counters()
	if rt.Live() != 0 || c.Spawned != c.Finished || c.Finished != uint64(len(l.Finished)) {
		return fmt.Errorf("spawned %d, finished %d, live %d, reported %d", c.Spawned, c.Finished, rt.Live(), len(l.Finished))
	}
	type account struct {
		polls               uint32
		busy, wait, longest sim.Time
		last                sim.Time // end of the last poll
		ready               bool
	}
	tasks := make([]account, len(l.Finished)+1)
	workers := make([]sim.Time, rt.Workers())
	threads := map[int]sim.Time{}
	byStart := slices.Clone(l.Polls)
	slices.SortStableFunc(byStart, func(a, b scheduler.Poll) int { return int(a.Start - b.Start) })
	for _, p := range byStart {
		a := &tasks[p.Task]
		switch {
		case p.Worker < scheduler.Outside || p.Worker >= len(workers):
			return fmt.Errorf("no worker has the index %d", p.Worker)
		case p.Start < threads[p.Thread]:
			return fmt.Errorf("thread %d polls task %d at %d, inside the poll before", p.Thread, p.Task, p.Start)
		case !p.InPlace && p.Worker != scheduler.Outside && p.Start < workers[p.Worker]:
			return fmt.Errorf("worker %d polls task %d at %d, inside the poll before", p.Worker, p.Task, p.Start)
		case p.Start < a.last || p.Queued < a.last || a.ready:
			return fmt.Errorf("task %d is queued at %d and polled at %d, after a poll that ended at %d", p.Task, p.Queued, p.Start, a.last)
		case p.Queued > p.Start || p.Start > p.End:
			return fmt.Errorf("poll out of order: %+v", p)
		}
		threads[p.Thread], a.last = p.End, p.End
		if !p.InPlace && p.Worker != scheduler.Outside {
			workers[p.Worker] = p.End
		}
		a.polls++
		a.busy += p.End - p.Start
		a.wait += p.Start - p.Queued
		a.longest = max(a.longest, p.End-p.Start)
		a.ready = p.Ready
	}
	for _, f := range l.Finished {
		a := tasks[f.Task]
		switch {
		case a.polls != f.Polls || a.busy != f.Busy || a.wait != f.QueueWait || a.longest != f.LongestPoll || !a.ready || a.last != f.End:
			return fmt.Errorf("task %d: %+v does not add up to its polls: %+v", f.Task, f, a)
		case f.FirstPoll < f.Spawned || f.End < f.FirstPoll || f.Spawned+f.QueueWait+f.Busy > f.End:
			return fmt.Errorf("task %d: times out of order: %+v", f.Task, f)
		}
	}
	return nil
}

// checkLittle integrates the number of tasks in the system, as the polls show it, over time.
func (l *Log) checkLittle() error {
	type change struct{ at, live sim.Time }
	changes := make([]change, 0, 2*len(l.Finished))
	arrived := make([]bool, len(l.Finished)+1)
	for _, p := range l.Polls { // those of one task in their order
		if !arrived[p.Task] {
			arrived[p.Task] = true
			changes = append(changes, change{p.Queued, 1})
		}
		if p.Ready {
			changes = append(changes, change{p.End, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	var integral, live, last, sojourns sim.Time
	for _, c := range changes {
		integral += live * (c.at - last)
		live += c.live
		last = c.at
	}
	for _, f := range l.Finished {
		sojourns += f.End - f.Spawned
	}
	if integral != sojourns {
		return fmt.Errorf("tasks in the system, over time: %d; the times that tasks spent there: %d", integral, sojourns)
	}
	return nil
}

// checkWorkers holds the workers' counters against the polls. Busy time may be more: Tokio's has the scheduling between
// polls in it. It may be anything for a worker that left a task alone on its thread: Tokio forgets the batch up to there.
func (l *Log) checkWorkers(rt scheduler.Runtime) error {
	counters := rt.Counters().Workers
	polls := make([]uint64, len(counters))
	busy := make([]sim.Time, len(counters))
	for _, p := range l.Polls {
		if p.Worker == scheduler.Outside { // the main thread counts nothing
			continue
		}
		polls[p.Worker]++
		busy[p.Worker] += p.End - p.Start
		if p.InPlace {
			busy[p.Worker] = math.MinInt64 / 2
		}
	}
	var stolen, steals uint64
	for i, w := range counters {
		if w.Polls+w.LIFOPolls != polls[i] || w.Busy < busy[i] {
			return fmt.Errorf("worker %d polled %d times, for %d ns; it counts %+v", i, polls[i], busy[i], w)
		}
		steals += w.Steals
	}
	for _, f := range l.Finished {
		stolen += uint64(f.Steals)
	}
	if steals != stolen {
		return fmt.Errorf("workers count %d steals, tasks %d", steals, stolen)
	}
	return nil
}

// Times holds the workers' times against the time that they have been there: polling and sleeping make no more of it; the rest
// is looking for tasks and falling asleep, which takes no time without costs (free).
func Times(rt scheduler.Runtime, wall sim.Time, free bool) error {
	for i, w := range rt.Counters().Workers {
		if rest := wall - w.Busy - w.Unpublished - w.Parked; rest < 0 || free && rest > 0 {
			return fmt.Errorf("worker %d: busy %d + %d + parked %d, of %d ns", i, w.Busy, w.Unpublished, w.Parked, wall)
		}
	}
	return nil
}

// Mix says what random programs are made of.
type Mix struct {
	// Cancels: tasks are cancelled and time out. Otherwise they use channels: who may be gone before it has received what
	// it sent would block the others for ever.
	Cancels bool
	// InPlace: tasks block in place.
	InPlace bool
}

// RandomProgram draws a program of every kind of step in the mix, with spawns nested up to depth.
func (m Mix) RandomProgram(r *sim.Rand, depth int) *program.Program {
	p := &program.Program{}
	if r.IntN(2) == 0 {
		p.Name = "traced"
	}
	p.Steps = m.steps(r, depth, 1+r.IntN(4))
	if !m.Cancels {
		p.Steps = append(p.Steps, program.Step{Op: program.Join}) // a handle that smol drops cancels
	}
	return p
}

func (m Mix) steps(r *sim.Rand, depth, n int) (steps []program.Step) {
	for range n {
		duration := program.Constant(0)
		if r.IntN(4) > 0 {
			duration = program.Constant(r.Exp() * 20_000)
		}
		kinds := 12
		if m.Cancels {
			kinds = 15
		}
		switch r.IntN(kinds) {
		case 0, 1:
			steps = append(steps, program.Step{Op: program.Compute, Duration: duration})
		case 2:
			steps = append(steps, program.Step{Op: program.Sleep, Duration: duration * 20})
		case 3:
			op := []program.Op{program.IO, program.Signal, program.Process}[r.IntN(3)]
			steps = append(steps, program.Step{Op: op, Duration: duration * 5})
		case 4:
			steps = append(steps, program.Step{Op: program.Yield})
		case 5:
			// Nothing that waits for another task stands between lock and unlock, or send and receive: no deadlock.
			mutex := r.IntN(2)
			steps = append(steps, program.Step{Op: program.Lock, Object: mutex},
				program.Step{Op: program.IO, Duration: duration}, program.Step{Op: program.Unlock, Object: mutex})
		case 6:
			if m.Cancels {
				continue
			}
			steps = append(steps, program.Step{Op: program.Send, Count: 2}, program.Step{Op: program.Compute, Duration: duration},
				program.Step{Op: program.Receive})
		case 7:
			steps = append(steps, program.Step{Op: program.SpawnBlocking, Duration: duration * 5},
				program.Step{Op: program.File, Duration: duration})
		case 8:
			op := program.Block
			if m.InPlace {
				op = program.BlockInPlace
			}
			steps = append(steps, program.Step{Op: op, Duration: duration * 4})
		case 12, 13:
			if depth == 0 {
				continue
			}
			steps = append(steps, program.Step{Op: program.Timeout, Duration: duration * 4})
			steps = append(steps, m.steps(r, depth-1, 1+r.IntN(3))...)
			steps = append(steps, program.Step{Op: program.EndTimeout})
		case 14:
			steps = append(steps, program.Step{Op: program.Cancel})
		default:
			if depth == 0 {
				continue
			}
			count := 1 + r.IntN(4)
			if depth == 1 && r.IntN(10) == 0 {
				count = 300 + r.IntN(400) // past the capacity of every local queue
			}
			steps = append(steps, program.Step{
				Op: program.Spawn, Child: m.RandomProgram(r, depth-1), Count: count, Detached: r.IntN(3) == 0,
			})
			if r.IntN(2) == 0 {
				steps = append(steps, program.Step{Op: program.Join})
			}
		}
	}
	return steps
}

// Play spawns random programs at random times and runs until all have finished and the workers sleep. Every other seed
// cancels.
func Play(s *sim.Simulation, rt scheduler.Runtime, seed uint64) {
	Mix{Cancels: seed%2 == 1}.Play(s, rt, seed)
}

// Play is [Play] with programs of the mix.
func (m Mix) Play(s *sim.Simulation, rt scheduler.Runtime, seed uint64) {
	r := sim.Stream(seed)
	n := uint64(0)
	for range 1 + r.IntN(30) {
		n++
		Must(rt.Spawn(m.RandomProgram(&r, 2), n, sim.Stream(seed, n)))
		if r.IntN(3) > 0 {
			s.Run(s.Now() + sim.Time(r.Exp()*50_000))
		}
	}
	for rounds := 0; rt.Live() > 0 && rounds < 10_000; rounds++ {
		s.Run(s.Now() + 1_000_000)
	}
	s.Run(s.Now() + 10_000_000) // whoever was still being woken finds nothing and sleeps
}
