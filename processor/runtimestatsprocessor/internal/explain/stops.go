// SPDX-License-Identifier: Apache-2.0

package explain

const (
	maxGaps = 128
	// leastGap is how long a process must have been silent for that to be worth a thought.
	leastGap = 3_000_000
	// period is that of a CPU quota: the kernel's default, and the one that Kubernetes, Docker and systemd set.
	period = 100_000_000
	// phases are the parts of a period that silences end in, and early and late are how many of them before and after the one in which most
	// do belong to it: the first span ends some time after the threads go on.
	phases      = 50
	early, late = 1, 2
	// A phase is that of a quota if silences of so many milliseconds have ended in it, which is so many times its share. Fewer will do if the
	// kernel says that a quota stops the process: then there is such a phase.
	evident     = 400
	evidentTold = 100
	conspicuous = 4
	// fading is how many milliseconds of silence are remembered.
	fading = 20_000
)

// gap is a time in which a process began and ended no span, though one of them should have ended earlier.
type gap struct{ from, to int64 }

// stops are the times at which a process of which the kernel tells was silent. When a quota is used up, all threads stop, and go on when
// the next period begins: all such silences end in one phase of the period. Silences that have another cause end at any time.
type stops struct {
	gaps     []gap // the next one takes the place of the oldest
	next     int
	frontier int64 // the latest end of a span

	weights [phases]float32 // milliseconds of silence that ended in each phase
	total   float32
	beat    int // the phase in which a quota lets the threads go on
	beats   bool
	told    bool // the kernel has said that a quota stops the process
}

// see learns of a span that took so much longer than is usual, and was in polls for so long before its end that this is its own doing. That
// others began meanwhile means nothing: the span of a request may begin when it comes, while the process is stopped.
func (g *stops) see(start, end, excess, poll int64) {
	if g.frontier != 0 && end-g.frontier < minute {
		if start > g.frontier && g.onBeat(start, 0) {
			g.add(gap{g.frontier, start})
		}
		from, to := max(g.frontier, start), end
		switch {
		case g.onBeat(end, 0):
			from += poll
		case g.onBeat(end, poll):
			from, to = max(from, end-excess), g.lastBeat(end)
		default:
			from = max(from, end-excess) + poll
		}
		g.add(gap{from, to})
	}
	if end > g.frontier || g.frontier-end > minute {
		g.frontier = end
	}
}

func (g *stops) add(o gap) {
	if o.to-o.from < leastGap {
		return
	}
	if len(g.gaps) < maxGaps {
		g.gaps = append(g.gaps, o)
	} else {
		g.gaps[g.next%maxGaps] = o
		g.next++
	}
	weight := float32(min(o.to-o.from, period)) / 1e6
	if g.total += weight; g.total > fading {
		g.total /= 2
		for i := range g.weights {
			g.weights[i] /= 2
		}
	}
	g.weights[phase(o.to)] += weight
	g.listen()
}

func phase(at int64) int { return int(uint64(at) % period / (period / phases)) } //nolint:gosec // any phase will do for what no clock says

// listen looks for a phase in which far more silence ends than in others.
func (g *stops) listen() {
	most := float32(0)
	for i := range g.weights {
		around := float32(0)
		for d := -early; d <= late; d++ {
			around += g.weights[(i+d+phases)%phases]
		}
		if around > most {
			most, g.beat = around, i
		}
	}
	enough := float32(evident)
	if g.told {
		enough = evidentTold
	}
	g.beats = most >= enough && most*phases >= conspicuous*g.total*(early+late+1)
}

// onBeat reports whether a time is one at which a quota lets the threads go on, or so much later.
func (g *stops) onBeat(at, later int64) bool {
	return g.beats && (phase(at)-g.beat+early+phases)%phases <= early+late+int(min(later, period/2)/(period/phases))
}

// goesOn reports whether a quota lets the threads go on between two times.
func (g *stops) goesOn(from, to int64) bool {
	earliest := int64((g.beat-early+phases)%phases) * (period / phases)
	at := from - from%period + earliest
	if at <= from {
		at += period
	}
	return at <= to
}

// lastBeat returns when it did so last before a time that is on the beat.
func (g *stops) lastBeat(at int64) int64 {
	since := int64((phase(at)-g.beat+early+phases)%phases - early)
	return at - max(since, 0)*(period/phases)
}

// silence returns for how long the process was silent between two times, in silences that ended when a quota lets threads go on, and in
// others.
func (g *stops) silence(from, to int64) (onBeat, offBeat int64) {
	for i := range g.gaps {
		o := &g.gaps[i]
		both := min(o.to, to) - max(o.from, from)
		switch {
		case both <= 0 || o.to-o.from < leastGap:
		case g.onBeat(o.to, 0):
			onBeat += both
		default:
			offBeat += both
		}
	}
	return onBeat, offBeat
}

// since returns from when on all silences are remembered.
func (g *stops) since() int64 {
	if len(g.gaps) < maxGaps {
		return 0
	}
	return g.gaps[g.next%maxGaps].to
}
