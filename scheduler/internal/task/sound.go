// SPDX-License-Identifier: Apache-2.0

package task

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// mostSound bounds how many programs are remembered as sound. The check of a program costs many times what a spawn costs, so a program is
// checked when it is spawned from outside for the first time, and the programs that passed are remembered: the last one apart, which is
// all that most loads need.
const mostSound = 1024

type soundPrograms struct {
	last *program.Program
	all  map[*program.Program]struct{}
}

// check says why a runtime that lacks some steps cannot run a program.
func (s *soundPrograms) check(p *program.Program, lacks program.Ops) error {
	if p == s.last && p != nil {
		return nil
	}
	if _, known := s.all[p]; !known {
		if err := program.Check(p); err != nil {
			return fmt.Errorf("program: %w", err)
		}
		switch missing := p.Uses() & lacks; {
		case missing.Has(program.Call):
			return fmt.Errorf("program: a step %s, and no Observer.Call that carries the request; want one", program.Call)
		case missing != 0:
			return fmt.Errorf("program: the runtime has no step %s", missing.First())
		}
		if s.all == nil || len(s.all) == mostSound {
			s.all = map[*program.Program]struct{}{}
		}
		s.all[p] = struct{}{}
	}
	s.last = p
	return nil
}
