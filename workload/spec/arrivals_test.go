// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// arrivalsOf decodes the value of `arrivals:`.
func arrivalsOf(tb testing.TB, text string) arrive.Process {
	tb.Helper()
	return mustFleet(tb, service("arrivals: "+text))[0].Arrivals
}

func open(tb testing.TB, text string) arrive.Open {
	tb.Helper()
	return arrivalsOf(tb, text).(arrive.Open)
}

func TestParseArrivals(t *testing.T) {
	const second = sim.Time(time.Second)
	for text, want := range map[string]arrive.Process{
		"{process: poisson, rate: 5}":                                                                      arrive.Poisson{5},
		"{process: constant, rate: 0.5}":                                                                   arrive.Constant{0.5},
		"{process: gamma, rate: 100, shape: 0.25}":                                                         arrive.Gamma{100, 0.25},
		"{process: on_off, rate: 1000, on: 1s, off: 4s}":                                                   arrive.OnOff{1000, 0, second, 4 * second},
		"{process: on_off, rate: 1000, on: 1s, off: 4s, off_rate: 10}":                                     arrive.OnOff{1000, 10, second, 4 * second},
		"{process: sine, rate: 100, amplitude: 0.8, period: 24h}":                                          arrive.Sine{100, 0.8, 86_400 * second},
		"{process: stages, stages: [{duration: 30s, target: 500}]}":                                        arrive.Stages{0, []arrive.Stage{{30 * second, 500}}},
		"{process: closed, users: 50, think: {exponential: {mean: 1s}}}":                                   arrive.Closed{50, dist.Exponential{second}},
		"{process: closed, users: 1, think: 1s}":                                                           arrive.Closed{1, program.Constant(second)},
		"{process: stages, start_rate: 1, stages: [{duration: 1h, target: 0}, {duration: 0s, target: 2}]}": arrive.Stages{1, []arrive.Stage{{3600 * second, 0}, {0, 2}}},
	} {
		t.Run(text, func(t *testing.T) {
			assert.Equal(t, want, arrivalsOf(t, text))
		})
	}
	assert.InDelta(t, 206, arrive.OnOff{1000, 7.5, second, 4 * second}.PerSecond(), 1e-9)
	assert.InDelta(t, 50, arrive.Closed{50, dist.Exponential{second}}.PerSecond(), 5)
	assert.InDelta(t, 70, arrive.Stages{9, []arrive.Stage{{second, 2}, {0, 70}, {second, 5}, {0, 99}}}.PerSecond(), 0)
}

func TestParseArrivalsAlone(t *testing.T) {
	a, err := DecodeArrivals(map[string]any{"process": "gamma", "rate": 5, "shape": 2})
	require.NoError(t, err)
	assert.Equal(t, arrive.Gamma{5, 2}, a)
	_, err = DecodeArrivals(map[string]any{"process": "gamma", "rate": 5})
	require.EqualError(t, err, "arrivals.shape: missing; want a number: 1 is Poisson, less bursts, more is more even")
	for process, want := range map[string]bool{
		"poisson": true, "constant": true, "gamma": true, "on_off": true, "sine": true,
		"stages": false, "replay": false, "closed": false, "uniform": false,
	} {
		assert.Equal(t, want, HasRate(process), process)
	}
}

