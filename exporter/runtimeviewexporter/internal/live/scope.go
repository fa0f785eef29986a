// SPDX-License-Identifier: Apache-2.0

package live

import (
	"math"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// Scope selects spans. The zero value selects all requests.
type Scope struct {
	Runtime            string // empty: any
	Service, Operation string // empty: any
	Inner              bool   // spans inside of requests as well; an Operation selects them in any case

	// Brush selects a part of the heatmap: seconds since 1970 and durations in ns, from the first up to, but without, the second. A second one
	// of 0 is no limit.
	From, To  int64
	Low, High int64
}

// limits is a scope in the terms of records.
type limits struct {
	runtime    aggregate.Runtime
	anyRuntime bool
	operation  []bool // by number: selected
	inner      bool
	from, to   int64  // seconds
	low, high  uint16 // buckets, the last one included
}

func newLimits(s Scope, names []aggregate.OperationName) limits {
	l := limits{
		runtime: aggregate.RuntimeNamed(s.Runtime), anyRuntime: s.Runtime == "", inner: s.Inner || s.Operation != "",
		from: s.From, to: math.MaxInt64, high: histogram.Buckets - 1,
		operation: make([]bool, len(names)),
	}
	for i, name := range names {
		l.operation[i] = (s.Service == "" || s.Service == name.Service) && (s.Operation == "" || s.Operation == name.Name)
	}
	if s.To > 0 {
		l.to = s.To
	}
	if s.Low > 0 {
		l.low = uint16(histogram.Index(s.Low)) //nolint:gosec // G115: fewer than 2,000 buckets
	}
	if s.High > 0 {
		l.high = uint16(histogram.Index(s.High)) //nolint:gosec // G115: fewer than 2,000 buckets
	}
	return l
}

// selects reports whether a span is of the runtime and operation that are asked for. A span of an operation that came after the names were read
// is not.
func (l *limits) selects(r *record) bool {
	return (l.anyRuntime || r.runtime == l.runtime) && int(r.operation) < len(l.operation) && l.operation[r.operation]
}

// brushed reports whether a span of a second lies within the brush.
func (l *limits) brushed(second int64, r *record) bool {
	return second >= l.from && second < l.to && r.bucket >= l.low && r.bucket <= l.high
}
