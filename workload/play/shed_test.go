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
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// TestRequestsAreTurnedAway: at 1000 requests a second that take 10.5 ms each, 5 at a time are served and the rest is not.
func TestRequestsAreTurnedAway(t *testing.T) {
	for _, model := range runtimeModels {
		t.Run(model, func(t *testing.T) {
			s := mustFleet(t, fleettest.Service("runtime: {model: "+model+"}", "arrivals: {process: constant, rate: 1000}",
				"max_in_flight: 5", "seed: 1", `operations:
    - {name: a, weight: 1, steps: [io: 10500us]}
    - {name: b, weight: 3, steps: [io: 10500us]}`))[0]
			s.Runtime.Costs = &cost.Zero
			served, shed := map[uint64]string{}, map[uint64]string{}
			var sm sim.Simulation
			o := finished(func(f *scheduler.Finished) { served[f.Tag] = f.Program.Name })
			o.Shed = func(r *Shed) {
				require.Equal(t, sim.Time(r.Tag+1)*sim.Time(time.Millisecond), r.At)
				shed[r.Tag] = s.Operations[r.Operation].Program.Name
			}
			in := NewNetwork(&sm).Play(s, 1, 0, o)
			for sm.Now() < sim.Time(10*time.Second) {
				sm.Run(sm.Now() + sim.Time(500*time.Microsecond))
				require.LessOrEqual(t, in.Runtime().Live(), 5)
			}
			in.Stop()
			sm.Run(sim.Time(11 * time.Second))

			assert.Equal(t, uint64(10_000), in.Arrivals(), "those included that were turned away")
			assert.Equal(t, uint64(len(shed)), in.Shed())
			assert.Len(t, served, 10_000-len(shed))
			// Five of eleven or twelve: a place is free at the next arrival after the end, which Tokio's timers delay.
			assert.InDelta(t, 10_000*5/11, len(served), 1000)
			for number := range shed {
				require.Empty(t, served[number])
			}
			// What a request would have been does not depend on whether it was served.
			unlimited := record(s, 1, 0, 10*time.Second)
			for number, name := range served {
				require.Equal(t, unlimited[number].name, name)
			}
			for number, name := range shed {
				require.Equal(t, unlimited[number].name, name)
			}
		})
	}
}

// TestShedCallsAreAnswered: a call that is turned away is answered at once, over the network.
func TestShedCallsAreAnswered(t *testing.T) {
	services := mustFleet(t, `
- name: front
  runtime: {model: ideal}
  arrivals: {process: constant, rate: 100}
  operations: [{name: GET /, steps: [call: {service: back, operation: get, network: 1ms}]}]
- name: back
  runtime: {model: ideal, worker_threads: 1}
  max_in_flight: 1
  operations: [{name: get, steps: [compute: 19ms]}]
`)
	var sm sim.Simulation
	n := NewNetwork(&sm)
	var latencies []time.Duration
	front := n.Play(services[0], 1, 0, finished(func(f *scheduler.Finished) {
		latencies = append(latencies, (f.End-f.Spawned).Duration()/time.Millisecond)
	}))
	var shed []Shed
	back := n.Play(services[1], 1, 0, Observer{Shed: func(s *Shed) { shed = append(shed, *s) }})
	sm.Run(sim.Time(75 * time.Millisecond))
	assert.Equal(t, []time.Duration{2, 21, 2, 21, 2, 21}, latencies, "request 1, turned away, is back before request 0")
	ms := sim.Time(time.Millisecond)
	require.Len(t, shed, 3)
	for i, s := range shed {
		assert.EqualValues(t, 1+2*i, s.Tag)
		assert.Equal(t, ms*sim.Time(21+20*i), s.At)
		assert.Same(t, front, s.Caller.Instance)
		assert.NotZero(t, s.Caller.Span)
	}
	assert.Equal(t, uint64(3), back.Shed())
	assert.Zero(t, back.Arrivals())
	assert.Len(t, back.open, 1, "request 6")
}

// TestShedUsersThinkAgain: of two users in step one is served, the other thinks again.
func TestShedUsersThinkAgain(t *testing.T) {
	s := mustFleet(t, fleettest.Service("runtime: {model: ideal}", "arrivals: {process: closed, users: 2, think: 10ms}",
		"max_in_flight: 1", "operations: [{name: op, steps: [compute: 5ms]}]"))[0]
	var sm sim.Simulation
	var served, shed []time.Duration
	o := finished(func(f *scheduler.Finished) { served = append(served, f.Spawned.Duration()/time.Millisecond) })
	o.Shed = func(s *Shed) { shed = append(shed, s.At.Duration()/time.Millisecond) }
	in := NewNetwork(&sm).Play(s, 1, 0, o)
	sm.Run(sim.Time(36 * time.Millisecond))
	assert.Equal(t, []time.Duration{10, 20}, served)
	assert.Equal(t, []time.Duration{10, 25, 35}, shed, "at 25 ms a request arrives just before the other ends")
	assert.Equal(t, uint64(3), in.Shed())
	assert.Equal(t, uint64(6), in.Arrivals())
	assert.Len(t, in.loop.waiting, 1, "users whose request is in flight")
}