func TestArrivalsMistakes(t *testing.T) {
	const anyRate = "a number of more than 0 and at most 1000000"
	for _, tt := range []struct {
		arrivals string
		want     string // all errors, a line each, without the path of arrivals
	}{
		{"{process: poisson, rate: 1, shape: 2}", ".shape: process poisson has no shape; want one of process, rate"},
		{"{process: closed, rate: 1, users: 1, think: 1s}", ".rate: process closed has no rate; want one of process, users, think"},

		{"{process: gamma}", `
.rate: missing; want arrivals per second
.shape: missing; want a number: 1 is Poisson, less bursts, more is more even`},
		{"{process: gamma, rate: 0, shape: 0}", `
.rate: 0 is not allowed; want ` + anyRate + `
.shape: 0 is not allowed; want a number from 0.01 to 1000`},
		{"{process: gamma, rate: 1, shape: .nan}", ".shape: NaN is not allowed; want a number from 0.01 to 1000"},

		{"{process: on_off}", `
.rate: missing; want arrivals per second
.on: missing; want a duration, the mean time on
.off: missing; want a duration, the mean time off`},
		{"{process: on_off, rate: 1e7, on: 1, off: 0s, off_rate: -1}", `
.rate: 10000000 is not allowed; want ` + anyRate + `
.on: 1 is not allowed; want a duration from 1µs to 8760h, such as 30s
.off: "0s" is not allowed; want a duration from 1µs to 8760h, such as 30s
.off_rate: -1 is not allowed; want a number from 0 to 1000000`},
		{"{process: on_off, rate: 1, on: 1ms, off: 9000h}", `.off: "9000h" is not allowed; want a duration from 1µs to 8760h, such as 30s`},
		{"{process: on_off, rate: 1, on: 1ms, off: 1s}", ": 0.001 arrivals in a mean cycle of on and off; want at least 0.01: a higher rate or longer times"},

		{"{process: sine}", `
.rate: missing; want arrivals per second
.amplitude: missing; want a number from 0 to 1
.period: missing; want a duration`},
		{"{process: sine, rate: 1, amplitude: 1.1, period: 1us}", `
.amplitude: 1.1 is not allowed; want a number from 0 to 1
.period: "1us" is not allowed; want a duration from 1ms to 8760h, such as 30s`},

		{"{process: stages}", ".stages: missing; want a list of {duration, target}"},
		{"{process: stages, stages: {duration: 1s}}", ".stages: a map is not allowed; want a list of stages"},
		{"{process: stages, stages: []}", ".stages: empty; want at least one of the stages"},
		{"{process: stages, start_rate: x, stages: [5, {}, {duration: -1s, target: -1, rate: 5}]}", `
.start_rate: "x" is not allowed; want a number from 0 to 1000000
.stages[0]: 5 is not allowed; want a map
.stages[1].duration: missing; want a duration; 0s is a jump
.stages[1].target: missing; want arrivals per second at the end of the stage
.stages[2].rate: unknown key; want one of duration, target
.stages[2].duration: "-1s" is not allowed; want a duration from 0s to 8760h, such as 30s
.stages[2].target: -1 is not allowed; want a number from 0 to 1000000`},
		{
			"{process: stages, stages: [{duration: 1h, target: 0}, {duration: 0s, target: 500}]}",
			".stages: nothing arrives: no stage has a duration and a rate; want one that has both",
		},
		{
			"{process: stages, stages: [" + strings.Repeat("{duration: 1s, target: 5},", arrive.MostStages+1) + "]}",
			".stages: 1001 stages; want at most 1000",
		},

		{"{process: replay}", ".file: missing; want a file of inter-arrival times, one a line"},
		{"{process: replay, file: 5, repeat: 7}", `
.repeat: 7 is not allowed; want true or false
.file: 5 is not allowed; want text: put it in quotes`},

		{"{process: closed}", `
.users: missing; want a number of users
.think: missing; want a duration or a distribution`},
		{"{process: closed, users: 0, think: {normal: 1s}}", `
.users: 0 is not allowed; want 1 to 100000
.think.normal: unknown distribution (did you mean lognormal?); want one of ` + strings.Join(distributionNames, ", ")},
		{"{process: closed, users: 1.5, think: 2h}", `
.users: 1.5 is not allowed; want a whole number from 1 to 100000
.think: "2h" is not allowed; want a duration from 0s to 1h, such as 80us`},
	} {
		t.Run(tt.arrivals[:min(len(tt.arrivals), 80)], func(t *testing.T) {
			_, err := fleet(t, service("arrivals: "+tt.arrivals))
			want := strings.Split(strings.TrimPrefix(tt.want, "\n"), "\n")
			for i := range want {
				want[i] = "services[0].arrivals" + want[i]
			}
			require.EqualError(t, err, strings.Join(want, "\n"))
		})
	}
}

func TestMaxInFlight(t *testing.T) {
	assert.Equal(t, 10_000, mustFleet(t, service())[0].MaxInFlight)
	assert.Equal(t, 7, mustFleet(t, service("max_in_flight: 7"))[0].MaxInFlight)
	for value, want := range map[string]string{
		"0": "0 is not allowed; want 1 to 1000000", "1000001": "1000001 is not allowed; want 1 to 1000000",
		"many": `"many" is not allowed; want a whole number from 1 to 1000000`,
	} {
		_, err := fleet(t, service("max_in_flight: "+value))
		require.EqualError(t, err, "services[0].max_in_flight: "+want)
	}
}
