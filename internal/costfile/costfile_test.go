// SPDX-License-Identifier: Apache-2.0

package costfile

import (
	_ "embed" // default.yaml, seed.yaml
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

//go:embed default.yaml
var defaultYAML string

//go:embed seed.yaml
var seedYAML string

// TestTheFilesAreTheParameters: default.yaml names every key, and both files say what package cost says.
func TestTheFilesAreTheParameters(t *testing.T) {
	var p cost.Parameters
	lines, err := read(strings.NewReader(defaultYAML), &p)
	require.NoError(t, err)
	assert.Equal(t, cost.DefaultParameters(), p)
	for _, section := range cost.Sections() {
		for _, k := range section.Keys {
			assert.Contains(t, lines, section.Name+"."+k.Name)
		}
	}
	_, err = read(strings.NewReader(seedYAML), &p)
	require.NoError(t, err)
	assert.Equal(t, cost.SeedParameters(), p)
}

func TestParse(t *testing.T) {
	added := cost.DefaultParameters()
	for name, tt := range map[string]struct {
		file   string
		change func(*cost.Set)
	}{
		"empty":   {"", func(*cost.Set) {}},
		"comment": {"# nothing\n\n   # here\n", func(*cost.Set) {}},
		"one":     {"tokio.park: 1ms", func(s *cost.Set) { s.Tokio.Park = 1_000_000 }},
		"forms": {
			"---\n# mine\ntokio.poll: 0 # free\ntokio.spawn:   '1us'\t#quoted\r\ntokio.wake_latency.median: \"1.5us\"\n" +
				"tokio.wake_latency.sigma: 2\nasync_executor.wake_driver_latency.sigma: 0\n",
			func(s *cost.Set) {
				s.Tokio.Poll, s.Tokio.Spawn = 0, 1000
				s.Tokio.WakeLatency = cost.Latency{Median: 1500, Sigma: 2}
				s.AsyncExecutor.WakeDriverLatency.Sigma = 0
				s.AsyncStd.WakeDriverLatency.Sigma, s.Smol.WakeDriverLatency.Sigma = 0, 0
			},
		},
		"executor": {"async_executor.poll: 1us", func(s *cost.Set) {
			s.AsyncExecutor.Poll, s.AsyncStd.Poll, s.Smol.Poll = 1000, 1000+added.AsyncStd.Poll, 1000+added.Smol.Poll
		}},
		"additions": {"async_std.poll: 1us\nasync_std.spawn: 0s", func(s *cost.Set) {
			s.AsyncStd.Poll += 1000 - added.AsyncStd.Poll
			s.AsyncStd.Spawn -= added.AsyncStd.Spawn
		}},
		"of smol": {"smol.wake_latency.median: 1us", func(s *cost.Set) { s.Smol.WakeLatency.Median += 1000 - added.Smol.WakeLatency.Median }},
	} {
		t.Run(name, func(t *testing.T) {
			want := cost.Default()
			tt.change(&want)
			got, err := Parse(strings.NewReader(tt.file))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestMistakes(t *testing.T) {
	const tokioKeys = "poll, spawn, wake_latency.median, hop.channel, hop.wait, finish, wake, hop.lock, hop.join, migration, contention, global_push, global_pop, steal_attempt, steal_task, park, unpark.median, unpark.sigma, unpark_driver.median, unpark_driver.sigma, " +
		"wake_latency.sigma, wake_driver_latency.median, wake_driver_latency.sigma, deep_sleep.after, deep_sleep.latency, thread_start.median, thread_start.sigma, blocking_submit, thread_create, process_start, driver_poll, timer_insert, timer_overshoot"
	for _, tt := range []struct{ name, file, want string }{
		{"negative", "tokio.park: -1us", `line 1: tokio.park: "-1us" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"no unit", "\n# x\ntokio.park: 700", `line 3: tokio.park: "700" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"too long", "tokio.park: 1001ms", `line 1: tokio.park: "1001ms" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"no value", "tokio.park:", `line 1: tokio.park: "" is not allowed; want a duration from 0s to 1s, such as 700ns`},
		{"sigma", "tokio.wake_latency.sigma: 2.1", `line 1: tokio.wake_latency.sigma: "2.1" is not allowed; want a number from 0 to 2`},
		{"sigma not a number", "tokio.wake_latency.sigma: nan", `line 1: tokio.wake_latency.sigma: "nan" is not allowed; want a number from 0 to 2`},
		{"unknown section", "glommio.poll: 1us", "line 1: glommio.poll: unknown key; want one of tokio, async_executor, async_std, smol, such as tokio.poll"},
		{"unknown key", "tokio.prak: 1us", "line 1: tokio.prak: unknown key; want tokio. and one of " + tokioKeys},
		{"no addition", "async_std.park: 1us", "line 1: async_std.park: unknown key; want async_std. and one of poll, spawn, wake_latency.median, hop.channel, hop.wait"},
		{"twice", "tokio.park: 1us\ntokio.park: 1us", "line 2: tokio.park: stands in line 1 already; want it once"},
		{"no colon", "tokio.park 1us", `line 1: no keys with values; want one to a line, such as tokio.poll: 60ns`},
		{"no space", "tokio.poll: 1ns\ntokio.park:1us", `line 2: not YAML: could not find expected ':'`},
		{"nested", "tokio:\n  park: 1us", `line 1: tokio: unknown key; want tokio. and one of ` + tokioKeys},
		{"list", "tokio.park: [1us]", `line 1: tokio.park: a list or map is not allowed; want a value, such as tokio.poll: 60ns`},
		{"two documents", "tokio.park: 1us\n---\ntokio.poll: 1us", `more than one document; want one`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(strings.NewReader(tt.file))
			assert.EqualError(t, err, strings.TrimPrefix(tt.want, "\n"))
			assert.Equal(t, cost.Zero, got)
		})
	}
	_, err := Parse(iotest.ErrReader(assert.AnError))
	assert.ErrorIs(t, err, assert.AnError)
}

// FuzzParse: whatever is accepted is a valid profile.
func FuzzParse(f *testing.F) {
	f.Add(defaultYAML)
	f.Add("tokio.poll: '1us' # x\r\n---")
	f.Fuzz(func(t *testing.T, file string) {
		set, err := Parse(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, p := range []cost.Profile{set.Tokio, set.AsyncExecutor, set.AsyncStd, set.Smol} {
			require.NoError(t, p.Check())
		}
	})
}
