// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// costKey is a cost by its full key.
type costKey struct {
	name    string
	section cost.Section
	key     cost.Key
}

func allCosts() (list []costKey) {
	for _, s := range cost.Sections() {
		for _, k := range s.Keys {
			list = append(list, costKey{s.Name + "." + k.Name, s, k})
		}
	}
	return list
}

// get is the value of a cost.
func (c costKey) get(p *cost.Parameters) float64 {
	if c.key.Number != nil {
		return *c.key.Number(c.section.Profile(p))
	}
	return float64(*c.key.Time(c.section.Profile(p)))
}

// set sets it, to the nanosecond.
func (c costKey) set(p *cost.Parameters, value float64) {
	if c.key.Number != nil {
		*c.key.Number(c.section.Profile(p)) = value
		return
	}
	*c.key.Time(c.section.Profile(p)) = nanoseconds(value)
}

// nanoseconds rounds to what package cost can say.
func nanoseconds(f float64) sim.Time {
	return sim.Time(math.Round(math.Min(math.Max(f, 0), float64(cost.Longest))))
}

// duration is a number of nanoseconds as costfile reads it.
func duration(ns float64) string {
	if ns = math.Round(ns); ns < 10_000 {
		return fmt.Sprintf("%.0fns", ns)
	}
	return time.Duration(ns).String()
}

// finding is what is known about a cost.
type finding struct {
	value, low, high float64 // nanoseconds; a sigma is a plain number
	how              string
	// open: it could not be measured. The value is the one to begin with, and how says why.
	open bool
}

// source makes a finding of what was measured; false: what it needs was not.
type source func(measurements) (finding, bool)
