// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Signal is a kind of telemetry.
type Signal = semconv.Signal

// The signals.
const (
	Traces  = semconv.SignalTraces
	Metrics = semconv.SignalMetrics
	Logs    = semconv.SignalLogs
	Signals = semconv.NumSignals
)

// Set has bit 1<<s set for every signal s in it.
type Set uint8

// With returns the set with a signal.
func (s Set) With(signal Signal) Set { return s | 1<<signal }

// Has reports whether a signal is in the set.
func (s Set) Has(signal Signal) bool { return s&(1<<signal) != 0 }

// Kind says what an item is by its stamp.
type Kind uint8

// The kinds.
const (
	Unstamped Kind = iota // no stamp at all
	Malformed             // parts of a stamp are missing, of the wrong type, negative or too long
	Numbered
	End // an end marker
)

// LongestName bounds the names of runs and sources, in bytes; a stamp with a longer one is malformed.
const LongestName = 256

// Item is one span, data point or log record, as far as the audit needs it.
type Item struct {
	Kind        Kind
	Corrupt     bool // its checksum is another, or lost
	Stray       bool // and so is its stamp: nobody knows which item it is
	Run, Source string
	Sequence    uint64 // of a numbered item
	At          int64  // when it happened by the generator's clock, ns since 1970; 0: unknown
	Past        bool   // it was sent long after, on purpose
	// Keys of the span, its parent and its trace; 0: none. Equal ids have equal keys.
	Span, Parent, Trace uint64
	Says                *stamp.End // of an end marker
	Content             Content    // of a numbered item
	// Class of the item, TraceClass of its whole trace, in the generator's list from 1; 0: none.
	Class, TraceClass uint32
	// TraceSpan is the number of a span in its trace, in the order in which they ended, from 1; 0: not known.
	TraceSpan uint32
	// Random value of the trace, and the threshold of the sampler that kept it, as the span's trace state has them.
	RV, TH       uint64
	HasRV, HasTH bool
	// Odd is the kind of an item that is odd on purpose; empty: it is ordinary.
	Odd string
	// TraceNumbered: the span has such a number, which may be 0.
	TraceNumbered bool
	// Root: the span was sent as the root of its trace.
	Root bool
}
