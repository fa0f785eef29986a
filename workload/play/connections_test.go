// SPDX-License-Identifier: Apache-2.0

package play

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// TestConnectionsOf: connection n, from 1, carries a share of the requests that is proportional to n^-exponent.
func TestConnectionsOf(t *testing.T) {
	const requests, count = 200_000, 8
	for _, exponent := range []float64{0, 0.5, 1, 2.5} {
		of := ConnectionsOf(&workload.Service{Name: "a", Connections: workload.Connections{Count: count, Exponent: exponent}}, 5, 1)
		seen := [count]float64{}
		for n := range uint64(requests) {
			seen[of.Number(n)]++
		}
		sum := 0.0
		for n := range count {
			sum += math.Pow(float64(n+1), -exponent)
		}
		for n := range count {
			share := math.Pow(float64(n+1), -exponent) / sum
			assert.InDelta(t, share*requests, seen[n], 4*math.Sqrt(requests*share*(1-share)), "exponent %v, connection %d", exponent, n)
		}
	}
	alone := ConnectionsOf(&workload.Service{Name: "a"}, 5, 1)
	assert.EqualValues(t, 7, alone.Number(7), "a connection for each request")
}

// cores plays instance 0 of the first service for a second, and returns the requests that finished at the last service.
func cores(t *testing.T, yaml string) []scheduler.Finished {
	t.Helper()
	var sm sim.Simulation
	var finished []scheduler.Finished
	fleet := mustFleet(t, yaml)
	n := NewNetwork(&sm)
	for i, s := range fleet {
		o := Observer{}
		if i == len(fleet)-1 {
			o.Finished = func(f *scheduler.Finished) {
				if f.Root {
					finished = append(finished, *f)
				}
			}
		}
		n.Play(s, 1, 0, o)
	}
	sm.Run(sim.Time(time.Second))
	require.NotEmpty(t, finished)
	return finished
}

// ofEach counts requests by core.
func ofEach(finished []scheduler.Finished, n int) []int {
	of := make([]int, n)
	for i := range finished {
		of[finished[i].FirstWorker]++
	}
	return of
}

const onThreeCores = "runtime: {model: tokio, flavor: tokio_per_core, worker_threads: 3}"

// TestArrivalsGoToTheCoreOfTheirConnection, and without connections to the cores in turn.
func TestArrivalsGoToTheCoreOfTheirConnection(t *testing.T) {
	const arrivals = "arrivals: {process: poisson, rate: 1000}"
	shared := fleettest.Service(onThreeCores, arrivals, "connections: {count: 7, exponent: 1.5}")
	of := ConnectionsOf(mustFleet(t, shared)[0], 1, 0)
	for _, f := range cores(t, shared) {
		require.Equal(t, scheduler.CoreOf(of.Number(f.Tag), 3), f.FirstWorker)
	}
	alone := cores(t, fleettest.Service(onThreeCores, arrivals))
	for _, f := range alone {
		require.EqualValues(t, f.Tag%3, f.FirstWorker)
	}
}

// TestAUserOfAClosedLoopHasAConnection: all that a user sends goes to one core, unless connections are shared.
func TestAUserOfAClosedLoopHasAConnection(t *testing.T) {
	const closed = "arrivals: {process: closed, users: 2, think: 1ms}"
	alone := ofEach(cores(t, fleettest.Service(onThreeCores, closed)), 3)
	assert.Zero(t, alone[2], "two users")
	assert.InDelta(t, alone[0], alone[1], 2)
	one := ofEach(cores(t, fleettest.Service(onThreeCores, closed, "connections: {count: 1}")), 3)
	assert.Zero(t, one[1]+one[2])
}

