// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"math"
	"strconv"
)

// thread is one thread of a process. What the kernel has counted of it since the read before goes to its group, so a thread that ends
// or changes its name takes nothing away.
type thread struct {
	paths [numFiles]string // below task/
	seen  uint64           // read that listed it last
	start uint64
	name  string
	ended bool   // and is listed only because nobody has asked how it ended
	group *Group // nil: its name is not known yet
	last  Counts
	peak  uint64 // of the first thread: the most address space that the program has had, in KiB
	// since says of each file whether it tells of times before the process was first read. Then its first numbers count for nothing.
	since [numFiles]bool
}

// newThread returns a thread. before: it may have been there before the process was first read.
func newThread(tid string, before bool) *thread {
	t := &thread{}
	for i, kind := range kinds {
		t.paths[i] = tid + "/" + string(kind)
		t.since[i] = before
	}
	return t
}

// begin makes the thread another one of the same number, which began after the read before.
func (t *thread) begin() {
	t.group, t.last, t.since, t.ended, t.peak = nil, Counts{}, [numFiles]bool{}, false, 0
}

// add adds what the thread has counted since the read before to its group.
func (t *thread) add(r *reading) {
	if r.told[schedstat] {
		counts := t.into(schedstat)
		add(&counts.OnCPU, &t.last.OnCPU, r.OnCPU)
		add(&counts.Wait, &t.last.Wait, r.Wait)
		add(&counts.Slices, &t.last.Slices, r.Slices)
	}
	counts := t.into(stat)
	add(&counts.User, &t.last.User, r.User)
	add(&counts.System, &t.last.System, r.System)
	if r.told[status] {
		counts := t.into(status)
		add(&counts.Voluntary, &t.last.Voluntary, r.Voluntary)
		add(&counts.Involuntary, &t.last.Involuntary, r.Involuntary)
	}
}

// into returns where the numbers of a file go: to the group, or nowhere if they are the first of a thread that was there before.
func (t *thread) into(file int) *Counts {
	if !t.since[file] {
		return &t.group.Counts
	}
	t.since[file] = false
	return &Counts{}
}

// add adds what a number has grown by. A number that falls has been wrong: it counts again when it is where it was.
func add(to, last *uint64, now uint64) {
	if now > *last {
		*to = min(*to+(now-*last), math.MaxInt64) // what is sent is signed
		*last = now
	}
}

// tid returns the number of a thread. Nothing else in task/ is one.
func tid(name string) (int, bool) {
	n, err := strconv.Atoi(name)
	return n, err == nil && n > 0
}
