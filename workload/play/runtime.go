// SPDX-License-Identifier: Apache-2.0

package play

import (
	"cmp"
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/process"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// processKey tells the processes on a network apart: a service's instances are one each.
type processKey struct {
	service  string
	instance int
}

// newProcess makes a process of a service, with its machine.
func newProcess(s *sim.Simulation, spec *workload.RuntimeSpec, choices sim.Rand) *process.Process {
	p := &process.Process{}
	if spec.CPUs > 0 {
		p.Host = host.New(s, host.Config{CPUs: spec.CPUs, Quota: inPhase(spec.Quota, choices)})
	}
	return p
}

// inPhase lets the periods of a quota begin at a random time.
func inPhase(q host.Quota, choices sim.Rand) host.Quota {
	if q.CPUs > 0 {
		q.Period = cmp.Or(q.Period, host.DefaultPeriod)
		q.Phase = sim.Time(choices.Float64() * float64(q.Period))
	}
	return q
}

// start starts a runtime. That its settings are within the bounds of its model is for workload.Check to say, so an error is one of the
// program that plays, not one of its user.
func start(s *sim.Simulation, spec *workload.RuntimeSpec, p *process.Process, seed uint64, o scheduler.Observer) scheduler.Runtime {
	model := models.ByName(spec.Model)
	if model == nil {
		panic(fmt.Sprintf("play: there is no runtime %q; workload.Check says so", spec.Model))
	}
	cfg := spec.Config
	cfg.Process, cfg.Seed = p, seed
	rt, err := model.New(s, cfg, o)
	if err != nil {
		panic(fmt.Sprintf("play: %v; workload.Check says so", err))
	}
	return rt
}
