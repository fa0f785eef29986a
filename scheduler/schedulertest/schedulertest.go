// Package schedulertest holds the checks that every runtime model must pass: random programs, an event log, and the
// identities that hold for any scheduler on any load.
package schedulertest

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

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
//   - a worker polls one task at a time, a task is polled by one worker at a time, and never before it is queued;
//   - a task's busy time, queue wait, longest poll and number of polls are those of its polls;
//   - spawned <= first poll <= end, and spawned + queue wait + busy <= end.
func (l *Log) Check(rt scheduler.Runtime) error {
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
	byStart := slices.Clone(l.Polls)
	slices.SortStableFunc(byStart, func(a, b scheduler.Poll) int { return int(a.Start - b.Start) })
	for _, p := range byStart {
		a := &tasks[p.Task]
		switch {
		case p.Start < workers[p.Worker]:
			return fmt.Errorf("worker %d polls task %d at %d, inside the poll before", p.Worker, p.Task, p.Start)
		case p.Start < a.last || p.Queued < a.last || a.ready:
			return fmt.Errorf("task %d is queued at %d and polled at %d, after a poll that ended at %d", p.Task, p.Queued, p.Start, a.last)
		case p.Queued > p.Start || p.Start > p.End:
			return fmt.Errorf("poll out of order: %+v", p)
		}
		workers[p.Worker], a.last = p.End, p.End
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

// RandomProgram draws a program of every kind of step, with spawns nested up to depth.
func RandomProgram(r *sim.Rand, depth int) *program.Program {
	p := &program.Program{}
	if r.IntN(2) == 0 {
		p.Name = "traced"
	}
	for range 1 + r.IntN(4) {
		duration := program.Constant(0)
		if r.IntN(4) > 0 {
			duration = program.Constant(r.Exp() * 20_000)
		}
		switch r.IntN(6) {
		case 0, 1:
			p.Steps = append(p.Steps, program.Step{Op: program.Compute, Duration: duration})
		case 2:
			p.Steps = append(p.Steps, program.Step{Op: program.Sleep, Duration: duration * 20})
		case 3:
			p.Steps = append(p.Steps, program.Step{Op: program.IO, Duration: duration * 5})
		case 4:
			p.Steps = append(p.Steps, program.Step{Op: program.Yield})
		default:
			if depth == 0 {
				continue
			}
			count := 1 + r.IntN(4)
			if r.IntN(20) == 0 {
				count = 300 + r.IntN(400) // past the capacity of every local queue
			}
			p.Steps = append(p.Steps, program.Step{
				Op: program.Spawn, Child: RandomProgram(r, depth-1), Count: count, Detached: r.IntN(3) == 0,
			})
			if r.IntN(2) == 0 {
				p.Steps = append(p.Steps, program.Step{Op: program.Join})
			}
		}
	}
	return p
}

// Play spawns random programs at random times and runs until all have finished and the workers sleep.
func Play(s *sim.Simulation, rt scheduler.Runtime, seed uint64) {
	r := sim.Stream(seed)
	n := uint64(0)
	for range 1 + r.IntN(30) {
		n++
		rt.Spawn(RandomProgram(&r, 2), n, sim.Stream(seed, n))
		if r.IntN(3) > 0 {
			s.Run(s.Now() + sim.Time(r.Exp()*50_000))
		}
	}
	for rounds := 0; rt.Live() > 0 && rounds < 10_000; rounds++ {
		s.Run(s.Now() + 1_000_000)
	}
	s.Run(s.Now() + 10_000_000) // whoever was still being woken finds nothing and sleeps
}
