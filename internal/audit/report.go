// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
)

// Report is the state of an audit at some time.
type Report struct {
	// Final: nothing was taken after it.
	Final bool `json:"final"`
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
	// States that were merged; nil: it is the account of one verifier.
	States []Origin `json:"states,omitempty"`
}

// NotChecked are what neither a checksum nor an account covers: what needs a stamp of the content, and what nothing looks at.
var (
	unstamped = [...]string{"attributes", "resource", "scope", "span events", "span links", "histogram buckets", "metric metadata"}
	never     = [...]string{"dropped counts", "entity refs"}
)

// notChecked is what a verdict says nothing about. Of what was never sent nobody saw what becomes of it.
func (e *Expectations) notChecked(content bool, neverSent []string) (list []string) {
	if !content {
		list = append(list, unstamped[:]...)
	}
	for _, field := range neverSent {
		list = append(list, field+" (none was sent)")
	}
	if !e.Ordered {
		list = append(list, "order")
	}
	return append(list, never[:]...)
}

// contentChecked reports whether the content of all items was looked at, in all runs.
func (report *Report) contentChecked() bool {
	return len(report.Runs) > 0 && !slices.ContainsFunc(report.Runs, func(r RunReport) bool { return !r.contentChecked() })
}

func (r *RunReport) contentChecked() bool {
	return len(r.Signals) > 0 && !slices.ContainsFunc(r.Signals, func(s SignalReport) bool {
		return s.Received > 0 && s.Checked == 0 || s.Unread > 0
	})
}

// neverSent are the fields that some run never had.
func (report *Report) neverSent() (list []string) {
	for i := range report.Runs {
		for _, field := range report.Runs[i].neverSent() {
			if !slices.Contains(list, field) {
				list = append(list, field)
			}
		}
	}
	return list
}

// neverSent are the fields that no item had of those whose content was checked. Without those in the checksum, which sees them come and go.
func (r *RunReport) neverSent() (list []string) {
	had := uint32(0)
	for i := range r.Signals {
		s := &r.Signals[i]
		if s.Checked == 0 {
			continue
		}
		had |= s.had
		for k, name := range stamp.FieldNames[s.Signal] {
			if (s.had|uint32(stamp.InChecksum[s.Signal]))&(1<<(k+1)) == 0 {
				list = append(list, name)
			}
		}
	}
	lacks := func(names []string, first int) {
		all := uint32(1<<len(names)-1) << first
		for k, name := range names {
			if had&all != 0 && had&(1<<(first+k)) == 0 { // each has something, unless its stamp is gone
				list = append(list, name)
			}
		}
	}
	lacks(append(stamp.ResourceFieldNames[:], "resource.attributes"), HadOfResource)
	lacks(append(stamp.ScopeFieldNames[:], "scope.attributes"), HadOfScope)
	return list
}

// Forgotten are the runs that made room for others.
type Forgotten struct {
	// Runs is how many there were.
	Runs uint64 `json:"runs"`
	// Failed is how many of them were certainly not as expected.
	Failed uint64 `json:"failed"`
	// Unknown is how many of them could not be judged, because they had not ended, say.
	Unknown uint64 `json:"unknown"`
}

// Unexpected counts items that belong to no run, by reason.
type Unexpected struct {
	// Unstamped items have no stamp.
	Unstamped uint64 `json:"unstamped"`
	// Malformed items have a stamp that cannot be right.
	Malformed uint64 `json:"malformed"`
	// OverLimit items could not be audited: there are too many runs.
	OverLimit uint64 `json:"over_limit"`
	// Corrupt items have a stamp that is not what was sent, and name a run that no other item has.
	Corrupt uint64 `json:"corrupt"`
}

