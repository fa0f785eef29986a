// SPDX-License-Identifier: Apache-2.0

package cputime

import (
	"sort"
	"time"
)

// Recent is what is known of a process at some moment. It does not change.
type Recent struct {
	// First is since when the process was watched, Last when it was looked at last, 0 for never, and Every the time between two looks, 0
	// if there was one only.
	First, Last, Every int64
	// Several processes are taken for one, for all that can be seen.
	Several bool

	begun     int64 // when it was looked at first, since it was started last
	lacked    int64 // when the last interval ended that points to a lack of CPU, 0 for none; it may be older than those that are kept
	groups    map[string]int
	intervals []interval // ascending, without overlap
}

// Follows reports whether a process was first looked at when the other had ended: it would have been looked at again since.
func (r *Recent) Follows(o *Recent) bool {
	const looks, every = 3, int64(time.Minute)
	between := o.Every
	if between == 0 {
		between = every
	}
	return r.First >= o.Last && r.Last-o.Last >= looks*between
}

// memory is for how long after a time what was told of it says something about the process.
const memory = int64(10 * time.Minute)

// Tells reports whether the process was looked at around a time: then what happened may be unknown, but somebody looks.
func (r *Recent) Tells(at int64) bool {
	return r.Last != 0 && at-r.Last <= memory && r.begun-at <= memory
}

// Healthy reports whether the process was looked at before something started, and nothing that was told until ten minutes before it ended, or
// later, points to a lack of CPU.
func (r *Recent) Healthy(start, end int64) bool {
	return len(r.intervals) > 0 && r.begun <= start && (r.lacked == 0 || end-r.lacked > memory)
}

// interval is what happened between two looks.
type interval struct {
	from, to int64
	whole    Usage
	groups   []Usage // by their place; unheard for one that did not tell
	quota    Quota
	quotas   bool
	partial  bool // whole leaves some threads out
}

const (
	// Scarce is the share of CPU wait from which on a process lacks CPU. On a busy machine some percent are common.
	Scarce = 0.05
	// Crowded is the share from which on others have the CPUs again and again. From half of it on a process lacks CPU that no quota stops.
	Crowded = 0.5
	// leastWait is what threads must wait for in an interval for that to be worth a thought: of a process that does next to nothing, any
	// share may be missing.
	leastWait = int64(time.Millisecond)
)

// scarce reports whether an interval points to a lack of CPU.
func (i *interval) scarce() bool {
	switch {
	case i.quota.Throttled > 0:
		return true
	case i.whole.Wait < leastWait:
		return false
	case i.quotas:
		return i.whole.Ratio() >= Crowded/2
	default: // there may be a quota out of sight
		return i.whole.Ratio() >= Scarce
	}
}

var unheard = Usage{-1, -1}

func (i *interval) set(group int, u Usage) {
	for len(i.groups) <= group {
		i.groups = append(i.groups, unheard)
	}
	i.groups[group] = u
	i.whole = i.whole.add(u)
}

// usage returns what a group did, unless there is none of this place, or it did not tell.
func (i *interval) usage(group int) (u Usage, named bool) {
	if group >= 0 && group < len(i.groups) && i.groups[group] != unheard {
		return i.groups[group], true
	}
	return Usage{}, false
}

// Account is what is known of a time.
type Account struct {
	Usage
	// Named says that it is that of the group of threads which was asked for, and not of the whole process.
	Named bool
	// From and To are the intervals that it is made of.
	From, To int64
	// Whole says what all threads of the process did together. Partial says that some are left out of it: nobody knows what they did.
	Whole    Usage
	Partial  bool
	HasQuota bool
	Quota    Quota
}

// Of returns the account of a group of threads in the intervals that cover a time, and whether there are such. Without a group, or with one
// that the kernel did not tell of, it is that of the whole process.
func (r *Recent) Of(group string, start, end int64) (a Account, covered bool) {
	all := r.intervals
	first := sort.Search(len(all), func(i int) bool { return all[i].to > start })
	if first == len(all) || all[first].from > start {
		return a, false
	}
	at := r.place(group)
	for i := first; i < len(all) && all[i].from < max(end, start+1); i++ {
		if i > first && all[i].from != all[i-1].to {
			return a, false
		}
		a.include(&all[i], at, i == first)
	}
	return a, a.To >= end
}

// Before returns the account of the last intervals before a time, so many at most, unless the last one ended more than two of its lengths
// before.
func (r *Recent) Before(group string, end int64, most int) (a Account, known bool) {
	all := r.intervals
	after := sort.Search(len(all), func(i int) bool { return all[i].to > end })
	if after == 0 {
		return a, false
	}
	if last := &all[after-1]; end-last.to > stale*(last.to-last.from) {
		return a, false
	}
	at := r.place(group)
	first := after - 1
	for first > 0 && after-first < most && all[first-1].to == all[first].from {
		first--
	}
	for i := first; i < after; i++ {
		a.include(&all[i], at, i == first)
	}
	return a, true
}

// stale is after how many of its lengths an interval tells nothing any more.
const stale = 2

// place returns the place of a group of threads, negative for none.
func (r *Recent) place(group string) int {
	if i, known := r.groups[group]; known {
		return i
	}
	if i, known := r.groups[""]; known && len(r.groups) == 1 {
		return i // it does not tell its threads apart
	}
	return -1
}

func (a *Account) include(i *interval, group int, first bool) {
	if first {
		a.From, a.HasQuota, a.Named = i.from, true, true
	}
	a.To = i.to
	usage, named := i.usage(group)
	a.Whole = a.Whole.add(i.whole)
	a.Partial = a.Partial || i.partial
	if a.Named = a.Named && named; a.Named {
		a.Usage = a.add(usage)
	} else {
		a.Usage = a.Whole
	}
	a.Quota = a.Quota.add(i.quota)
	a.HasQuota = a.HasQuota && i.quotas
}
