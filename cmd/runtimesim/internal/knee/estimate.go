// SPDX-License-Identifier: Apache-2.0

package knee

import "math"

// Confidence is the level of the intervals of estimates.
const Confidence = 0.95

// Estimate is a mean over replications with the half-width of its confidence interval.
type Estimate struct {
	Mean      float64 `json:"mean"`
	HalfWidth float64 `json:"half_width"`
}

// students are the 97.5 % quantiles of Student's t distribution with 1, 2, ... degrees of freedom.
var students = []float64{
	12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
	2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
}

// estimate is the mean of independent observations, at least two, with mean +- t * s/sqrt(n) as interval.
func estimate(observations []float64) Estimate {
	n := float64(len(observations))
	mean := 0.0
	for _, x := range observations {
		mean += x / n
	}
	squares := 0.0
	for _, x := range observations {
		squares += (x - mean) * (x - mean)
	}
	t := 1.960 + 2.5/(n-1) // of more than 30 degrees of freedom, to 0.003
	if len(observations)-2 < len(students) {
		t = students[len(observations)-2]
	}
	return Estimate{Mean: mean, HalfWidth: t * math.Sqrt(squares/(n-1)/n)}
}
