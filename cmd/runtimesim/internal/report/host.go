// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Host is what the machine of a process with limited CPUs counted, of the whole run. The last three are those of cpu.stat.
type Host struct {
	CPUs             int     `json:"cpus"`
	Quota            float64 `json:"quota_cpus,omitempty"`
	CPUNS            int64   `json:"cpu_ns"`
	WaitNS           int64   `json:"cpu_wait_ns"`
	QuotaWaitNS      int64   `json:"cpu_wait_for_quota_ns"`
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
		CPUs: spec.CPUs, Quota: spec.Quota.CPUs, CPUNS: int64(h.Busy), WaitNS: int64(h.CPUWait()), QuotaWaitNS: int64(h.Stopped), ThrottledNS: int64(h.Throttled),
		Periods: h.Periods, ThrottledPeriods: h.ThrottledPeriods, virtualNS: int64(r.Virtual),
	}
}

// Machine is how headings call the CPUs of a process: empty if they are not limited.
func Machine(spec *workload.RuntimeSpec) string {
	if spec.CPUs == 0 {
		return ""
	}
	machine := ", " + CPUs(float64(spec.CPUs))
	if q := &spec.Quota; q.CPUs > 0 {
		machine += ", quota of " + CPUs(q.CPUs)
		if q.Period != 0 && q.Period != host.DefaultPeriod {
			machine += " each " + q.Period.Duration().String()
		}
	}
	return machine
}

// CPUs is a number of them in words.
func CPUs(n float64) string {
	if n == 1 {
		return "1 CPU"
	}
	return strconv.FormatFloat(n, 'g', -1, 64) + " CPUs"
}

// hostFigures are the rows about the machine: the value, and what explains it; no value if the machine does not have it.
var hostFigures = []struct {
	name string
	of   func(h *Host) (value, means string)
}{
	{"CPU time", func(h *Host) (string, string) {
		return format.Share(float64(h.CPUNS) / (float64(h.CPUs) * float64(max(1, h.virtualNS)))), "of " + CPUs(float64(h.CPUs))
	}},
	{"CPU wait", func(h *Host) (string, string) {
		means := "that threads were runnable without a CPU"
		if h.Quota > 0 {
			means += "; " + format.Duration(h.QuotaWaitNS) + " of that because of the quota"
		}
		return format.Duration(h.WaitNS), means
	}},
	{"throttled", func(h *Host) (string, string) {
		if h.Quota == 0 {
			return "", ""
		}
		return format.Share(float64(h.ThrottledPeriods) / float64(max(1, h.Periods))),
			fmt.Sprintf("of %s periods, for %s of all CPUs, by a quota of %s", format.Count(h.Periods), format.Duration(h.ThrottledNS), CPUs(h.Quota))
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
