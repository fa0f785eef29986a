// SPDX-License-Identifier: Apache-2.0

package figure

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Quota is what runs met under a CPU quota, taken together.
type Quota struct {
	Latencies []sim.Time // of the requests, without those of the warm-up
	// Periods of the quota, and those of them at whose end a CPU was throttled.
	Periods, Throttled uint64
	Time               sim.Time // throttled, of all CPUs
	Ran                sim.Time // CPU time of all threads
	Waited             sim.Time // runnable without a CPU, or throttled: of all threads
	Wall               sim.Time
}

// Warm are the requests without those of the warm-up.
func Warm(requests []Request) []Request { return requests[warmup(len(requests)):] }

// Add takes another run in.
func (q *Quota) Add(other *Quota) {
	q.Latencies = append(q.Latencies, other.Latencies...)
	q.Periods += other.Periods
	q.Throttled += other.Throttled
	q.Time += other.Time
	q.Ran += other.Ran
	q.Waited += other.Waited
	q.Wall += other.Wall
}

// Of is a figure by its name.
func (q *Quota) Of(name string) float64 {
	switch name {
	case "throttled_share":
		return float64(q.Throttled) / float64(max(q.Periods, 1))
	case "throttled_time":
		return float64(q.Time) / float64(max(q.Wall, 1))
	case "cpu_time":
		return float64(q.Ran) / float64(max(q.Wall, 1))
	case "cpu_wait":
		return float64(q.Waited) / float64(max(q.Wall, 1))
	case "latency_mean":
		sum := 0.0
		for _, l := range q.Latencies {
			sum += float64(l)
		}
		return sum / float64(len(q.Latencies))
	case "latency_p50":
		return q.quantile(0.5)
	case "latency_p99":
		return q.quantile(0.99)
	default:
		panic("figure: no " + name + " under a quota") // TestMatrixQuota
	}
}

func (q *Quota) quantile(share float64) float64 {
	sorted := make([]float64, len(q.Latencies))
	for i, l := range q.Latencies {
		sorted[i] = float64(l)
	}
	slices.Sort(sorted)
	return Quantile(sorted, share)
}
