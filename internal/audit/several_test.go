// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// world is a run that some verifiers share, which end, die, begin again and go on, beside one that sees everything and never does.
type world struct {
	t       *testing.T
	r       *rand.Rand
	now     time.Time
	expect  Expectations
	one     *Auditor
	several []*lived
	states  [][]byte // all that were ever written, or the last in each file
	files   bool     // nobody has seen what was in a file before
}

// lived is a verifier.
type lived struct {
	*Auditor
	of      Origin
	stored  []byte // in its storage; nil: it has none
	storage bool
	copies  [][]byte      // of its storage, from before
	twin    *lived        // another one of its name, which went on from a copy
	file    int           // where its state is
	written bool          // there is one
	skew    time.Duration // of its clock
}

func newWorld(t *testing.T, r *rand.Rand, now time.Time, n int, e Expectations) *world {
	t.Helper()
	w := &world{t: t, r: r, now: now, expect: e, one: New(DefaultLimits(), time.Second, e), files: r.IntN(2) == 0}
	several, known := r.IntN(4) == 0, time.Duration(r.IntN(2))
	for i := range n {
		v := &lived{of: Origin{Verifier: fmt.Sprint("v", i), Clock: Clock{Name: "here"}}, storage: r.IntN(2) == 0}
		if several { // each has a clock of its own, which is off by so much
			most := 400 * time.Millisecond
			v.skew = time.Duration(r.Int64N(int64(2*most))) - most
			v.of.Clock = Clock{Name: v.of.Verifier, Error: known * most}
		}
		w.begin(v)
		w.several = append(w.several, v)
	}
	return w
}

// at is the time by the clock of a verifier.
func (w *world) at(v *lived) time.Time { return w.now.Add(v.skew) }

// begin is a new life of a verifier: it goes on from its storage, if it has that.
func (w *world) begin(v *lived) {
	w.t.Helper()
	v.Auditor = New(DefaultLimits(), time.Second, w.expect)
	if v.stored != nil {
		of, err := v.Import(v.stored, w.at(v))
		require.NoError(w.t, err)
		v.of = of
		v.of.GoOn(w.id(), w.at(v))
		w.write(v, false)
		return
	}
	v.of.Incarnation, v.of.Sequence, v.of.Started, v.of.Processes = w.id(), 0, w.at(v), []Process{{ID: w.id(), Started: w.at(v)}}
	w.write(v, false)
}

func (w *world) id() string { return strconv.FormatUint(w.r.Uint64(), 10) }

// write stores a state, and writes it where whoever merges can find it.
func (w *world) write(v *lived, final bool) {
	w.t.Helper()
	v.of.Sequence++
	v.of.Written, v.of.Final = w.at(v), final
	text, err := v.Export(v.of, false)
	require.NoError(w.t, err)
	if !w.files || !v.written {
		v.file = len(w.states)
		w.states = append(w.states, text)
	}
	w.states[v.file], v.written = text, true
	if v.storage {
		v.of.Sequence++
		v.stored, err = v.Export(v.of, !final)
		require.NoError(w.t, err)
		v.copies = append(v.copies, v.stored)
	}
}

// something becomes of a verifier now and then.
func (w *world) something(rare int) {
	w.t.Helper()
	v := w.several[w.r.IntN(len(w.several))]
	switch w.r.IntN(rare) {
	case 0:
		w.write(v, false)
	case 1: // it ends, and begins again
		w.write(v, true)
		w.now = w.now.Add(time.Duration(1+w.r.IntN(2)) * time.Millisecond)
		w.begin(v)
	case 2: // its storage is lost, whether it ends or dies
		if w.r.IntN(2) == 0 {
			w.write(v, true)
		}
		v.stored = nil
		w.now = w.now.Add(time.Duration(1+w.r.IntN(2)) * time.Millisecond)
		w.begin(v)
	case 3: // its storage is put back to what it was, which only earlier states tell
		if w.files {
			return
		}
		if w.r.IntN(2) == 0 {
			w.write(v, true)
		}
		w.goBack(v)
		w.begin(v)
	case 4: // another one of its name goes on from a copy of its storage
		if v.twin == nil && v.storage && !w.files {
			v.twin = &lived{of: v.of, storage: true, copies: v.copies, skew: v.skew}
			w.goBack(v.twin)
			w.begin(v.twin)
		}
	case 5: // it dies
		w.now = w.now.Add(time.Duration(1+w.r.IntN(2)) * time.Millisecond)
		w.begin(v)
	}
}

