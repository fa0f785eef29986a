// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"time"
)

// A CPU that has had nothing to do for a time sleeps deeper, and a thread on it takes longer to run. The models know two depths: the
// measured curve, over the time that the thread has slept, is taken for a step.

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
}

// leastStep is how many times as long a wake out of the deeper sleep takes, at least; below that, there is one depth.
const leastStep = 1.2

// curve is the latency of wakes by the time slept before.
type curve struct {
	kind    string
	points  []measurement
	shallow int // points before the step; all, if there is none
}

// curveOf reads a curve and finds its step: where the logarithms of the latencies are nearest to two levels. False: a point is missing.
func curveOf(ms measurements, kind string) (c curve, ok bool) {
	c.kind, c.shallow = kind, len(sleeps)
	for _, s := range sleeps {
		m, ok := ms.get(kind + "/wake_latency_" + s.name)
		if !ok || m.Median <= 0 {
			return curve{}, false
		}
		c.points = append(c.points, m)
	}
	least := deviation(c.points)
	for i := 1; i < len(c.points); i++ {
		if level(c.points[i:]) < leastStep*level(c.points[:i]) {
			continue
		}
		if d := deviation(c.points[:i]) + deviation(c.points[i:]); d < least {
			c.shallow, least = i, d
		}
	}
	return c, true
}

// level is the geometric mean of the medians.
func level(points []measurement) float64 {
	sum := 0.0
	for _, m := range points {
		sum += math.Log(m.Median)
	}
	return math.Exp(sum / float64(len(points)))
}

// deviation is the sum of the squares of the distances from the level, in logarithms.
func deviation(points []measurement) (sum float64) {
	mean := math.Log(level(points))
	for _, m := range points {
		sum += (math.Log(m.Median) - mean) * (math.Log(m.Median) - mean)
	}
	return sum
}

// extent is where all points lie.
func extent(points []measurement) (low, high float64) {
	low, high = points[0].Low, points[0].High
	for _, m := range points[1:] {
		low, high = math.Min(low, m.Low), math.Max(high, m.High)
	}
	return low, high
}

// shallowWake is the latency of a wake before the step.
func shallowWake(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		points := c.points[:c.shallow]
		low, high := extent(points)
		how := fmt.Sprintf("from the call that wakes a thread until the thread runs, which has slept for %s to %s (%s/wake_latency)",
			sleeps[0].name, sleeps[c.shallow-1].name, kind)
		return finding{value: level(points), low: low, high: high, how: how}, true
	}
}

// deepAfter is the time slept at which the step is.
func deepAfter(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		if c.shallow == len(sleeps) {
			longest := float64(sleeps[len(sleeps)-1].time)
			return finding{value: longest, low: longest, high: longest, how: "no step up to here in " + kind + "/wake_latency"}, true
		}
		low, high := float64(sleeps[c.shallow-1].time), float64(sleeps[c.shallow].time)
		return finding{value: math.Sqrt(low * high), low: low, high: high, how: "the step in " + kind + "/wake_latency, over the time slept"}, true
	}
}

// deepLatency is the height of the step.
func deepLatency(kind string) source {
	return func(ms measurements) (finding, bool) {
		c, ok := curveOf(ms, kind)
		if !ok {
			return finding{}, false
		}
		if c.shallow == len(sleeps) {
			return finding{how: "no step in " + kind + "/wake_latency"}, true
		}
		shallow, deep := c.points[:c.shallow], c.points[c.shallow:]
		_, below := extent(shallow)
		low, high := extent(deep)
		return finding{
			value: level(deep) - level(shallow), low: math.Max(0, low-below), high: high - level(shallow),
			how: "the height of that step",
		}, true
	}
}
