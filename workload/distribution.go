// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"math"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// longestDuration bounds every duration, written or drawn. Whatever a configuration says, virtual time (292 years of
// nanoseconds) then does not overflow; and a request that takes longer is a typing error.
const longestDuration = sim.Time(time.Hour)

// longestPeriod bounds durations of the load, such as those of its stages: a year.
const longestPeriod = 8760 * sim.Time(time.Hour)

// distributions are the ways to say a duration that differs from task to task.
var distributions = []struct {
	name  string
	parse func(value) program.Sampler
}{
	{"constant", parseConstant},
	{"uniform", parseUniform},
	{"exponential", parseExponential},
	{"lognormal", parseLognormal},
	{"hyperexponential", parseHyperexponential},
	{"bimodal", parseBimodal},
	{"pareto", parsePareto},
	{"weibull", parseWeibull},
	{"empirical", parseEmpirical},
}

var distributionNames = func() (names []string) {
	for _, d := range distributions {
		names = append(names, d.name)
	}
	return names
}()

// parseDistribution reads a duration (`80us`) or a map of one distribution (`lognormal: {median: 80us, sigma: 0.6}`).
func parseDistribution(v value) program.Sampler {
	if _, ok := v.raw.(map[string]any); !ok {
		return parseConstant(v)
	}
	i, parameters, ok := v.variant("distribution", distributionNames)
	if !ok {
		return program.Constant(0)
	}
	return distributions[i].parse(parameters)
}

func parseConstant(v value) program.Sampler { return program.Constant(v.duration(0)) }

// nanoseconds makes a duration of a number drawn.
func nanoseconds(x float64) sim.Time {
	if x >= float64(longestDuration) {
		return longestDuration
	}
	return sim.Time(math.Round(x))
}

// uniform draws evenly from low to high.
type uniform struct{ low, high sim.Time }

func parseUniform(v value) program.Sampler {
	t, ok := v.table([]string{"min", "max"})
	if !ok {
		return uniform{}
	}
	var u uniform
	if low, ok := t.required("min", "a duration"); ok {
		u.low = low.duration(0)
	}
	if high, ok := t.required("max", "a duration"); ok {
		u.high = high.duration(u.low)
	}
	return u
}

// Sample implements program.Sampler.
func (u uniform) Sample(r *sim.Rand) sim.Time {
	return u.low + nanoseconds(r.Float64()*float64(u.high-u.low))
}

// exponential draws with a mean and no memory: P(X > x) = exp(-x/mean).
type exponential struct{ mean sim.Time }

func parseExponential(v value) program.Sampler {
	t, ok := v.table([]string{"mean"})
	if !ok {
		return exponential{}
	}
	mean, ok := t.required("mean", "a duration")
	if !ok {
		return exponential{}
	}
	return exponential{mean.duration(0)}
}

// Sample implements program.Sampler.
func (e exponential) Sample(r *sim.Rand) sim.Time { return nanoseconds(r.Exp() * float64(e.mean)) }

// lognormal draws median * exp(sigma * z), z standard normal: the mean is median * exp(sigma^2/2), and 16 % of the draws
// exceed median * exp(sigma).
type lognormal struct {
	median sim.Time
	sigma  float64
}

func parseLognormal(v value) program.Sampler {
	t, ok := v.table([]string{"median", "sigma"})
	if !ok {
		return lognormal{}
	}
	var l lognormal
	if median, ok := t.required("median", "a duration"); ok {
		l.median = median.duration(1)
	}
	if sigma, ok := t.required("sigma", "a number from 0 to 10"); ok {
		l.sigma = sigma.ranged(0, 10)
	}
	return l
}

// Sample implements program.Sampler.
func (l lognormal) Sample(r *sim.Rand) sim.Time {
	return nanoseconds(float64(l.median) * math.Exp(l.sigma*r.Norm()))
}

// hyperexponential draws from an exponential of mean fast with probability p, else from one of mean slow: cache hits and
// misses. The mean is p*fast + (1-p)*slow, the spread always at least that of one exponential.
type hyperexponential struct {
	p          float64
	fast, slow exponential
}

