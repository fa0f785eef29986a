// SPDX-License-Identifier: Apache-2.0

package task

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// A program is checked when it is spawned from outside for the first time. The check costs many times what a spawn costs, so the
// programs that passed are remembered: the last by itself, which is all that most loads need, and up to mostSound in all.

const mostSound = 1024

type soundPrograms struct {
	last *program.Program
	all  map[*program.Program]struct{}
}

// check says why the runtime cannot run a program.
func (ts *Tasks) check(p *program.Program) error {
	if p == ts.sound.last && p != nil {
		return nil
	}
	if _, known := ts.sound.all[p]; !known {
		if err := program.Check(p); err != nil {
			return fmt.Errorf("program: %w", err)
		}
		lacks := ts.Lacks
		if ts.observer.Call == nil {
			lacks |= program.OpsOf(program.Call)
		}
		switch missing := p.Uses() & lacks; {
		case missing.Has(program.Call):
			return fmt.Errorf("program: a step %s, and no Observer.Call that carries the request; want one", program.Call)
		case missing != 0:
			return fmt.Errorf("program: the runtime has no step %s", missing.First())
		}
		if ts.sound.all == nil || len(ts.sound.all) == mostSound {
			ts.sound.all = map[*program.Program]struct{}{}
		}
		ts.sound.all[p] = struct{}{}
	}
	ts.sound.last = p
	return nil
}
