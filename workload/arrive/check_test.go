// SPDX-License-Identifier: Apache-2.0

package arrive

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestCheck(t *testing.T) {
	const second = sim.Time(time.Second)
	for _, good := range []Process{
		Poisson{HighestRate},
		Constant{math.SmallestNonzeroFloat64},
		Gamma{1, LowestShape},
		OnOff{1, 0, second, second},
		Sine{1, 1, ShortestPeriod},
		Stages{0, []Stage{{second, 1}}},
		&Replay{Gaps: []sim.Time{0, 2000}, Repeat: true},
		Closed{MostUsers, program.Constant(0)},
	} {
		require.NoError(t, good.Check(), "%T", good)
	}
	for want, bad := range map[string]Process{
		"rate: 0 is not allowed; want more than 0 and at most 1000000 a second":                           Poisson{},
		"rate: NaN is not allowed; want more than 0 and at most 1000000 a second":                         Constant{math.NaN()},
		"shape: 0 is not allowed; want 0.01 to 1000":                                                      Gamma{1, 0},
		"off_rate: -1 is not allowed; want 0 to 1000000":                                                  OnOff{1, -1, second, second},
		"off: 0s is not allowed; want 1µs to 8760h0m0s":                                                   OnOff{1, 1, second, 0},
		"amplitude: 2 is not allowed; want 0 to 1":                                                        Sine{1, 2, second},
		"period: 0s is not allowed; want 1ms to 8760h0m0s":                                                Sine{1, 1, 0},
		"0 stages; want 1 to 1000":                                                                        Stages{},
		"stages[0].target: +Inf is not allowed; want 0 to 1000000":                                        Stages{0, []Stage{{second, math.Inf(1)}}},
		"nothing arrives: no stage has a duration and a rate; want one that has both":                     Stages{0, []Stage{{0, 7}}},
		"0 gaps; want 1 to 10000000":                                                                      &Replay{},
		"gaps[1]: -1ns is not allowed; want 0s to 8760h0m0s":                                              &Replay{Gaps: []sim.Time{1, -1}},
		"users: 0 is not allowed; want 1 to 100000":                                                       Closed{0, program.Constant(0)},
		"think: no distribution; want a duration":                                                         Closed{1, nil},
		"0.001 arrivals in a mean cycle of on and off; want at least 0.01: a higher rate or longer times": OnOff{1, 0, 1e6, second},
	} {
		assert.EqualError(t, bad.Check(), want)
	}
}
