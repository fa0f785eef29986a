// SPDX-License-Identifier: Apache-2.0

package host

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

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
