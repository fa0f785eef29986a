// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import "github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"

// snapshot is what there is to tell.
type snapshot struct {
	aggregate.Snapshot
	operations *aggregate.OperationsSnapshot // nil: the runtimes are asked for
	pressure   float64                       // on the CPUs of this machine, percent
}
