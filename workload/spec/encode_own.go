// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// metrics writes the metrics of a service.
func (e *encoder) metrics(of []workload.Metric) *yaml.Node {
	var items []*yaml.Node
	for i := range of {
		m := &of[i]
		t := (&tree{}).value("name", m.Name).value("type", m.Instrument.String())
		for _, s := range []struct{ key, text string }{{"unit", m.Unit}, {"description", m.Description}, {"operation", m.Operation}} {
			if s.text != "" {
				t.value(s.key, s.text)
			}
		}
		if m.Value == nil {
			t.value("value", spanDuration)
		} else {
			t.set("value", e.number(m.Value))
		}
		if len(m.Attributes) > 0 {
			t.set("attributes", e.attributes(m.Attributes))
		}
		if m.Series > 1 {
			t.value("series", m.Series)
		}
		if len(m.Bounds) > 0 {
			var bounds []*yaml.Node
			for _, bound := range m.Bounds {
				bounds = append(bounds, scalar(bound))
			}
			t.set("bounds", list(bounds))
		}
		if m.Exemplars > 0 {
			t.value("exemplars", m.Exemplars)
		}
		items = append(items, t.node())
	}
	return list(items)
}

// logs writes the log records of a service.
func (e *encoder) logs(of []workload.Log) *yaml.Node {
	var items []*yaml.Node
	for i := range of {
		l := &of[i]
		t := (&tree{}).set("body", e.body(&l.Body))
		e.severity(t, l.Severity)
		t.value("rate", l.Rate)
		if len(l.Attributes) > 0 {
			t.set("attributes", e.attributes(l.Attributes))
		}
		items = append(items, t.node())
	}
	return list(items)
}

func (e *encoder) severity(t *tree, s workload.Severity) {
	if s != workload.Info {
		t.value(severityKey.name, s.String())
	}
}

func (e *encoder) body(b *workload.Body) *yaml.Node {
	if len(b.Map) > 0 {
		return e.attributes(b.Map)
	}
	return scalar(b.Text)
}

// event writes an event: its name alone, if it has nothing else.
func (e *encoder) event(of *workload.Event) *yaml.Node {
	hasBody := of.Body.Text != "" || len(of.Body.Map) > 0
	if len(of.Attributes) == 0 && of.Severity == workload.Info && !hasBody {
		return scalar(of.Name)
	}
	t := (&tree{}).value("name", of.Name)
	e.severity(t, of.Severity)
	if hasBody {
		t.set("body", e.body(&of.Body))
	}
	if len(of.Attributes) > 0 {
		t.set("attributes", e.attributes(of.Attributes))
	}
	return t.node()
}

// number writes a number.
func (e *encoder) number(n workload.Number) *yaml.Node {
	t := &tree{}
	switch n := n.(type) {
	case workload.FixedNumber:
		return scalar(float64(n))
	case workload.UniformNumber:
		return only("uniform", t.value("min", n.Min).value("max", n.Max).node())
	case workload.NormalNumber:
		return only("normal", t.value("mean", n.Mean).value("deviation", n.Deviation).node())
	case workload.ExponentialNumber:
		return only("exponential", t.value("mean", n.Mean).node())
	case workload.LognormalNumber:
		return only("lognormal", t.value("median", n.Median).value("sigma", n.Sigma).node())
	}
	e.fail("a number is a %T, which YAML cannot say", n)
	return scalar(0)
}
