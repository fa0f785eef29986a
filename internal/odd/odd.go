// SPDX-License-Identifier: Apache-2.0

// Package odd makes telemetry that is odd on purpose: what OTLP permits and parts of pipelines choke on, and what it forbids. Each kind has
// a name, so that what a pipeline refuses, changes or loses of it can be counted by itself.
//
//	Kind --Span, Metric, Record--> an ordinary item, made odd in one way
//
// The kinds are tables: those of every signal in every.go, and those of one signal in spans.go, metrics.go and logs.go. The generator
// synthetic_load makes items of them, the exporter load_verify knows their names, and the table of the generator's documentation is made
// of them.
package odd

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Kind is one way to be odd.
type Kind struct {
	// Name begins with what the item is: span.end_before_start.
	Name   string
	Signal semconv.Signal
	// Has says what an item of the kind has, for people.
	Has string
	// Forbidden: OTLP does not allow it. A receiver may refuse the item, or the whole request.
	Forbidden bool

	attributes func(*xpdata.MapBuilder)
	resource   func(pcommon.Resource)
	span       func(ptrace.Span)
	metric     func(pmetric.Metric, Times)
	record     func(plog.LogRecord)
}

// Times are when an item began and when it happened.
type Times struct{ Start, At pcommon.Timestamp }

// prefixes begin the names of each signal's kinds.
var prefixes = [...]string{semconv.SignalTraces: "span.", semconv.SignalMetrics: "metric.", semconv.SignalLogs: "log."}

// Kinds are all kinds, in the order of the documentation.
func Kinds() []*Kind {
	var all []*Kind
	for signal := range semconv.NumSignals {
		all = append(all, Of(signal)...)
	}
	return all
}

// Of are the kinds of a signal.
func Of(signal semconv.Signal) []*Kind {
	own := [...]func() []Kind{semconv.SignalTraces: spanKinds, semconv.SignalMetrics: metricKinds, semconv.SignalLogs: recordKinds}[signal]()
	list := slices.Concat(own, everyKinds())
	kinds := make([]*Kind, len(list))
	for i := range list {
		list[i].Name, list[i].Signal = prefixes[signal]+list[i].Name, signal
		kinds[i] = &list[i]
	}
	return kinds
}

// Names are those of kinds.
func Names(kinds []*Kind) []string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].Name
	}
	return names
}

// Selects reports whether a pattern is for a kind: its name, or the begin of it and a star, or a star alone.
func Selects(pattern, name string) bool {
	begin, wild := strings.CutSuffix(pattern, "*")
	return pattern == name || wild && strings.HasPrefix(name, begin)
}

// AnySelected reports whether a pattern is for any kind.
func AnySelected(pattern string) bool {
	return slices.ContainsFunc(Kinds(), func(k *Kind) bool { return Selects(pattern, k.Name) })
}

// Attributes appends the attributes of an item.
func (k *Kind) Attributes(to *xpdata.MapBuilder) {
	if k.attributes != nil {
		k.attributes(to)
	}
}

// Resource makes a resource odd, and reports whether the kind does that.
func (k *Kind) Resource(of pcommon.Resource) bool {
	if k.resource == nil {
		return false
	}
	k.resource(of)
	return true
}

// Span makes an ordinary span of a span that has its ids, and then an odd one.
func (k *Kind) Span(to ptrace.Span, t Times) {
	to.SetName(k.Name)
	to.SetKind(ptrace.SpanKindInternal)
	to.SetFlags(1)
	to.SetStartTimestamp(t.Start)
	to.SetEndTimestamp(t.At)
	if k.span != nil {
		k.span(to)
	}
}

// Metric makes an ordinary metric of one point, and then an odd one.
func (k *Kind) Metric(to pmetric.Metric, t Times) {
	to.SetName(k.Name)
	p := to.SetEmptyGauge().DataPoints().AppendEmpty()
	p.SetTimestamp(t.At)
	p.SetIntValue(1)
	if k.metric != nil {
		k.metric(to, t)
	}
}

// Record makes an ordinary log record of one that has the ids of its span, and then an odd one.
func (k *Kind) Record(to plog.LogRecord, t Times) {
	to.SetTimestamp(t.At)
	to.SetObservedTimestamp(t.At)
	to.SetSeverityNumber(plog.SeverityNumberInfo)
	to.SetSeverityText("INFO")
	to.Body().SetStr(k.Name)
	if k.record != nil {
		k.record(to)
	}
}
