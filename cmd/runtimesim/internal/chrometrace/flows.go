// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// flow goes from a slice to a poll: from who woke a task, or lost it to a thief. Slices are told when they end, so that either end may be known
// first.
type flow struct {
	name     string
	at       sim.Time // when it begins
	from, to slice
	begins   bool  // from is known
	ends     bool  // to is known
	before   slice // the last poll of the waker before it, on the same thread
	self     bool  // a task woke itself
	tasks    int   // stolen
}

// flows are those that lack an end, or both.
type flows struct {
	woken map[uint64]*flow   // wakes without an end, by the task woken
	made  map[uint64][]*flow // wakes without a begin, by the task that woke
	taken map[int]*flow      // thefts without an end, by the thief
	lost  map[int][]*flow    // thefts without a begin, by the victim
	// latest polls, by worker or Outside.
	latest map[int]slice
}

func newFlows() flows {
	return flows{
		woken: map[uint64]*flow{}, made: map[uint64][]*flow{}, taken: map[int]*flow{}, lost: map[int][]*flow{}, latest: map[int]slice{},
	}
}

// woken notes a wake. It begins in the poll that made it, which has ended or goes on; in a turn of a worker; or outside.
func (t *Trace) woken(w *scheduler.Woken) {
	if t.Full() {
		return
	}
	f := &flow{name: "wake", at: w.At, self: w.Task == w.During}
	latest := t.flows.latest[w.By]
	switch {
	case w.Turn:
		turn := &t.worker(w.By).turn
		if !turn.open {
			t.awake(w.By, w.At)
			turn.open, turn.from = true, w.At
		}
		turn.made = append(turn.made, f)
	case w.During != 0:
		if latest.task == w.During {
			f.before = latest
		}
		if f.before.last {
			t.begin(f, f.before)
		} else {
			t.flows.made[w.During] = append(t.flows.made[w.During], f)
		}
	case w.By == scheduler.Outside:
		s := slice{lane: t.outsideLane(), from: w.At, to: w.At + 1}
		t.show(s, "wake", "outside", fmt.Sprintf(`"task":%d,"request":%d`, w.Task, w.Tag))
		t.begin(f, s)
	default: // by whose poll is not known
		delete(t.flows.woken, w.Task)
		return
	}
	t.flows.woken[w.Task] = f
}

// beginWakes lets the wakes begin that a task made in a poll, or right after its poll before.
func (t *Trace) beginWakes(poll slice) {
	made := t.flows.made[poll.task]
	if made == nil {
		return
	}
	delete(t.flows.made, poll.task)
	for _, f := range made {
		switch {
		case f.at < poll.from, f.at == poll.from && (f.self || f.before.to == f.at):
			if f.before.task != 0 {
				t.begin(f, f.before)
			}
		default:
			t.begin(f, poll)
		}
	}
}

// endFlows lets the flows end that lead to a poll.
func (t *Trace) endFlows(p *scheduler.Poll, poll slice) {
	if f := t.flows.woken[p.Task]; f != nil && f.at <= p.Start {
		delete(t.flows.woken, p.Task)
		t.totals.Wakes++
		t.finish(f, poll)
	}
	if f := t.flows.taken[p.Worker]; f != nil && p.Source == scheduler.FromSteal && f.at <= p.Start {
		delete(t.flows.taken, p.Worker)
		t.totals.Steals++
		t.totals.Stolen += uint64(f.tasks) //nolint:gosec // G115: a count
		t.finish(f, poll)
	}
}

// stolen notes a steal: it begins at whatever the victim does then, and ends at the thief's next poll, of one of the tasks.
func (t *Trace) stolen(s *scheduler.Theft) {
	if t.Full() {
		return
	}
	f := &flow{name: "steal", at: s.At, tasks: s.Tasks}
	t.flows.taken[s.Thief] = f
	t.flows.lost[s.Victim] = append(t.flows.lost[s.Victim], f)
}

// beginThefts lets the steals begin that happened up to the end of a slice of their victim. A victim that did nothing that is shown gets a slice
// for it.
func (t *Trace) beginThefts(victim int, s slice) {
	lost := t.flows.lost[victim]
	if len(lost) == 0 {
		return
	}
	later := lost[:0]
	for _, f := range lost {
		switch {
		case f.at > s.to:
			later = append(later, f)
		case f.at >= s.from:
			t.begin(f, s)
		default:
			robbed := slice{lane: s.lane, from: f.at, to: min(f.at+1, s.from)}
			t.show(robbed, "stolen from", "steal", fmt.Sprintf(`"tasks":%d`, f.tasks))
			t.begin(f, robbed)
		}
	}
	t.flows.lost[victim] = later
}

func (t *Trace) begin(f *flow, s slice) {
	f.from, f.begins = s, true
	t.showFlow(f)
}

func (t *Trace) finish(f *flow, s slice) {
	f.to, f.ends = s, true
	t.showFlow(f)
}

// showFlow writes a flow both ends of which are known. It begins inside of its first slice: the end of a slice is not inside.
func (t *Trace) showFlow(f *flow) {
	if f.begins && f.ends {
		t.flow(f.name, f.from.lane, max(f.from.from, min(f.at, f.from.to-1)), f.to.lane, f.to.from)
	}
}
