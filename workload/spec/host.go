// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var hostForm = form{name: "host", means: "The machine that each instance has to itself.", keys: []key{
	{name: "cpus", takes: whole{workload.MostCPUs}, missing: "a number of CPUs", means: "CPUs, which the threads share."},
	{name: "quota", takes: ref{"quota"}, means: "How much of the CPUs the threads may use, as limits.cpu of Kubernetes and cpu.max of a cgroup say it."},
}}

var quotaForm = form{name: "quota", means: "CPU time that an instance may use in each period. When it is used up, all threads stop until the next.", keys: []key{
	{name: "cpus", takes: number{0, workload.MostCPUs, true}, missing: "a number of CPUs, such as 1.5", means: "The CPU time of a period, divided by the period."},
	{
		name: "period", takes: duration{workload.ShortestQuotaPeriod, workload.LongestQuotaPeriod}, initial: "100ms",
		means: "How often the CPU time is handed out: shorter periods make shorter stops, and more of them.",
	},
	{name: "burst", takes: duration{0, sim.Time(workload.MostCPUs) * workload.LongestQuotaPeriod}, initial: "0s", means: "CPU time left over from earlier periods that a period may use besides (cpu.max.burst), at most the quota."},
}}

// readHost reads the machine of a service's instances.
func readHost(v value) (of workload.RuntimeSpec) {
	t, ok := v.table(&hostForm)
	if !ok {
		return of
	}
	t.whole("cpus", &of.CPUs)
	if q, ok := t.get("quota"); ok {
		of.Quota = readQuota(q)
	}
	return of
}

func readQuota(v value) (q host.Quota) {
	t, ok := v.table(&quotaForm)
	if !ok {
		return q
	}
	t.number("cpus", &q.CPUs)
	t.duration("period", &q.Period)
	t.duration("burst", &q.Burst)
	switch {
	case q.CPUs == 0: // a mistake
	case q.Time() < workload.LeastQuota:
		period := q
		period.CPUs = 1
		t.child("cpus").refuse(fmt.Sprintf("%s or more: the least CPU time of a period is %s",
			formatNumber(float64(workload.LeastQuota)/float64(period.Time())), formatDuration(workload.LeastQuota)))
	case q.Burst > q.Time():
		t.child("burst").refuse("at most " + formatDuration(q.Time()) + ", the CPU time of a period")
	}
	return q
}

// hostOf gives a service the machine that it has been told.
func hostOf(v value, s *workload.RuntimeSpec, read *workload.RuntimeSpec) {
	if m := models.ByName(s.Model); m != nil && m.NoHost != "" {
		v.fail("runtime " + m.Name + " has no host: " + m.NoHost + "; want it left out")
		return
	}
	s.CPUs, s.Quota = read.CPUs, read.Quota
}

func writtenHost(s *workload.RuntimeSpec) *yaml.Node {
	t := (&tree{}).value("cpus", s.CPUs)
	if q := &s.Quota; q.CPUs != 0 {
		quota := (&tree{}).value("cpus", q.CPUs)
		if q.Period != 0 {
			quota.duration("period", q.Period)
		}
		if q.Burst != 0 {
			quota.duration("burst", q.Burst)
		}
		t.set("quota", quota.node())
	}
	return t.node()
}
