// SPDX-License-Identifier: Apache-2.0

package cost

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestDefault(t *testing.T) {
	d, p := Default(), DefaultParameters()
	assert.Equal(t, d.Tokio, Tokio())
	assert.Equal(t, d.AsyncExecutor, AsyncExecutor())
	assert.Equal(t, p.Tokio, d.Tokio)
	assert.Equal(t, p.AsyncExecutor, d.AsyncExecutor)

	// async-std and smol are the executor and a little more.
	want := d.AsyncExecutor
	want.Spawn += p.AsyncStd.Spawn
	want.Poll += p.AsyncStd.Poll
	want.WakeLatency.Median += p.AsyncStd.WakeLatency.Median
	want.Hop.Channel, want.Hop.Wait = p.AsyncStd.Hop.Channel, p.AsyncStd.Hop.Wait // its channels are older
	assert.Equal(t, want, d.AsyncStd)
	want = d.AsyncExecutor
	want.Spawn += p.Smol.Spawn
	want.Poll += p.Smol.Poll
	want.WakeLatency.Median += p.Smol.WakeLatency.Median
	assert.Equal(t, want, d.Smol)
	assert.Equal(t, Set{}, Zero)
}

// TestEveryCostHasAKey: a field that no key sets would silently be free.
func TestEveryCostHasAKey(t *testing.T) {
	var p Parameters
	for _, section := range Sections() {
		for _, k := range section.Keys {
			if k.Number != nil {
				*k.Number(section.Profile(&p))++
			} else {
				*k.Time(section.Profile(&p))++
			}
		}
	}
	assertOnes(t, "tokio", reflect.ValueOf(p.Tokio))
	assertOnes(t, "async_executor", reflect.ValueOf(p.AsyncExecutor))
	added := Profile{Poll: 1, Spawn: 1, WakeLatency: Latency{Median: 1}}
	assert.Equal(t, added, p.Smol, "set adds these and no others")
	added.Hop = Hop{Channel: 1, Wait: 1}
	assert.Equal(t, added, p.AsyncStd)
}

func assertOnes(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			assertOnes(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Int64:
		assert.EqualValues(t, 1, v.Int(), path)
	default:
		assert.InDelta(t, 1, v.Float(), 0, path)
	}
}

func TestLatency(t *testing.T) {
	r := sim.Stream(1)
	assert.EqualValues(t, 7, Latency{Median: 7}.Sample(&r))
	assert.Zero(t, Latency{}.Sample(&r))
	var draws []sim.Time
	above := 0
	l := Latency{Median: 5_000, Sigma: 0.5}
	for range 10_000 {
		d := l.Sample(&r)
		draws = append(draws, d)
		if float64(d) > 5_000*math.Exp(0.5) {
			above++
		}
	}
	slices.Sort(draws)
	assert.InEpsilon(t, 5_000, float64(draws[5_000]), 0.03)
	assert.InDelta(t, 1_587, above, 4*37)

	// The latest draw that can be stays in virtual time.
	latest := Latency{Median: Longest, Sigma: HighestSigma}
	for range 100_000 {
		require.Positive(t, latest.Sample(&r))
	}
}

func TestCheckOfAProfile(t *testing.T) {
	for _, p := range []Profile{Tokio(), AsyncExecutor(), Default().AsyncStd, Seed().Tokio, Seed().Smol, {}} {
		require.NoError(t, p.Check())
	}
	most := DefaultParameters()
	most.AsyncExecutor.Poll, most.AsyncStd.Poll = Longest, Longest // what a file may say
	require.NoError(t, most.Set().AsyncStd.Check())
	for want, p := range map[string]Profile{
		"park: -1ns is not allowed; want a duration from 0s to 2s":                {Park: -1},
		"timer_overshoot: 1h0m0s is not allowed; want a duration from 0s to 2s":   {TimerOvershoot: sim.Time(time.Hour)},
		"unpark.sigma: NaN is not allowed; want a number from 0 to 2":             {Unpark: Latency{Sigma: math.NaN()}},
		"thread_start.median: -5ns is not allowed; want a duration from 0s to 2s": {ThreadStart: Latency{Median: -5}},
	} {
		assert.EqualError(t, p.Check(), want)
	}
}

func TestContended(t *testing.T) {
	p := Profile{Contention: 10}
	for others, want := range map[int]sim.Time{-1: 0, 0: 0, 1: 10, 7: 70, 8: 70, 1000: 70} {
		assert.Equal(t, want, p.Contended(others), "%d others", others)
	}
}