// Total is the number of unexpected items.
func (u Unexpected) Total() uint64 { return u.Unstamped + u.Malformed + u.OverLimit + u.Corrupt }

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
	// NotChecked is what the audit did not look at in this run.
	NotChecked []string `json:"not_checked"`
	// Evidence are items that arrived and show by themselves what is wrong.
	Evidence []Evidence `json:"evidence,omitempty"`

	absent []string // why some of what arrived is not in the account
	again  bool     // it made room for others before: what came then is not in the account
	clocks clocks   // by which it was measured

	oddKnown bool // end markers have told what odd items there were
	content  bool // the content of its items is stamped, as end markers say
	// What is known of its traces: that they are counted, and that their spans are numbered; roots that SDKs dropped; what is not known.
	byTrace, numbered, tracesForgotten bool
	rootless, tracesUnknown            uint64
	// Random values of what arrived and of what was sent.
	random     randomness
	sentRandom *stamp.Randomness
}

// Shards counts the shards of a generator.
type Shards struct {
	// Seen are those of which an end marker came that tells what the whole shard sent.
	Seen uint64 `json:"seen"`
	// Total is how many there are; 0: no such marker has come.
	Total uint64 `json:"total"`
}

// complete reports whether all shards have told.
func (s *Shards) complete() bool { return s.Total > 0 && s.Seen == s.Total }

// String names those that have not told.
func (s *Shards) String() string {
	if s.Total == 0 {
		return "any shard"
	}
	return fmt.Sprintf("%d of %d shards", s.Total-s.Seen, s.Total)
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
	// Faults of the items' content, most frequent first; OtherFaults are further ones, which are not told apart.
	Faults      []ContentFault `json:"content_faults,omitempty"`
	OtherFaults uint64         `json:"content_faults_other,omitempty"`

	// Classes of the items, if end markers tell of any; the rest is the last.
	Classes []ClassReport `json:"classes,omitempty"`
	// Torn traces, if spans have their numbers in their traces.
	TraceCounts

	// Odd items by kind, and all of them: those that are odd on purpose, which are in no other count.
	Odd []OddReport `json:"odd,omitempty"`
	OddCounts

	met uint64 // of the items' content
	had uint32 // likewise

	// What a sampled signal is judged by: see sampling.
	windows  []timeline.Window
	unplaced uint64
	rest     rest
	twice    uint64 // items that are counted more than once among windows and classes
}

// Expected is how many sources there are or must be.
func (s *SignalReport) Expected() uint64 { return max(uint64(max(s.Sources, 0)), s.Announced) }

// open is how many sources have no end marker.
func (s *SignalReport) open() uint64 {
	return s.Expected() - min(s.Expected(), uint64(max(s.Ended, 0)))
}

// silent is how many sources lost their end marker and all that they sent, as others tell. That those without a name sent something is known of
// all together.
func (s *SignalReport) silent() (n uint64) {
	if s.rest.Lost > 0 {
		n = s.Expected() - min(s.Expected(), uint64(len(s.BySource)))
	}
	for i := range s.BySource {
		of := &s.BySource[i]
		if !of.Ended && of.Received+of.Corrupt == 0 && of.offered() > 0 {
			n++
		}
	}
	return n
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

// rest are the sources of which nobody told what they sent, together, where all shards have told what they sent.
type rest struct {
	Counts
	sources uint64
	squares float64 // of each for itself, summed
}

// LatencyReport is of the items that arrived first and unchanged, from their end to their arrival.
type LatencyReport struct {
	Count uint64 `json:"count"`
	// Skewed items came before they happened: clocks differ. They are not in Count.
	Skewed uint64 `json:"skewed"`
	// Past items were sent long after they happened, on purpose. They are not in Count either, and no expectation is about their latency.
	Past uint64 `json:"past,omitempty"`
	// NotComparable: it was measured by the clocks of several machines, which may be apart.
	NotComparable bool          `json:"not_comparable,omitempty"`
	P50           time.Duration `json:"p50_ns"`
	P99           time.Duration `json:"p99_ns"`
	Max           time.Duration `json:"max_ns"`

	// What P99 is at least and at most, if items that came to several verifiers are counted twice: see boundsP99.
	leastP99, mostP99 time.Duration
}
