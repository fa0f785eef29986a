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
// An item whose stamp was changed is a stray: nobody knows which item it is. It is counted as corrupt, and makes nothing else known.
//
// Orphans are exact within a window: a span remembers its parent's key until that arrives, and parents are remembered for the next
// half a million to a million spans (see [lineage]). A child that comes later than that after its parent is taken for an orphan.
//
// # Content
//
// Whoever reads the items holds each against the stamp of its content, if it has one, and tells what is wrong ([Content]). The audit counts
// that by source and by part, keeps the first item of each kind as [Evidence], and judges it.
//
// # Several auditors
//
// What an auditor knows can be written as a [State] ([Auditor.Export]), and states of several auditors be united ([Merge]): sets of numbers make a set, statements of
// end markers make a list, and counts that are of each copy a sum. So nothing in an account may depend on the order of arrival, but for what says so: out of order, the
// first evidence, and times. Counts of first copies (latency, classes, timelines, random values) have an item twice that came to two auditors; how many these are is known,
// and where they may decide, the verdict is unknown.
//
// # Memory
//
// A stream that loses nothing costs some 350 bytes, however long it is. What is missing costs at most one bit each, and far
// less if it is few or lies together (roaring bitmaps). All gaps together stay within Limits.GapBytes.
//
// # Place
//
// The package stands below the load_verify exporter and pipelinetest merge, on packages histogram, timeline and stamp of the project. The exporter
// feeds an [Auditor] under one lock, takes a [Report] at each interval, and stores and serves what the auditor exports. The files stand in this order, and
// none calls one above it:
//
//	merge.go, life.go                states of several auditors become a report; what is in none of them
//	audit.go, state.go, unite.go     what arrives, what is written, what is known together
//	room.go, accountstate.go         what is forgotten when memory is short; all accounts as bytes
//	auditor.go                       all runs
//	runreport.go                     a run becomes a report
//	judge.go                         a report becomes a verdict
//	judgeclasses.go, judgecontent.go, judgeodd.go, judgetraces.go, consistent.go, sampling.go
//	finding.go, faultsstate.go, evidencestate.go, lineagestate.go, tracesstate.go, oddstate.go, toldstate.go, document.go
//	run.go, latency.go, report.go    what is known of a run, and what is told of it
//	stream.go, lineage.go, told.go, toldsum.go, strays.go, gone.go, clocks.go, expectations.go
//	evidence.go, faults.go, traces.go, classes.go, odd.go, randomness.go   items that show what is wrong; items counted by what they are
//	numbersstate.go, over.go, numbers.go, ranges.go, encoding.go, origin.go, counts.go, verdict.go, names.go, content.go, item.go
package audit

import (
	"strings"
	"time"
)

// Tally counts what became of the items of one call.
type Tally struct {
	Received, Duplicate, OutOfOrder, Corrupt, EndMarkers uint64
	Unstamped, Malformed, Beyond, OverLimit              uint64
	Content                                              ContentCounts
	// Wanted are the items of the call that are evidence.
	Wanted []Wanted
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
	t.Content.Add(&o.Content)
}

// Audit takes items of one signal that arrived together, in their order.
func (a *Auditor) Audit(signal Signal, now time.Time, items []Item) Tally {
	b := batch{auditor: a, signal: signal, now: now.UnixNano()}
	for i := range items {
		b.index = i
		b.item(&items[i])
	}
	a.unstamped[signal] += b.tally.Unstamped
	a.malformed[signal] += b.tally.Malformed
	return b.tally
}

// Show hands in an item that is wanted, as JSON; without, left says why.
func (a *Auditor) Show(w Wanted, otlp []byte, left string) { w.of.OTLP, w.of.Left = otlp, left }

// batch is a call of Audit. It remembers the stream of the item before: items of a source come together.
type batch struct {
	auditor *Auditor
	signal  Signal
	now     int64
	tally   Tally
	index   int // of the item
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
	if it.Stray || it.Kind == End && it.Corrupt {
		b.stray(it)
		return
	}
	if !b.find(it.Run, it.Source) {
		b.tally.OverLimit++
		return
	}
	b.run.last = max(b.run.last, b.now)
	b.stream.last = b.now
	b.resumed(it.At)
	if it.Odd != "" && it.Kind == Numbered {
		b.odd(it)
		return
	}
	if it.Corrupt {
		b.stream.corrupt++
		b.tally.Corrupt++
		b.wants(b.run, "max_corrupt", it)
	} else {
		b.run.intact++
		b.run.intactAt = max(b.run.intactAt, b.now)
	}
	if it.Kind == End {
		b.marker(it)
		return
	}
	b.content(it)
	b.numbered(it)
}

// resumed notes that something of the run happened before the audit died and went on: some of it may have come then.
func (b *batch) resumed(happened int64) {
	if b.run.unclean == 0 && happened < b.auditor.resumedAt {
		b.run.unclean = 1
	}
}

