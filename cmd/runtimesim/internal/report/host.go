// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Host is what the machine of a process with limited CPUs counted, of the whole run. The last four are those of cpu.stat.
type Host struct {
	CPUs             int     `json:"cpus"`
	Quota            float64 `json:"quota_cpus,omitempty"`
	CPUNS            int64   `json:"cpu_ns"`
	WaitNS           int64   `json:"cpu_wait_ns"`
	ThrottledNS      int64   `json:"throttled_ns"`
	Periods          uint64  `json:"periods"`
	ThrottledPeriods uint64  `json:"throttled_periods"`

	virtualNS int64
}

// hostOf is nil if the CPUs are not limited.
func hostOf(spec *workload.RuntimeSpec, r *simulate.Result) *Host {
	if spec.CPUs == 0 {
		return nil
	}
	h := &r.Host
	return &Host{
		CPUs: spec.CPUs, Quota: spec.Quota.CPUs, CPUNS: int64(h.Busy), WaitNS: int64(h.Waited), ThrottledNS: int64(h.Throttled),
		Periods: h.Periods, ThrottledPeriods: h.ThrottledPeriods, virtualNS: int64(r.Virtual),
	}
}

// hostFigures are the rows about the machine: the value, and what explains it; no value if the machine does not have it.
var hostFigures = []struct {
	name string
	of   func(h *Host) (value, means string)
}{
	{"CPU time", func(h *Host) (string, string) {
		return format.Share(float64(h.CPUNS) / (float64(h.CPUs) * float64(max(1, h.virtualNS)))), fmt.Sprintf("of %d CPUs", h.CPUs)
	}},
	{"CPU wait", func(h *Host) (string, string) {
		return format.Duration(h.WaitNS), "that threads were runnable without a CPU, and not throttled"
	}},
	{"throttled", func(h *Host) (string, string) {
		if h.Quota == 0 {
			return "", ""
		}
		return format.Share(float64(h.ThrottledPeriods) / float64(max(1, h.Periods))),
			fmt.Sprintf("of %s periods, for %s of all CPUs, by a quota of %v CPUs", format.Count(h.Periods), format.Duration(h.ThrottledNS), h.Quota)
	}},
}

// rows are those of a run.
func (h *Host) rows() (rows [][]string) {
	if h == nil {
		return nil
	}
	for _, f := range hostFigures {
		if value, means := f.of(h); value != "" {
			rows = append(rows, []string{f.name, value, means})
		}
	}
	return rows
}
