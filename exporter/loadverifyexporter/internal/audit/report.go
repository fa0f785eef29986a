// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"maps"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// Report is the state of an audit at some time.
type Report struct {
	// Verdict over all. Findings are those that belong to no run.
	Verdict  Verdict   `json:"verdict"`
	Findings []Finding `json:"findings"`
	// NotChecked is what the audit does not look at: no verdict says anything about it.
	NotChecked []string `json:"not_checked"`
	// Unexpected are items that belong to no run.
	Unexpected Unexpected `json:"unexpected"`
	// Forgotten are runs that are held no more.
	Forgotten Forgotten `json:"forgotten_runs"`
	// Runs by first arrival.
	Runs []RunReport `json:"runs"`
}

// NotChecked is what neither a checksum nor an account covers.
var NotChecked = [...]string{
	"attributes", "resource", "scope", "span events", "span links", "histogram buckets", "metric metadata", "order",
}

// Unexpected counts items that belong to no run, by reason.
type Unexpected struct {
	// Unstamped items have no stamp.
	Unstamped uint64 `json:"unstamped"`
	// Malformed items have a stamp that cannot be right.
	Malformed uint64 `json:"malformed"`
	// OverLimit items could not be audited: there are too many runs.
	OverLimit uint64 `json:"over_limit"`
}

// Total is the number of unexpected items.
func (u Unexpected) Total() uint64 { return u.Unstamped + u.Malformed + u.OverLimit }

// RunReport is what is known of a run.
type RunReport struct {
	Run          string    `json:"run"`
	FirstArrival time.Time `json:"first_arrival"`
	LastArrival  time.Time `json:"last_arrival"`
	// EndedAt is when the latest end marker came; nil: none has.
	EndedAt *time.Time `json:"ended_at,omitempty"`
	// Final: all streams are.
	Final bool `json:"final"`
	// Shards of the generator that have told what they sent.
	Shards Shards `json:"shards"`
	// Unclean is how often the audit went on from a state that was not the last one, because the auditor had died: what arrived in
	// between may be counted as missing.
	Unclean  uint64         `json:"unclean"`
	Verdict  Verdict        `json:"verdict"`
	Findings []Finding      `json:"findings"`
	Signals  []SignalReport `json:"signals"`
}

// Shards counts the shards of a generator.
type Shards struct {
	// Seen are those of which an end marker came that tells what the whole shard sent.
	Seen uint64 `json:"seen"`
	// Total is how many there are; 0: no such marker has come.
	Total uint64 `json:"total"`
}

// SignalReport is the part of a run that one signal has.
type SignalReport struct {
	Signal Signal `json:"signal"`
	// Final: all its sources are.
	Final bool `json:"final"`
	// Sampled: a share is dropped on purpose, so that not all that is lost is a fault.
	Sampled bool `json:"sampled"`
	// SentKnown: Sent is what the generator numbered. Otherwise it is the least, and Missing and Lost are.
	SentKnown bool `json:"sent_known"`
	Counts
	// Sources is how many there are; Ended how many have sent their end marker; Announced how many there must be, as end markers of the
	// run say, 0 if none has come.
	Sources   int    `json:"sources"`
	Ended     int    `json:"ended"`
	Announced uint64 `json:"announced"`
	// OverLimit items could not be audited: too many sources, or too much is missing.
	OverLimit uint64 `json:"over_limit"`
	// Orphans are spans whose parent has not arrived, IncompleteTraces the traces they are in. Of OrphansUnknown spans it is not known.
	Orphans          uint64         `json:"orphans"`
	IncompleteTraces uint64         `json:"incomplete_traces"`
	OrphansUnknown   uint64         `json:"orphans_unknown"`
	Latency          LatencyReport  `json:"latency"`
	BySource         []SourceReport `json:"by_source"`

	// What a sampled signal is judged by: see sampling.
	windows  []timeline.Window
	unplaced uint64
	rest     rest
}

