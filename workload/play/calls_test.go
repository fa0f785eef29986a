// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// chain is a service that calls a second, which calls a third with two instances.
const chain = `
- name: front
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 10}
  operations:
    - name: GET /
      steps: [compute: 1ms, call: {service: middle, operation: read, network: 2ms}, compute: 1ms]
- name: middle
  runtime: {model: async_std}
  operations:
    - {name: write, steps: [compute: 500ms]}
    - {name: read, steps: [call: {service: back, operation: get, network: 1ms}, compute: 3ms]}
- name: back
  instances: 2
  runtime: {model: smol}
  operations: [{name: get, steps: [compute: {exponential: {mean: 2ms}}]}]
`

// play plays services for a second and returns what finished, by service and instance.
func playFleet(t *testing.T, yaml string) map[string][]scheduler.Finished {
	t.Helper()
	var s sim.Simulation
	n := NewNetwork(&s)
	finished := map[string][]scheduler.Finished{}
	for _, service := range mustFleet(t, yaml) {
		service.Runtime.Costs = &cost.Zero
		for i := range service.Instances {
			name := service.Name
			if i > 0 {
				name += "-2"
			}
			n.Play(service, 1, i, Observer{Observer: scheduler.Observer{Finished: func(f *scheduler.Finished) {
				finished[name] = append(finished[name], *f)
			}}})
		}
	}
	s.Run(sim.Time(time.Second))
	return finished
}

func TestCallsTravelThroughTheFleet(t *testing.T) {
	finished := playFleet(t, chain)
	require.Len(t, finished["front"], 9)
	require.Len(t, finished["middle"], 9)
	assert.Len(t, finished["back"], 5, "the instances take turns")
	assert.Len(t, finished["back-2"], 4)
	for i, f := range finished["front"] {
		middle := finished["middle"][i]
		assert.Equal(t, "read", middle.Program.Name)
		assert.EqualValues(t, 3*time.Millisecond, middle.Spawned-f.Spawned)
		assert.EqualValues(t, 3*time.Millisecond, f.End-middle.End)
		assert.EqualValues(t, 2*time.Millisecond, f.Busy)
		assert.Equal(t, f.Tag, middle.Tag, "one trace")
		assert.EqualValues(t, i, f.Tag)
	}
}

// TestTheCallersWorkDecides: what a called service has to do for a request does not depend on who else calls it when.
func TestTheCallersWorkDecides(t *testing.T) {
	alone := playFleet(t, chain)
	crowd := playFleet(t, chain+`
- name: noise
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 100}
  operations: [{name: o, steps: [call: {service: back, operation: get}]}]
`)
	work := func(finished map[string][]scheduler.Finished) map[sim.Time]bool {
		durations := map[sim.Time]bool{}
		for _, name := range []string{"back", "back-2"} {
			for _, f := range finished[name] {
				durations[f.Busy] = true
			}
		}
		return durations
	}
	amongMany := work(crowd)
	require.Greater(t, len(amongMany), 50)
	for d := range work(alone) {
		assert.Contains(t, amongMany, d)
	}
}

// TestACallerThatGivesUp: the called service works on for nobody.
func TestACallerThatGivesUp(t *testing.T) {
	finished := playFleet(t, `
- name: front
  runtime: {model: smol}
  arrivals: {process: constant, rate: 10}
  operations:
    - {name: GET /, timeout: 5ms, steps: [call: {service: back, operation: get}]}
- name: back
  runtime: {model: smol}
  operations: [{name: get, steps: [compute: 20ms]}]
`)
	require.Len(t, finished["front"], 9)
	require.Len(t, finished["back"], 9)
	for _, f := range finished["front"] {
		assert.Equal(t, scheduler.TimedOut, f.Outcome)
		assert.EqualValues(t, 5*time.Millisecond, f.End-f.Spawned)
	}
}
