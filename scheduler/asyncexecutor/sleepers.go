// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"slices"
)

// add puts a runner that is going to sleep, or was notified in vain, on top of the stack. It reports false if the runner is
// there already.
func (s *sleepers) add(r *runner) bool {
	if !r.sleeping {
		r.sleeping = true
		s.count++
	} else if s.find(r) >= 0 {
		return false
	}
	s.unnotified = append(s.unnotified, r)
	return true
}

// remove takes out a runner that found a task.
func (s *sleepers) remove(r *runner) {
	r.sleeping = false
	s.count--
	if i := s.find(r); i >= 0 {
		s.unnotified = slices.Delete(s.unnotified, i, i+1)
	}
}

// find returns a runner's place in the stack, or -1.
func (s *sleepers) find(r *runner) int {
	return slices.Index(s.unnotified, r)
}

// isNotified reports whether a notified runner has not acted yet or none sleeps: then nobody else is to be woken.
func (s *sleepers) isNotified() bool {
	return s.count == 0 || s.count > len(s.unnotified)
}

// notify takes the runner to wake off the stack; nil if one is notified already or none sleeps.
func (s *sleepers) notify() *runner {
	n := len(s.unnotified)
	if n == 0 || n < s.count {
		return nil
	}
	r := s.unnotified[n-1]
	s.unnotified = s.unnotified[:n-1]
	return r
}
