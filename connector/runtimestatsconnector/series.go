// SPDX-License-Identifier: Apache-2.0

package runtimestatsconnector

import (
	"cmp"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// measure is one of the times that are counted.
type measure int

const (
	duration measure = iota
	busy
	queueWait
	numMeasures
)

// key says which spans are counted together. Names come from outside, and keys stay in memory and become attributes: they are the
// valid first part of those (package untrusted), and keys that differ make attributes that differ.
type key struct {
	origin
	span, route string
	kind        ptrace.SpanKind
}

// origin is the part of a key that a resource tells: whose spans they are.
type origin struct {
	namespace, service, environment string
}

func originOf(resource pcommon.Map) origin {
	return origin{
		namespace:   textOf(resource, semconv.ServiceNamespace),
		service:     textOf(resource, semconv.ServiceName),
		environment: textOf(resource, semconv.DeploymentEnvironmentName),
	}
}

// textOf returns the text of an attribute as a key may keep it, empty if it has none.
func textOf(attributes pcommon.Map, name string) string {
	value, ok := attributes.Get(name)
	if !ok {
		return ""
	}
	return validText(value)
}

func validText(value pcommon.Value) string {
	text, _ := untrusted.Text(value)
	return untrusted.Valid(text)
}

// clone copies the texts of a key: those that are read are part of a whole request.
func (k key) clone() key {
	k.namespace, k.service, k.environment = strings.Clone(k.namespace), strings.Clone(k.service), strings.Clone(k.environment)
	k.span, k.route = strings.Clone(k.span), strings.Clone(k.route)
	return k
}

// compare orders keys by their origin first.
func (k key) compare(other key) int {
	return cmp.Or(
		k.origin.compare(other.origin),
		cmp.Compare(k.span, other.span), cmp.Compare(k.route, other.route), cmp.Compare(k.kind, other.kind),
	)
}

func (o origin) compare(other origin) int {
	return cmp.Or(cmp.Compare(o.namespace, other.namespace), cmp.Compare(o.service, other.service), cmp.Compare(o.environment, other.environment))
}

// idleExpiry is how long a series without spans is kept.
const idleExpiry = 15 * time.Minute

// series counts the spans of one key.
type series struct {
	start, used time.Time
	times       [numMeasures]*times // nil until there is one
}

// times counts one measure. Histograms are exact in their buckets; the sum is that of the times themselves, in ns.
type times struct {
	histogram histogram.Histogram
	sum       float64
}

func (s *series) add(m measure, ns int64) {
	if s.times[m] == nil {
		s.times[m] = new(times)
	}
	s.times[m].histogram.Record(ns)
	s.times[m].sum += float64(ns)
}

// table holds all series.
type table struct {
	writer   string // tells this Collector's series from those of others
	maxKeys  int
	series   map[key]*series
	overflow *series // of all keys beyond maxKeys; nil until there is one
}

// find returns the series of a key, and whether it is that of the overflow.
func (t *table) find(k key, now time.Time) (found *series, overflow bool) {
	switch found = t.series[k]; {
	case found != nil:
	case len(t.series) < t.maxKeys:
		found = &series{start: now}
		t.series[k.clone()] = found
	default:
		if t.overflow == nil {
			t.overflow = &series{start: now}
		}
		found, overflow = t.overflow, true
	}
	found.used = now
	return found, overflow
}

// expire drops the series that nobody has used for long.
func (t *table) expire(now time.Time) {
	for k, s := range t.series {
		if now.Sub(s.used) > idleExpiry {
			delete(t.series, k)
		}
	}
}

// kindOf returns the kind of a span. One that OTLP does not know is unspecified.
func kindOf(span ptrace.Span) ptrace.SpanKind {
	if kind := span.Kind(); kind >= ptrace.SpanKindUnspecified && kind <= ptrace.SpanKindConsumer {
		return kind
	}
	return ptrace.SpanKindUnspecified
}

// read returns what the attributes of a span tell: the route of its request, and busy time and queue wait, -1 where unknown: what the
// runtime_stats processor derived, else what the service recorded.
func read(attributes pcommon.Map, duration int64) (route string, busyNs, queueWaitNs int64) {
	busyNs, queueWaitNs = -1, -1
	for name, value := range attributes.All() {
		switch name {
		case semconv.HTTPRoute:
			route = validText(value)
		case semconv.TaskBusyNs:
			busyNs = intOf(value, busyNs)
		case semconv.QueueWaitNs:
			queueWaitNs = intOf(value, queueWaitNs)
		case semconv.BusyNs:
			if busyNs < 0 {
				busyNs = intOf(value, busyNs)
			}
		case semconv.ScheduledNs:
			if queueWaitNs < 0 {
				queueWaitNs = intOf(value, queueWaitNs)
			}
		}
	}
	return route, within(busyNs, duration), within(queueWaitNs, duration)
}

// within cuts a time to the duration of its span. It is -1, which is unknown, if it exceeds the duration by more than recording explains.
func within(ns, duration int64) int64 {
	if ns-duration > untrusted.Excess(duration) {
		return -1
	}
	return min(ns, duration)
}

func intOf(value pcommon.Value, otherwise int64) int64 {
	if value.Type() != pcommon.ValueTypeInt {
		return otherwise
	}
	return value.Int()
}
