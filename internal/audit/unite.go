// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Accounts of several auditors are united: what one of them had taken alone, had it seen what all of them saw. Numbers are sets, so a number that two of them
// have is a duplicate. What only the order of arrival tells is not known.

// unite adds what another auditor knows, which is not used after that.
func (a *Auditor) unite(o *Auditor) {
	for s := range Signals {
		a.unstamped[s] += o.unstamped[s]
		a.malformed[s] += o.malformed[s]
		a.overLimit[s] += o.overLimit[s]
		a.nameless[s] += o.nameless[s]
	}
	a.served |= o.served
	a.forgotten.Runs += o.forgotten.Runs
	for run, names := range o.strays {
		for of, n := range names {
			a.stray(run, of, n)
		}
	}
	a.lineage.lists = append(a.lineage.lists, o.lineage.lists...)
	for _, r := range o.runs {
		to := a.byName[r.name]
		if to == nil {
			to = newRun(r.name)
			to.first = r.first
			a.runs = append(a.runs, to)
			a.byName[r.name] = to
		}
		a.uniteRun(to, r, o)
	}
}

func (a *Auditor) uniteRun(r, o *run, from *Auditor) {
	r.first, r.last = min(r.first, o.first), max(r.last, o.last)
	if o.happened != 0 && (r.happened == 0 || o.happened < r.happened) {
		r.happened = o.happened
	}
	r.ahead = max(r.ahead, o.ahead)
	r.unclean += o.unclean
	r.intact += o.intact
	r.intactAt = max(r.intactAt, o.intactAt)
	r.numbered = r.numbered || o.numbered
	r.told.unite(&o.told)
	r.random.unite(&o.random)
	for _, x := range o.evidence.exhibits {
		r.evidence.keep(x)
	}
	for s := range Signals {
		a.uniteAccount(&r.accounts[s], &o.accounts[s])
	}
	r.traces.unite(&o.traces, &r.accounts[Traces])
	a.lineage.unite(r, o, &from.lineage)
}

func (a *Auditor) uniteAccount(to, o *account) {
	for i, n := range o.counters() {
		*to.counters()[i] += *n
	}
	to.slowest = max(to.slowest, o.slowest)
	if o.latency != nil {
		if to.latency == nil {
			to.latency = &histogram.Histogram{}
		}
		for i := range histogram.Buckets {
			if n := o.latency.Bucket(i); n > 0 {
				to.latency.Add(i, n)
			}
		}
	}
	to.arrived.Merge(&o.arrived)
	to.faults.unite(&o.faults)
	for i, n := range o.classes {
		to.classes[i] += n
	}
	to.overLimit += to.odd.unite(&o.odd)
	if to.streams == nil && o.streams != nil {
		to.streams = make(map[string]*stream, len(o.streams))
	}
	for name, s := range o.streams {
		is := to.streams[name]
		if is == nil {
			is = &stream{}
			to.streams[name] = is
			a.sources++
		}
		twice, left := is.unite(s, &a.gaps)
		to.twice += twice
		to.overLimit += left
	}
}

// unite adds what came of the source to another auditor. It returns how many items are counted too often of first copies: those that came to both, and those that
// are over now. And how many are left out, because the budget does not allow to know them.
func (s *stream) unite(o *stream, b *budget) (twice, left uint64) {
	ours, theirs := s.arrived()+s.countOver(), o.arrived()+o.countOver()
	s.split = s.split || o.split || ours > 0 && theirs > 0
	s.shared = s.shared || o.shared || (ours > 0 || s.ended()) && (theirs > 0 || o.ended())
	if !s.numbers.unite(&o.numbers, b) {
		left = o.arrived()
	}
	s.uniteOver(o.over)
	over := s.countOver()
	for i, n := range o.counters() {
		*s.counters()[i] += *n
	}
	s.last = max(s.last, o.last)
	if o.ended() {
		if s.ended() {
			s.duplicate++ // of the marker
			s.markedAt = min(s.markedAt, o.markedAt)
		} else {
			s.markedAt = o.markedAt
		}
	}
	for _, says := range o.endings {
		left += s.hear(says, b)
	}
	if s.ended() {
		left += s.limit(s.endings[0].total, b)
	}
	copies := ours + theirs - left - s.arrived() - s.countOver()
	s.duplicate += copies
	return copies + s.countOver() - min(s.countOver(), over), left
}

// ended is when the latest end marker came of which no copy came before, to any auditor.
func (r *run) ended() (at int64) {
	for i := range r.accounts {
		for _, s := range r.accounts[i].streams {
			at = max(at, s.markedAt)
		}
	}
	return at
}

func (t *told) unite(o *told) {
	for signal, n := range o.announced {
		t.announced[signal] = max(t.announced[signal], n)
	}
	t.content = t.content || o.content
	t.names.learn(slices.Sorted(maps.Values(o.names.byHash))...)
	for name, says := range o.sources {
		t.hearSource(name, says)
	}
	for index, says := range o.shards {
		says.folded = false // in the other's sum, which is not taken over
		t.hearShard(index, says)
	}
}

