// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// maxGroups bounds what a process that names each thread differently can cost. The threads beyond are the group
// [semconv.ThreadGroupOther].
const maxGroups = 100

// Counts are what the kernel has counted of threads. They never fall.
type Counts struct {
	procfile.Schedstat
	procfile.Switches
	// User and System are CPU time in ticks of 10 ms.
	User, System uint64
}

// Group is what is known of the threads of one name.
type Group struct {
	Name    string
	Threads int // there are now
	Counts      // since the process was first read, those of threads that have ended included
}

// groups are the groups of one process, in the order in which they came.
type groups struct {
	named map[string]*Group
	all   []*Group
}

// of returns the group of a thread of this name.
func (g *groups) of(thread string) *Group {
	name := semconv.ThreadGroup(thread)
	if group := g.named[name]; group != nil {
		return group
	}
	if len(g.all) >= maxGroups {
		if name = semconv.ThreadGroupOther; g.named[name] != nil {
			return g.named[name]
		}
	}
	group := &Group{Name: name}
	g.named[name] = group
	g.all = append(g.all, group)
	return group
}
