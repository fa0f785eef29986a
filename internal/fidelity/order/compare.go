// SPDX-License-Identifier: Apache-2.0

package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/model"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/plan"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/rig"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Real is the order in which polls begin on the real runtime: the numbers of the tasks, which count in the order of spawning.
func Real(ctx context.Context, binary string, s *workload.Service) ([]uint64, error) {
	p, err := plan.Make(s, 0, 1, plan.Options{Record: true, Polls: true})
	if err != nil {
		return nil, err
	}
	result, err := rig.Run(ctx, binary, p)
	if err != nil {
		return nil, err
	}
	if most := max(s.Runtime.Workers, 1); len(result.Polls) > most {
		return nil, fmt.Errorf("%s: %d threads polled tasks; want at most %d", s.Name, len(result.Polls), most)
	}
	var polls []rig.Poll
	for _, thread := range result.Polls {
		polls = append(polls, thread.Polls...)
	}
	slices.SortStableFunc(polls, func(a, b rig.Poll) int { return cmp.Compare(a.Start, b.Start) })
	order := make([]uint64, len(polls))
	for i := range polls {
		order[i] = polls[i].Task
	}
	return order, nil
}

// Trace is what the model predicts.
type Trace struct {
	polls  []scheduler.Poll // in the order in which they begin
	events []scheduler.Event
	hidden map[uint64]bool // tasks of the runtime's own, such as those that async-std awaits the blocking pool with
}

// Model plays a program on its model.
func Model(s *workload.Service) (*Trace, error) {
	t := &Trace{hidden: map[uint64]bool{}}
	own := programs(s.Operations[0].Program, map[*program.Program]bool{})
	watch := scheduler.Observer{
		Poll:  func(p *scheduler.Poll) { t.polls = append(t.polls, *p) },
		Event: func(e *scheduler.Event) { t.events = append(t.events, *e) },
		Finished: func(f *scheduler.Finished) {
			if !own[f.Program] {
				t.hidden[f.Task] = true
			}
		},
	}
	const start = sim.Time(35_000_000) // after the workers have gone to sleep, as on the rig
	if _, err := model.Play(s, 0, []sim.Time{start}, model.Setup{CPUs: 8, Watch: watch}); err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.polls, func(a, b scheduler.Poll) int { return cmp.Compare(a.Start, b.Start) })
	return t, nil
}

// programs are those of a program's tasks.
func programs(p *program.Program, all map[*program.Program]bool) map[*program.Program]bool {
	all[p] = true
	for i := range p.Steps {
		if child := p.Steps[i].Child; child != nil {
			programs(child, all)
		}
	}
	return all
}

// Order is the order in which polls begin. It leaves hidden tasks out, and counts the others anew.
func (t *Trace) Order() []uint64 {
	var tasks, order []uint64
	for i := range t.polls {
		if task := t.polls[i].Task; !t.hidden[task] {
			order = append(order, task)
		}
	}
	tasks = slices.Compact(slices.Sorted(slices.Values(order)))
	number := map[uint64]uint64{}
	for i, task := range tasks {
		number[task] = uint64(i) + 1
	}
	for i, task := range order {
		order[i] = number[task]
	}
	return order
}