// goBack makes what was stored at some time the storage of a verifier.
func (w *world) goBack(v *lived) {
	w.now = w.now.Add(time.Duration(1+w.r.IntN(2)) * time.Millisecond)
	if v.storage {
		v.stored = v.copies[w.r.IntN(len(v.copies))]
	}
}

func (w *world) take(i int, d *delivery) {
	w.one.Audit(d.signal, w.now, []Item{d.item})
	v := w.several[i]
	if v.twin != nil && w.r.IntN(2) == 0 {
		v = v.twin
	}
	v.Audit(d.signal, w.at(v), []Item{d.item})
}

// merged is the report of all states, or of some.
func (w *world) merged(but string) Report {
	w.t.Helper()
	m := NewMerge()
	for _, text := range w.states {
		states, err := ReadStates(text)
		require.NoError(w.t, err)
		if states[0].Verifier != but {
			require.NoError(w.t, m.Add(states...))
		}
	}
	// Of two of one name that were there at the same time, one that wrote no last state may still be there, as far as states tell.
	twins := slices.ContainsFunc(w.several, func(v *lived) bool { return v.twin != nil })
	report, err := m.Report(Asked{Verifiers: len(w.several), Final: twins})
	require.NoError(w.t, err)
	return report
}

// randomExpectations allow everything but for one thing, or two.
func randomExpectations(r *rand.Rand, e *enrichment) Expectations {
	share := func() float64 { return []float64{0, 0.01, 0.05, 0.1, 0.2, 0.3}[r.IntN(6)] }
	expect := Expectations{
		MaxLoss: 1, MaxDuplicates: 1, MaxCorrupt: 1, AllowUnexpected: true, Content: &ContentExpectation{Max: 2}, Odd: &OddExpectation{Either: []string{"*"}},
	}
	traces := []Signal{Traces}
	for range 1 + r.IntN(2) {
		switch r.IntN(12) {
		case 0:
			expect.MaxLoss = share()
		case 1:
			expect.MaxDuplicates = share()
		case 2:
			expect.MaxCorrupt = share()
		case 3:
			expect.AllowUnexpected = false
		case 4:
			expect.Content.Max = share()
		case 5:
			expect.Odd = []*OddExpectation{nil, {Changed: []string{"span.own_parent"}, Either: []string{"span.zero_end"}}, {Dropped: []string{"span.zero_end"}, Either: []string{"span.own_parent"}}}[r.IntN(3)]
		case 6:
			expect.Deadline = time.Duration(1+r.IntN(2000)) * time.Millisecond
		case 7:
			expect.LatencyP99 = time.Duration(80+r.IntN(25)) * time.Second
		case 8:
			expect.Ordered, expect.WholeTraces = r.IntN(2) == 0, r.IntN(2) == 0
		case 9:
			expect.Sources = 1 + r.IntN(2)
		case 10:
			if e.classes || e.wholeTraces {
				expect.Classes = []*ClassesExpectation{
					{Kept: []string{"a"}, Either: []string{"b", "c", Rest}, Signals: traces}, {Dropped: []string{"c"}, Either: []string{"a", "b", Rest}, Signals: traces},
				}[r.IntN(2)]
			}
		case 11:
			if r.IntN(2) == 0 {
				expect.Consistent = true
			} else {
				expect.Sampled = &Sampled{Ratio: 0.9, Tolerance: 0.2 * r.Float64(), Signals: traces}
			}
		}
	}
	return expect
}

// oneFault is a plan with faults of all sorts, or of one, or none.
func oneFault(r *rand.Rand) plan {
	p, one := randomPlan(r), plan{}
	one.disorder = p.disorder
	switch r.IntN(7) {
	case 0:
		return p
	case 1:
		one.lose = 0.1 * r.Float64()
	case 2:
		one.duplicate = 0.1 * r.Float64()
	case 3:
		one.corrupt = 0.1 * r.Float64()
	case 4:
		one.loseEnd = r.Float64()
	case 5:
		one.giveUp = 0.1 * r.Float64()
	}
	return one
}

