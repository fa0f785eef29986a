// SPDX-License-Identifier: Apache-2.0

package aggregate

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// Value is a number that may not be known. Its zero value is the unknown one.
type Value[T any] struct {
	Number T
	Known  bool
}

// Known returns a value that is known.
func Known[T any](number T) Value[T] {
	return Value[T]{Number: number, Known: true}
}

// Class is how slow a span is for its operation: Unclassified, or 1 and more for ClassNames.
type Class uint8

// Unclassified is the class of spans that carry none, or one that is not in the table.
const Unclassified Class = 0

// ClassCount is the number of classes, Unclassified included.
const ClassCount = 5

// ClassNames are the values of latency.class, from the fastest to the slowest.
var ClassNames = [ClassCount - 1]string(semconv.Values(semconv.LatencyClass))

// ClassNamed returns the class of that name, Unclassified if there is none.
func ClassNamed(name string) Class {
	for i, known := range ClassNames {
		if known == name {
			return Class(i + 1)
		}
	}
	return Unclassified
}

// Span holds what a span says about itself. The zero value says nothing.
type Span struct {
	Runtime   Runtime
	Latency   Value[int64]   // duration of the span, ns; 0 or more
	QueueWait Value[int64]   // runnable but not running, summed over the task's polls, ns; 0 or more
	IOWait    Value[int64]   // neither polled nor runnable, ns; 0 or more
	BusyRatio Value[float64] // share of the duration spent being polled, 0 to 1
	CPUWait   Value[float64] // share of the time in which its threads wanted a CPU and had none, 0 to 1
	Steals    Value[int64]   // times another worker took the task from a queue; 0 or more
	Warm      bool           // the span was classified: enough spans of its key had been seen
	Class     Class
	Outlier   bool // it is one of the slowest of its key; means nothing unless Warm
	Findings  Findings
	Throttled Value[bool] // a quota stopped the process around that time; not known unless the span lacked a CPU
	HeldUpBy  string      // the operation that held it up; empty if nobody is known to have
	File      string      // of the code that made the span; empty if it does not say
	Line      int64
	End       int64 // ns since 1970
	// ID, Parent and Trace tell spans, parents and traces apart, mostly: 8 bytes of each id. Parent is 0 if there is none.
	ID, Parent, Trace uint64
	TraceID           [16]byte
	Request           bool   // it has no parent, or its kind says that it answers a request or message
	Malformed         uint32 // values that could not be read
}
