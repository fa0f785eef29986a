// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/bits"
	"sync"
)

// Process is what the spans of one process have said so far. Its zero value knows nothing. Whoever calls its other methods holds its
// lock. It takes 0.3 MB where a dozen workers have long polls. The most is 0.6 MB, and 1 MB for the names of long polls where 256 threads
// have many, of the longest names.
type Process struct {
	sync.Mutex

	runtimes uint32 // bit r set for each runtime that something named
	listened int
	named    bool // threads that poll tasks have the names that a runtime gives them
	spans    int
	workers  int // as last counted
	alike    int // those of them that have the names which a runtime gives its workers
	fewer    int // counts since then that were lower

	disordered int // spans for which the memory lasts that one came after its parent, though it ended before

	several int // spans for which the memory lasts that a thread was in two polls at once
	losses  losses

	threads  threads
	families families
	endings  endings
	sites    sites
	pendings pendings // of long spans
	frees    pendings // of spans that left their threads free: apart, as where many block there would be no room for them
	stops    *stops   // nil of a process of which the kernel does not tell, as it does of few
	now      int64    // the latest end of a span
	lastLong int64    // end of the last long poll
}

// NameRuntime notes that something of the process named a runtime, by its number in the table of runtimes.
func (p *Process) NameRuntime(r int) { p.runtimes |= 1 << r }

// Runtime returns the number of the runtime of the process, if all that named one named the same. Where its workers have the names that it
// gives them, a thread that somebody named otherwise may belong to another executor.
func (p *Process) Runtime(namedOtherwise bool) (r int, known bool) {
	if p.named && namedOtherwise {
		return 0, false
	}
	return bits.TrailingZeros32(p.runtimes), bits.OnesCount32(p.runtimes) == 1
}

// Named reports whether anything named a runtime.
func (p *Process) Named() bool { return p.runtimes != 0 }

// Listen reports whether to search a batch for such names before its spans are judged: not more often than so many times.
func (p *Process) Listen(times int) bool {
	p.listened++
	return p.listened <= times
}
