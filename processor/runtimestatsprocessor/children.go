// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// children tells how long the children of a span were busy: their polls are part of its polls. It knows those that came in the same
// batch and resource.
type children struct {
	of   ptrace.ResourceSpans
	busy map[pcommon.SpanID]int64 // nil until somebody asks
}

// Busy returns the busy time of all children of a span in this batch. Children that ran as tasks of their own are among them. These
// may explain too much, and then a finding is missed rather than made up.
func (c *children) Busy(parent [8]byte) int64 {
	if c.busy == nil {
		c.busy = map[pcommon.SpanID]int64{}
		for _, scopeSpans := range c.of.ScopeSpans().All() {
			for _, span := range scopeSpans.Spans().All() {
				if parent := span.ParentSpanID(); !parent.IsEmpty() {
					busy := c.busy[parent]
					c.busy[parent] = busy + min(busyOf(span.Attributes()), math.MaxInt64-busy)
				}
			}
		}
	}
	return c.busy[parent]
}

// busyOf returns the busy time of a span by its attributes: as the tracing layer wrote it, or a processor before this one.
func busyOf(attributes pcommon.Map) int64 {
	for _, name := range [...]string{semconv.BusyNs, semconv.TaskBusyNs} {
		if value, ok := attributes.Get(name); ok && value.Type() == pcommon.ValueTypeInt {
			return max(value.Int(), 0)
		}
	}
	return 0
}
