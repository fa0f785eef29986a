// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// weighted is a span and what it counts.
type weighted struct{ ns, weight float64 }

// quantileOf returns the duration that the share q of all weight does not exceed. The spans must be sorted.
func quantileOf(spans []weighted, q float64) float64 {
	total := 0.0
	for _, s := range spans {
		total += s.weight
	}
	below := 0.0
	for _, s := range spans {
		if below += s.weight; below >= q*total {
			return s.ns
		}
	}
	return spans[len(spans)-1].ns
}

// A service whose durations grow by a third over two minutes: the window's quantiles are those of the sorted durations,
// each with the weight that its age gives it, and those of a DDSketch that holds the same.
func TestQuantilesAgainstSortedData(t *testing.T) {
	const seconds, perSecond = 125, 2_000
	for _, d := range distributions {
		for mode, settings := range map[string]Settings{"decay": testSettings(), "sliding": slidingSettings()} {
			t.Run(mode+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(33, 34))
				now := time.Unix(0, 0)
				windows := New(settings, now)
				var spans []weighted
				for second := range seconds {
					weight := math.Exp(-float64(seconds-second) / 60) // faded by the tick at the end of its second and all after
					if settings.Mode == Sliding {
						weight = 1
						if second < 70 { // at 125 s, the window holds what came since 70 s
							weight = 0
						}
					}
					resource := windows.Resource("service")
					for range perSecond {
						ns := int64(d.draw(random) * (1 + float64(second)/seconds/3))
						resource.Observe("operation", 2, ns)
						if weight > 0 {
							spans = append(spans, weighted{float64(ns), weight})
						}
					}
					now = now.Add(time.Second)
					windows.Tick(now)
				}
				sketch, err := ddsketch.NewDefaultDDSketch(0.0005)
				require.NoError(t, err)
				for _, s := range spans {
					require.NoError(t, sketch.AddWithCount(s.ns, s.weight))
				}
				slices.SortFunc(spans, func(a, b weighted) int { return cmp.Compare(a.ns, b.ns) })

				resource := windows.Resource("service")
				baseline := resource.Judge("operation", 2, 0).Baseline
				for _, tt := range []struct {
					q   float64
					got int64
				}{{0.5, baseline.P50}, {0.9, baseline.P90}, {0.99, baseline.P99}} {
					assert.InEpsilon(t, quantileOf(spans, tt.q), tt.got, 0.006, "sorted, q = %v", tt.q)
					oracle, err := sketch.GetValueAtQuantile(tt.q)
					require.NoError(t, err)
					assert.InEpsilon(t, oracle, tt.got, 0.006+0.0005, "sketch, q = %v", tt.q)
				}
			})
		}
	}
}
