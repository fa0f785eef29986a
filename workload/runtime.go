// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// RuntimeSpec says which runtime a service runs on, with its settings, and on what machine. [OnRuntime] makes one.
type RuntimeSpec struct {
	// Config is the runtime with its settings. Costs is what its primitives cost; nil: cost.Default. Process and Seed belong to one
	// instance: package play sets them.
	models.Config

	// CPUs of the machine that each instance has to itself; 0: one for each thread.
	CPUs int
	// Quota is how much of these CPUs an instance may use; the zero value: all. Its Phase is for package play to draw.
	Quota host.Quota
}

// MostCPUs bounds the machine of an instance.
const MostCPUs = 4096

// What the kernel takes as a quota.
const (
	ShortestQuotaPeriod = sim.Time(time.Millisecond)
	LongestQuotaPeriod  = sim.Time(time.Second)
	// LeastQuota is the least CPU time of a period.
	LeastQuota = sim.Time(time.Millisecond)
)

// AvailableParallelism is what the function of that name in Rust's standard library says in an instance, from which runtimes take the number of
// their threads if nobody sets it: the CPUs, or the quota if it is less, rounded down, and at least 1. 0: there is no quota.
func (spec *RuntimeSpec) AvailableParallelism() int {
	if spec.Quota.CPUs <= 0 {
		return 0
	}
	return min(max(int(spec.Quota.CPUs), 1), spec.CPUs)
}

// checkHost tells what is wrong with the machine.
func (spec *RuntimeSpec) checkHost() error {
	q := &spec.Quota
	switch {
	case spec.CPUs < 0 || spec.CPUs > MostCPUs:
		return fmt.Errorf("%d CPUs; want 1 to %d, or 0 for one for each thread", spec.CPUs, MostCPUs)
	case *q == host.Quota{}:
	case spec.CPUs == 0:
		return fmt.Errorf("a quota without CPUs; want 1 to %d of them", MostCPUs)
	case !(q.CPUs > 0 && q.CPUs <= MostCPUs): // NaN is neither
		return fmt.Errorf("quota: %v CPUs; want more than 0 and at most %d", q.CPUs, MostCPUs)
	case q.Period != 0 && (q.Period < ShortestQuotaPeriod || q.Period > LongestQuotaPeriod):
		return fmt.Errorf("quota: a period of %v; want %v to %v", q.Period.Duration(), ShortestQuotaPeriod.Duration(), LongestQuotaPeriod.Duration())
	case q.Time() < LeastQuota:
		return fmt.Errorf("quota: %v of CPU time in a period; want %v or more", q.Time().Duration(), LeastQuota.Duration())
	case q.Burst < 0 || q.Burst > q.Time():
		return fmt.Errorf("quota: a burst of %v; want at most the CPU time of a period, %v", q.Burst.Duration(), q.Time().Duration())
	case q.Phase != 0:
		return fmt.Errorf("quota: a phase of %v; want 0: each instance draws its own", q.Phase.Duration())
	}
	return nil
}

// OnRuntime is a runtime of package models with the default of each setting, by its name, such as tokio. There must be such a runtime:
// [Check] tells if there is none.
func OnRuntime(name string) RuntimeSpec {
	if m := models.ByName(name); m != nil {
		return RuntimeSpec{Config: m.Config()}
	}
	return RuntimeSpec{Config: models.Config{Model: name}}
}

// Crate is the value of process.runtime.name, such as tokio; empty if there is no such runtime.
func (spec *RuntimeSpec) Crate() string {
	if m := models.ByName(spec.Model); m != nil {
		return m.Crate
	}
	return ""
}

// CrateVersion is the value of process.runtime.version, such as 1.53.1; empty if there is no such version.
func (spec *RuntimeSpec) CrateVersion() string {
	if m := models.ByName(spec.Model); m != nil {
		return m.CrateVersion(spec.Version)
	}
	return ""
}
