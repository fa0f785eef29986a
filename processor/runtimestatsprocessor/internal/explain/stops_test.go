// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// after makes a process end a span after it was silent for so long, at a time; the span took all of that longer than usual.
func (g *stops) after(silent, at int64) {
	g.frontier = at - silent
	g.see(at-silent-ms, at, silent, 0)
}

// Where silences end in one phase of the period, that is where a quota lets the threads go on. Where they end at any time, there is none.
func TestBeat(t *testing.T) {
	random := rand.New(rand.NewPCG(61, 62))
	for at := range int64(phases) { // whichever phase it is
		g, now := new(stops), begin
		beat := at * (period / phases)
		for range 40 {
			now += (1 + random.Int64N(5)) * period
			start := now - now%period
			g.after(ms+random.Int64N(25*ms), start+random.Int64N(period)) // some other silence
			g.after(40*ms+random.Int64N(40*ms), start+period+beat+random.Int64N(2*ms))
		}
		assert.True(t, g.beats)
		assert.True(t, g.onBeat(begin-begin%period+beat+ms, 0), "phase %d", at)
		assert.False(t, g.onBeat(begin-begin%period+beat+50*ms, 0))
		assert.True(t, g.onBeat(begin-begin%period+beat+25*ms, 25*ms), "so much later")
		last := g.lastBeat(begin - begin%period + period + beat + 25*ms)
		assert.InDelta(t, float64(begin-begin%period+period+beat), float64(last), float64(4*ms))
	}

	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 63))
		g, now := new(stops), begin
		for range 1000 {
			now += 10*ms + random.Int64N(500*ms)
			g.after(3*ms+random.Int64N(60*ms), now)
			assert.False(t, g.beats, "at any time, seed %d", seed)
		}
	}
}

// A silence counts once, and as far as it was within.
func TestSilenceBetween(t *testing.T) {
	g := new(stops)
	g.after(30*ms, begin+100*ms)
	for _, tt := range []struct{ from, to, want int64 }{
		{0, 200, 30}, {80, 90, 10}, {60, 75, 5}, {95, 200, 5}, {100, 200, 0}, {0, 70, 0}, {90, 80, 0},
	} {
		onBeat, offBeat := g.silence(begin+tt.from*ms, begin+tt.to*ms)
		assert.Equal(t, tt.want*ms, onBeat+offBeat, "%d to %d", tt.from, tt.to)
	}
	g.see(begin, begin+101*ms, 100*ms, 0)
	onBeat, offBeat := g.silence(begin, begin+200*ms)
	assert.Equal(t, 30*ms, onBeat+offBeat, "another span that ends just after it")
	g.see(begin+101*ms, begin+131*ms, 0, 0)
	g.see(begin+131*ms, begin+161*ms, 30*ms, 28*ms)
	onBeat, offBeat = g.silence(begin, begin+200*ms)
	assert.Equal(t, 30*ms, onBeat+offBeat, "one that takes as long as usual, and one that is in a poll as long as usual")
}

// What is remembered does not grow, and the oldest goes first.
func TestGapsAreForgotten(t *testing.T) {
	g := new(stops)
	for i := range int64(3 * maxGaps) {
		g.after(10*ms, begin+i*100*ms)
	}
	assert.Len(t, g.gaps, maxGaps)
	assert.Equal(t, begin+2*maxGaps*100*ms, g.since())
	_, offBeat := g.silence(begin, begin+maxGaps*100*ms)
	onBeat, _ := g.silence(begin, begin+maxGaps*100*ms)
	assert.Zero(t, onBeat+offBeat)
}

// A quota lets the threads go on once in each period. A time that does not reach that moment has met no stop's end.
func TestGoesOn(t *testing.T) {
	random := rand.New(rand.NewPCG(64, 65))
	for range 10_000 {
		g := stops{beat: random.IntN(phases), beats: true}
		from := begin + random.Int64N(period)
		to := from + random.Int64N(period+period/2)
		first := begin - begin%period + int64(g.beat-early)*(period/phases)
		want := false
		for at := first - period; at <= to; at += period {
			want = want || at > from
		}
		assert.Equal(t, want, g.goesOn(from, to), "%d: %d to %d", g.beat, from, to)
	}
}

// Once the kernel has said that a quota stops the process, a few silences show when.
func TestToldOfAQuota(t *testing.T) {
	for _, told := range []bool{true, false} {
		g := &stops{told: told}
		for i := range int64(3) {
			g.after(50*ms, begin-begin%period+(i+1)*period+30*ms)
		}
		assert.Equal(t, told, g.beats)
	}
}
