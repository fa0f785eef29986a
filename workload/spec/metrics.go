// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

func instrumentNames() (names []string) {
	for _, i := range workload.Instruments() {
		names = append(names, i.String())
	}
	return names
}

var metricForm = form{name: "metric", means: "A metric of the service's own.", keys: []key{
	{name: "name", takes: text{}, missing: "text", means: "Name of the metric, which no other metric of the service has."},
	{name: "type", takes: text{instrumentNames()}, missing: oneOf(instrumentNames()), means: "What it is recorded with."},
	{name: "unit", takes: text{}, means: "Its unit, such as s, By or {request}."},
	{name: "description", takes: text{}, means: "Its description."},
	{name: "operation", takes: text{}, initial: "each reading of the metrics", means: "Each span of that name that ends records a value."},
	{name: "value", takes: either{text{[]string{spanDuration}}, ref{"number"}}, initial: "1 of a counter; duration of a histogram with an operation", means: "What is recorded: a number, drawn or not; or duration, that of the span in seconds. Counters and histograms take 0 for what is negative."},
	{name: "attributes", takes: named{ref{"attribute"}}, means: "Attributes of the points. Drawn ones make several series: with an operation one for each value that spans draw, the span's own of the same key."},
	{name: "series", takes: whole{workload.MostSeries}, initial: "1", means: "Without an operation: how often the attributes are drawn. Draws that are equal are one series."},
	{name: "bounds", takes: listOf{number{-workload.HighestNumber, workload.HighestNumber, false}, workload.MostBounds}, initial: "those of the SDKs", means: "Of a histogram: the upper bounds of its buckets, increasing."},
	{name: "exemplars", takes: whole{workload.MostExemplars}, initial: "none", means: "With an operation: the most exemplars of a point, each with the span that it is of."},
}}

// readMetrics reads the metrics of a service. Its spans are known.
func (b *builder) readMetrics(v value) {
	seen := map[string]bool{}
	for _, item := range v.list("metrics") {
		m := b.metric(item)
		if seen[m.Name] && m.Name != "" {
			item.fail(fmt.Sprintf("name %q is taken; want a name of its own", m.Name))
		}
		seen[m.Name] = true
		b.service.Metrics = append(b.service.Metrics, m)
	}
	if n := len(b.service.Metrics); n > workload.MostMetrics {
		v.fail(fmt.Sprintf("%d metrics; want at most %d", n, workload.MostMetrics))
	}
}

func (b *builder) metric(v value) workload.Metric {
	var m workload.Metric
	t, ok := v.table(&metricForm)
	if !ok {
		return m
	}
	t.text("name", &m.Name)
	m.Instrument = workload.Instruments()[max(0, t.choice("type"))]
	t.text("unit", &m.Unit)
	t.text("description", &m.Description)
	if operation, ok := t.get("operation"); ok {
		m.Operation = operation.text()
		b.linked = append(b.linked, link{operation, m.Operation})
	}
	b.metricValue(t, &m)
	if attributes, ok := t.get("attributes"); ok {
		m.Attributes = readAttributes(attributes)
	}
	if m.Operation == "" {
		m.Series = 1
	}
	if series, ok := t.get("series"); ok {
		if m.Operation != "" {
			series.fail("not allowed with operation: its spans make the series; want one of them")
		} else {
			m.Series = series.whole(workload.MostSeries)
		}
	}
	if bounds, ok := t.get("bounds"); ok {
		m.Bounds = readBounds(bounds)
		if m.Instrument != workload.Histogram {
			bounds.fail("only a histogram has bounds; want type: histogram with them")
		}
	}
	if exemplars, ok := t.get("exemplars"); ok {
		m.Exemplars = exemplars.whole(workload.MostExemplars)
		if m.Operation == "" {
			exemplars.fail("an exemplar is of a span; want operation with it")
		}
	}
	return m
}

// metricValue reads what is recorded.
func (b *builder) metricValue(t table, m *workload.Metric) {
	v, ok := t.get("value")
	counts := m.Instrument == workload.Counter || m.Instrument == workload.UpDownCounter
	switch {
	case !ok && counts:
		m.Value = workload.FixedNumber(1)
	case !ok && m.Operation != "" && m.Instrument != workload.Gauge:
	case !ok:
		v.fail("missing; want a number, or a map of " + oneOf(numberNames))
	case v.raw == spanDuration:
		if m.Operation == "" {
			v.fail(spanDuration + " is that of a span; want operation with it")
		}
	default:
		m.Value = readNumber(v)
	}
}

func readBounds(v value) (bounds []float64) {
	items := v.list("bounds")
	if len(items) > workload.MostBounds {
		v.fail(fmt.Sprintf("%d bounds; want at most %d", len(items), workload.MostBounds))
		return nil
	}
	for i, item := range items {
		bound := item.number(anyNumber)
		if i > 0 && bound <= bounds[i-1] {
			item.refuse("more than the bound before, " + formatNumber(bounds[i-1]))
		}
		bounds = append(bounds, bound)
	}
	return bounds
}
