// SPDX-License-Identifier: Apache-2.0

package cost

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestDefault(t *testing.T) {
	d := Default()
	assert.Equal(t, d.Tokio, Tokio())
	assert.Equal(t, d.AsyncExecutor, AsyncExecutor())
	assert.EqualValues(t, 60, d.Tokio.Poll)
	assert.Equal(t, Latency{Median: 2_200, Sigma: 0.3}, d.Tokio.UnparkDriver)
	assert.Equal(t, Latency{Median: 5_500, Sigma: 0.7}, d.Tokio.WakeDriverLatency)
	assert.EqualValues(t, 5_000, d.AsyncExecutor.TimerOvershoot)

	// async-std is the executor and a little more.
	want := d.AsyncExecutor
	want.Spawn += 40
	want.Poll += 4
	assert.Equal(t, want, d.AsyncStd)
	assert.Equal(t, d.AsyncExecutor, d.Smol)
	assert.Equal(t, Set{}, Zero)
}

// TestEveryCostHasAKey: a field that no key sets would silently be free.
func TestEveryCostHasAKey(t *testing.T) {
	var p parameters
	for _, section := range sections {
		for _, e := range section.entries {
			if e.number != nil {
				*e.number(section.profile(&p))++
			} else {
				*e.time(section.profile(&p))++
			}
		}
	}
	assertOnes(t, "tokio", reflect.ValueOf(p.tokio))
	assertOnes(t, "async_executor", reflect.ValueOf(p.asyncExecutor))
	added := Profile{Poll: 1, Spawn: 1, WakeLatency: Latency{Median: 1}}
	assert.Equal(t, added, p.asyncStd, "set adds these and no others")
	assert.Equal(t, added, p.smol)
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

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		file   string
		change func(*Set)
	}{
		"empty":   {"", func(*Set) {}},
		"comment": {"# nothing\n\n   # here\n", func(*Set) {}},
		"one":     {"tokio.park: 1ms", func(s *Set) { s.Tokio.Park = 1_000_000 }},
		"forms": {
			"---\n# mine\ntokio.poll: 0 # free\ntokio.spawn:   '1us'\t#quoted\r\ntokio.wake_latency.median: \"1.5us\"\n" +
				"tokio.wake_latency.sigma: 2\nasync_executor.wake_driver_latency.sigma: 0\n",
			func(s *Set) {
				s.Tokio.Poll, s.Tokio.Spawn = 0, 1000
				s.Tokio.WakeLatency = Latency{Median: 1500, Sigma: 2}
				s.AsyncExecutor.WakeDriverLatency.Sigma = 0
				s.AsyncStd.WakeDriverLatency.Sigma, s.Smol.WakeDriverLatency.Sigma = 0, 0
			},
		},
		"executor": {"async_executor.poll: 1us", func(s *Set) {
			s.AsyncExecutor.Poll, s.AsyncStd.Poll, s.Smol.Poll = 1000, 1004, 1000
		}},
		"additions": {"async_std.poll: 1us\nasync_std.spawn: 0s", func(s *Set) {
			s.AsyncStd.Poll += 1000 - 4
			s.AsyncStd.Spawn -= 40
		}},
		"of smol": {"smol.wake_latency.median: 1us", func(s *Set) { s.Smol.WakeLatency.Median += 1000 }},
	} {
		t.Run(name, func(t *testing.T) {
			want := Default()
			tt.change(&want)
			got, err := Parse(strings.NewReader(tt.file))
			require.NoError(t, err)
			assert.Equal(t, want, got)
			assertIsYAML(t, tt.file)
		})
	}
}

func TestMistakes(t *testing.T) {
	const tokioKeys = "poll, spawn, wake_latency.median, finish, wake, global_pop, steal_attempt, steal_task, park, unpark.median, unpark.sigma, unpark_driver.median, unpark_driver.sigma, " +
		"wake_latency.sigma, wake_driver_latency.median, wake_driver_latency.sigma, thread_start.median, thread_start.sigma, process_start, driver_poll, timer_insert, timer_overshoot"
	for _, tt := range []struct{ name, file, want string }{
		{"negative", "tokio.park: -1us", `line 1: tokio.park: "-1us" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"no unit", "\n# x\ntokio.park: 700", `line 3: tokio.park: "700" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"too long", "tokio.park: 1001ms", `line 1: tokio.park: "1001ms" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"no value", "tokio.park:", `line 1: tokio.park: "" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"sigma", "tokio.wake_latency.sigma: 2.1", `line 1: tokio.wake_latency.sigma: "2.1" is not allowed; want a number from 0 to 2`},
		{"sigma not a number", "tokio.wake_latency.sigma: nan", `line 1: tokio.wake_latency.sigma: "nan" is not allowed; want a number from 0 to 2`},
		{"unknown section", "glommio.poll: 1us", "line 1: glommio.poll: unknown key; want one of tokio, async_executor, async_std, smol, such as tokio.poll"},
		{"unknown key", "tokio.prak: 1us", "line 1: tokio.prak: unknown key; want tokio. and one of " + tokioKeys},
		{"no addition", "async_std.park: 1us", "line 1: async_std.park: unknown key; want async_std. and one of poll, spawn, wake_latency.median"},
		{"twice", "tokio.park: 1us\ntokio.park: 1us", "line 2: tokio.park: stands in line 1 already; want it once"},
		{"no colon", "tokio.park 1us", `line 1: "tokio.park 1us" is no key with a value; want one to a line, such as tokio.poll: 60ns`},
		{"no space", "tokio.park:1us", `line 1: "tokio.park:1us" has no space behind the colon; want one, such as tokio.poll: 60ns`},
		{"nested", "tokio:\n  park: 1us", `
line 1: tokio: unknown key; want tokio. and one of ` + tokioKeys + `
line 2: "  park: 1us" is indented; want full keys that begin their lines, such as tokio.poll: 60ns`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(strings.NewReader(tt.file))
			assert.EqualError(t, err, strings.TrimPrefix(tt.want, "\n"))
			assert.Equal(t, Zero, got)
		})
	}
	_, err := Parse(iotest.ErrReader(assert.AnError))
	assert.ErrorIs(t, err, assert.AnError)
}

// TestDefaultIsYAML: what this package reads as YAML means the same to a YAML parser.
func TestDefaultIsYAML(t *testing.T) { assertIsYAML(t, defaultYAML) }

func assertIsYAML(t *testing.T, file string) {
	t.Helper()
	var p parameters
	lines, err := p.read(strings.NewReader(file))
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(file), &tree))
	require.Len(t, lines, len(tree))
	for key := range lines {
		assert.Contains(t, tree, key)
	}
}

// FuzzParse: whatever is accepted is a valid profile, and YAML.
func FuzzParse(f *testing.F) {
	f.Add(defaultYAML)
	f.Add("tokio.poll: '1us' # x\r\n---")
	f.Fuzz(func(t *testing.T, file string) {
		set, err := Parse(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, p := range []Profile{set.Tokio, set.AsyncExecutor, set.AsyncStd} {
			for _, e := range entries {
				if e.number != nil {
					require.True(t, *e.number(&p) >= 0 && *e.number(&p) <= highestSigma)
				} else {
					require.True(t, *e.time(&p) >= 0 && *e.time(&p) <= 2*longest)
				}
			}
		}
	})
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
	latest := Latency{Median: longest, Sigma: highestSigma}
	for range 100_000 {
		require.Positive(t, latest.Sample(&r))
	}
}