// Counts are of one source, or of several together.
type Counts struct {
	// Sent items are those that the generator numbered: as end markers say, or else those up to the highest number that arrived.
	Sent uint64 `json:"sent"`
	// Received items are different ones: Sent = Received + Missing.
	Received uint64 `json:"received"`
	// Missing items have not arrived: so far, or for good if final.
	Missing uint64 `json:"missing"`
	// GivenUp items of those sent were dropped by the generator, because the pipeline refused them.
	GivenUp uint64 `json:"given_up"`
	// Lost is Missing without what was given up. If it is not known which items that were, it is the least.
	Lost uint64 `json:"lost"`
	// Duplicate is the number of further copies.
	Duplicate uint64 `json:"duplicate"`
	// OutOfOrder items arrived after one with a higher number.
	OutOfOrder uint64 `json:"out_of_order"`
	// Corrupt copies have another checksum than the generator wrote, or none.
	Corrupt uint64 `json:"corrupt"`
	// Beyond items have numbers that cannot be: from the total of the end marker on, or far from all others.
	Beyond uint64 `json:"beyond"`
	// AfterGrace items arrived when the account was final. They count as received.
	AfterGrace uint64 `json:"after_grace"`
	// Disagreeing end markers came after another with other totals.
	Disagreeing uint64 `json:"disagreeing"`

	// anyway is how many of those given up have arrived all the same. If it is not known which items were given up, doubtful more may
	// have, and as many of those sent are lost.
	anyway, doubtful uint64
}

// Expected is how many sources there are or must be.
func (s *SignalReport) Expected() uint64 { return max(uint64(max(s.Sources, 0)), s.Announced) }

// offered is how many items were sent and not given up.
func (c *Counts) offered() uint64 { return c.Sent - min(c.Sent, c.GivenUp) }

func (c *Counts) add(o Counts) {
	c.Sent += o.Sent
	c.Received += o.Received
	c.Missing += o.Missing
	c.GivenUp += o.GivenUp
	c.Lost += o.Lost
	c.Duplicate += o.Duplicate
	c.OutOfOrder += o.OutOfOrder
	c.Corrupt += o.Corrupt
	c.Beyond += o.Beyond
	c.AfterGrace += o.AfterGrace
	c.Disagreeing += o.Disagreeing
	c.anyway += o.anyway
	c.doubtful += o.doubtful
}

// SourceReport is the account of one source.
type SourceReport struct {
	Source string `json:"source"`
	Ended  bool   `json:"ended"`
	// Told: its end marker has not come, but one of another signal has, which tells what it sent.
	Told  bool `json:"told"`
	Final bool `json:"final"`
	Counts

	squares float64 // of the sizes of its clusters, if Ended or Told
}

// LatencyReport is of the items that arrived first and unchanged, from their end to their arrival.
type LatencyReport struct {
	Count uint64 `json:"count"`
	// Skewed items came before they happened: clocks differ. They are not in Count.
	Skewed uint64        `json:"skewed"`
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Max    time.Duration `json:"max_ns"`
}

// Report describes all runs. With closing nothing more will come, and all is final.
func (a *Auditor) Report(now time.Time, closing bool) Report {
	report := Report{NotChecked: slices.Clone(NotChecked[:]), Forgotten: a.forgotten, Findings: []Finding{}, Runs: make([]RunReport, 0, len(a.runs))}
	for s := range Signals {
		report.Unexpected.Unstamped += a.unstamped[s]
		report.Unexpected.Malformed += a.malformed[s]
		report.Unexpected.OverLimit += a.overLimit[s]
	}
	for _, r := range a.runs {
		report.Runs = append(report.Runs, a.reportRun(r, now.UnixNano(), closing))
	}
	report.judge(&a.expect, closing)
	return report
}

