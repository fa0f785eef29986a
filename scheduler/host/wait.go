// SPDX-License-Identifier: Apache-2.0

package host

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// CPUWait is the time for which threads were runnable without a CPU that ran them, as the kernel counts it (schedstat): they waited for a
// CPU, or were stopped on one that was throttled. A wait counts when it ends.
func (s Stats) CPUWait() sim.Time { return s.Waited + s.Throttled }

// QuotaWait is the part of [Stats.CPUWait] that is because of the quota: a thread waits because of the quota for as long as a CPU of the host
// is throttled with a thread on it, be it that thread or another. Without the quota that CPU would get through its threads, and then be
// free for those that wait for any.
func (s Stats) QuotaWait() sim.Time { return s.WaitedForQuota + s.Throttled }

// halts are the times at which some CPU was throttled with a thread on it.
type halts struct {
	cpus  int      // such CPUs now
	since sim.Time // when the first of them stopped
	total sim.Time // of the times that are over
}

func (h *halts) begin(now sim.Time) {
	if h.cpus == 0 {
		h.since = now
	}
	h.cpus++
}

func (h *halts) end(now sim.Time) {
	if h.cpus--; h.cpus == 0 {
		h.total += now - h.since
	}
}

// until is how long such times took so far.
func (h *halts) until(now sim.Time) sim.Time {
	if h.cpus == 0 {
		return h.total
	}
	return h.total + now - h.since
}