// odd counts an item that is odd on purpose.
func (b *batch) odd(it *Item) {
	a := b.auditor
	changed := it.Corrupt || len(it.Content.Faults) > 0
	how := b.account.odd.arrive(it.Odd, b.source, it.Sequence, changed, &a.gaps)
	if how == tooMany {
		a.recount()
		how = b.account.odd.arrive(it.Odd, b.source, it.Sequence, changed, &a.gaps)
	}
	switch how {
	case inOrder, late:
		b.tally.Received++
		if a.expect.Odd.wrong(it.Odd, changed) {
			b.wants(b.run, oddExpectation, it)
		}
	case again:
		b.tally.Duplicate++
	case beyond:
		b.stream.impossible++
		b.tally.Beyond++
	case tooMany:
		b.account.overLimit++
		b.tally.OverLimit++
	}
}

// stray counts an item whose stamp is not what was sent. Nothing that it says is believed: it belongs to a run or a source only if others have
// shown that there is one of that name, and the item that it was is missing.
func (b *batch) stray(it *Item) {
	b.tally.Corrupt++
	b.auditor.stray(it.Run, strayOf{b.signal, it.Source}, 1)
	r := b.auditor.byName[it.Run]
	if r == nil {
		return
	}
	r.last = max(r.last, b.now)
	if s := r.accounts[b.signal].streams[it.Source]; s != nil {
		s.last = b.now
	}
	b.wants(r, "max_corrupt", it)
}

// content counts what is wrong with the content of an item. Without a stamp it is counted, too: others of the run may have one.
func (b *batch) content(it *Item) {
	c := &it.Content
	b.stream.content.count(c)
	b.tally.Content.count(c)
	if b.account.faults.count(c) {
		b.wants(b.run, contentExpectation, it)
	}
}

// wants notes that an item is evidence.
func (b *batch) wants(r *run, expectation string, it *Item) {
	if x := r.evidence.wants(expectation, b.signal, it); x != nil {
		b.tally.Wanted = append(b.tally.Wanted, Wanted{b.index, x})
	}
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
		b.wants(b.run, "max_duplicates", it)
		return
	case beyond:
		b.tally.Beyond++
		b.wants(b.run, "allow_unexpected", it)
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
	if s.ended() && b.now-s.markedAt >= int64(a.grace) {
		s.afterGrace++
	}
	b.class(it)
	if b.signal == Traces && a.expect.Consistent && b.run.random.drawn(it) {
		b.wants(b.run, "consistent", it)
	}
	if b.auditor.expect.Classes != nil {
		b.wants(b.run, "classes", it)
	}
	if it.Span != 0 {
		a.lineage.arrived(b.run.salt, &b.run.awaiting, it)
	}
	if it.Corrupt || it.At == 0 {
		b.account.unplaced++
		return
	}
	if it.Past {
		b.account.past++
	} else {
		b.account.took(b.now - it.At)
		if b.run.happened == 0 || it.At < b.run.happened {
			b.run.happened = it.At
		}
		b.run.ahead = max(b.run.ahead, it.At-b.now)
		b.resumed(b.run.happenedFrom())
	}
	b.account.arrived.Add(it.At, 1)
}

// marker notes an end marker, which is not corrupt: one that is tells nothing.
func (b *batch) marker(it *Item) {
	a, left := b.stream.end(ending{total: it.Says.Total, givenUp: it.Says.GivenUp, markers: 1}, b.now, &b.auditor.gaps)
	b.account.overLimit += left
	switch a {
	case beyond:
		b.stream.impossible++
		b.tally.Beyond++
		return
	case again:
		b.stream.duplicate++
		b.tally.Duplicate++
	case inOrder, late, tooMany:
		b.tally.EndMarkers++
		b.run.markedAt = max(b.run.markedAt, b.now)
	}
	b.run.told.hear(b.source, it.Says)
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

// class counts an item that arrived for the first time. Of classes that have whole traces, spans that came before the one that gives their trace
// its class move to that. It runs once for each item.
func (b *batch) class(it *Item) {
	counts := &b.account.classes
	if it.Class >= uint32(len(counts)) {
		it.Class = 0 // there is none such
	}
	if !it.TraceNumbered || it.Trace == 0 {
		counts[it.Class]++
		return
	}
	b.run.numbered = true
	t := &b.run.traces
	of, known := t.byKey[it.Trace]
	if !known && b.auditor.traces >= b.auditor.limits.Traces {
		t.unknown++
		counts[it.Class]++
		return
	}
	if !known {
		if t.byKey == nil {
			t.byKey = map[uint64]traceState{}
		}
		b.auditor.traces++
	}
	if class := it.TraceClass; class > 0 && class < uint32(len(counts)) && (of.class == 0 || class < of.class) {
		counts[of.class] -= min(counts[of.class], of.spans())
		of.class = class
		counts[of.class] += of.spans()
	}
	of.arrive(it.TraceSpan)
	if it.Class > 0 {
		counts[it.Class]++
	} else {
		counts[of.class]++
	}
	if it.TraceSpan == 0 {
		t.unknown++
	}
	if it.Root {
		of.root = max(of.root, it.TraceSpan)
	}
	t.byKey[it.Trace] = of
}
