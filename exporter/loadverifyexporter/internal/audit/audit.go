// SPDX-License-Identifier: Apache-2.0

// Package audit says of each numbered item of telemetry whether it arrived: once, unchanged and in time.
//
// A generator numbers the items of each source and signal 0, 1, 2, ... within a run, and ends each series with a marker that says how
// many there were (package internal/stamp). The audit keeps one [stream] for each series:
//
//	Item --> Auditor --run--> account (one signal) --source--> stream --> numbers (what arrived, as its gaps)
//	                |            |-- arrived (timeline: how many happened when)
//	                |            |-- latency (histogram)
//	                |            `-- orphans (spans whose parent has not arrived)
//	                `--> told (what end markers say of other series, and of the whole run)
//
// A [Report] is the state at some time, held against [Expectations]. Nothing here knows the Collector or a clock: time
// comes with each call.
//
// # What is exact
//
// Received, missing, duplicate, out of order and corrupt are exact, whatever the order of arrival, as long as [Limits] are kept; what
// they refuse is counted as unexpected, never dropped silently. A number is missing so far until its stream is final: the end
// marker has come and the grace period after it is over. Items that still come then are counted, and correct the account.
//
// What was sent is known where end markers tell it: each tells of all series of its source, and most of all that their shard sent, so that one
// that arrives is enough (see told). Behind a sampler what arrives is held against that, stretch of time by stretch (see sampling). Where
// something that is expected could not be seen, the verdict is [Unknown].
//
// Orphans are exact within a window: a span remembers its parent's key until that arrives, and parents are remembered for the next
// half a million to a million spans (see [lineage]). A child that comes later than that after its parent is taken for an orphan.
//
// # Memory
//
// A stream that loses nothing costs some 300 bytes, however long it is. What is missing costs at most one bit each, and far
// less if it is few or lies together (roaring bitmaps). All gaps together stay within Limits.GapBytes.
package audit

