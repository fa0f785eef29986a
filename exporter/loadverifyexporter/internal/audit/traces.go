// SPDX-License-Identifier: Apache-2.0

package audit

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
	spans   uint32
	highest uint32 // number of a span
	root    uint32 // number of the root; 0: it has not arrived
	class   uint32 // the first in the generator's list that one of its spans has; 0: none
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
		if of.root == 0 || of.spans != of.highest {
			n.Torn++
		}
	}
	return n
}
