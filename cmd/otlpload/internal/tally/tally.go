// SPDX-License-Identifier: Apache-2.0

// Package tally says what has become of the telemetry of a run. Every item is in exactly one of four places:
//
//	         +--> accepted      the backend confirmed it
//	held ----+--> dropped       the backend refused it for good
//	         +--> unconfirmed   the run ended before the backend answered; it may have arrived
package tally

import "time"

// Items are spans, data points or log records.
type Items struct {
	Held, Accepted, Dropped, Unconfirmed int64
}

// Emitted is how many items the run has offered to the backend.
func (i Items) Emitted() int64 { return i.Held + i.Accepted + i.Dropped + i.Unconfirmed }

// Signal is what has become of a signal's items.
type Signal struct {
	Name string // of the items: spans, data points, log records
	Items
	// Failures are attempts to send a request that failed, because the backend refused it for now or was not reached. They are repeated.
	Failures int64
	// Waiting is how long a request has waited for its answer.
	Waiting time.Duration
}

// Receiver is what the receiver has counted of a signal.
type Receiver struct{ Offered, Emitted, Dropped int64 }

// Answers are what the backend has answered.
type Answers struct {
	RefusedForGood int64 // items of requests that it refused for good
	Rejected       int64 // items that it rejected out of requests that it took
	Failures       int64 // attempts that failed, and are repeated
}

// Read puts together what the receiver and the exporter have counted. The receiver counts as emitted what was answered without an error,
// and as dropped both what was refused for good and what was given up at the end.
func Read(name string, r Receiver, a Answers, ended bool) Signal {
	rejected := min(max(a.Rejected, 0), r.Emitted) // a backend may say anything
	s := Signal{Name: name, Failures: a.Failures, Items: Items{
		Held:        max(r.Offered-r.Emitted-r.Dropped, 0), // what is counted while this reads may be in two places
		Accepted:    r.Emitted - rejected,
		Dropped:     min(a.RefusedForGood, r.Dropped) + rejected,
		Unconfirmed: max(r.Dropped-a.RefusedForGood, 0),
	}}
	if ended {
		s.Unconfirmed, s.Held = s.Unconfirmed+s.Held, 0
	}
	return s
}

// Snapshot is a run at a moment.
type Snapshot struct {
	After   time.Duration // since the run began
	Signals []Signal
	// Lag is how far the load was behind its schedule when the last request was offered.
	Lag time.Duration
	// WorstLag is the most that it has been.
	WorstLag time.Duration
	// Arrived are requests that have arrived at the service; Shed are those of them that it turned away.
	Arrived, Shed int64
	// SDKDropped are items that the service's SDK dropped. They are not emitted.
	SDKDropped int64
	// Trouble is what the last failure means; empty: nothing failed.
	Trouble string
	// Unreached: every attempt failed on its way to the backend, so that nothing has arrived.
	Unreached bool
}

// Total of all signals.
func (s *Snapshot) Total() (t Items) {
	for i := range s.Signals {
		t.Held += s.Signals[i].Held
		t.Accepted += s.Signals[i].Accepted
		t.Dropped += s.Signals[i].Dropped
		t.Unconfirmed += s.Signals[i].Unconfirmed
	}
	return t
}

// Failures of all signals.
func (s *Snapshot) Failures() (n int64) {
	for i := range s.Signals {
		n += s.Signals[i].Failures
	}
	return n
}

// Behind is how late the load is now: how late the last request was offered, and how long it has waited since.
func (s *Snapshot) Behind() time.Duration {
	behind := s.Lag
	for i := range s.Signals {
		behind = max(behind, s.Lag+s.Signals[i].Waiting)
	}
	return behind
}

// Complete reports whether something was emitted, and the backend accepted all of it.
func (s *Snapshot) Complete() bool {
	total := s.Total()
	return total.Accepted > 0 && total.Accepted == total.Emitted()
}