import (
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// Limits bound the memory of an audit.
type Limits struct {
	// Runs that are held; if one more comes, one is forgotten that was never confirmed by a checksum, or is final, or quiet: see makeRoom.
	Runs int
	// Sources of all runs, counted for each signal.
	Sources int
	// GapBytes is for what is missing.
	GapBytes int
	// Spans is how many spans are remembered as possible parents, at least; twice that at most. As many parents may be awaited.
	Spans int
}

// DefaultLimits hold an audit of 100 sources below 64 MB.
func DefaultLimits() Limits {
	return Limits{Runs: 64, Sources: 10_000, GapBytes: 32 << 20, Spans: 1 << 19}
}

// plausible is how far a number may lie beyond all others of its stream: a source at a million a second loses as many in an hour.
const plausible = 1 << 32

// Auditor audits any number of runs. Not safe for concurrent use.
type Auditor struct {
	limits  Limits
	grace   time.Duration
	expect  Expectations
	runs    []*run // by first arrival
	byName  map[string]*run
	served  Set
	sources int
	gaps    budget
	lineage lineage
	// fullUntil spares the search for a run to forget, ns since 1970.
	fullUntil int64

	// What belongs to no run, by signal.
	unstamped, malformed, overLimit [Signals]uint64
	forgotten                       Forgotten
}

// Forgotten are the runs that made room for others.
type Forgotten struct {
	// Runs is how many there were.
	Runs uint64 `json:"runs"`
	// Failed is how many of them were not as expected, or had not ended.
	Failed uint64 `json:"failed"`
	// Unknown is how many of them could not be judged.
	Unknown uint64 `json:"unknown"`
}

// run is what is known of one run.
type run struct {
	name        string
	first, last int64  // arrivals, ns since 1970
	markedAt    int64  // arrival of the latest end marker; 0: none has come
	unclean     uint64 // times its account was resumed from a state that was not the last
	intact      uint64 // items with a right checksum
	intactAt    int64  // arrival of the latest of them
	awaiting    awaiting
	salt        uint64 // keeps the keys of its spans apart from those of other runs
	told        told
	accounts    [Signals]account
}

func newRun(name string) *run { return &run{name: name, salt: xxhash.Sum64String(name)} }

// account is the part of a run that one signal has.
type account struct {
	streams   map[string]*stream
	latency   *histogram.Histogram // nil: nothing measured
	slowest   int64                // ns
	skewed    uint64               // items from the future
	overLimit uint64
	arrived   timeline.Timeline // first copies by when they happened, without those in unplaced
	unplaced  uint64            // first copies of which it is not known when they happened
}

// New makes an audit. A stream is final when the grace period after its end marker is over.
func New(limits Limits, grace time.Duration, expect Expectations) *Auditor {
	return &Auditor{
		limits: limits, grace: grace, expect: expect, byName: map[string]*run{},
		gaps: budget{limit: limits.GapBytes}, lineage: newLineage(limits.Spans),
	}
}

// Serve makes an audit expect a signal of the runs that have it: without, it is no fault if nothing of it arrives.
func (a *Auditor) Serve(signal Signal) { a.served = a.served.With(signal) }

// Tally counts what became of the items of one call.
type Tally struct {
	Received, Duplicate, OutOfOrder, Corrupt, EndMarkers uint64
	Unstamped, Malformed, Beyond, OverLimit              uint64
}

// Audit takes items of one signal that arrived together, in their order.
func (a *Auditor) Audit(signal Signal, now time.Time, items []Item) Tally {
	b := batch{auditor: a, signal: signal, now: now.UnixNano()}
	for i := range items {
		b.item(&items[i])
	}
	a.unstamped[signal] += b.tally.Unstamped
	a.malformed[signal] += b.tally.Malformed
	return b.tally
}

// batch is a call of Audit. It remembers the stream of the item before: items of a source come together.
type batch struct {
	auditor *Auditor
	signal  Signal
	now     int64
	tally   Tally
	run     *run
	account *account
	stream  *stream
	source  string
}

// item runs once for each item.
func (b *batch) item(it *Item) {
	switch it.Kind {
	case Unstamped:
		b.tally.Unstamped++
		return
	case Malformed:
		b.tally.Malformed++
		return
	case Numbered, End:
	}
	if !b.find(it.Run, it.Source) {
		b.tally.OverLimit++
		return
	}
	b.run.last = max(b.run.last, b.now)
	b.stream.last = b.now
	if it.Corrupt {
		b.stream.corrupt++
		b.tally.Corrupt++
	} else {
		b.run.intact++
		b.run.intactAt = max(b.run.intactAt, b.now)
	}
	if it.Kind == End {
		b.marker(it)
		return
	}
	b.numbered(it)
}

func (b *batch) numbered(it *Item) {
	a, s := b.auditor, b.stream
	switch s.arrive(it.Sequence, &a.gaps) {
	case inOrder:
	case late:
		s.outOfOrder++
		b.tally.OutOfOrder++
	case again:
		s.duplicate++
		b.tally.Duplicate++
		return
	case beyond:
		s.beyond++
		b.tally.Beyond++
		return
	case tooMany:
		if a.recount(); s.fits(it.Sequence, &a.gaps) {
			b.numbered(it)
			return
		}
		b.account.overLimit++
		b.tally.OverLimit++
		return
	}
	b.tally.Received++
	if s.ended && b.now-s.markedAt >= int64(a.grace) {
		s.afterGrace++
	}
	if it.Span != 0 {
		a.lineage.arrived(b.run, it)
	}
	if it.Corrupt || it.At == 0 {
		b.account.unplaced++
		return
	}
	b.account.took(b.now - it.At)
	b.account.arrived.Add(it.At, 1)
}

// took notes how long an item was on its way.
func (a *account) took(ns int64) {
	if ns < 0 {
		a.skewed++
		return
	}
	if a.latency == nil {
		a.latency = &histogram.Histogram{}
	}
	a.latency.Record(ns)
	a.slowest = max(a.slowest, ns)
}

// marker notes an end marker. One that is corrupt is not believed.
func (b *batch) marker(it *Item) {
	if it.Corrupt {
		return
	}
	switch b.stream.end(it.Says.Total, it.Says.GivenUp, b.now, &b.auditor.gaps) {
	case beyond:
		b.stream.beyond++
		b.tally.Beyond++
		return
	case again:
		b.stream.duplicate++
		b.tally.Duplicate++
	default:
		b.tally.EndMarkers++
		b.run.markedAt = max(b.run.markedAt, b.now)
		b.run.told.hear(b.source, it.Says)
	}
}

// find makes the stream of a run and source the current one. It is false if limits do not allow one more.
func (b *batch) find(runName, source string) bool {
	if b.stream != nil && b.source == source && b.run.name == runName {
		return true
	}
	a := b.auditor
	b.stream = nil // its run may be forgotten
	r := a.byName[runName]
	if r == nil {
		if !a.makeRoom(b.now) {
			a.overLimit[b.signal]++
			return false
		}
		r = newRun(strings.Clone(runName))
		r.first, r.last = b.now, b.now
		a.runs = append(a.runs, r)
		a.byName[r.name] = r
	}
	account := &r.accounts[b.signal]
	s := account.streams[source]
	if s == nil {
		if a.sources >= a.limits.Sources && !a.forgetUnconfirmed(r, b.now) {
			account.overLimit++
			return false
		}
		if account.streams == nil {
			account.streams = map[string]*stream{}
		}
		s = &stream{}
		source = strings.Clone(source)
		account.streams[source] = s
		a.sources++
	}
	b.run, b.account, b.stream, b.source = r, account, s, source
	return true
}

// recount replaces the estimate of the gaps' memory by its true size, and shrinks it. That visits every gap, so it is done at most
// once in a while.
func (a *Auditor) recount() {
	if !a.gaps.due() {
		return
	}
	for _, r := range a.runs {
		for i := range r.accounts {
			for _, s := range r.accounts[i].streams {
				a.gaps.measure(&s.numbers)
			}
		}
	}
}

// Add adds the counts of another call.
func (t *Tally) Add(o Tally) {
	t.Received += o.Received
	t.Duplicate += o.Duplicate
	t.OutOfOrder += o.OutOfOrder
	t.Corrupt += o.Corrupt
	t.EndMarkers += o.EndMarkers
	t.Unstamped += o.Unstamped
	t.Malformed += o.Malformed
	t.Beyond += o.Beyond
	t.OverLimit += o.OverLimit
}
