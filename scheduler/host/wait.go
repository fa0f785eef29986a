// SPDX-License-Identifier: Apache-2.0

package host

import "github.com/runtimelab/otelcol-runtimelab/scheduler/sim"

// CPUWait is how long threads were runnable without a CPU, summed over them, and for whatever reason: as the kernel's schedstat counts it.
func (s Stats) CPUWait() sim.Time { return s.Waited + s.Stopped }
