// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"
)

// clocks are those of the machines on which an account was made.
type clocks struct {
	n      int           // how many, if there are several; 0: one
	errors time.Duration // by how much they are off at most, together; -1: not known
}

// apart is by how much two of them are, at most.
func (c *clocks) apart() (most time.Duration, known bool) {
	if c.n <= 1 {
		return 0, true
	}
	return max(c.errors, 0), c.errors > 0
}

// String says why what they measured cannot be compared.
func (c *clocks) String() string {
	apart := "nobody knows how far they are apart"
	if most, known := c.apart(); known {
		apart = fmt.Sprintf("they are up to %v apart, as their kernels say", most.Round(time.Microsecond))
	}
	return fmt.Sprintf("the clocks of %d machines measured it, and %s", c.n, apart)
}

// leastApart is how far apart clocks are taken to be, at least, if there are several.
const leastApart = time.Second

// margin is by how much what two of them showed may be in another order.
func (c *clocks) margin() time.Duration {
	if c.n <= 1 {
		return 0
	}
	return max(c.errors, leastApart)
}

// clocksOf are those of states. Whose machine is not known has a clock of its own.
func clocksOf(states []*State) clocks {
	var names []string
	c := clocks{}
	for _, s := range states {
		if name := s.Clock.Name; name == "" || !slices.Contains(names, name) {
			names = append(names, name)
		}
		c.errors = max(c.errors, 2*s.Clock.Error)
	}
	if c.n = len(names); c.n == 1 {
		return clocks{}
	}
	if slices.ContainsFunc(states, func(s *State) bool { return s.Clock.Error <= 0 }) {
		c.errors = -1
	}
	return c
}
