// SPDX-License-Identifier: Apache-2.0

package aggregate

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Findings is the set of what a span's times hint at: a bit for each of FindingNames.
type Findings uint16

const findingCount = 9

// FindingNames are the values of async_runtime.finding, in the order of their bits.
var FindingNames = [findingCount]string(semconv.Values(semconv.Finding))

// addTo counts each finding of the set.
func (f Findings) addTo(counts *[findingCount]uint64) {
	for i := range counts {
		if f&(1<<i) != 0 {
			counts[i]++
		}
	}
}

// FindingNamed returns the finding of that name, none if there is none: only those are told apart, so that whoever sends spans cannot add to
// the state.
func FindingNamed(name string) Findings {
	for i, known := range FindingNames {
		if known == name {
			return 1 << i
		}
	}
	return 0
}
