// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// process is one that goes on from a state of another one, or begins an incarnation.
func process(t *testing.T, id string, from *State, began time.Time) (*Auditor, Origin) {
	t.Helper()
	a := New(DefaultLimits(), time.Second, Expectations{Verifiers: 1})
	if from == nil {
		of := exampleOrigin("a")
		of.Final, of.Started, of.Processes = false, began, []Process{{ID: id, Started: began}}
		return a, of
	}
	of, err := a.Import(writeStates([]*State{from}), began)
	require.NoError(t, err)
	of.GoOn(id, began)
	of.Final = false
	return a, of
}

// writes is the next state of a process.
func writes(t *testing.T, a *Auditor, of *Origin, written time.Time, final bool) *State {
	t.Helper()
	of.Sequence++
	of.Written, of.Final = written, final
	return stateOf(t, a, *of)
}

// TestStorageOfAnotherTime: a process that goes on from an older state than the last has not all that was taken, and its later number does not make up for that.
func TestStorageOfAnotherTime(t *testing.T) {
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	some := func(a *Auditor, s int, numbers ...uint64) {
		for _, n := range numbers {
			it := numbered("r", "s", n)
			it.At = at(s).UnixNano()
			a.Audit(Logs, at(s), []Item{it})
		}
	}
	end := func(a *Auditor, s int) {
		it := marker("r", "s", 4, 0)
		it.At = at(s).UnixNano()
		a.Audit(Logs, at(s), []Item{it})
	}
	one, of := process(t, "1", nil, at(-60))
	idle := writes(t, one, &of, at(-50), true)
	some(one, 0, 0, 1)
	stopped := writes(t, one, &of, at(1), true)
	two, of2 := process(t, "2", stopped, at(2))
	begun := writes(t, two, &of2, at(2), false)
	some(two, 3, 2, 3)
	middle := writes(t, two, &of2, at(4), false)
	end(two, 5)
	last := writes(t, two, &of2, at(60), true)

	back, of3 := process(t, "3", stopped, at(10))
	some(back, 11, 2)
	end(back, 12)
	rolledBack := writes(t, back, &of3, at(60), true)
	twin, of4 := process(t, "4", idle, at(-1))
	some(twin, 3, 3)
	end(twin, 3)
	other := writes(t, twin, &of4, at(60), true)

	before, of5 := process(t, "5", nil, at(-60))
	quiet := writes(t, before, &of5, at(-40), false)
	brief := writes(t, before, &of5, at(-39), false)
	looked := writes(t, before, &of5, at(-35), false)
	killed, of6 := process(t, "6", brief, at(-30))
	some(killed, 1, 0, 1, 2, 3)
	end(killed, 2)
	revived := writes(t, killed, &of6, at(60), true)
	wrong := "is the name of two, or its storage was put back to what it was before"
	for name, tc := range map[string]struct {
		states []*State
		want   Verdict
		says   string
		kept   int
	}{
		"one went on from the other":                 {[]*State{stopped, begun, middle, last, idle}, Pass, "", 1},
		"the storage was put back":                   {[]*State{stopped, middle, rolledBack}, Unknown, wrong, 2},
		"what was lost had nothing of the run yet":   {[]*State{begun, rolledBack}, Unknown, wrong, 2},
		"two went on from the same":                  {[]*State{last, other}, Unknown, wrong, 2},
		"two did, and one of them again":             {[]*State{last, rolledBack, other}, Unknown, wrong, 3},
		"one had been looked at, and died, long ago": {[]*State{quiet, looked, revived}, Pass, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			var text string
			for i := range tc.states { // any may come first
				m := NewMerge()
				for j := range tc.states {
					require.NoError(t, m.Add(tc.states[(i+j)%len(tc.states)]))
				}
				report, err := m.Report(Asked{})
				require.NoError(t, err)
				assert.Equal(t, tc.want, report.Verdict, messages(report.Runs[0].Findings))
				assert.Contains(t, fmt.Sprint(messages(report.Runs[0].Findings)), tc.says)
				assert.Len(t, report.States, tc.kept)
				if i > 0 {
					assert.Equal(t, text, string(m.Bytes()))
				}
				text = string(m.Bytes())
			}
		})
	}
}

// TestGeneratorAhead: items that came before they happened show that the generator's clock is ahead, so the run began that much earlier than it says.
func TestGeneratorAhead(t *testing.T) {
	for name, tc := range map[string]struct {
		ahead, early time.Duration // of the clock; of the first item
		want         Verdict
	}{
		"the clocks agree":         {0, 0, Pass},
		"ahead":                    {time.Minute, 0, Pass},
		"ahead, and it was before": {time.Minute, 20 * time.Second, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			one, of := process(t, "1", nil, noon.Add(-10*time.Second))
			of.Started = noon.Add(-10 * time.Second)
			for i, at := range []time.Time{noon.Add(-tc.early), noon} {
				it := numbered("r", "s", uint64(i))
				it.At = at.Add(tc.ahead).UnixNano()
				one.Audit(Logs, noon.Add(time.Millisecond), []Item{it})
			}
			one.Audit(Logs, noon.Add(time.Second), []Item{marker("r", "s", 2, 0)})
			last := writes(t, one, &of, noon.Add(time.Minute), true)
			assert.Equal(t, tc.want, mergedOf(t, Asked{}, last).Verdict)

			// A verifier that died and went on before the first one came to it, and after it may have come.
			again := New(DefaultLimits(), time.Second, Expectations{})
			_, err := again.Import(writeStates([]*State{writes(t, New(DefaultLimits(), time.Second, Expectations{}), &of, noon, false)}), noon.Add(-10*time.Second))
			require.NoError(t, err)
			it := numbered("r", "s", 0)
			it.At = noon.Add(tc.ahead - tc.early).UnixNano()
			again.Audit(Logs, noon, []Item{it})
			it.Sequence, it.At = 1, noon.Add(tc.ahead).UnixNano()
			again.Audit(Logs, noon, []Item{it})
			assert.Equal(t, tc.want == Unknown, again.runs[0].unclean > 0)
		})
	}
}

// TestManyProcesses: a state tells of the latest of its processes, and what it does not tell of is not taken for granted.
func TestManyProcesses(t *testing.T) {
	a, of := process(t, "0", nil, noon)
	first := writes(t, a, &of, noon, true)
	var middle *State
	for i := range 2 * mostProcesses {
		middle = writes(t, a, &of, noon, true)
		of.GoOn(strconv.Itoa(i+1), noon)
	}
	assert.Len(t, of.Processes, mostProcesses)
	last := writes(t, a, &of, noon, true)
	assert.Len(t, mergedOf(t, Asked{}, middle, last).States, 1)
	assert.Len(t, mergedOf(t, Asked{}, first, last).States, 2)
}
