// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"math/bits"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/narrow"
)

const (
	wheelLevels = 6
	slotBits    = 6
	wheelSlots  = 1 << slotBits
	wheelRange  = int64(1) << (wheelLevels * slotBits) // ticks; 2.2 years

	noTick = int64(1) << 62
)

// wheel is the hashed timing wheel of the time driver (schedulers.md 1.11): 6 levels of 64 slots. A slot of level k spans
// 64^k ticks. Times are ticks since the runtime's start.
//
// A timer lies on the level of the highest 6-bit digit in which its tick differs from elapsed, in the slot that this digit
// names. So all timers of a slot of level 0 are due at one tick, and a slot further up has to be looked at when its span starts:
// its timers then move down. Within a slot timers keep the order of insertion, and since a slot is emptied downwards
// before anything else is inserted below it, all timers of a tick fire in the order of insertion.
//
// Insertion and removal are O(1); nothing is allocated once entries has grown to the number of timers alive at once.
type wheel struct {
	elapsed  int64               // every timer up to here has fired
	occupied [wheelLevels]uint64 // bit s: slot s holds timers
	slots    [wheelLevels][wheelSlots]timerList
	entries  []timer // the first is not used: 0 is no entry
	free     int32   // entries to reuse, linked by next
}

// timerList is a FIFO of entries, linked both ways so that a timer can be taken out of it.
type timerList struct{ head, tail int32 }

type timer struct {
	tick           int64
	waker          scheduler.Waker
	next, previous int32
}

// insert adds a timer and returns its number. It reports false, and adds nothing, if the tick has elapsed already.
func (w *wheel) insert(tick int64, waker scheduler.Waker) (int32, bool) {
	if tick <= w.elapsed {
		return 0, false
	}
	i := w.free
	if i != 0 {
		w.free = w.entries[i].next
	} else {
		if len(w.entries) == 0 {
			w.entries = make([]timer, 1, wheelSlots)
		}
		i = narrow.Int32(len(w.entries))
		w.entries = append(w.entries, timer{})
	}
	w.entries[i] = timer{tick: tick, waker: waker}
	w.place(i)
	return i, true
}

// remove takes out a timer that has not fired.
func (w *wheel) remove(i int32) {
	t := &w.entries[i]
	level, slot := w.slot(t.tick)
	l := &w.slots[level][slot]
	if t.previous != 0 {
		w.entries[t.previous].next = t.next
	} else {
		l.head = t.next
	}
	if t.next != 0 {
		w.entries[t.next].previous = t.previous
	} else {
		l.tail = t.previous
	}
	if l.head == 0 {
		w.occupied[level] &^= 1 << slot
	}
	w.release(i)
}

func (w *wheel) release(i int32) { w.entries[i].next, w.free = w.free, i }

// slot is where a tick lies, seen from elapsed. Time that passes does not change that until the slot is emptied.
func (w *wheel) slot(tick int64) (level int, slot int64) {
	level = timerLevel(w.elapsed, tick)
	return level, tick >> (level * slotBits) & (wheelSlots - 1)
}

// place appends an entry to its slot, seen from elapsed.
func (w *wheel) place(i int32) {
	t := &w.entries[i]
	level, slot := w.slot(t.tick)
	l := &w.slots[level][slot]
	t.next, t.previous = 0, l.tail
	if l.tail == 0 {
		l.head = i
		w.occupied[level] |= 1 << slot
	} else {
		w.entries[l.tail].next = i
	}
	l.tail = i
}

// timerLevel is the level of the highest 6-bit digit in which the two differ. Whatever is further ahead than the wheel reaches
// goes to the top level, and is placed anew each time its slot comes by.
func timerLevel(elapsed, tick int64) int {
	differ := narrow.Uint64(elapsed^tick) | (wheelSlots - 1) // ticks are not negative
	if differ >= uint64(wheelRange) {
		return wheelLevels - 1
	}
	return (bits.Len64(differ) - 1) / slotBits
}

// next is the tick at which the wheel has something to do, a timer to fire or a slot to empty downwards; noTick if it is empty.
func (w *wheel) next() int64 {
	_, _, tick := w.nextSlot()
	return tick
}

// nextSlot finds the slot that comes first, and the tick at which its span starts. Lower levels come first: their spans lie
// within the current slot of every level above.
func (w *wheel) nextSlot() (level, slot int, tick int64) {
	for level, occupied := range w.occupied {
		if occupied == 0 {
			continue
		}
		shift := level * slotBits
		// The current slot comes last: only the top level has anything there, one turn ahead.
		after := int(w.elapsed>>shift&(wheelSlots-1)) + 1
		slot = (after + bits.TrailingZeros64(bits.RotateLeft64(occupied, -after))) & (wheelSlots - 1)
		turn := int64(1) << (shift + slotBits) // of this level
		tick = w.elapsed&^(turn-1) + int64(slot)<<shift
		if tick <= w.elapsed { // the top level is a ring: a slot behind is one turn ahead
			tick += turn
		}
		return level, slot, tick
	}
	return 0, 0, noTick
}

// expire moves the wheel to a tick and appends the wakers of the timers that are due to due, in the order of tick and insertion.
func (w *wheel) expire(now int64, due []scheduler.Waker) []scheduler.Waker {
	for {
		level, slot, tick := w.nextSlot()
		if tick > now {
			break
		}
		w.elapsed = tick
		i := w.slots[level][slot].head
		w.slots[level][slot] = timerList{}
		w.occupied[level] &^= 1 << slot
		for i != 0 {
			t := &w.entries[i]
			next := t.next
			if t.tick <= tick {
				due = append(due, t.waker)
				w.release(i)
			} else {
				w.place(i)
			}
			i = next
		}
	}
	w.elapsed = max(w.elapsed, now)
	return due
}
