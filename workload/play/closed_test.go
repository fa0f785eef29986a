// SPDX-License-Identifier: Apache-2.0

package play

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// finished wraps what a test does with finished tasks.
func finished(do func(*scheduler.Finished)) Observer {
	return Observer{Observer: scheduler.Observer{Finished: do}}
}

// TestClosedLoopStepByStep: three users of one worker. All think 10 ms and send; requests of 4 ms are served one by one, and
// each user thinks again from the end of the own request.
func TestClosedLoopStepByStep(t *testing.T) {
	s := mustFleet(t, fleettest.Service("runtime: {model: ideal, worker_threads: 1}",
		"arrivals: {process: closed, users: 3, think: 10ms}", "operations: [{name: op, steps: [compute: 4ms]}]"))[0]
	assert.InEpsilon(t, 300, s.Arrivals.PerSecond(), 1e-9)
	type request struct {
		tag            uint64
		spawned, ended time.Duration
	}
	var requests []request
	var sm sim.Simulation
	sm.Run(sim.Time(time.Hour))
	ms := func(at sim.Time) time.Duration { return (at - sim.Time(time.Hour)).Duration() / time.Millisecond }
	in := NewNetwork(&sm).Play(s, 1, 0, finished(func(f *scheduler.Finished) {
		requests = append(requests, request{f.Tag, ms(f.Spawned), ms(f.End)})
	}))
	sm.Run(sim.Time(time.Hour + 37*time.Millisecond))
	assert.Equal(t, []request{{0, 10, 14}, {1, 10, 18}, {2, 10, 22}, {3, 24, 28}, {4, 28, 32}, {5, 32, 36}}, requests)
	assert.Equal(t, uint64(6), in.Arrivals())
	assert.Equal(t, sim.Never, in.Ended())

	in.Limit(7)
	sm.Run(sim.Time(2 * time.Hour))
	assert.Equal(t, uint64(7), in.Arrivals())
	assert.Equal(t, time.Duration(38), ms(in.Ended()))
	assert.Zero(t, in.Runtime().Live())
}

// TestMachineRepair compares closed loops with the finite-source queue M/M/1//N: N users who think for an exponential time of
// mean Z, and one server whose service times are exponential with mean S. With n users at the server in proportion
// N!/(N-n)! (S/Z)^n, the throughput is X = (1 - p(0))/S, and the mean time at the server N/X - Z (Kleinrock, "Queueing Systems",
// volume 1, 1975, section 3.8).
func TestMachineRepair(t *testing.T) {
	const thinks, serves = 10e-3, 1e-3
	for _, users := range []int{1, 5, 11, 30} {
		sum, p := 0.0, 1.0
		for n := range users + 1 {
			sum += p
			p *= float64(users-n) * serves / thinks
		}
		throughput := (1 - 1/sum) / serves
		response := float64(users)/throughput - thinks

		s := mustFleet(t, fleettest.Service("runtime: {model: ideal, worker_threads: 1}", "operations: [{name: op, steps: [compute: {exponential: {mean: 1ms}}]}]"))[0]
		s.Arrivals = arrive.Closed{Users: users, Think: dist.Exponential{sim.Time(10 * time.Millisecond)}}
		var rates, responses []float64
		for run := range 40 {
			const warmup, end = sim.Time(time.Second), sim.Time(21 * time.Second)
			var sm sim.Simulation
			count, spent := 0.0, 0.0
			NewNetwork(&sm).Play(s, uint64(run), 0, finished(func(f *scheduler.Finished) {
				if f.End > warmup {
					count++
					spent += (f.End - f.Spawned).Duration().Seconds()
				}
			}))
			sm.Run(end)
			rates = append(rates, count/(end-warmup).Duration().Seconds())
			responses = append(responses, spent/count)
		}
		average, averageError := mean(rates)
		assert.InDelta(t, throughput, average, 4*averageError, "throughput of %d users", users)
		average, averageError = mean(responses)
		assert.InDelta(t, response, average, 4*averageError, "response of %d users", users)
		assert.Less(t, averageError, 0.02*response, "the test can fail")
	}
}

// TestUsersThinkAlike: what a user thinks depends on the user and the seed alone, not on the runtime, the operations or the others.
func TestUsersThinkAlike(t *testing.T) {
	first := func(lines ...string) (arrivals []sim.Time) {
		s := mustFleet(t, fleettest.Service(append(lines, "seed: 7")...))[0]
		var sm sim.Simulation
		NewNetwork(&sm).Play(s, 1, 0, finished(func(f *scheduler.Finished) { arrivals = append(arrivals, f.Spawned) }))
		sm.Run(sim.Time(time.Minute))
		return arrivals
	}
	const one = "arrivals: {process: closed, users: 1, think: {exponential: {mean: 1s}}}"
	const many = "arrivals: {process: closed, users: 50, think: {exponential: {mean: 1s}}}"
	alone := first(one, "runtime: {model: ideal}", "operations: [{name: op, steps: [compute: 0s]}]")
	slow := first(one, "runtime: {model: ideal}", "operations: [{name: op, steps: [compute: 1ms]}]")
	require.Greater(t, len(slow), 30)
	for i, at := range slow {
		require.Equal(t, alone[i]+sim.Time(i)*1e6, at, "the first user's thoughts, after each answer")
	}
	crowd := first(many, "runtime: {model: ideal}", "operations: [{name: op, steps: [compute: 0s]}]")
	for _, at := range alone {
		require.Contains(t, crowd, at)
	}
	assert.InDelta(t, 50*60, len(crowd), 4*math.Sqrt(50*60))
	assert.Equal(t, crowd, first(many, "runtime: {model: ideal}", "operations: [{name: op, steps: [compute: 0s]}]"), "again")
}

// TestUsersWhoDoNotThink: without a time to think, and with requests that take none, virtual time goes on.
func TestUsersWhoDoNotThink(t *testing.T) {
	s := mustFleet(t, fleettest.Service("runtime: {model: ideal}", "arrivals: {process: closed, users: 2, think: 0s}",
		"max_in_flight: 1", "operations: [{name: op, steps: [compute: 0s]}]"))[0]
	assert.InEpsilon(t, 2e6, s.Arrivals.PerSecond(), 1e-9)
	var sm sim.Simulation
	in := NewNetwork(&sm).Play(s, 1, 0, Observer{})
	sm.Run(sim.Time(time.Millisecond))
	assert.Equal(t, uint64(2000), in.Arrivals())
}

// BenchmarkClosedLoop is the time per request of a closed loop whose requests do nothing to speak of.
func BenchmarkClosedLoop(b *testing.B) {
	s := mustFleet(b, fleettest.Service("runtime: {model: ideal}", "arrivals: {process: closed, users: 1000, think: {exponential: {mean: 1ms}}}",
		"operations: [{name: op, steps: [compute: 100ns]}]"))[0]
	var sm sim.Simulation
	in := NewNetwork(&sm).Play(s, 1, 0, Observer{})
	sm.Run(sim.Time(10 * time.Millisecond))
	before := in.Arrivals()
	b.ReportAllocs()
	for at := sm.Now(); b.Loop(); {
		at += 1000 // one request, on average
		sm.Run(at)
	}
	requests := float64(in.Arrivals() - before)
	if math.Abs(requests/float64(b.N)-1) > 0.1 && b.N > 10_000 {
		b.Fatalf("%v requests in %d us", requests, b.N)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/max(1, requests), "ns/request")
}

// mean of observations, with its standard error.
func mean(x []float64) (mean, meanError float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	variance := 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(variance / float64(len(x)))
}