// TestCallsComeOnConnectionsToo.
func TestCallsComeOnConnectionsToo(t *testing.T) {
	front := `
- name: front
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 500}
  operations: [{name: GET /, steps: [call: {service: back, operation: get}]}]
`
	back := "- {name: back, " + onThreeCores + ", operations: [{name: get, steps: [compute: 10us]}]"
	alone := ofEach(cores(t, front+back+"}"), 3)
	assert.InDelta(t, alone[0], alone[1], 1, "in turn")
	assert.InDelta(t, alone[0], alone[2], 1)
	two := ofEach(cores(t, front+back+", connections: {count: 2, exponent: 2}}"), 3)
	assert.Zero(t, two[2])
	assert.InDelta(t, 4, float64(two[0])/float64(two[1]), 1.5, "2^2 times as many")
}

// TestAnswersFindTheirCore: a service on several cores that calls another goes on where the request was.
func TestAnswersFindTheirCore(t *testing.T) {
	var sm sim.Simulation
	var polls []scheduler.Poll
	fleet := mustFleet(t, `
- name: front
  `+onThreeCores+`
  arrivals: {process: poisson, rate: 500}
  connections: {count: 10}
  operations: [{name: GET /, steps: [call: {service: back, operation: get, network: 1ms}, compute: 10us]}]
- {name: back, runtime: {model: smol}, operations: [{name: get, steps: [compute: {exponential: {mean: 100us}}]}]}
`)
	n := NewNetwork(&sm)
	front := n.Play(fleet[0], 1, 0, Observer{Observer: scheduler.Observer{Poll: func(p *scheduler.Poll) { polls = append(polls, *p) }}})
	n.Play(fleet[1], 1, 0, Observer{})
	sm.Run(sim.Time(time.Second))
	front.Stop()
	sm.Run(2 * sim.Time(time.Second))
	assert.Zero(t, front.Runtime().Live())
	require.Len(t, polls, 2*int(front.Arrivals()))
	core := map[uint64]int{}
	for _, p := range polls {
		if at, known := core[p.Task]; known {
			require.Equal(t, at, p.Worker)
		}
		core[p.Task] = p.Worker
	}
}

// TestConnectionsChangeNothingElse: what requests do and when they come is the same, and elsewhere than on tokio_per_core they are served
// in the same way.
func TestConnectionsChangeNothingElse(t *testing.T) {
	const arrivals = "arrivals: {process: poisson, rate: 1000}"
	s := fleettest.Service(arrivals, "seed: 3", twoOperations)
	shared := fleettest.Service(arrivals, "seed: 3", twoOperations, "connections: {count: 3, exponent: 1}")
	assert.Equal(t, record(mustFleet(t, s)[0], 1, 0, time.Second), record(mustFleet(t, shared)[0], 1, 0, time.Second))
	want, got := cores(t, s), cores(t, shared)
	for i := range want {
		want[i].Program, got[i].Program = nil, nil
	}
	assert.Equal(t, want, got)
}

// TestPinnedOrStolen: the same requests of uneven clients at half of what two workers can do. Pinned, the busy clients' core has most of the
// work, and requests wait there while the other core sleeps; where workers take work from each other they hardly wait. Even clients narrow
// the gap.
func TestPinnedOrStolen(t *testing.T) {
	p90 := func(runtime, connections string) sim.Time {
		var waits []sim.Time
		for _, f := range cores(t, fleettest.Service("seed: 3", "runtime: {model: tokio, worker_threads: 2"+runtime+"}", connections,
			"arrivals: {process: poisson, rate: 5000}", "operations: [{name: op, steps: [compute: {exponential: {mean: 200us}}]}]")) {
			waits = append(waits, f.QueueWait)
		}
		slices.Sort(waits)
		return waits[len(waits)*9/10]
	}
	const uneven, even = "connections: {count: 8, exponent: 1.5}", "connections: {count: 1000}"
	pinned, stolen := p90(", flavor: tokio_per_core", uneven), p90("", uneven)
	assert.Greater(t, pinned, 5*stolen, "%v and %v", pinned.Duration(), stolen.Duration())
	assert.Equal(t, stolen, p90("", even))
	assert.Greater(t, pinned, 3*p90(", flavor: tokio_per_core", even)/2)
}
