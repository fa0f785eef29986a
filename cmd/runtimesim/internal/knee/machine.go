// SPDX-License-Identifier: Apache-2.0

package knee

import "github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"

// Scarce is what requests may have to wait for.
type Scarce string

// What may be scarce.
const (
	Workers Scarce = "workers"
	CPUs    Scarce = "cpus"
	Quota   Scarce = "quota"
)

// Machine is what the runs of one rate showed of a machine with limited CPUs.
type Machine struct {
	// CPUUtilization is the CPU time used, of what the CPUs and the quota allow.
	CPUUtilization Estimate `json:"cpu_utilization"`
	// ThrottledPeriods is the share of the quota's periods at whose end a CPU was throttled, and ThrottledCPUs how many CPUs were throttled with a
	// thread on them, on average.
	ThrottledPeriods Estimate `json:"throttled_periods_share"`
	ThrottledCPUs    Estimate `json:"throttled_cpus"`
	// Short is what the process has too little of; empty: not seen.
	Short Scarce `json:"short_of"`

	// CPUs of the machine, and the quota in CPUs; 0: none.
	CPUs  int     `json:"-"`
	Quota float64 `json:"-"`
}

func machineOf(results []*simulate.Result, over func(func(*simulate.Result) float64) Estimate) *Machine {
	of := results[0]
	if of.CPUs == 0 {
		return nil
	}
	return &Machine{
		CPUs: of.CPUs, Quota: of.Quota.CPUs,
		CPUUtilization:   over((*simulate.Result).CPUUtilization),
		ThrottledPeriods: over((*simulate.Result).ThrottledPeriods),
		ThrottledCPUs:    over((*simulate.Result).ThrottledCPUs),
	}
}

// Throttled reports whether a quota stopped the process at times.
func (p *Point) Throttled() bool { return p.Machine != nil && p.Machine.ThrottledPeriods.Mean > 0 }

// Load is how much is going on: requests in flight, or the share in use of the workers, the CPUs or the quota, whichever is most. At a small
// load a request finds none of them in use.
func (p *Point) Load() float64 {
	load := max(p.InFlight.Mean, p.Utilization.Mean)
	if p.Machine != nil {
		load = max(load, p.Machine.CPUUtilization.Mean)
	}
	return load
}

// usedUp is what is in use all the time, if anything is. More workers do not help where the CPU time is used up.
func (p *Point) usedUp() (of Scarce, always bool) {
	if m := p.Machine; m != nil && m.CPUUtilization.Mean > Busy {
		if m.Quota > 0 && m.Quota <= float64(m.CPUs) {
			return Quota, true
		}
		return CPUs, true
	}
	return Workers, p.Utilization.Mean > Busy
}

// short is what there is too little of: what is in use all the time, or a quota that is used up at times.
func (p *Point) short() Scarce {
	of, always := p.usedUp()
	switch {
	case always:
		return of
	case p.Throttled():
		return Quota
	}
	return ""
}