func (r *randomness) unite(o *randomness) {
	if o.parts != nil {
		if r.parts == nil {
			parts := *o.parts
			r.parts = &parts
		} else {
			for i, n := range o.parts {
				r.parts[i] += n
			}
		}
	}
	r.without += o.without
	r.below += o.below
	r.unsampled += o.unsampled
	if o.thresholds == 0 {
		return
	}
	if r.thresholds == 0 {
		r.least, r.most = o.least, o.most
	}
	r.thresholds += o.thresholds
	r.least, r.most = min(r.least, o.least), max(r.most, o.most)
}

func (f *faults) unite(o *faults) {
	f.met |= o.met
	f.had |= o.had
	f.others += o.others
	for key, c := range o.counts {
		is := f.counts[key]
		if is == nil {
			if f.counts == nil {
				f.counts = map[faultKey]*faultCount{}
			}
			is = &faultCount{name: c.name}
			f.counts[key] = is
		}
		is.items += c.items
		is.name = max(is.name, c.name)
	}
}

// unite adds the odd items of another auditor, which has other numbers for the sources, and returns of how many there is no room for the kind.
func (a *oddAccount) unite(o *oddAccount) (left uint64) {
	numbers := make([]uint32, len(o.sources))
	for name, n := range o.sources {
		number, fits := a.source(name)
		if !fits {
			return o.received()
		}
		numbers[n] = number
	}
	for _, name := range slices.Sorted(maps.Keys(o.kinds)) {
		of, k := o.kinds[name], a.kind(name)
		if k == nil {
			left += of.received() // more kinds than a generator has
			continue
		}
		intact, err := renumbered(of.intact, numbers)
		changed, failed := renumbered(of.changed, numbers)
		if err != nil || failed != nil {
			left += of.received()
			continue
		}
		before := k.received()
		k.intact.Or(intact)
		k.changed.Or(changed)
		k.duplicate += of.duplicate
		k.duplicate += before + of.received() - k.received()
	}
	return left
}

// unite adds the traces of another auditor. Spans of a trace that are told apart and came to both count once, also in the class of the trace.
func (t *traces) unite(o *traces, of *account) {
	t.unknown += o.unknown
	t.forgotten = t.forgotten || o.forgotten
	if t.byKey == nil && o.byKey != nil {
		t.byKey = make(map[uint64]traceState, len(o.byKey))
	}
	for key, b := range o.byKey {
		a, both := t.byKey[key]
		if !both {
			t.byKey[key] = b
			continue
		}
		if a.more > 0 && b.more > 0 && of.twice > 0 {
			t.unknown++ // the same may have come to both
		}
		u := traceState{seen: a.seen | b.seen, more: a.more + b.more, highest: max(a.highest, b.highest), root: max(a.root, b.root), class: a.class}
		if u.class == 0 || b.class > 0 && b.class < u.class {
			u.class = b.class
		}
		of.count(a.class, -int64(a.spans())) //nolint:gosec // G115: spans of a trace
		of.count(b.class, -int64(b.spans())) //nolint:gosec // G115: likewise
		of.count(u.class, int64(u.spans()))  //nolint:gosec // G115: likewise
		t.byKey[key] = u
	}
}

// count adds items to a class, or takes them out.
func (a *account) count(class uint32, n int64) {
	if class >= uint32(len(a.classes)) {
		return
	}
	if n < 0 {
		a.classes[class] -= min(a.classes[class], uint64(-n))
		return
	}
	a.classes[class] += uint64(n)
}

// unite adds what another auditor waits for. See settle.
func (l *lineage) unite(r, o *run, from *lineage) {
	r.awaiting.unknown += o.awaiting.unknown
	if from.forgot {
		r.awaiting.forgetful++
	}
	if r.awaiting.parents == nil && len(o.awaiting.parents) > 0 {
		r.awaiting.parents = make(map[uint64]awaited, len(o.awaiting.parents))
	}
	for parent, b := range o.awaiting.parents {
		if from.forgot {
			if r.awaiting.waiting == nil {
				r.awaiting.waiting = map[uint64]int{}
			}
			r.awaiting.waiting[parent]++
		}
		a, both := r.awaiting.parents[parent]
		spans := append(l.children.of(a.first), from.children.of(b.first)...)
		kept := uint64(len(spans))
		slices.Sort(spans)
		spans = slices.Compact(spans)
		l.children.release(a.first)
		others := uint64(a.children) + uint64(b.children) - kept
		u := awaited{trace: b.trace, children: uint32(min(others, math.MaxUint32))}
		for _, span := range spans {
			u.take(&l.children, span)
		}
		r.awaiting.parents[parent] = u
		if !both {
			l.awaited++
		}
	}
}

// settle ends the wait for parents when all accounts are united: they have come to another auditor, or to none. If some auditor that has the run has forgotten
// spans, and does not wait for the parent itself, that is not known.
func (l *lineage) settle(w *awaiting) {
	came := l.came(slices.Sorted(maps.Keys(w.parents)))
	for parent, a := range w.parents {
		switch {
		case came[parent]:
		case w.waiting[parent] < w.forgetful:
			w.unknown += uint64(a.children)
		default:
			continue
		}
		l.resolve(w, parent)
	}
}

// came finds those of some spans, ascending, that have come to an auditor.
func (l *lineage) came(spans []uint64) map[uint64]bool {
	came := map[uint64]bool{}
	for _, list := range l.lists {
		for _, span := range spans {
			i, found := slices.BinarySearch(list, span)
			if found {
				came[span] = true
			}
			list = list[i:] // the next ones are behind it
		}
	}
	return came
}
