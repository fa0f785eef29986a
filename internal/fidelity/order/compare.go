// SPDX-License-Identifier: Apache-2.0

package order

import (
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

// Real is the order of polls on the real runtime: the numbers of the tasks, which count in the order of spawning.
func Real(ctx context.Context, binary string, s *workload.Service) ([]uint64, error) {
	p, err := plan.Make(s, 0, 1, plan.Options{Record: true, Polls: true})
	if err != nil {
		return nil, err
	}
	result, err := rig.Run(ctx, binary, p)
	if err != nil {
		return nil, err
	}
	if len(result.Polls) != 1 {
		return nil, fmt.Errorf("%s: %d threads polled tasks; want one", s.Name, len(result.Polls))
	}
	var order []uint64
	for _, poll := range result.Polls[0].Polls {
		order = append(order, poll.Task)
	}
	return order, nil
}

// Model is the order that the model predicts.
func Model(s *workload.Service) ([]uint64, error) {
	var order []uint64
	hidden := map[uint64]bool{} // tasks of the runtime's own, such as those that async-std awaits the blocking pool with
	own := programs(s.Operations[0].Program, map[*program.Program]bool{})
	watch := scheduler.Observer{
		Poll: func(p *scheduler.Poll) { order = append(order, p.Task) },
		Finished: func(f *scheduler.Finished) {
			if !own[f.Program] {
				hidden[f.Task] = true
			}
		},
	}
	const start = sim.Time(35_000_000) // after the workers have gone to sleep, as on the rig
	if _, err := model.Play(s, 0, []sim.Time{start}, model.Setup{CPUs: 8, Watch: watch}); err != nil {
		return nil, err
	}
	return visible(order, hidden), nil
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

// visible leaves hidden tasks out, and counts the others anew.
func visible(order []uint64, hidden map[uint64]bool) []uint64 {
	if len(hidden) == 0 {
		return order
	}
	tasks := slices.Compact(slices.Sorted(slices.Values(order)))
	number := map[uint64]uint64{}
	for _, task := range tasks {
		if !hidden[task] {
			number[task] = uint64(len(number)) + 1
		}
	}
	var all []uint64
	for _, task := range order {
		if !hidden[task] {
			all = append(all, number[task])
		}
	}
	return all
}
