// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// Encode writes a fleet as the value of `services:`, which Decode reads. A fleet that Decode has made comes back as it was, and plays the
// same bytes. A fleet made in Go may number its spans, calls and locks in another order than Decode does; then what is drawn for its
// spans differs.
//
// The error says what YAML cannot say, such as a call without a client span around it, and what Decode would refuse.
func Encode(fleet []*workload.Service) (*yaml.Node, error) {
	var services []*yaml.Node
	for i, s := range fleet {
		e := encoder{service: s, stepKinds: stepKinds()}
		services = append(services, e.write())
		if e.err != nil {
			return nil, fmt.Errorf("services[%d]: %w", i, e.err)
		}
	}
	node := list(services)
	var tree any
	if err := node.Decode(&tree); err != nil {
		return nil, err
	}
	if _, err := Decode(tree); err != nil {
		return nil, err
	}
	return node, nil
}

func (e *encoder) write() *yaml.Node {
	s := e.service
	t := (&tree{}).value("name", s.Name)
	if s.Instances != 1 {
		t.value("instances", s.Instances)
	}
	if s.Seed != nil {
		t.value("seed", *s.Seed)
	}
	t.set("runtime", e.runtime(&s.Runtime))
	if len(s.Parts) > 0 {
		parts := &tree{}
		for _, p := range s.Parts {
			parts.set(p.Part, e.runtime(&p.Runtime))
		}
		t.set("runtimes", parts.node())
	}
	if s.Runtime.CPUs != 0 {
		t.set("host", writtenHost(&s.Runtime))
	}
	if s.Arrivals != nil {
		t.set("arrivals", e.arrivals(s.Arrivals))
	}
	if s.Connections.Count != 0 {
		t.set("connections", writtenConnections(&s.Connections))
	}
	if s.MaxInFlight != defaultInFlight {
		t.value("max_in_flight", s.MaxInFlight)
	}
	if s.Export != defaultExport(&s.Runtime) {
		t.set("export", e.export(&s.Export))
	}
	if s.Clock.Skew != nil {
		t.set("clock", e.clock(&s.Clock))
	}
	if len(s.Resource) > 0 {
		t.set("resource", only("attributes", e.attributes(s.Resource)))
	}
	var operations []*yaml.Node
	for i := range s.Operations {
		operations = append(operations, e.operation(&s.Operations[i]))
	}
	t.set("operations", list(operations))
	if len(s.Metrics) > 0 {
		t.set("metrics", e.metrics(s.Metrics))
	}
	if len(s.Logs) > 0 {
		t.set("logs", e.logs(s.Logs))
	}
	return t.node()
}

func (e *encoder) export(x *workload.Export) *yaml.Node {
	t := &tree{}
	if x.Simple {
		t.value("processor", simpleProcessor)
	} else {
		t.value("processor", batchProcessor).value("max_queue_size", x.MaxQueue).value("max_export_batch_size", x.MaxBatch).
			duration("schedule_delay", x.Delay).duration("export_duration", x.Duration)
	}
	if x.Late != nil {
		t.set(lateKey.name, (&tree{}).value("share", x.Late.Share).set("by", e.distribution(x.Late.By)).node())
	}
	return t.node()
}

func (e *encoder) clock(c *workload.Clock) *yaml.Node {
	t := (&tree{}).set("skew", e.distribution(c.Skew))
	if c.Direction != workload.EitherWay {
		t.value("direction", c.Direction.String())
	}
	return t.node()
}

// runtime writes what differs from what the model and its choices decide.
func (e *encoder) runtime(spec *workload.RuntimeSpec) *yaml.Node {
	t := (&tree{}).value(modelKeyName, spec.Model)
	m := models.ByName(spec.Model)
	if m == nil {
		return t.node()
	}
	settled := m.ConfigWithin(e.service.Runtime.AvailableParallelism())
	for _, k := range m.Keys {
		if k.Kind == models.Choice {
			*k.Text(&settled) = *k.Text(&spec.Config)
		}
	}
	m.Settle(&settled, func(string) bool { return false })
	initial := m.Config()
	for _, k := range m.Keys {
		switch k.Kind {
		case models.Whole:
			if n := *k.Int(&spec.Config); n != *k.Int(&settled) {
				t.value(k.Name, n)
			}
		case models.Bool:
			if b := *k.Bool(&spec.Config); b != *k.Bool(&settled) {
				t.value(k.Name, b)
			}
		case models.Text:
			if s := *k.Text(&spec.Config); s != *k.Text(&settled) {
				t.value(k.Name, s)
			}
		case models.Choice:
			if s := *k.Text(&spec.Config); s != *k.Text(&initial) {
				t.value(k.Name, s)
			}
		}
	}
	return t.node()
}

func (e *encoder) arrivals(p arrive.Process) *yaml.Node {
	t := &tree{}
	process := func(name string) *tree { return t.value(processKeyName, name) }
	switch p := p.(type) {
	case arrive.Poisson:
		process("poisson").value("rate", p.Rate)
	case arrive.Constant:
		process("constant").value("rate", p.Rate)
	case arrive.Gamma:
		process("gamma").value("rate", p.Rate).value("shape", p.Shape)
	case arrive.OnOff:
		process("on_off").value("rate", p.Rate).duration("on", p.On).duration("off", p.Off)
		if p.OffRate != 0 {
			t.value("off_rate", p.OffRate)
		}
	case arrive.Sine:
		process("sine").value("rate", p.Rate).value("amplitude", p.Amplitude).duration("period", p.Period)
	case arrive.Stages:
		process("stages")
		if p.StartRate != 0 {
			t.value("start_rate", p.StartRate)
		}
		var stages []*yaml.Node
		for _, s := range p.Stages {
			stages = append(stages, (&tree{}).duration("duration", s.Duration).value("target", s.Target).node())
		}
		t.set("stages", list(stages))
	case *arrive.Replay:
		process("replay").value("file", p.File)
		if p.Repeat {
			t.value("repeat", true)
		}
	case arrive.Closed:
		process("closed").value("users", p.Users).set("think", e.distribution(p.Think))
	default:
		e.fail("arrivals are a %T, which YAML cannot say", p)
	}
	return t.node()
}

func (e *encoder) operation(o *workload.Operation) *yaml.Node {
	t := &tree{}
	steps := o.Program.Steps
	label := o.Program.Label
	if label < 0 || label >= len(e.service.Spans) {
		e.fail("operation %q has no span; want one", o.Program.Name)
		return t.node()
	}
	span := &e.service.Spans[label]
	t.value("name", span.Name)
	e.describe(t, span, workload.Server)
	if o.Weight != 1 {
		t.value("weight", o.Weight)
	}
	if o.Program.BlockOn {
		t.value("block_on", true)
	}
	// A timeout around all steps is the operation's.
	if len(steps) > 2 && steps[0].Op == program.Timeout && e.end(steps, 0) == len(steps)-1 {
		t.set("timeout", e.distribution(steps[0].Duration))
		steps = steps[1 : len(steps)-1]
	}
	return t.set("steps", e.steps(e.service, steps)).node()
}
