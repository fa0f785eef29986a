// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// empirical has the percentiles that somebody measured. Between two of them the logarithm of the duration is linear in the
// percentile: for p between a and b, which have the durations x and y,
//
//	quantile(p) = x * (y/x)^((p-a)/(b-a))
//
// so that the density falls as 1/duration there. Beyond the outermost the duration is theirs: without p0 and p100 the
// distribution ends at the least and the highest that are given. Its mean is the sum over the pieces of
// (b-a)/100 * (y-x)/log(y/x), and what is beyond.
type empirical []percentile

// percentile is a point of an empirical distribution.
type percentile struct {
	percent float64 // 0 to 100
	log     float64 // of the duration in ns
}

const anyPercentiles = "two or more percentiles, such as p50: 2ms, p99: 50ms"

func parseEmpirical(v value) program.Sampler {
	t, ok := v.anyTable()
	if !ok {
		return empirical{{}}
	}
	type point struct {
		key     string
		percent float64
		at      value
	}
	var points []point
	for _, key := range t.keys() {
		percent, ok := parsePercent(key)
		if !ok {
			t.child(key).fail("not a percentile; want p0 to p100, such as p50 or p99.9")
			continue
		}
		points = append(points, point{key, percent, t.child(key)})
	}
	if len(points) < 2 {
		v.fail(fmt.Sprintf("%d percentiles; want %s", len(points), anyPercentiles))
		return empirical{{}}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.percent, b.percent) })
	var e empirical
	for i, p := range points {
		duration := p.at.duration(1)
		e = append(e, percentile{p.percent, math.Log(float64(max(duration, 1)))})
		if i == 0 || duration == 0 {
			continue
		}
		before := &points[i-1]
		if p.percent == before.percent {
			p.at.fail("the same percentile as " + before.key + "; want each once")
		} else if e[i].log <= e[i-1].log {
			p.at.refuse("more than the " + before.at.describe() + " of " + before.key)
		}
	}
	return e
}

// parsePercent reads the key of a percentile: p and a number from 0 to 100.
func parsePercent(key string) (float64, bool) {
	digits, ok := strings.CutPrefix(key, "p")
	if !ok || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	percent, err := strconv.ParseFloat(digits, 64)
	return percent, err == nil && percent <= 100
}

// Sample implements program.Sampler.
func (e empirical) Sample(r *sim.Rand) sim.Time { return e.quantile(100 * r.Float64()) }

// quantile is the duration that a share of percent/100 does not exceed.
func (e empirical) quantile(percent float64) sim.Time {
	after, _ := slices.BinarySearchFunc(e, percent, func(p percentile, percent float64) int {
		return cmp.Compare(p.percent, percent)
	})
	var log float64
	switch after {
	case 0:
		log = e[0].log
	case len(e):
		log = e[after-1].log
	default:
		a, b := &e[after-1], &e[after]
		log = a.log + (b.log-a.log)*(percent-a.percent)/(b.percent-a.percent)
	}
	return nanoseconds(math.Exp(log))
}