func (a *Auditor) reportRun(r *run, now int64, closing bool) RunReport {
	report := RunReport{
		Run: r.name, FirstArrival: time.Unix(0, r.first).UTC(), LastArrival: time.Unix(0, r.last).UTC(), Final: true, Unclean: r.unclean,
		Findings: []Finding{},
	}
	if r.markedAt != 0 {
		ended := time.Unix(0, r.markedAt).UTC()
		report.EndedAt = &ended
	}
	report.Shards = Shards{Seen: uint64(len(r.told.shards)), Total: r.told.of}
	for s := range Signals {
		account := &r.accounts[s]
		expected := a.served.has(s) && r.told.announced[s] > 0
		if account.streams == nil && account.overLimit == 0 && !expected {
			continue
		}
		of := r.report(s, expected, func(s *stream) bool { return closing || a.final(r, s, now) })
		of.Sampled = a.expect.sampled(s)
		if s == Traces {
			of.Orphans, of.IncompleteTraces = r.awaiting.orphans()
			of.OrphansUnknown = r.awaiting.unknown
		}
		report.Final = report.Final && of.Final
		report.Signals = append(report.Signals, of)
	}
	report.judge(&a.expect, time.Unix(0, now), r.told.disagrees)
	return report
}

// final reports whether a stream has had its grace. Without an end marker it is so when others of its run have ended and it
// has been silent since.
func (a *Auditor) final(r *run, s *stream, now int64) bool {
	since := s.markedAt
	if !s.ended {
		if r.markedAt == 0 {
			return false
		}
		since = max(r.markedAt, s.last)
	}
	return now-since >= int64(a.grace)
}

// report describes a signal. If it is expected, sources of which nothing came are in it, too.
func (r *run) report(signal Signal, expected bool, final func(*stream) bool) SignalReport {
	a := &r.accounts[signal]
	report := SignalReport{
		Signal: signal, Final: true, Sources: len(a.streams), Announced: r.told.announced[signal], OverLimit: a.overLimit,
		Latency:  LatencyReport{Skewed: a.skewed, Max: time.Duration(a.slowest)},
		BySource: make([]SourceReport, 0, len(a.streams)), unplaced: a.unplaced,
	}
	if a.latency != nil {
		report.Latency.Count = a.latency.Count()
		report.Latency.P50 = time.Duration(min(a.latency.Quantile(0.5), a.slowest))
		report.Latency.P99 = time.Duration(min(a.latency.Quantile(0.99), a.slowest))
	}
	names := slices.Collect(maps.Keys(a.streams))
	if expected {
		names = slices.AppendSeq(names, maps.Keys(r.told.sources))
	}
	slices.Sort(names)
	known := uint64(0)
	var ofKnown, ofRest Counts
	squares := r.told.squares[signal]
	for _, name := range slices.Compact(names) {
		s, totals := a.streams[name], r.told.totals(name, signal)
		if s == nil {
			s = &stream{}
		}
		source := SourceReport{Source: name, Ended: s.ended, Told: !s.ended && totals != nil, Final: final(s), Counts: s.counts(totals)}
		if totals != nil {
			source.squares = float64(totals.Squares)
			squares -= source.squares
		}
		if s.ended {
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
	if r.told.complete() && report.Announced > 0 {
		report.SentKnown = true
		report.windows = timeline.Compare(&r.told.offered[signal], &a.arrived)
		ofRest.complete(&ofKnown, r.told.offered[signal].Total(), r.told.givenUp[signal])
		report.rest = rest{sources: report.Announced - min(report.Announced, known), Counts: ofRest, squares: max(0, squares)}
	}
	report.add(ofKnown)
	report.add(ofRest)
	return report
}

// rest are the sources of which nobody told what they sent, together, where all shards have told what they sent.
type rest struct {
	Counts
	sources uint64
	squares float64 // of each for itself, summed
}

// complete makes what is seen of the sources of which nobody told what all shards sent, without what is known of the others.
func (c *Counts) complete(known *Counts, offered, givenUp uint64) {
	all := offered + givenUp
	c.Sent = max(c.Sent, all-min(all, known.Sent))
	c.GivenUp = givenUp - min(givenUp, known.GivenUp)
	c.Missing = c.Sent - c.Received
	c.refusedUnknown()
}
