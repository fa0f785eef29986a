// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// recording writes a file and returns its path.
func recording(tb testing.TB, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "gaps.csv")
	require.NoError(tb, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestReplayIsTheFile(t *testing.T) {
	path := recording(t, "\ufeff# recorded on a Monday\r\n\r\ngap,status\r\n"+
		"1.5ms,200\n 250us , 200\n0.000000001\n\"2\",500\n0 # at once\n1e-3,200\n1m\n123456.789012345\n")
	want := []sim.Time{1_500_000, 250_000, 1, 2e9, 0, 1e6, 60e9, 123456789012345}
	for _, repeat := range []bool{false, true} {
		a := open(t, fmt.Sprintf("{process: replay, file: %s, repeat: %t}", path, repeat))
		assert.Equal(t, want, a.(*arrive.Replay).Gaps)
		sum := sim.Time(0)
		first, second := a.Start(1), a.Start(2)
		for round := range 3 {
			for _, gap := range want {
				sum += gap
				expect := sum
				if round > 0 && !repeat {
					expect = sim.Never
				}
				require.Equal(t, expect, first.Next())
				require.Equal(t, expect, second.Next(), "the same for all instances")
			}
		}
		assert.InEpsilon(t, 8/(sum/3).Duration().Seconds(), a.PerSecond(), 1e-12)
	}
}

func TestReplayMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", ": no gaps in it; want at least one line with a duration such as 1.5ms, or a number of seconds"},
		{"header alone", "gap\n", ": no gaps in it; want at least one line with a duration such as 1.5ms, or a number of seconds"},
		{"second header", "gap\n1ms\ngap\n", `:3: "gap" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"wrong unit in the first line", "5 ms\n", `:1: "5 ms" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"no value", "# gaps\n\n1ms\n,200\n", `:4: "" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"negative", "1\n-1\n", `:2: "-1" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"too long a gap", "1\n8761h\n", `:2: "8761h" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"no number", "1\nNaN\n", `:2: "NaN" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"infinite", "1\n1e999\n", `:2: "1e999" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
		{"one line", "1ms\n" + strings.Repeat("1", 70_000), ":2: longer than 65536 bytes; want one gap a line"},
		{"binary", "1ms\n\x00\xff\n", `:2: "\x00\xff" is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := recording(t, tt.text)
			_, err := fleet(t, service("arrivals: {process: replay, file: "+path+"}"))
			require.EqualError(t, err, "services[0].arrivals.file: "+path+tt.want)
		})
	}

	too := recording(t, "")
	require.NoError(t, os.Truncate(too, 256<<20+1)) // sparse
	folder := t.TempDir()
	still := recording(t, "0\n500ns\n1us\n")
	for _, tt := range []struct{ file, want string }{
		{"/nowhere/gaps.csv", "file: /nowhere/gaps.csv: no such file or directory"},
		{`"a\nb"`, `file: a\nb: no such file or directory`},
		{folder, "file: " + folder + ": not a regular file"},
		{"/dev/zero", "file: /dev/zero: not a regular file"},
		{too, "file: " + too + ": 268435457 bytes; want at most 268435456"},
		{still + ", repeat: true", "repeat: " + still + " has a mean gap of 500ns; want at least 1µs to repeat it"},
	} {
		_, err := fleet(t, service("arrivals: {process: replay, file: "+tt.file+"}"))
		require.EqualError(t, err, "services[0].arrivals."+tt.want)
	}
	mustFleet(t, service("arrivals: {process: replay, file: "+still+"}"))
}
