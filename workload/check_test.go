// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// two is a fleet that may be played: front, with a part, calls back.
func two() (front, part, back *workload.Service) {
	yield := func(label int) *program.Program {
		return &program.Program{Label: label, Steps: []program.Step{{Op: program.Yield}}}
	}
	back = &workload.Service{
		Name: "back", Instances: 1, Runtime: workload.OnRuntime("smol"),
		Operations: []workload.Operation{{Weight: 1, Program: yield(0)}}, Spans: []workload.Span{{Name: "get"}},
	}
	part = &workload.Service{
		Name: "front", Part: "small", Instances: 1, Runtime: workload.OnRuntime("smol"),
		Operations: []workload.Operation{{Weight: 1, Program: yield(workload.Untraced)}},
	}
	front = &workload.Service{
		Name: "front", Instances: 1, Runtime: workload.OnRuntime("tokio"), Arrivals: arrive.Poisson{Rate: 1},
		Parts: []*workload.Service{part}, Calls: []workload.Call{{Service: back}, {Service: part}},
		Spans:  []workload.Span{{Name: "GET /", Attributes: []workload.Attribute{{Key: "a", Value: int64(1)}, {Key: "b", Value: "x"}}}},
		Events: []workload.Event{{Name: "e"}},
		Operations: []workload.Operation{{Weight: 1, Program: &program.Program{Steps: []program.Step{
			{Op: program.Compute, Duration: dist.Exponential{Mean: 1000}},
			{Op: program.Call, Label: 0, Duration: program.Constant(0)},
			{Op: program.Call, Label: 1, Duration: program.Constant(0)},
			{Op: program.Event, Label: 0},
		}}}},
	}
	return front, part, back
}

