// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// Total adds up what the quotas of a process have done to it since it was first read. Of several it counts, from one read to the next,
// the one that throttled longest, and the nearest if none did. Their sum would be wrong: while a cgroup is throttled, so may be one above
// it. The total never falls, also when the process moves to another cgroup, or a cgroup is made anew.
type Total struct {
	Stat
	last map[string]Stat
}

// Add reads the files, the nearest cgroup's first, and adds what is new in them. The first numbers of a file count for nothing. It
// returns the files that told something. Calls of unread say why the others did not.
func (t *Total) Add(paths []string, unread func(procfile.File, error)) (told []string) {
	if t.last == nil {
		t.last = map[string]Stat{}
	}
	most := Stat{Time: -1}
	for _, path := range paths {
		now, err := Read(path)
		if err != nil {
			unread(procfile.FileCPUStat, err)
			continue
		}
		told = append(told, path)
		var grown Stat
		if last, ok := t.last[path]; ok && now.Periods >= last.Periods && now.Throttled >= last.Throttled && now.Time >= last.Time {
			grown = Stat{now.Periods - last.Periods, now.Throttled - last.Throttled, now.Time - last.Time}
		}
		t.last[path] = now
		if grown.Time > most.Time {
			most = grown
		}
	}
	if len(told) > 0 {
		t.Periods, t.Throttled, t.Time = add(t.Periods, most.Periods), add(t.Throttled, most.Throttled), add(t.Time, most.Time)
	}
	return told
}

// Keep forgets all files but these: the process is in other cgroups now.
func (t *Total) Keep(paths []string) {
	for path := range t.last {
		if !slices.Contains(paths, path) {
			delete(t.last, path)
		}
	}
}

// add adds two numbers that are not negative. The sum stops at the largest number: files can lie.
func add[N ~int64](a, b N) N {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
