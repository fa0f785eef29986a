// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	// maxGroups bounds what a process that names each thread differently can cost. The threads beyond are the group
	// [semconv.ThreadGroupOther].
	maxGroups = 100
	// remembered is for how long a group without threads is still told.
	remembered = 5 * time.Minute
	// nameless is the group of threads without a name, and of those whose name is a number. A group without a name would read as if
	// it were the whole process.
	nameless = "#"
)

// Counts are what the kernel has counted of threads. They never fall.
type Counts struct {
	procfile.Schedstat
	procfile.Switches
	// User and System are CPU time in ticks of 10 ms.
	User, System uint64
}

// Group is what is known of the threads of one name.
type Group struct {
	Name string
	// Since is when the group began to count.
	Since   time.Time
	Threads int // there are now
	Counts      // those of threads that have ended included
	// lived is when the group had a thread last.
	lived time.Time
	// spare: it had no thread at the read before, and has had none since. So everybody has been told that there is none, and all that it counted.
	spare bool
}

// Quiet reports whether the group has been without a thread for so long that it need not be told again before it has one.
func (g *Group) Quiet(now time.Time) bool { return g.spare && now.Sub(g.lived) > remembered }

// groups are the groups of one process, in the order in which they came.
//
// A thread of a new name that finds all places taken gets that of a spare group. What the spare group counted is forgotten here: it was
// told, and adding it to another group would tell it twice. If its name comes back, it is a new group, which counts from the read
// before. Nobody remembers which names were forgotten, so from then on every new group does.
type groups struct {
	named  map[string]*Group
	all    []*Group
	since  time.Time // from when a group counts that begins now
	last   time.Time // read before
	spares int
}

// begin begins a read. last is when the one before was.
func (g *groups) begin(last time.Time) {
	g.last, g.spares = last, 0
	for _, group := range g.all {
		group.spare = group.Threads == 0 && !group.lived.IsZero()
		group.Threads = 0
		if group.spare && group.Name != semconv.ThreadGroupOther {
			g.spares++
		}
	}
}

// end ends a read.
func (g *groups) end(now time.Time) {
	for _, group := range g.all {
		if group.Threads > 0 || group.lived.IsZero() {
			group.lived = now
		}
	}
}

// of returns the group of a thread of this name.
func (g *groups) of(thread string) *Group {
	name := semconv.ThreadGroup(thread)
	if name == "" {
		name = nameless
	}
	switch {
	case g.named[name] != nil:
	case !g.full():
		g.all = append(g.all, g.add(name))
	case g.spares > 0:
		g.replace(name)
	case g.other() == nil:
		name = semconv.ThreadGroupOther
		g.all = append(g.all, g.add(name))
	default:
		name = semconv.ThreadGroupOther
	}
	group := g.named[name]
	if group.spare {
		group.spare = false
		if name != semconv.ThreadGroupOther {
			g.spares--
		}
	}
	return group
}

// other returns the group of threads that have none of their own, nil if there are no such threads.
func (g *groups) other() *Group { return g.named[semconv.ThreadGroupOther] }

// full reports whether a new name finds no free place.
func (g *groups) full() bool {
	others := 0
	if g.other() != nil {
		others = 1
	}
	return len(g.all)-others >= maxGroups
}

// room reports whether a thread of the group other can have a group of its own.
func (g *groups) room() bool { return g.spares > 0 || !g.full() }

func (g *groups) add(name string) *Group {
	group := &Group{Name: name, Since: g.since}
	g.named[name] = group
	return group
}

// replace gives the place of the spare group that has been without threads longest to a new one.
func (g *groups) replace(name string) {
	oldest := -1
	for i, group := range g.all {
		if group.spare && group.Name != semconv.ThreadGroupOther && (oldest < 0 || group.lived.Before(g.all[oldest].lived)) {
			oldest = i
		}
	}
	delete(g.named, g.all[oldest].Name)
	g.spares--
	g.since = g.last
	g.all[oldest] = g.add(name)
}
