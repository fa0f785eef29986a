// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"math"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// encode appends all that the auditor knows.
func (a *Auditor) encode(e *encoder, brief bool) error {
	for s := range Signals {
		e.numbers([]uint64{a.unstamped[s], a.malformed[s], a.overLimit[s], a.nameless[s]})
	}
	e.signed(a.resumedAt)
	e.numbers([]uint64{a.forgotten.Runs, a.forgotten.Failed, a.forgotten.Unknown})
	e.flag(a.gone.more)
	e.fixeds(sortedKeys(a.gone.names))
	a.encodeStrays(e)
	a.lineage.encode(e, brief)
	e.number(uint64(len(a.runs)))
	for _, r := range a.runs {
		if err := r.encode(e, brief, &a.lineage.children); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auditor) decode(d *decoder) {
	for s := range Signals {
		a.unstamped[s], a.malformed[s], a.overLimit[s], a.nameless[s] = d.count(), d.count(), d.count(), d.count()
	}
	a.resumedAt = d.signed()
	a.forgotten = Forgotten{d.count(), d.count(), d.count()}
	a.gone.more = d.flag()
	for _, name := range d.fixeds(mostGone) {
		if a.gone.names == nil {
			a.gone.names = map[uint64]struct{}{}
		}
		a.gone.names[name] = struct{}{}
	}
	a.decodeStrays(d)
	a.lineage.decode(d)
	n := d.length(mostStoredRuns, 16)
	for range n {
		name := d.string(LongestName)
		if d.err == nil && a.byName[name] != nil {
			d.fail("run %q is there twice", name)
		}
		r := newRun(name)
		a.decodeRun(d, r)
		if d.err != nil {
			return
		}
		a.runs = append(a.runs, r)
		a.byName[name] = r
	}
	if d.err == nil && d.at != len(d.text) {
		d.fail("%d bytes follow the accounts", len(d.text)-d.at)
	}
}

func (a *Auditor) encodeStrays(e *encoder) {
	e.number(uint64(len(a.strays)))
	before := ""
	for _, run := range slices.Sorted(maps.Keys(a.strays)) {
		e.name(run, &before)
		names := a.strays[run]
		e.number(uint64(len(names)))
		for signal := range Signals {
			var sources []string
			for of := range names {
				if of.signal == signal {
					sources = append(sources, of.source)
				}
			}
			slices.Sort(sources)
			for _, source := range sources {
				e.number(uint64(signal))
				e.string(source)
				e.number(names[strayOf{signal, source}])
			}
		}
	}
}

func (a *Auditor) decodeStrays(d *decoder) {
	before := ""
	for i := range d.length(mostStrays, 3) {
		run := d.sorted(&before, i == 0)
		for range d.length(mostStrays, 3) {
			of := strayOf{Signal(d.upTo(uint64(Signals)-1, "a signal")), d.string(LongestName)} //nolint:gosec // G115: one of the signals
			if n := d.count(); d.err == nil {
				a.stray(run, of, n)
			}
		}
	}
}

func (r *run) encode(e *encoder, brief bool, of *children) error {
	e.string(r.name)
	e.signed(r.first)
	e.signed(r.last - r.first)
	e.signed(r.happened)
	e.signed(r.ahead)
	e.signed(r.markedAt)
	e.numbers([]uint64{r.unclean, r.intact})
	e.signed(r.intactAt)
	e.flag(r.numbered)
	r.traces.encode(e, brief && r.numbered)
	r.awaiting.encode(e, of)
	r.told.encode(e)
	if err := r.evidence.encode(e); err != nil {
		return err
	}
	r.random.encode(e)
	for i := range r.accounts {
		if err := r.accounts[i].encode(e, r.first); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auditor) decodeRun(d *decoder, r *run) {
	r.first = d.signed()
	r.last = r.first + d.signed()
	r.happened = d.signed()
	r.ahead = max(0, d.signed())
	r.markedAt = d.signed()
	r.unclean, r.intact = d.count(), d.count()
	r.intactAt = d.signed()
	r.numbered = d.flag()
	r.traces.decode(d)
	a.traces += len(r.traces.byKey)
	a.lineage.decodeAwaiting(d, &r.awaiting)
	r.told.decode(d)
	r.evidence.decode(d)
	r.random.decode(d)
	for i := range r.accounts {
		a.decodeAccount(d, &r.accounts[i], r.first)
	}
}

// counters are those of an account that most runs have none of.
func (a *account) counters() []*uint64 {
	return []*uint64{&a.skewed, &a.past, &a.overLimit, &a.strays, &a.unplaced}
}

func (a *account) encode(e *encoder, since int64) error {
	e.flag(a.streams != nil || a.overLimit > 0 || a.strays > 0)
	if a.streams == nil && a.overLimit == 0 && a.strays == 0 {
		return nil
	}
	e.fields(a.counters())
	a.encodeLatency(e)
	e.bytes(encodeTimeline(&a.arrived))
	a.faults.encode(e)
	e.number(uint64(len(a.classes)))
	e.numbers(a.classes[:])
	if err := a.odd.encode(e); err != nil {
		return err
	}
	e.number(uint64(len(a.streams)))
	before := ""
	for _, name := range slices.Sorted(maps.Keys(a.streams)) {
		e.name(name, &before)
		if err := a.streams[name].encode(e, since); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auditor) decodeAccount(d *decoder, to *account, since int64) {
	if !d.flag() {
		return
	}
	d.fields(to.counters())
	to.decodeLatency(d)
	to.arrived = decodeTimeline(d)
	to.faults.decode(d)
	for i := range d.length(len(to.classes), 1) {
		to.classes[i] = d.count()
	}
	a.decodeOdd(d, &to.odd)
	n := d.length(mostStoredSources, 8)
	to.streams = make(map[string]*stream, n)
	before := ""
	for i := range n {
		name := d.sorted(&before, i == 0)
		s := &stream{}
		to.overLimit += s.decode(d, since, &a.gaps)
		if d.err != nil {
			return
		}
		a.gaps.measure(&s.numbers)
		to.streams[name] = s
		a.sources++
	}
}

func (a *account) encodeLatency(e *encoder) {
	e.signed(a.slowest)
	type bucket struct{ at, n uint64 }
	var buckets []bucket
	if a.latency != nil {
		for i := range histogram.Buckets {
			if n := a.latency.Bucket(i); n > 0 {
				buckets = append(buckets, bucket{uint64(i), n})
			}
		}
	}
	e.number(uint64(len(buckets)))
	for _, b := range buckets {
		e.numbers([]uint64{b.at, b.n})
	}
}

func (a *account) decodeLatency(d *decoder) {
	if a.slowest = d.signed(); a.slowest < 0 {
		d.fail("a latency below 0")
	}
	for range d.length(histogram.Buckets, 2) {
		bucket, n := d.upTo(histogram.Buckets-1, "a bucket of latency"), d.count()
		if d.err != nil {
			return
		}
		if a.latency == nil {
			a.latency = &histogram.Histogram{}
		}
		a.latency.Add(int(bucket), n) //nolint:gosec // G115: one of the buckets
	}
}

// counters are those of a stream that most have none of.
func (s *stream) counters() []*uint64 {
	c := &s.content
	return []*uint64{
		&s.duplicate, &s.outOfOrder, &s.corrupt, &s.impossible, &s.afterGrace, &s.endless,
		&c.Checked, &c.Unread, &c.Wrong, &c.Removed, &c.Changed, &c.Untouched, &c.Added, &c.Forbidden,
	}
}

func (s *stream) encode(e *encoder, since int64) error {
	if err := s.numbers.encode(e); err != nil {
		return err
	}
	e.fields(s.counters())
	e.signed(s.last - since)
	e.number(uint64(len(s.endings)))
	for _, of := range s.endings {
		e.numbers([]uint64{of.total, of.givenUp, of.markers})
	}
	if s.ended() {
		e.signed(s.markedAt - since)
	}
	return nil
}

// decode reads the account of a stream, and returns how many of its items are left out.
func (s *stream) decode(d *decoder, since int64, b *budget) (left uint64) {
	left = s.numbers.decode(d, b)
	d.fields(s.counters())
	s.last = since + d.signed()
	for i := range d.length(mostEndings, 3) {
		of := ending{d.count(), d.count(), d.count()}
		if of.givenUp > of.total || i > 0 && (of.total > s.endings[i-1].total || of.total == s.endings[i-1].total && of.givenUp >= s.endings[i-1].givenUp) {
			d.fail("an end marker that says %d, %d of them given up, is not right or not in its place", of.total, of.givenUp)
		}
		s.endings = append(s.endings, of)
	}
	if s.ended() {
		s.markedAt = since + d.signed()
		if total := s.endings[0].total; d.err == nil && (s.next > total || s.over != nil && s.over.Minimum() < total) {
			d.fail("%d numbers of %d", s.next, total)
		}
	} else if s.over != nil {
		d.fail("there are numbers that were never sent, and no end marker says so")
	}
	return left
}

func encodeTimeline(t *timeline.Timeline) []byte {
	if t.Empty() {
		return nil
	}
	return t.Append(nil)
}

func decodeTimeline(d *decoder) (t timeline.Timeline) {
	b := d.bytes()
	if len(b) == 0 {
		return t
	}
	t, rest, err := timeline.Cut(b)
	if err != nil || len(rest) > 0 {
		d.fail("a timeline is damaged")
		return timeline.Timeline{}
	}
	return t
}

// encode appends what has arrived by random values.
func (r *randomness) encode(e *encoder) {
	e.flag(r.parts != nil)
	if r.parts != nil {
		e.bytes(r.parts.Append(nil))
	}
	e.numbers([]uint64{r.without, r.below, r.unsampled, r.thresholds, r.least, r.most})
}

func (r *randomness) decode(d *decoder) {
	if d.flag() {
		parts, ok := stamp.ReadRandomness(d.bytes())
		if !ok {
			d.fail("random values are damaged")
			return
		}
		r.parts = parts
	}
	r.without, r.below, r.unsampled, r.thresholds = d.count(), d.count(), d.count(), d.count()
	r.least, r.most = d.upTo(math.MaxUint64, ""), d.upTo(math.MaxUint64, "")
}
