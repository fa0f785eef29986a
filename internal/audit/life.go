// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// life is one incarnation of a verifier, whose state is merged. What it took after that, and what an incarnation took of which there is no state, is not in the
// accounts.
type life struct {
	*Origin
	// next is when another life of the same verifier took its place; zero: it is the last that is known.
	next time.Time
	gone gone
	// resumedAt is when it went on from a state that was not its last, ns since 1970; 0: it never did. Runs that know of that say it themselves.
	resumedAt int64
	unclean   map[string]bool
	branches  []branch
}

// branch is a state of an incarnation from which the state that counts did not go on: another process took its place, whose storage was older, or was a copy.
type branch struct {
	*Origin
	left  time.Time // when a process of the state that counts began that did not know of it; zero: not known
	knows map[string]bool
}

// livesOf finds the states that count, one of each incarnation, and what is known of these. The states are in the order of [Merge.sorted].
func livesOf(known []*State) (states []*State, lives []life, err error) {
	for _, s := range known {
		if n := len(states); n > 0 && states[n-1].Verifier == s.Verifier && states[n-1].Incarnation == s.Incarnation {
			b, err := branchOf(s, states[n-1])
			if err != nil {
				return nil, nil, err
			}
			lives[n-1].branches = append(lives[n-1].branches, b)
			continue
		}
		states = append(states, s)
		lives = append(lives, life{Origin: &s.Origin})
	}
	for from := 0; from < len(lives); {
		to := from + 1
		for to < len(lives) && lives[to].Verifier == lives[from].Verifier {
			to++
		}
		succeed(lives[from:to])
		from = to
	}
	return states, lives, nil
}

// succeed finds out which of the lives of one verifier took the place of which. An earlier one may do so, too, if the storage was put back.
func succeed(lives []life) {
	type start struct {
		at   time.Time
		life int
	}
	var starts []start
	for i := range lives {
		for _, p := range lives[i].Processes {
			starts = append(starts, start{p.Started, i})
		}
	}
	slices.SortFunc(starts, func(a, b start) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.life, b.life)) })
	last := map[int]int{} // start of each life
	for i, s := range starts {
		last[s.life] = i
	}
	for of, i := range last {
		if i+1 < len(starts) {
			lives[of].next = starts[i+1].at
		}
	}
}

func branchOf(s, counts *State) (branch, error) {
	b := branch{Origin: &s.Origin, knows: map[string]bool{}}
	b.left = counts.partedAt(&s.Origin)
	of, err := s.auditor(mergedLimits(len(s.body)))
	if err != nil {
		return b, fmt.Errorf("%v: %w", &s.Origin, err)
	}
	for _, r := range of.runs {
		b.knows[r.name] = true
	}
	return b, nil
}

// hides reports whether the process that wrote it may have taken something of a run that the state that counts does not have.
func (b *branch) hides(run string, began time.Time) bool {
	return b.knows[run] || !b.Final && (began.Before(b.left) || b.left.Before(b.Written))
}

// note keeps what its accounts say of what is not in them.
func (l *life) note(of *Auditor) {
	l.gone, l.resumedAt, l.unclean = of.gone, of.resumedAt, map[string]bool{}
	for _, r := range of.runs {
		if r.unclean > 0 {
			l.unclean[r.name] = true
		}
	}
}

// overlaps reports whether it still wrote states when another one had begun: two verifiers have the same name.
func (l *life) overlaps() bool { return !l.next.IsZero() && !l.Final && l.Written.After(l.next) }

// live reports whether it may have taken more since it wrote its state: it is not its last, and no other life took its place.
func (l *life) live() bool { return !l.Final && (l.next.IsZero() || l.overlaps()) }

// newest is when the states were written: the oldest of those that may have taken more since, by the latest of the clocks. If there are none of these, nothing is
// running.
func newest(lives []life, margin time.Duration) (at time.Time, running bool) {
	var oldest time.Time
	for i := range lives {
		l := &lives[i]
		if at.Before(l.Written) {
			at = l.Written
		}
		if l.live() && (!running || l.Written.Before(oldest)) {
			oldest, running = l.Written, true
		}
	}
	if running {
		return oldest.Add(-margin), true
	}
	return at, false
}