// TestSeveralNeverLie: whatever becomes of items and verifiers, the verdict of all states is that of one verifier that saw everything, or unknown. Without the states
// of one of them it is never pass, and fail only if the other is.
func TestSeveralNeverLie(t *testing.T) {
	rounds := 600
	if testing.Short() {
		rounds = 200
	}
	seen := map[[2]Verdict]int{}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 6))
		strict := seed%2 == 0 // next to nothing happens to items, so that what becomes of verifiers may make a difference
		few := plan{duplicate: 0.01 * float64(r.IntN(2)), lose: 0.01 * float64(r.IntN(4)/3)}
		e := enrichment{classes: r.IntN(4) == 0}
		e.wholeTraces = !e.classes && r.IntN(4) == 0
		var series [][]delivery
		for source := range 1 + r.IntN(2) {
			for signal := range Signals {
				p := oneFault(r)
				if strict {
					if signal != Logs { // as many sources as shards
						continue
					}
					p = plan{duplicate: few.duplicate, lose: few.lose}
				}
				p.forge = 0 // a right checksum of what was never sent counts as what it seems, until an end marker comes
				if d := p.play(r, signal, "r", fmt.Sprint(signal, source), 5*(1+r.IntN(100))); len(d) > 0 {
					series = append(series, d)
				}
			}
		}
		e.all(r, series)
		all := interleave(r, series)
		n := 1 + r.IntN(5)
		expect := randomExpectations(r, &e)
		if strict {
			expect = Expectations{MaxCorrupt: 1, AllowUnexpected: true, Content: &ContentExpectation{Max: 2}, Odd: &OddExpectation{Either: []string{"*"}}}
		}
		begins := noon.Add(-time.Duration(r.IntN(2)) * 200 * time.Second) // items happen from 100 s before noon on
		if strict {
			begins = begins.Add(-time.Hour)
		}
		w := newWorld(t, r, begins, n, expect)
		if strict { // else the generator's clock, which is ahead, makes nearly everything unknown
			w.now = w.now.Add(time.Hour)
		}
		route := routes[seed%len(routes)](r, n)
		rare := []int{100, 5000, 1 << 30}[r.IntN(3)]
		if strict {
			rare = max(6, len(all)*(1+r.IntN(3)))
		}
		for i := range all {
			w.take(route(&all[i], i), &all[i])
			w.now = w.now.Add(time.Duration(r.IntN(3)) * time.Millisecond)
			if r.IntN(500) == 0 {
				w.now = w.now.Add(time.Duration(r.IntN(1500)) * time.Millisecond)
			}
			w.something(rare)
		}
		w.now = w.now.Add(time.Hour)
		for _, v := range w.several {
			w.write(v, true)
			if v.twin != nil {
				w.write(v.twin, true)
			}
		}
		want, got := w.one.Report(w.now, true), w.merged("")
		seen[[2]Verdict{want.Verdict, got.Verdict}]++
		say := func(of *Report) (text []string) {
			for i := range of.Runs {
				text = append(text, messages(of.Runs[i].Findings)...)
			}
			return append(text, messages(of.Findings)...)
		}
		if got.Verdict != Unknown {
			require.Equal(t, want.Verdict, got.Verdict, "seed %d: want %q,\ngot %q", seed, say(&want), say(&got))
		}
		if n > 1 {
			part := w.merged(fmt.Sprint("v", r.IntN(n)))
			require.NotContains(t, []Verdict{Pass, Running}, part.Verdict, "seed %d", seed)
			if part.Verdict == Fail {
				require.Equal(t, want.Verdict, Fail, "seed %d: want %q,\ngot %q", seed, say(&want), say(&part))
			}
		}
	}
	assert.NotZero(t, seen[[2]Verdict{Pass, Pass}], "%v", seen)
	assert.NotZero(t, seen[[2]Verdict{Fail, Fail}], "%v", seen)
	assert.NotZero(t, seen[[2]Verdict{Pass, Unknown}], "%v", seen)
	t.Log(seen)
}
