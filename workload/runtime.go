// SPDX-License-Identifier: Apache-2.0

package workload

import "github.com/runtimelab/otelcol-runtimelab/scheduler/models"

// RuntimeSpec says which runtime a service runs on, with its settings, and on what machine. [OnRuntime] makes one.
type RuntimeSpec struct {
	// Config is the runtime with its settings. Costs is what its primitives cost; nil: cost.Default. Process and Seed belong to one
	// instance: package play sets them.
	models.Config

	// CPUs of the machine that each instance has to itself; 0: one for each thread.
	CPUs int
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
