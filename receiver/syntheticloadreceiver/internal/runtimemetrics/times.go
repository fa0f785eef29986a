// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// Each hands over each sample's time and number of points.
func (x Samples) Each(sample func(at sim.Time, points int)) {
	for i := range x.samples {
		s := &x.samples[i]
		sample(s.at, s.len())
	}
}
