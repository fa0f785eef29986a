// SPDX-License-Identifier: Apache-2.0

// Package queueing is what tests know of queues: how long M/M/c waits, and how sure the mean of a simulated series is. Tests of the
// models and of the receiver hold figures against it.
package queueing

import "math"

// ErlangC is the probability that an arrival waits in M/M/c at the load of each server (Erlang 1917).
func ErlangC(servers int, load float64) float64 {
	b := 1.0 // Erlang B, by its recursion
	a := load * float64(servers)
	for k := 1; k <= servers; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b / (1 - load*(1-b))
}

// Estimate is a mean and the half width of its confidence interval.
type Estimate struct{ Mean, HalfWidth float64 }

// The batches of BatchMeans, and the quantile of Student's t distribution that belongs to them: 31 degrees of freedom,
// two-sided 99.9 %.
const (
	batches       = 32
	tQuantile9995 = 3.633
)

// BatchMeans estimates the mean of a stationary series, such as the waits of tasks in the order of arrival. The series
// is cut into 33 batches. The first is the warm-up and dropped; the means of the others are as good as independent if a
// batch is long beside the time that the system remembers. The interval holds the mean in 99.9 % of cases.
func BatchMeans[T ~int64](series []T) Estimate {
	length := len(series) / (batches + 1)
	var sum, squares float64
	for b := 1; b <= batches; b++ {
		total := 0.0
		for _, x := range series[b*length : (b+1)*length] {
			total += float64(x)
		}
		mean := total / float64(length)
		sum += mean
		squares += mean * mean
	}
	mean := sum / batches
	variance := (squares - batches*mean*mean) / (batches - 1)
	return Estimate{Mean: mean, HalfWidth: tQuantile9995 * math.Sqrt(variance/batches)}
}
