// SPDX-License-Identifier: Apache-2.0

package program

// Ops is a set of kinds of steps.
type Ops uint32

// OpsOf makes a set.
func OpsOf(ops ...Op) (set Ops) {
	for _, op := range ops {
		set |= 1 << op
	}
	return set
}

// Has reports whether a kind of step is in the set.
func (s Ops) Has(op Op) bool { return s&(1<<op) != 0 }

// First is the first kind of step in the set, in the order of their declaration; the set must not be empty.
func (s Ops) First() Op {
	op := Op(0)
	for !s.Has(op) {
		op++
	}
	return op
}

// Uses are the kinds of steps that a task of the program and all that it spawns consist of. The program must be sound, see [Check].
func (p *Program) Uses() Ops {
	seen := map[*Program]bool{}
	var walk func(p *Program) Ops
	walk = func(p *Program) (set Ops) {
		if seen[p] {
			return 0
		}
		seen[p] = true
		for i := range p.Steps {
			st := &p.Steps[i]
			set |= 1 << st.Op
			if st.Op == Spawn {
				set |= walk(st.Child)
			}
		}
		return set
	}
	return walk(p)
}
