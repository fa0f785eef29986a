// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/live"
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/page"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var heldUp = aggregate.FindingNamed(semconv.FindingHeldUp)

// keep gives a span to the page, if there is one. v.name is the name of its operation, and mu is held.
func (v *view) keep(number aggregate.Number, service string, s *aggregate.Span, now int64) {
	if v.recent == nil {
		return
	}
	usual, culprit := int64(0), aggregate.Further
	if s.Findings&heldUp != 0 && !s.QueueWait.Known {
		usual = v.operations.Usual(service, v.name)
	}
	if s.HeldUpBy != "" {
		culprit = v.operations.Find(service, s.HeldUpBy)
	}
	v.recent.Observe(number, culprit, s, usual, now)
}

// frame is what the page shows of a scope. It holds the lock for one second of spans at a time.
func (v *view) frame(scope live.Scope) page.Frame {
	v.mu.Lock()
	f := page.Frame{
		Now: time.Now().UnixMilli(), Title: v.title, Total: v.totals.Total(), Malformed: v.totals.Malformed(),
		Omitted: v.recent.Omitted(), Further: v.operations.Dropped(),
	}
	query := live.NewQuery(scope, v.operations.Names(), v.recent.Axis())
	v.mu.Unlock()
	for i := range live.Slots {
		v.mu.Lock()
		query.Add(v.recent, i)
		v.mu.Unlock()
	}
	f.View = query.View()
	return f
}
