// SPDX-License-Identifier: Apache-2.0

package procfile_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

var names = []string{"tokio-rt-worker", "", "a b", ") R 1 2 3", "(((", ")))", "x\ny) S", "\xff\x00\x1b[0m", "voluntary_ctxt_", "\nvoluntary_ctxt", "1"}

// A name does not change what is read of the rest.
func TestNames(t *testing.T) {
	for _, name := range names {
		thread := fakeproc.Thread{Name: name, User: 11, System: 12, Start: 13, Voluntary: 14, Involuntary: 15}
		stat, err := procfile.ParseStat([]byte(fakeproc.Stat(7, thread)))
		require.NoError(t, err, "%q", name)
		assert.Equal(t, procfile.Stat{Name: []byte(name), State: 'S', User: 11, System: 12, Start: 13}, stat, "%q", name)
		switches, err := procfile.ParseSwitches([]byte(fakeproc.Status(7, thread)))
		require.NoError(t, err, "%q", name)
		assert.Equal(t, procfile.Switches{Voluntary: 14, Involuntary: 15}, switches, "%q", name)
	}
}

func TestSchedstat(t *testing.T) {
	for text, want := range map[string]procfile.Schedstat{
		"0 0 0\n":                                {},
		"271828 314159 42\n":                     {OnCPU: 271828, Wait: 314159, Slices: 42},
		"1 2 3":                                  {OnCPU: 1, Wait: 2, Slices: 3},
		"1152921504606846976 2 3\n":              {OnCPU: 1 << 60, Wait: 2, Slices: 3},
		"1 2 3 4 of a later kernel, perhaps\n\n": {OnCPU: 1, Wait: 2, Slices: 3},
	} {
		s, err := procfile.ParseSchedstat([]byte(text))
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, s, "%q", text)
	}
}

func TestMalformed(t *testing.T) {
	for _, text := range []string{"", "\n", "1 2\n", "1 2\n3", "-1 2 3\n", "1 2 x\n", "1 2 18446744073709551616\n", "+1 2 3", "18446744073709551615 2 3\n", "1 1152921504606846977 3\n"} {
		s, err := procfile.ParseSchedstat([]byte(text))
		require.ErrorIs(t, err, procfile.ErrMalformed, "%q", text)
		assert.Zero(t, s)
	}
	for _, text := range []string{"", "1", "1 (x", "1 x)", ")(", "1 (x) S 1", "1 (x) S 1 1 1 0 -1 4 95 0 1 0 y 0 0 0 20 0 9 0 3", "1 (x) S 1 1 1 0 -1 4 95 0 1 0 1 2 0 0 20 0 9 0", "1 (x) S 1 1 1 0 -1 4 95 0 1 0 18446744073709551615 2 0 0 20 0 9 0 3"} {
		_, err := procfile.ParseStat([]byte(text))
		require.ErrorIs(t, err, procfile.ErrMalformed, "%q", text)
	}
	for _, text := range []string{"", "Name:\tx\n", "\nvoluntary_ctxt_switches:\t1\n", "\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\tx\n", "\nvoluntary_ctxt_switches:\nnonvoluntary_ctxt_switches:\t2\n"} {
		_, err := procfile.ParseSwitches([]byte(text))
		require.ErrorIs(t, err, procfile.ErrMalformed, "%q", text)
	}
}

// A thread that has ended is listed until somebody asks how.
func TestEnded(t *testing.T) {
	for _, state := range []string{"R", "S", "D", "T", "t", "I", "P", "Z", "X", "x"} {
		stat, err := procfile.ParseStat([]byte(fakeproc.Stat(7, fakeproc.Thread{Name: ") Z (", State: state})))
		require.NoError(t, err)
		assert.Equal(t, state == "Z" || state == "X" || state == "x", stat.Ended(), state)
	}
}

func TestPeak(t *testing.T) {
	assert.Equal(t, uint64(11820), procfile.ParsePeak([]byte(fakeproc.Status(7, fakeproc.Thread{Name: "\nVmPeak:\t1 kB", Peak: 11820}))))
	assert.Zero(t, procfile.ParsePeak([]byte(fakeproc.Status(7, fakeproc.Thread{Name: "x", State: "Z"}))))
	assert.Zero(t, procfile.ParsePeak([]byte("\nVmPeak:\tmuch kB\n")))
}

func FuzzParsers(f *testing.F) {
	for _, name := range names {
		thread := fakeproc.Thread{Name: name, Start: 3}
		f.Add([]byte(fakeproc.Stat(7, thread)))
		f.Add([]byte(fakeproc.Status(7, thread)))
	}
	f.Add([]byte("1 2 3\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := procfile.ParseStat(text); err == nil {
			assert.Contains(t, string(text), "("+string(s.Name)+")")
		} else {
			assert.ErrorIs(t, err, procfile.ErrMalformed)
		}
		if _, err := procfile.ParseSchedstat(text); err != nil {
			assert.ErrorIs(t, err, procfile.ErrMalformed)
		}
		if _, err := procfile.ParseSwitches(text); err != nil {
			assert.ErrorIs(t, err, procfile.ErrMalformed)
		}
	})
}

// Any bytes as a name leave the numbers alone.
func FuzzName(f *testing.F) {
	for _, name := range names {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		stat, err := procfile.ParseStat([]byte(fakeproc.Stat(7, fakeproc.Thread{Name: name, User: 1, System: 2, Start: 3})))
		require.NoError(t, err)
		assert.Equal(t, procfile.Stat{Name: []byte(name), State: 'S', User: 1, System: 2, Start: 3}, stat)
	})
}
