// SPDX-License-Identifier: Apache-2.0

package content

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// MaskPlace masks what is forbidden in the place of an item that is to be shown. So do the others with the rest of it.
func (r *Rules) MaskPlace(resource pcommon.Resource, scope pcommon.InstrumentationScope) {
	if r.pattern.any == nil {
		return
	}
	r.maskMap(resource.Attributes(), 0)
	scope.SetName(r.Mask(scope.Name()))
	scope.SetVersion(r.Mask(scope.Version()))
	r.maskMap(scope.Attributes(), 0)
}

// MaskSpan masks what is forbidden in a span.
func (r *Rules) MaskSpan(s ptrace.Span) {
	if r.pattern.any == nil {
		return
	}
	s.SetName(r.Mask(s.Name()))
	s.Status().SetMessage(r.Mask(s.Status().Message()))
	s.TraceState().FromRaw(r.Mask(s.TraceState().AsRaw()))
	r.maskMap(s.Attributes(), 0)
	for _, e := range s.Events().All() {
		e.SetName(r.Mask(e.Name()))
		r.maskMap(e.Attributes(), 0)
	}
	for _, l := range s.Links().All() {
		l.TraceState().FromRaw(r.Mask(l.TraceState().AsRaw()))
		r.maskMap(l.Attributes(), 0)
	}
}

// MaskRecord masks what is forbidden in a log record.
func (r *Rules) MaskRecord(record plog.LogRecord) {
	if r.pattern.any == nil {
		return
	}
	record.SetSeverityText(r.Mask(record.SeverityText()))
	record.SetEventName(r.Mask(record.EventName()))
	r.maskValue(record.Body(), 0)
	r.maskMap(record.Attributes(), 0)
}

// MaskMetric masks what is forbidden in a metric and its points.
func (r *Rules) MaskMetric(m pmetric.Metric) {
	if r.pattern.any == nil {
		return
	}
	m.SetName(r.Mask(m.Name()))
	m.SetDescription(r.Mask(m.Description()))
	m.SetUnit(r.Mask(m.Unit()))
	r.maskMap(m.Metadata(), 0)
	each := func(attributes pcommon.Map, exemplars pmetric.ExemplarSlice) {
		r.maskMap(attributes, 0)
		for _, e := range exemplars.All() {
			r.maskMap(e.FilteredAttributes(), 0)
		}
	}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			each(p.Attributes(), p.Exemplars())
		}
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			each(p.Attributes(), p.Exemplars())
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			each(p.Attributes(), p.Exemplars())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			each(p.Attributes(), p.Exemplars())
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			r.maskMap(p.Attributes(), 0)
		}
	case pmetric.MetricTypeEmpty:
	}
}

// deepest is how many levels of lists and maps are shown: what arrives may nest without end.
const deepest = 16

// maskMap masks keys and values. A map that nests deeper is emptied.
func (r *Rules) maskMap(m pcommon.Map, depth int) {
	if depth > deepest {
		m.Clear()
		return
	}
	made := pcommon.NewMap()
	for key, value := range m.All() {
		to, _ := made.GetOrPutEmpty(r.Mask(key))
		value.CopyTo(to)
		r.maskValue(to, depth)
	}
	made.MoveTo(m)
}

func (r *Rules) maskValue(v pcommon.Value, depth int) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		v.SetStr(r.Mask(v.Str()))
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble:
		if text := v.AsString(); r.pattern.any.MatchString(text) {
			v.SetStr(r.Mask(text))
		}
	case pcommon.ValueTypeBytes:
		if raw := v.Bytes().AsRaw(); r.pattern.any.Match(raw) {
			v.SetStr(masked)
		}
	case pcommon.ValueTypeSlice:
		if depth >= deepest {
			v.SetStr(masked)
			return
		}
		for _, element := range v.Slice().All() {
			r.maskValue(element, depth+1)
		}
	case pcommon.ValueTypeMap:
		r.maskMap(v.Map(), depth+1)
	case pcommon.ValueTypeBool, pcommon.ValueTypeEmpty:
	}
}
