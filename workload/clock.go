// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// Clock says how far the clocks of a service's machines are off. A clock that is off moves every time that an instance tells, all by
// as much: durations stay as they are.
type Clock struct {
	Skew      program.Sampler // of one machine; nil: all clocks are right
	Direction Direction
}

// Direction is where clocks are off to.
type Direction uint8

// The directions.
const (
	EitherWay Direction = iota // each machine's is drawn, one as often as the other
	Ahead
	Behind
)

var directionNames = [...]string{"either", "ahead", "behind"}

// Directions are all of them.
func Directions() []Direction { return []Direction{EitherWay, Ahead, Behind} }

// String is the direction's name.
func (d Direction) String() string { return directionNames[d] }

// Draw is how far one machine's clock is ahead; less than 0: behind.
func (c *Clock) Draw(r sim.Rand) sim.Time {
	if c.Skew == nil {
		return 0
	}
	behind := c.Direction == Behind || c.Direction == EitherWay && r.Float64() < 0.5
	skew := c.Skew.Sample(&r)
	if behind {
		return -skew
	}
	return skew
}

// Check tells what cannot be played.
func (c *Clock) Check() error {
	if int(c.Direction) >= len(directionNames) {
		return fmt.Errorf("clock: direction %d; want one of Directions", c.Direction)
	}
	if c.Skew == nil {
		return nil
	}
	if err := dist.Check(c.Skew); err != nil {
		return fmt.Errorf("clock: skew: %w", err)
	}
	return nil
}
