// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"time"
)

// A CPU that has had nothing to do for a time sleeps deeper, and a thread on it takes longer to run. Up to some time slept, the measured
// latencies lie on one level; from there on, what comes on top grows with the square root of the time.

// sleeps are the times for which a thread has slept when it is woken, as in reference/primitives/src/threads.rs.
var sleeps = []struct {
	name string
	time time.Duration
}{
	{"10us", 10 * time.Microsecond},
	{"30us", 30 * time.Microsecond},
	{"100us", 100 * time.Microsecond},
	{"300us", 300 * time.Microsecond},
	{"1ms", time.Millisecond},
	{"3ms", 3 * time.Millisecond},
	{"10ms", 10 * time.Millisecond},
	{"30ms", 30 * time.Millisecond},
}

// leastRise is how many times as long a wake takes at the end of the curve, at least; below that, it is level.
const leastRise = 1.2

// curve is the latency of wakes by the time slept before.
type curve struct {
	kind    string
	points  []point
	shallow int // points before the rise; all, if there is none
}

type point struct {
	measurement
	slept float64 // nanoseconds
	name  string  // of that
}

// fewest is how many points make a curve.
const fewest = 5

// curveOf reads a curve and finds where it begins to rise: where a level and a rise are nearest to it, in logarithms. False: points are missing.
func curveOf(ms measurements, kind string) (c curve, ok bool) {
	c.kind = kind
	for _, s := range sleeps {
		if m, ok := ms.get(kind + "/wake_latency_" + s.name); ok && m.Median > 0 {
			c.points = append(c.points, point{m, float64(s.time), s.name})
		}
	}
	c.shallow = len(c.points)
	if len(c.points) < fewest {
		return curve{}, false
	}
	if c.points[len(c.points)-1].Median < leastRise*c.points[0].Median {
		return c, true
	}
	least := math.Inf(1)
	for i := 1; i < len(c.points); i++ {
		tried := c
		tried.shallow = i
		if d := tried.deviation(); d < least {
			c.shallow, least = i, d
		}
	}
	return c, true
}

// level is the geometric mean of the latencies before the rise.
func (c *curve) level() float64 {
	sum := 0.0
	for _, m := range c.points[:c.shallow] {
		sum += math.Log(m.Median)
	}
	return math.Exp(sum / float64(c.shallow))
}

// after is the time slept where the rise begins, between two points.
func (c *curve) after() (value, low, high float64) {
	low, high = c.points[c.shallow-1].slept, c.points[c.shallow].slept
	return math.Sqrt(low * high), low, high
}

// rise is what comes on top of the level at the beginning of the rise, as each point above it has it, and the mean of that.
func (c *curve) rise() (mean, low, high float64) {
	after, _, _ := c.after()
	low = math.Inf(1)
	for _, m := range c.points[c.shallow:] {
		grown := math.Sqrt(m.slept / after)
		at := func(latency float64) float64 { return math.Max(0, latency-c.level()) / grown }
		mean += at(m.Median) / float64(len(c.points)-c.shallow)
		low, high = math.Min(low, at(m.Low)), math.Max(high, at(m.High))
	}
	return mean, low, high
}

// deviation is the sum of the squares of the distances from level and rise, in logarithms.
func (c *curve) deviation() (sum float64) {
	after, _, _ := c.after()
	rise, _, _ := c.rise()
	for i, m := range c.points {
		want := c.level()
		if i >= c.shallow {
			want += rise * math.Sqrt(m.slept/after)
		}
		d := math.Log(m.Median / want)
		sum += d * d
	}
	return sum
}

// shallowWake is the latency of a wake before the rise.
func shallowWake(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		var level []measurement
		for _, p := range c.points[:c.shallow] {
			level = append(level, p.measurement)
		}
		low, high := extent(level)
		how := fmt.Sprintf("from the call that wakes a thread until the thread runs, which has slept for %s to %s (%s/wake_latency)",
			c.points[0].name, c.points[c.shallow-1].name, kind)
		return finding{value: c.level(), low: low, high: high, how: how}, true
	}
}

// extent is where all points lie.
func extent(points []measurement) (low, high float64) {
	low, high = points[0].Low, points[0].High
	for _, m := range points[1:] {
		low, high = math.Min(low, m.Low), math.Max(high, m.High)
	}
	return low, high
}

// deepAfter is the time slept at which the rise begins.
func deepAfter(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		if c.shallow == len(c.points) {
			longest := c.points[len(c.points)-1].slept
			return finding{value: longest, low: longest, high: longest, how: "no rise up to here in " + kind + "/wake_latency"}, true
		}
		value, low, high := c.after()
		return finding{value: value, low: low, high: high, how: "where " + kind + "/wake_latency begins to rise, over the time slept"}, true
	}
}

// deepLatency is how much longer a wake takes there.
func deepLatency(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		if c.shallow == len(c.points) {
			return finding{how: "no rise in " + kind + "/wake_latency"}, true
		}
		mean, low, high := c.rise()
		return finding{value: mean, low: low, high: high, how: "what comes on top there; it grows with the square root of the time slept"}, true
	}
}
