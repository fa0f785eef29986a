// SPDX-License-Identifier: Apache-2.0

package simulate

// AllowedCPUs is how many CPUs the process may keep busy: those of its machine, or the quota if that is less. 0: any number.
func (r *Result) AllowedCPUs() float64 {
	if r.Quota.CPUs > 0 {
		return min(float64(r.CPUs), r.Quota.CPUs)
	}
	return float64(r.CPUs)
}

// CPUUtilization is the CPU time used, of what the CPUs and the quota allow. It may be a little more than 1 under a quota, since a run may begin
// and end in the middle of a period.
func (r *Result) CPUUtilization() float64 {
	return ratio(float64(r.Host.Busy), r.AllowedCPUs()*float64(r.Virtual))
}

// ThrottledPeriods is the share of the quota's periods at whose end a CPU was throttled.
func (r *Result) ThrottledPeriods() float64 {
	return ratio(float64(r.Host.ThrottledPeriods), float64(r.Host.Periods))
}

// ThrottledCPUs is how many CPUs were throttled with a thread on them, on average over the run.
func (r *Result) ThrottledCPUs() float64 {
	return ratio(float64(r.Host.Throttled), float64(r.Virtual))
}

// InFlight is how many requests are in the service on average, by Little's law: those that finish in a time, by how long they take.
func (r *Result) InFlight() float64 {
	return r.Throughput() * r.Latency.Mean() / 1e9
}
