// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// distribution is one of the ways to say a duration that differs from task to task.
type distribution struct {
	form

	takes kind // if it is no form
	read  func(value, *form) program.Sampler
}

var distributions = []distribution{
	{
		form:  form{name: "constant", means: "The same each time, as without the word."},
		takes: request(0),
		read:  readConstant,
	},
	{
		form: form{name: "uniform", means: "Even from min to max.", keys: []key{
			{name: "min", takes: request(0), missing: "a duration", means: "The shortest."},
			{name: "max", takes: request(0), missing: "a duration", means: "The longest, min or more."},
		}},
		read: readUniform,
	},
	{
		form: form{name: "exponential", means: "Without memory: P(X > x) = exp(-x/mean).", keys: []key{
			{name: "mean", takes: request(0), missing: "a duration", means: "The mean."},
		}},
		read: readExponential,
	},
	{
		form: form{name: "lognormal", means: "median * exp(sigma * z), z standard normal.", keys: []key{
			{name: "median", takes: request(1), missing: "a duration", means: "Half of the draws are shorter."},
			{name: "sigma", takes: number{0, dist.HighestSigma, false}, missing: number{0, dist.HighestSigma, false}.words(), means: "The spread: 16 % of the draws exceed median * exp(sigma)."},
		}},
		read: readLognormal,
	},
	{
		form: form{name: "hyperexponential", means: "Exponential of mean fast with probability p, else of mean slow.", keys: twoModeKeys},
		read: readHyperexponential,
	},
	{
		form: form{name: "bimodal", means: "fast with probability p, else slow.", keys: twoModeKeys},
		read: readBimodal,
	},
	{
		form: form{name: "pareto", means: "P(X > x) = (min/x)^alpha, cut off at max.", keys: []key{
			{name: "min", takes: request(1), missing: "a duration", means: "The shortest."},
			{name: "alpha", takes: number{dist.LowestIndex, dist.HighestIndex, false}, missing: number{dist.LowestIndex, dist.HighestIndex, false}.words(), means: "How fast the tail falls."},
			{name: "max", takes: request(1), initial: formatDuration(dist.Longest), means: "The longest, min or more."},
		}},
		read: readPareto,
	},
	{
		form: form{name: "weibull", means: "P(X > x) = exp(-(x/scale)^shape).", keys: []key{
			{name: "scale", takes: request(1), missing: "a duration", means: "63 % of the draws are shorter."},
			{name: "shape", takes: number{dist.LowestIndex, dist.HighestIndex, false}, missing: number{dist.LowestIndex, dist.HighestIndex, false}.words(), means: "Below 1 the tail is heavier than the exponential's, above 1 lighter."},
		}},
		read: readWeibull,
	},
	{
		form:  form{name: "empirical", means: "Measured percentiles, two or more, both sides increasing. Between two of them log(x) is linear in the percentile; beyond them it is flat."},
		takes: percentiles{},
		read:  readEmpirical,
	},
}

var twoModeKeys = []key{
	{name: "p", takes: number{0, 1, false}, missing: "the share of fast, from 0 to 1", means: "Share of fast."},
	{name: "fast", takes: request(0), missing: "a duration", means: "The one duration."},
	{name: "slow", takes: request(0), missing: "a duration", means: "The other."},
}

var distributionNames = func() (names []string) {
	for i := range distributions {
		names = append(names, distributions[i].name)
	}
	return names
}()

// readDistribution reads a duration (`80us`) or a map of one distribution (`lognormal: {median: 80us, sigma: 0.6}`).
func readDistribution(v value) program.Sampler {
	if _, ok := v.raw.(map[string]any); !ok {
		return readConstant(v, nil)
	}
	i, parameters, ok := v.variant("distribution", distributionNames)
	if !ok {
		return program.Constant(0)
	}
	return distributions[i].read(parameters, &distributions[i].form)
}

func readConstant(v value, _ *form) program.Sampler { return program.Constant(v.duration(request(0))) }

func readUniform(v value, f *form) program.Sampler {
	var u dist.Uniform
	if t, ok := v.table(f); ok {
		t.duration("min", &u.Low)
		if high, ok := t.get("max"); ok {
			u.High = high.duration(request(u.Low))
		}
	}
	return u
}

func readExponential(v value, f *form) program.Sampler {
	var e dist.Exponential
	if t, ok := v.table(f); ok {
		t.duration("mean", &e.Mean)
	}
	return e
}

func readLognormal(v value, f *form) program.Sampler {
	var l dist.Lognormal
	if t, ok := v.table(f); ok {
		t.duration("median", &l.Median)
		t.number("sigma", &l.Sigma)
	}
	return l
}

func readHyperexponential(v value, f *form) program.Sampler {
	var h dist.Hyperexponential
	h.P, h.Fast, h.Slow = readTwoModes(v, f)
	return h
}

func readBimodal(v value, f *form) program.Sampler {
	var b dist.Bimodal
	b.P, b.Fast, b.Slow = readTwoModes(v, f)
	return b
}

// readTwoModes reads the share of the fast mode, and both modes.
func readTwoModes(v value, f *form) (p float64, fast, slow sim.Time) {
	if t, ok := v.table(f); ok {
		t.number("p", &p)
		t.duration("fast", &fast)
		t.duration("slow", &slow)
	}
	return p, fast, slow
}

func readPareto(v value, f *form) program.Sampler {
	low, high, alpha := sim.Time(1), dist.Longest, 1.0
	if t, ok := v.table(f); ok {
		t.duration("min", &low)
		low = max(1, low)
		t.number("alpha", &alpha)
		if cut, ok := t.get("max"); ok {
			high = cut.duration(request(low))
		}
	}
	return dist.NewPareto(low, high, alpha)
}

func readWeibull(v value, f *form) program.Sampler {
	w := dist.Weibull{Shape: 1}
	if t, ok := v.table(f); ok {
		t.duration("scale", &w.Scale)
		t.number("shape", &w.Shape)
	}
	return w
}

const anyPercentiles = "two or more percentiles, such as p50: 2ms, p99: 50ms"

func readEmpirical(v value, _ *form) program.Sampler {
	t, ok := v.anyTable()
	if !ok {
		return dist.Empirical{}
	}
	type point struct {
		dist.Percentile

		key string
		at  value
	}
	var points []point
	for _, key := range t.keys() {
		percent, ok := parsePercent(key)
		if !ok {
			t.child(key).fail("not a percentile; want p0 to p100, such as p50 or p99.9")
			continue
		}
		points = append(points, point{dist.Percentile{Percent: percent}, key, t.child(key)})
	}
	if len(points) < dist.FewestPercentiles {
		v.fail(fmt.Sprintf("%d percentiles; want %s", len(points), anyPercentiles))
		return dist.Empirical{}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.Percent, b.Percent) })
	var all []dist.Percentile
	for i := range points {
		p := &points[i]
		p.Duration = p.at.duration(request(1))
		all = append(all, p.Percentile)
		if i == 0 || p.Duration == 0 {
			continue
		}
		before := &points[i-1]
		if p.Percent == before.Percent {
			p.at.fail("the same percentile as " + before.key + "; want each once")
		} else if p.Duration <= max(before.Duration, 1) {
			p.at.refuse("more than the " + before.at.describe() + " of " + before.key)
		}
	}
	e, _ := dist.NewEmpirical(all...) // what it would refuse is noted
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