// unseen says what of a run is in no state: what a verifier took before it died, after it ended, or in an incarnation that nobody knows of.
func (a *Auditor) unseen(r *run, lives []life) (why []string) {
	margin := a.clocks.margin()
	began, ended := r.began().Add(-margin), r.over().Add(-margin)
	for i := range lives {
		l := &lives[i]
		say := func(format string, values ...any) {
			why = append(why, fmt.Sprintf("verifier %q "+format, append([]any{l.Verifier}, values...)...))
		}
		if l.gone.has(r.name) {
			say("holds the run no more, or not all of it: it made room for others")
		}
		if began.Before(l.Started) { // also after one that ended well, and where storage was empty: it may have been lost
			say("began to listen when the run had begun, or may have, and what one of its name took before is not known")
		}
		if l.resumedAt != 0 && began.Before(time.Unix(0, l.resumedAt)) && !l.unclean[r.name] {
			say("died, and went on at %s from a state that was not its last: what it took of the run shortly before is in no state", clockTime(time.Unix(0, l.resumedAt)))
		}
		for i := range l.branches {
			if b := &l.branches[i]; b.hides(r.name, began) {
				say("is the name of two, or its storage was put back to what it was before, or lost its last states: state %d went on from an older one than state %d, which may have more of the run", l.Sequence, b.Sequence)
			}
		}
		switch {
		case l.overlaps():
			say("is the name of two that listened at the same time, and what the first took later is in no state: want another name for each")
		case !l.next.IsZero() && !l.Final && began.Before(l.next):
			say("died, and what it took shortly before is in no state")
		case l.next.IsZero() && l.Final && l.Written.Before(ended):
			say("ended at %s, before the run did, and what one of its name took later is in no state", clockTime(l.Written))
		}
	}
	return why
}

func clockTime(at time.Time) string { return at.UTC().Format(time.DateTime) + " UTC" }

// died says which verifiers may have seen a run that is in no state.
func died(lives []life) (why []string) {
	for i := range lives {
		if l := &lives[i]; l.resumedAt != 0 || len(l.branches) > 0 || !l.next.IsZero() && !l.Final {
			why = append(why, fmt.Sprintf("verifier %q died, and what it took shortly before is in no state", l.Verifier))
		}
	}
	if len(why) == 0 { // nothing tells when it was
		why = append(why, "one that had it may have been there before one of these began, with a state that was lost")
	}
	return why
}

// began is when the first item of the run can have arrived anywhere, at the earliest: not before it happened. That is by the generator's clock, which is ahead if items
// came before they happened. Verifiers saw how much: the first item came no earlier than it happened plus the shortest time that an item was on its way. What came of a
// source before the first that arrived of it may have happened at any time, but not before all that end markers tell of.
func (r *run) began() time.Time {
	first := r.first
	if r.happened != 0 {
		first = min(first, r.happenedFrom())
	}
	if !r.headless() {
		return time.Unix(0, first)
	}
	told := r.told.sum()
	if !told.complete() || r.happened == 0 { // or how far the clock is ahead
		return time.Time{}
	}
	for s := range Signals {
		if at, some := told.offered[s].Begin(); some {
			first = min(first, at-r.ahead)
		}
	}
	return time.Unix(0, first)
}

// headless reports whether the first item of some source has not arrived.
func (r *run) headless() bool {
	for s := range Signals {
		streams := r.accounts[s].streams
		if r.told.announced[s] > uint64(len(streams)) {
			return true
		}
		for _, of := range streams {
			if of.first > 0 || of.arrived() == 0 && (!of.ended() || of.endings[0].total > 0) {
				return true
			}
		}
	}
	return false
}

// over is when the run has ended: when the last end marker came, or, if some are missing, the last item.
func (r *run) over() time.Time {
	for i := range r.accounts {
		for _, s := range r.accounts[i].streams {
			if !s.ended() {
				return time.Unix(0, r.last)
			}
		}
	}
	return time.Unix(0, r.markedAt)
}
