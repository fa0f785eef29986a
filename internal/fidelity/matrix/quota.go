// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// quota is one of a file.
type quota struct {
	CPUs      float64
	Period    time.Duration
	HeldOut   bool `yaml:"held_out"`
	Workloads []string
}

// under is each workload under each quota that it has; the workloads as they are if there are no quotas.
func under(quotas []quota, workloads []*Workload) (all []*Workload) {
	if len(quotas) == 0 {
		return workloads
	}
	for _, w := range workloads {
		for _, q := range quotas {
			if len(q.Workloads) > 0 && !slices.Contains(q.Workloads, w.Name) {
				continue
			}
			one := *w
			one.Name = fmt.Sprintf("%s_at_%g", w.Name, q.CPUs)
			if q.Period > 0 {
				one.Name += fmt.Sprintf("_of_%v", q.Period)
			}
			one.HeldOut = w.HeldOut || q.HeldOut
			one.quota = host.Quota{CPUs: q.CPUs, Period: sim.Time(q.Period)}
			if w.Burst != nil {
				burst := *w.Burst
				one.Burst = &burst
			}
			all = append(all, &one)
		}
	}
	return all
}

// underQuota is the workload on a runtime, with a load that goes with the CPUs that the runtime may use.
func (w *Workload) underQuota(runtime string, service *workload.Service) (Cell, error) {
	of := *w // whose load is that of this runtime
	cpus := min(w.quota.CPUs, float64(max(service.Runtime.Workers, 1)))
	switch {
	case w.Burst != nil && w.SizePerCPU > 0:
		of.Burst = &Burst{Size: int(math.Round(w.SizePerCPU * cpus)), Every: w.Burst.Every}
		of.Requests = of.Burst.Size * int(w.Seconds/w.Burst.Every.Seconds())
		service.Arrivals = of.Burst.arrivals(of.Requests)
	case w.RatePerCPU > 0:
		poisson, ok := service.Arrivals.(arrive.Poisson)
		if !ok {
			return Cell{}, errors.New("rate_per_cpu: wants Poisson arrivals")
		}
		poisson.Rate *= cpus
		service.Arrivals = poisson
		of.Requests = int(w.Seconds * poisson.Rate)
	default:
		return Cell{}, errors.New("missing: rate_per_cpu, or a burst and size_per_cpu")
	}
	return Cell{Workload: &of, Runtime: runtime, Quota: w.quota, Service: service}, nil
}