func parseHyperexponential(v value) program.Sampler {
	p, fast, slow := parseTwoModes(v)
	return hyperexponential{p, exponential{fast}, exponential{slow}}
}

// Sample implements program.Sampler.
func (h hyperexponential) Sample(r *sim.Rand) sim.Time {
	if r.Float64() < h.p {
		return h.fast.Sample(r)
	}
	return h.slow.Sample(r)
}

// bimodal is fast with probability p, else slow, and nothing between: the mean is p*fast + (1-p)*slow.
type bimodal struct {
	p          float64
	fast, slow sim.Time
}

func parseBimodal(v value) program.Sampler {
	p, fast, slow := parseTwoModes(v)
	return bimodal{p, fast, slow}
}

// Sample implements program.Sampler.
func (b bimodal) Sample(r *sim.Rand) sim.Time {
	if r.Float64() < b.p {
		return b.fast
	}
	return b.slow
}

// parseTwoModes reads the share of the fast mode, and both modes.
func parseTwoModes(v value) (p float64, fast, slow sim.Time) {
	t, ok := v.table([]string{"p", "fast", "slow"})
	if !ok {
		return 0, 0, 0
	}
	if share, ok := t.required("p", "the share of fast, from 0 to 1"); ok {
		p = share.ranged(0, 1)
	}
	if mode, ok := t.required("fast", "a duration"); ok {
		fast = mode.duration(0)
	}
	if mode, ok := t.required("slow", "a duration"); ok {
		slow = mode.duration(0)
	}
	return p, fast, slow
}

// pareto draws at least low, with a tail that falls as a power: P(X > x) = (low/x)^alpha, cut off at high. With the cut
// the share of draws up to x is (1 - (low/x)^alpha) / inside, where inside = 1 - (low/high)^alpha; the mean, which the
// tail beyond high would make infinite for alpha <= 1, is always finite:
//
//	low^alpha * alpha/(alpha-1) * (low^(1-alpha) - high^(1-alpha)) / inside        (alpha other than 1)
type pareto struct {
	low, high sim.Time
	alpha     float64
	inside    float64
}

func parsePareto(v value) program.Sampler {
	t, ok := v.table([]string{"min", "alpha", "max"})
	if !ok {
		return newPareto(1, longestDuration, 1)
	}
	low, high, alpha := sim.Time(1), longestDuration, 1.0
	if least, ok := t.required("min", "a duration"); ok {
		low = max(1, least.duration(1))
	}
	if index, ok := t.required("alpha", "a number from 0.1 to 100"); ok {
		alpha = index.ranged(0.1, 100)
	}
	if t.has("max") {
		high = t.child("max").duration(low)
	}
	return newPareto(low, high, alpha)
}

func newPareto(low, high sim.Time, alpha float64) pareto {
	return pareto{low, high, alpha, 1 - math.Pow(float64(low)/float64(high), alpha)}
}

// Sample implements program.Sampler.
func (p pareto) Sample(r *sim.Rand) sim.Time {
	x := float64(p.low) * math.Pow(1-r.Float64()*p.inside, -1/p.alpha)
	return min(nanoseconds(x), p.high) // rounding errors do not exceed the cut
}

// weibull draws scale * E^(1/shape), E exponential with mean 1: P(X > x) = exp(-(x/scale)^shape), and the mean is
// scale * Gamma(1 + 1/shape). A shape below 1 has a heavier tail than the exponential (shape 1), one above a lighter.
type weibull struct {
	scale sim.Time
	shape float64
}

func parseWeibull(v value) program.Sampler {
	t, ok := v.table([]string{"scale", "shape"})
	if !ok {
		return weibull{shape: 1}
	}
	w := weibull{shape: 1}
	if scale, ok := t.required("scale", "a duration"); ok {
		w.scale = scale.duration(1)
	}
	if shape, ok := t.required("shape", "a number from 0.1 to 100"); ok {
		w.shape = shape.ranged(0.1, 100)
	}
	return w
}

// Sample implements program.Sampler.
func (w weibull) Sample(r *sim.Rand) sim.Time {
	return nanoseconds(float64(w.scale) * math.Pow(r.Exp(), 1/w.shape))
}
