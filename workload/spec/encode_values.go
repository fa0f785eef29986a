// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// encoder writes a service.
type encoder struct {
	service   *workload.Service
	stepKinds []stepKind
	err       error // the first
}

// fail notes what cannot be written.
func (e *encoder) fail(format string, of ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, of...)
	}
}

// distribution writes a duration: a constant as text, what is drawn as a map of its distribution.
func (e *encoder) distribution(s program.Sampler) *yaml.Node {
	t := &tree{}
	var name string
	switch d := s.(type) {
	case program.Constant:
		return scalar(writtenDuration(sim.Time(d)))
	case dist.Uniform:
		name = "uniform"
		t.duration("min", d.Low).duration("max", d.High)
	case dist.Exponential:
		name = "exponential"
		t.duration("mean", d.Mean)
	case dist.Lognormal:
		name = "lognormal"
		t.duration("median", d.Median).value("sigma", d.Sigma)
	case dist.Hyperexponential:
		name = "hyperexponential"
		t.value("p", d.P).duration("fast", d.Fast).duration("slow", d.Slow)
	case dist.Bimodal:
		name = "bimodal"
		t.value("p", d.P).duration("fast", d.Fast).duration("slow", d.Slow)
	case dist.Pareto:
		name = "pareto"
		low, high, alpha := d.Parameters()
		t.duration("min", low).value("alpha", alpha)
		if high != dist.Longest {
			t.duration("max", high)
		}
	case dist.Weibull:
		name = "weibull"
		t.duration("scale", d.Scale).value("shape", d.Shape)
	case dist.Empirical:
		name = "empirical"
		for _, p := range d.Percentiles() {
			t.duration("p"+strconv.FormatFloat(p.Percent, 'f', -1, 64), p.Duration)
		}
	default:
		e.fail("a duration is a %T, which YAML cannot say", s)
	}
	return only(name, t.node())
}

func (e *encoder) attributes(of []workload.Attribute) *yaml.Node {
	t := &tree{}
	for _, a := range of {
		t.set(a.Key, e.attribute(a.Key, a.Value))
	}
	return t.node()
}

// attribute writes the value of an attribute.
func (e *encoder) attribute(key string, v any) *yaml.Node {
	switch v := v.(type) {
	case string, bool, int64:
		return scalar(v)
	case float64:
		return float(v)
	case workload.Cardinality:
		if v.Prefix() == key+"-" {
			return only("cardinality", scalar(v.Count()))
		}
		return only("cardinality", (&tree{}).value("count", v.Count()).value("prefix", v.Prefix()).node())
	case workload.Zipf:
		t := (&tree{}).value("count", v.Count()).value("exponent", v.Exponent())
		if v.Prefix() != key+"-" {
			t.value("prefix", v.Prefix())
		}
		return only("zipf", t.node())
	case workload.UUID:
		return only("uuid", scalar(nil))
	case workload.Payload:
		return only("payload", scalar(writtenSize(v.Bytes)))
	case workload.Bytes:
		return only("bytes", scalar(writtenSize(v.Size)))
	case workload.List:
		elements := make([]*yaml.Node, len(v))
		for i := range v {
			elements[i] = e.attribute(key, v[i])
		}
		return list(elements)
	case workload.Map:
		entries := &tree{}
		for _, a := range v {
			entries.set(a.Key, e.attribute(key, a.Value))
		}
		return only(mapName, entries.node())
	case workload.Range:
		low, high := v.Bounds()
		return only("uniform", (&tree{}).value("min", low).value("max", high).node())
	}
	e.fail("attribute %s is a %T, which YAML cannot say", key, v)
	return scalar("")
}

// writtenSize is a size in the largest unit that divides it.
func writtenSize(bytes int) string {
	for _, unit := range []int{1, 0} { // MiB, KiB
		if u := sizeUnits[unit]; bytes%u.bytes == 0 {
			return strconv.Itoa(bytes/u.bytes) + u.name
		}
	}
	return strconv.Itoa(bytes) + "B"
}
