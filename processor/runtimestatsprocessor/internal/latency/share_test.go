// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// distributions are the shapes on which a threshold of mean plus n standard deviations flags anything from 0 to 4.8 %.
var distributions = []struct {
	name string
	draw func(*rand.Rand) float64
}{
	{"normal", func(r *rand.Rand) float64 { return max(2e3, 1e7+2e6*r.NormFloat64()) }},
	{"exponential", func(r *rand.Rand) float64 { return 2e3 + 5e6*r.ExpFloat64() }},
	{"lognormal 0.5", func(r *rand.Rand) float64 { return 5e6 * math.Exp(0.5*r.NormFloat64()) }},
	{"lognormal 1", func(r *rand.Rand) float64 { return 5e6 * math.Exp(r.NormFloat64()) }},
	{"lognormal 2", func(r *rand.Rand) float64 { return 5e6 * math.Exp(2*r.NormFloat64()) }},
	{"cache 90/10, 50 times slower miss", mixture(0.10, 50)},
	{"cache 98/2, 50 times slower miss", mixture(0.02, 50)},
	{"60/40, 5 times", mixture(0.40, 5)},
	{"pareto 1.5", func(r *rand.Rand) float64 { return 1e6 * math.Pow(1-r.Float64(), -1/1.5) }},
}

// mixture draws a share of durations that are times slower than the others.
func mixture(slow, times float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 {
		ns := 1e6 * math.Exp(0.2*r.NormFloat64())
		if r.Float64() < slow {
			ns *= times
		}
		return ns
	}
}

// Whatever the shape, each class takes its share. 2,000 spans a second for three minutes, after one to fill the window.
func TestFlaggedShare(t *testing.T) {
	const perSecond, filling, measured = 2_000, 60, 180
	for _, d := range distributions {
		for mode, settings := range map[string]Settings{"decay": testSettings(), "sliding": slidingSettings()} {
			t.Run(mode+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(11, 12))
				now := time.Unix(0, 0)
				windows := New(settings, now)
				var classes [NumClasses]float64
				for second := range filling + measured {
					resource := windows.Resource("service")
					for range perSecond {
						verdict := resource.Observe("operation", 2, int64(d.draw(random)))
						if second >= filling {
							classes[verdict.Class]++
						}
					}
					now = now.Add(time.Second)
					windows.Tick(now)
				}
				const percent = 100.0 / (perSecond * measured)
				extreme := classes[Extreme] * percent
				outlier := classes[Outlier]*percent + extreme
				elevated := classes[Elevated]*percent + outlier
				assert.InDelta(t, 5, elevated, 0.3)
				assert.InDelta(t, 1, outlier, 0.1)
				assert.InDelta(t, 0.1, extreme, 0.02)
			})
		}
	}
}

// Half of the spans run into a timeout of 250 ms: the quantiles lie within one spike, and nothing is slower than it.
func TestSpikesAreNotFlagged(t *testing.T) {
	for _, share := range []float64{0.03, 0.5, 1} {
		random := rand.New(rand.NewPCG(13, 14))
		now := time.Unix(0, 0)
		windows := New(testSettings(), now)
		flagged, spike := 0, 0
		for range 60 {
			resource := windows.Resource("service")
			for range 1_000 {
				ns := int64(1e6 * math.Exp(random.NormFloat64()))
				if random.Float64() < share {
					ns = 250e6
					spike++
				}
				if resource.Observe("operation", 2, ns).Class >= Outlier {
					flagged++
				}
			}
			now = now.Add(time.Second)
			windows.Tick(now)
		}
		assert.Less(t, float64(flagged), 0.005*float64(spike), "spike of %v", share)
	}
}
