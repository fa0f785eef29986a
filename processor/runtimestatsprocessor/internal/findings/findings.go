// SPDX-License-Identifier: Apache-2.0

// Package findings has the kinds of findings, and says which times are long.
//
// What is long depends on the operation. A time is therefore compared with those of the spans before it of the same key
// first ([Window]): it must exceed their 99th percentile and ten times their median, and a tenth of what is long anywhere.
// Only a time that is long anywhere ([Limits]) needs no comparison: an operation that always blocks must not become normal
// by that. Nor must one that always waits for a worker.
package findings

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Kind is a kind of finding.
type Kind uint8

// The kinds.
const (
	BlockingSuspected   Kind = iota // a poll that is long: computation, or a call that blocks
	QueueStarved                    // runnable, but for long no worker took it
	WorkerSkew                      // it waited for a worker that does several times the work of the others
	NeverIdle                       // always in a poll, of which it had several: it never waits
	HeldAfterCompletion             // kept open after its last poll
	HeldUp                          // it waited while all that could have polled it were in the long polls of others
	GuardAcrossAwait                // kept entered over an await, or the child of a span that was
	OutlivesParent                  // it went on after all its ancestors had ended
	CPUStarved                      // its threads had no CPU when they wanted one
	NumKinds            int  = iota
)

// Names are the values of async_runtime.finding.
var Names = [NumKinds]string{
	semconv.FindingBlocking, semconv.FindingStarved, semconv.FindingWorkerSkew, semconv.FindingNeverIdle, semconv.FindingHeld,
	semconv.FindingHeldUp, semconv.FindingGuard, semconv.FindingOutlives, semconv.FindingCPUStarved,
}

// Set has bit 1<<k set for every kind in it.
type Set uint16

// Has reports whether a kind is in the set.
func (s Set) Has(k Kind) bool { return s&(1<<k) != 0 }

// Limits say which times are long for any operation, in nanoseconds.
type Limits struct {
	Poll, Wait int64
	Kinds      Set // to look for
}

// Unknown stands for a time or number that is not known.
const Unknown = -1
