// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

const twoOperations = `operations:
    - {name: often, weight: 3, steps: [compute: {exponential: {mean: 50us}}, io: {exponential: {mean: 1ms}}, compute: 20us]}
    - {name: seldom, weight: 1, steps: [spawn: {count: 2, name: part, steps: [io: 1ms]}, join: ]}`

func TestSpanRate(t *testing.T) {
	for _, tt := range []struct {
		name, operations string
		want             float64
	}{
		{"one span a request", "operations: [{name: op, steps: [yield]}]", 10},
		{"named spawns", "operations: [{name: op, steps: [spawn: {count: 3, name: part, steps: [yield]}, join: ]}]", 40},
		{"unnamed spawns", "operations: [{name: op, steps: [spawn: {count: 3, steps: [yield]}, join: ]}]", 10},
		{"named in unnamed", `operations:
    - {name: op, steps: [spawn: {count: 3, steps: [spawn: {count: 2, name: part, steps: [yield]}, join: ]}, join: ]}`, 70},
		{"by weight", twoOperations, 15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, process := range []string{"poisson", "constant"} {
				s := mustFleet(t, fleettest.Service("arrivals: {process: "+process+", rate: 10}", tt.operations))[0]
				assert.InDelta(t, tt.want, s.SpanRate(), 1e-9)
			}
		})
	}
}
