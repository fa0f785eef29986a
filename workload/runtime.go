// SPDX-License-Identifier: Apache-2.0

package workload

import "github.com/runtimelab/otelcol-runtimelab/scheduler/cost"

// RuntimeSpec says which runtime a service runs on.
type RuntimeSpec struct {
	// Name is the value of async_runtime.name: one of semconv.RuntimeTokio, RuntimeAsyncStd, RuntimeSmol, RuntimeIdeal.
	Name string
	// Version of the model, such as 1.53.
	Version string
	// Crate and CrateVersion are the values of process.runtime.name and process.runtime.version, such as tokio and 1.53.1.
	Crate, CrateVersion string
	// Workers is the number of executor threads, at least 1.
	Workers int
	// ThreadName is the name of Tokio's threads, or of the threads that a program runs a smol executor on; empty: the runtime
	// names its threads itself.
	ThreadName string
	// Flavor of Tokio, and Executor of smol; empty: the first that there is.
	Flavor, Executor string
	// MaxBlockingThreads bounds the threads of the blocking pool; 0: the runtime's default.
	MaxBlockingThreads int
	// What else Tokio can be told; 0: its default.
	DisableLIFOSlot                    bool
	GlobalQueueInterval, EventInterval uint32

	// CPUs of the machine that each instance has to itself; 0: one for each thread.
	CPUs int
	// Costs is what the primitives of each runtime cost; nil: cost.Default. On the ideal runtime nothing costs anything.
	Costs *cost.Set
}