func TestCheck(t *testing.T) {
	front, _, back := two()
	require.NoError(t, workload.Check([]*workload.Service{front, back}))

	type fleet struct{ front, part, back *workload.Service }
	for want, change := range map[string]func(f fleet){
		"front: 0 instances; want 1 or more\nfront/small: 0 instances; want 1 or more":                    func(f fleet) { f.front.Instances = 0; f.part.Instances = 0 },
		"front: MaxInFlight is -1; want 1 or more, or 0 for no bound":                                     func(f fleet) { f.front.MaxInFlight = -1 },
		"front: call 0 asks for operation 0 of back, which has 0\nback: no operations; want at least one": func(f fleet) { f.back.Operations = nil },
		`back: no runtime is called "x"; want one of tokio, async_std, smol, ideal`:                       func(f fleet) { f.back.Runtime.Model = "x" },
		"back: smol: worker_threads: 99999 is not allowed; want 1 to 1024, or 0 for the default":          func(f fleet) { f.back.Runtime.Workers = 99999 },
		"back: -1 CPUs; want 1 to 4096, or 0 for one for each thread":                                     func(f fleet) { f.back.Runtime.CPUs = -1 },
		"back: a quota without CPUs; want 1 to 4096 of them":                                              func(f fleet) { f.back.Runtime.Quota.CPUs = 1 },
		"back: quota: -1 CPUs; want more than 0 and at most 4096": func(f fleet) {
			f.back.Runtime.CPUs, f.back.Runtime.Quota.CPUs = 1, -1
		},
		"back: quota: a period of 2s; want 1ms to 1s": func(f fleet) {
			f.back.Runtime.CPUs, f.back.Runtime.Quota = 1, host.Quota{CPUs: 1, Period: sim.Time(2 * time.Second)}
		},
		"back: quota: 100µs of CPU time in a period; want 1ms or more": func(f fleet) {
			f.back.Runtime.CPUs, f.back.Runtime.Quota.CPUs = 1, 0.001
		},
		"back: quota: a burst of 60ms; want at most the CPU time of a period, 50ms": func(f fleet) {
			f.back.Runtime.CPUs, f.back.Runtime.Quota = 1, host.Quota{CPUs: 0.5, Burst: sim.Time(60 * time.Millisecond)}
		},
		"back: quota: a phase of 1ms; want 0: each instance draws its own": func(f fleet) {
			f.back.Runtime.CPUs, f.back.Runtime.Quota = 1, host.Quota{CPUs: 0.5, Phase: sim.Time(time.Millisecond)}
		},
		"front: rate: 0 is not allowed; want more than 0 and at most 1000000 a second":              func(f fleet) { f.front.Arrivals = arrive.Poisson{} },
		"front: connections: count -1; want 1 to 1000000, or 0 for one of its own for each request": func(f fleet) { f.front.Connections.Count = -1 },
		"front: connections: exponent 20.5; want 0 to 20":                                           func(f fleet) { f.front.Connections = workload.Connections{Count: 1, Exponent: 20.5} },
		"front: connections: exponent 1 without a count; want one":                                  func(f fleet) { f.front.Connections.Exponent = 1 },
		"front: part small is not of the service's name and instances; want those":                  func(f fleet) { f.part.Instances = 2 },
		"front: part small has arrivals; want calls of the service's own":                           func(f fleet) { f.part.Arrivals = arrive.Poisson{Rate: 1} },
		"front: a span has no name; want one":                                                       func(f fleet) { f.front.Spans[0].Name = "" },
		"front: span GET /: kind 9; want one of Kinds":                                              func(f fleet) { f.front.Spans[0].Kind = 9 },
		"front: span GET /: attribute a comes after b; want them sorted, each key once": func(f fleet) {
			f.front.Spans[0].Attributes[0].Key, f.front.Spans[0].Attributes[1].Key = "b", "a"
		},
		"front: span GET /: attribute a is a int; want string, int64, float64, bool, Texts, Integers, Bytes, or a List or sorted Map of them": func(f fleet) {
			f.front.Spans[0].Attributes[0].Value = 1
		},
		"front: span GET /: attribute thread.name is recorded by the runtime or derived from it; want another": func(f fleet) {
			f.front.Spans[0].Attributes = []workload.Attribute{{Key: "thread.name", Value: "x"}}
		},
		"front: span GET /: an error rate of NaN; want 0 to 1": func(f fleet) { f.front.Spans[0].Errors = &workload.Errors{Rate: math.NaN()} },
		"front: span GET /: 0 links; want 1 to 128":            func(f fleet) { f.front.Spans[0].Links = &workload.Links{Name: "GET /"} },
		`front: span GET /: links to "x", which is no span of the service`: func(f fleet) {
			f.front.Spans[0].Links = &workload.Links{Name: "x", Count: 1}
		},
		"front: call 0 goes to a service that is not in the fleet": func(f fleet) { f.front.Calls[0].Service = &workload.Service{Name: "back"} },
		"front: call 0 asks for operation 1 of back, which has 1":  func(f fleet) { f.front.Calls[0].Operation = 1 },
		"back: call 0 goes to a part of another process":           func(f fleet) { f.back.Calls = []workload.Call{{Service: f.part}} },
		`front: operation "": weight 0; want more than 0`:          func(f fleet) { f.front.Operations[0].Weight = 0 },
		"front: operation 0 has no program; want one":              func(f fleet) { f.front.Operations[0].Program = nil },
		"front: operation 0 has no span; want the index of one as its program's label": func(f fleet) {
			f.front.Operations[0].Program.Label = workload.Untraced
		},
		"front: an event has the label 1; want an index of the 1 that the service describes": func(f fleet) {
			f.front.Operations[0].Program.Steps[3].Label = 1
		},
		`front: step 0 of program "": mean: -1ns is not allowed; want 0s to 1h0m0s`: func(f fleet) {
			f.front.Operations[0].Program.Steps[0].Duration = dist.Exponential{Mean: -1}
		},
		"back: runtime smol has no block_in_place; want spawn_blocking, or block to hold the worker": func(f fleet) {
			f.back.Operations[0].Program.Steps[0] = program.Step{Op: program.BlockInPlace, Duration: program.Constant(0)}
		},
		"front: calls itself in the end; want calls without a circle": func(f fleet) { f.back.Calls = []workload.Call{{Service: f.front}} },
	} {
		f := fleet{}
		f.front, f.part, f.back = two()
		change(f)
		err := workload.Check([]*workload.Service{f.front, f.back})
		assert.EqualError(t, err, want)
	}

	// An unsound program, in the words of package program; and names.
	front, _, back = two()
	front.Operations[0].Program.Steps = append(front.Operations[0].Program.Steps, program.Step{Op: program.EndSpan})
	require.ErrorContains(t, workload.Check([]*workload.Service{front, back}), `front: operation "": steps[4]: `)
	front, _, back = two()
	back.Name = "front"
	require.ErrorContains(t, workload.Check([]*workload.Service{front, back}), "front: the name is taken; want another")
}
