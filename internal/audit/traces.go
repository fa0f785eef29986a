// SPDX-License-Identifier: Apache-2.0

package audit

import "math/bits"

// traces knows of each trace of a run how much of it has arrived, where its spans are numbered or make it one of a class.
type traces struct {
	byKey map[uint64]traceState
	// unknown spans could not be kept apart, or have no number that is known.
	unknown uint64
	// forgotten: there were some before the audit was restarted.
	forgotten bool
}

// traceState is a trace some of which has arrived.
type traceState struct {
	seen    uint64 // a bit for each span that arrived, of the numbers 1 to 64
	more    uint32 // spans with other numbers
	highest uint32 // number of a span
	root    uint32 // number of the root; 0: it has not arrived
	class   uint32 // the first in the generator's list that one of its spans has; 0: none
}

// numberedApart is how many spans of a trace are told apart by their numbers.
const numberedApart = 64

// arrive notes a span that arrived for the first time.
func (t *traceState) arrive(number uint32) {
	if number == 0 || number > numberedApart {
		t.more++
	} else {
		t.seen |= 1 << (number - 1)
	}
	t.highest = max(t.highest, number)
}

// spans is how many have arrived.
func (t *traceState) spans() uint64 {
	return uint64(bits.OnesCount64(t.seen)) + uint64(t.more) //nolint:gosec // G115: at most 64
}

// TraceCounts are how many traces there are, and of how many something is missing.
type TraceCounts struct {
	// Traces of which something arrived.
	Traces uint64 `json:"traces"`
	// Torn are those of which not all did.
	Torn uint64 `json:"torn_traces"`
}

// torn counts the traces that are not whole: without their root, or without a number below the highest.
func (t *traces) torn() (n TraceCounts) {
	for _, of := range t.byKey {
		n.Traces++
		if of.root == 0 || of.spans() != uint64(of.highest) {
			n.Torn++
		}
	}
	return n
}
