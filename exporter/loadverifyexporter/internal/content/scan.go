// SPDX-License-Identifier: Apache-2.0

package content

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// Scans reports whether anything is forbidden.
func (c *Checker) Scans() bool { return c.clean != nil }

// Span finds what is forbidden in a span, its resource and its scope.
func (c *Checker) Span(s ptrace.Span) (found []audit.Fault) {
	found = c.scanField(c.scanItem(s.Attributes()), "span.name", s.Name())
	found = c.scanField(found, "span.status", s.Status().Message())
	found = c.scanField(found, "span.trace_state", s.TraceState().AsRaw())
	for _, e := range s.Events().All() {
		found = c.scanField(found, "span.events", e.Name())
		found = c.scanWithin(found, "span.events", e.Attributes())
	}
	for _, l := range s.Links().All() {
		found = c.scanField(found, "span.links", l.TraceState().AsRaw())
		found = c.scanWithin(found, "span.links", l.Attributes())
	}
	return found
}

// Point finds what is forbidden in a data point, its metric, resource and scope.
func (c *Checker) Point(m pmetric.Metric, attributes pcommon.Map, exemplars pmetric.ExemplarSlice) (found []audit.Fault) {
	found = c.scanField(c.scanItem(attributes), "metric.name", m.Name())
	found = c.scanField(found, "metric.description", m.Description())
	found = c.scanField(found, "metric.unit", m.Unit())
	found = c.scanWithin(found, "metric.metadata", m.Metadata())
	for _, e := range exemplars.All() {
		found = c.scanWithin(found, "datapoint.exemplars", e.FilteredAttributes())
	}
	return found
}

// Record finds what is forbidden in a log record, its resource and its scope.
func (c *Checker) Record(r plog.LogRecord) (found []audit.Fault) {
	found = c.scanValue(c.scanItem(r.Attributes()), field("log.body"), "log.body", r.Body())
	found = c.scanField(found, "log.severity_text", r.SeverityText())
	return c.scanField(found, "log.event_name", r.EventName())
}

func field(name string) audit.Part { return audit.Part{Place: audit.Field, Key: stamp.Key(name)} }

// scanItem begins with what the item's place has.
func (c *Checker) scanItem(attributes pcommon.Map) []audit.Fault {
	var found []audit.Fault
	found = append(found, c.resource.scanned...)
	found = append(found, c.scope.scanned...)
	return c.scanAttributes(found, audit.OnItem, attributes)
}

// scanAttributes runs once for each item. What a stamp is made of is ours, and no secret.
func (c *Checker) scanAttributes(found []audit.Fault, at audit.Place, attributes pcommon.Map) []audit.Fault {
	for key, value := range attributes.All() {
		if stamp.IsStamp(key) {
			continue
		}
		if matches := c.rules.pattern.matches(key, c.clean); len(matches) > 0 {
			found = forbid(found, audit.Part{Place: at, Key: stamp.Key(key)}, c.name(key), matches)
		}
		before := len(found)
		found = c.scanValue(found, audit.Part{Place: at}, "", value)
		for i := before; i < len(found); i++ { // few: the name of an attribute is made where it is needed
			found[i].Part.Key, found[i].Name = stamp.Key(key), c.name(key)
		}
	}
	return found
}

func (c *Checker) scanField(found []audit.Fault, name, text string) []audit.Fault {
	if matches := c.rules.pattern.matches(text, c.clean); len(matches) > 0 { // few: the hash of a name is made where it is needed
		found = forbid(found, field(name), name, matches)
	}
	return found
}

// scanWithin looks into a map that belongs to a field.
func (c *Checker) scanWithin(found []audit.Fault, name string, m pcommon.Map) []audit.Fault {
	for key, value := range m.All() {
		found = c.scanField(found, name, key)
		found = c.scanValue(found, field(name), name, value)
	}
	return found
}

// scanValue looks into a value of any type, however deep it nests. It keeps a list of what is left to look at, because values may nest deeper than
// the stack can.
func (c *Checker) scanValue(found []audit.Fault, part audit.Part, name string, v pcommon.Value) []audit.Fault {
	var left []pcommon.Value
	for {
		switch v.Type() {
		case pcommon.ValueTypeStr:
			found = c.scanText(found, part, name, v.Str())
		case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
			found = c.scanText(found, part, name, v.AsString())
		case pcommon.ValueTypeBytes:
			found = c.scanText(found, part, name, string(v.Bytes().AsRaw()))
		case pcommon.ValueTypeSlice:
			for _, element := range v.Slice().All() {
				left = append(left, element)
			}
		case pcommon.ValueTypeMap:
			for key, element := range v.Map().All() {
				found = c.scanText(found, part, name, key)
				left = append(left, element)
			}
		case pcommon.ValueTypeBool, pcommon.ValueTypeEmpty:
		}
		if len(left) == 0 {
			return found
		}
		v, left = left[len(left)-1], left[:len(left)-1]
	}
}

func (c *Checker) scanText(found []audit.Fault, part audit.Part, name, text string) []audit.Fault {
	if matches := c.rules.pattern.matches(text, c.clean); len(matches) > 0 {
		found = forbid(found, part, name, matches)
	}
	return found
}

// mostForbidden bounds what is found in one item.
const mostForbidden = 64

func forbid(found []audit.Fault, part audit.Part, name string, matches []int) []audit.Fault {
	for _, i := range matches {
		if len(found) < mostForbidden {
			found = append(found, audit.Fault{Kind: audit.Forbidden, Part: part, Name: name, Pattern: i})
		}
	}
	return found
}
