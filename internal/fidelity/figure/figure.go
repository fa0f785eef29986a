// SPDX-License-Identifier: Apache-2.0

// Package figure makes figures of what requests met, in the same way for models and real runtimes.
package figure

import (
	"math"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Request is what one request met.
type Request struct {
	Spawned, End, Wait sim.Time
}

// Seen is all that is known of a run.
type Seen struct {
	Requests []Request // in the order of their arrival
	Polls    uint64    // of all tasks; 0: not known
	Counters map[string]uint64
	Per      int // operations of a request; 0: one
}

// warmupShare is the share of requests that is left out at the start: memory, caches and the clock speed of the CPU are cold then.
const warmupShare = 0.05

func warmup(requests int) int { return int(math.Ceil(warmupShare * float64(requests))) }

// Of is a figure by its name: times in nanoseconds, counters as they are, throughput in operations a second. ok: it is known.
func (s *Seen) Of(name string) (value float64, ok bool) {
	per := float64(max(s.Per, 1))
	measured := Warm(s.Requests)
	kind, statistic, _ := strings.Cut(name, "_")
	switch {
	case name == "throughput":
		last := sim.Time(0)
		for i := range s.Requests {
			last = max(last, s.Requests[i].End)
		}
		return per * float64(len(s.Requests)) * 1e9 / float64(last-s.Requests[0].Spawned), true
	case kind == "wait":
		return of(statistic, measured, func(r *Request) float64 { return float64(r.Wait) }), true
	case kind == "latency":
		return of(statistic, measured, func(r *Request) float64 { return float64(r.End-r.Spawned) / per }), true
	case name == "polls" && s.Counters["polls"] == 0:
		return float64(s.Polls), s.Polls > 0
	default:
		n, known := s.Counters[name]
		return float64(n), known
	}
}

// IsCounter tells counts from times and throughput.
func IsCounter(name string) bool {
	return name != "throughput" && !strings.HasPrefix(name, "wait_") && !strings.HasPrefix(name, "latency_")
}

func of(statistic string, requests []Request, value func(*Request) float64) float64 {
	values := make([]float64, len(requests))
	sum := 0.0
	for i := range requests {
		values[i] = value(&requests[i])
		sum += values[i]
	}
	if statistic == "mean" {
		return sum / float64(len(values))
	}
	slices.Sort(values)
	quantiles := map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99}
	return Quantile(values, quantiles[statistic])
}

// Quantile of sorted values, the nearest rank.
func Quantile(sorted []float64, q float64) float64 {
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}

// Median of values, and the interval between order statistics that holds the true median with at least 90 %, or the whole range of
// values if they are too few for that: of five values it is the range, and holds the median with 94 %.
func Median(values []float64) (median, low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	median = sorted[n/2]
	if n%2 == 0 {
		median = (sorted[n/2-1] + sorted[n/2]) / 2
	}
	k, outside, term := 0, 0.0, math.Pow(0.5, float64(n)) // outside: both sides beyond the k-th from either end
	for outside+2*term <= 0.1 && k < (n-1)/2 {
		outside += 2 * term
		k++
		term *= float64(n-k+1) / float64(k)
	}
	k = max(k-1, 0)
	return median, sorted[k], sorted[n-1-k]
}
