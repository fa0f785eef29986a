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

// distributions are the ways to say a duration that differs from task to task.
var distributions = []struct {
	name  string
	parse func(value) program.Sampler
}{
	{"constant", parseConstant},
	{"uniform", parseUniform},
	{"exponential", parseExponential},
	{"lognormal", parseLognormal},
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
