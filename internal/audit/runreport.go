// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// view is what a run is held against, and when.
type view struct {
	expect  *Expectations
	served  Set
	strays  strays // that name the run
	absent  []string
	clocks  clocks
	grace   time.Duration
	now     int64
	closing bool // nothing more will come, and all is final
	again   bool // it made room before, and came again
}

// report describes the run.
func (r *run) report(v *view) RunReport {
	e, strays := v.expect, v.strays
	report := RunReport{
		Run: r.name, FirstArrival: time.Unix(0, r.first).UTC(), LastArrival: time.Unix(0, r.last).UTC(), Final: true, Unclean: r.unclean,
		Findings: []Finding{}, absent: slices.Concat(r.absent, v.absent), clocks: v.clocks, again: v.again,
	}
	if r.markedAt != 0 {
		ended := time.Unix(0, r.markedAt).UTC()
		report.EndedAt = &ended
	}
	told := r.told.sum()
	report.Shards = Shards{Seen: told.shards, Total: told.of}
	for s := range Signals {
		account := &r.accounts[s]
		expected := v.served.Has(s) && r.told.announced[s] > 0
		if account.streams == nil && account.overLimit == 0 && account.strays == 0 && !strays.any(s) && !expected {
			continue
		}
		of := r.signal(s, expected, strays, func(s *stream) bool { return v.closing || r.final(s, v.now, v.grace) })
		of.Sampled = e.sampled(s)
		of.Latency.NotComparable = v.clocks.n > 1 && of.Latency.Count > 0
		of.Classes = r.classes(s, &of)
		of.Odd = account.odd.report(s, told.odd)
		for i := range of.Odd {
			of.include(&of.Odd[i])
		}
		if s == Traces {
			if r.numbered {
				of.TraceCounts = r.traces.torn()
			}
			of.Orphans, of.IncompleteTraces = r.awaiting.orphans()
			of.OrphansUnknown = r.awaiting.unknown
		}
		report.Final = report.Final && of.Final
		report.Signals = append(report.Signals, of)
	}
	report.content, report.oddKnown = r.told.content, told.complete()
	report.NotChecked = e.notChecked(report.contentChecked(), report.neverSent())
	report.byTrace, report.numbered, report.rootless = told.byTrace(), r.numbered, told.rootless
	report.boundClasses()
	report.tracesForgotten, report.tracesUnknown = r.traces.forgotten, r.traces.unknown
	if report.random = r.random; told.complete() {
		report.sentRandom = told.random
	}
	report.Evidence = r.evidence.report(&r.told.names, func(s Signal, class uint32) string { return report.unwanted(e, s, class) })
	report.judge(e, time.Unix(0, v.now), told.disagrees)
	return report
}

// signal describes a signal. If it is expected, sources of which nothing came are in it, too.
func (r *run) signal(signal Signal, expected bool, strays strays, final func(*stream) bool) SignalReport {
	a, told := &r.accounts[signal], r.told.sum()
	report := SignalReport{
		Signal: signal, Final: true, Sources: len(a.streams), Announced: r.told.announced[signal], OverLimit: a.overLimit,
		BySource: make([]SourceReport, 0, len(a.streams)), unplaced: a.unplaced, twice: a.twice,
		Faults: a.faults.list(signal, &r.told.names), OtherFaults: a.faults.others, met: a.faults.met, had: a.faults.had,
	}
	a.reportLatency(&report.Latency)
	names := slices.Collect(maps.Keys(a.streams))
	if expected {
		names = slices.AppendSeq(names, maps.Keys(r.told.sources))
	}
	slices.Sort(names)
	known := uint64(0)
	var ofKnown, ofRest Counts
	squares := told.squares[signal]
	for _, name := range slices.Compact(names) {
		s, totals := a.streams[name], r.told.totals(name, signal)
		if s == nil {
			s = &stream{}
		}
		source := SourceReport{Source: name, Ended: s.ended(), Told: !s.ended() && totals != nil, Final: final(s), Counts: s.counts(totals)}
		if a.streams[name] != nil {
			source.Corrupt += strays.of(signal, name)
		}
		if totals != nil {
			source.squares = float64(totals.Squares)
			squares -= source.squares
		}
		if s.ended() {
			report.Ended++
		}
		if source.Ended || source.Told {
			known++
			ofKnown.add(source.Counts)
		} else {
			ofRest.add(source.Counts)
		}
		report.Final = report.Final && source.Final
		report.BySource = append(report.BySource, source)
	}
	report.SentKnown = report.Announced > 0 && known >= report.Announced
	if told.complete() && report.Announced > 0 {
		report.SentKnown = true
		report.windows = timeline.Compare(&told.offered[signal], &a.arrived)
		ofRest.complete(&ofKnown, told.offered[signal].Total(), told.givenUp[signal])
		report.rest = rest{sources: report.Announced - min(report.Announced, known), Counts: ofRest, squares: max(0, squares)}
	}
	report.add(ofKnown)
	report.add(ofRest)
	report.Corrupt += a.strays + strays.others(signal, a.streams)
	if report.Checked == 0 && !r.told.content { // nobody stamps content, so that none has a stamp is no fault
		report.Unread = 0
		for i := range report.BySource {
			report.BySource[i].Unread = 0
		}
	}
	return report
}

// classes describes the classes of a signal, the rest last. It is nil if nobody has told of any.
func (r *run) classes(signal Signal, of *SignalReport) (list []ClassReport) {
	told := r.told.sum()
	if len(told.classes) == 0 || !told.complete() {
		return nil
	}
	counts := &r.accounts[signal].classes
	rest := ClassReport{Class: Rest, Sent: of.offered(), counted: of.Received - min(of.Received, of.anyway)}
	for i := range told.classes {
		c := &told.classes[i]
		class := ClassReport{Class: c.Name, Sent: c.Items[signal], counted: counts[i+1], number: uint32(i + 1)}
		rest.Sent -= min(rest.Sent, class.Sent)
		rest.counted -= min(rest.counted, class.counted)
		list = append(list, class)
	}
	return append(list, rest)
}
