// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var (
	tokio    = aggregate.RuntimeNamed(semconv.RuntimeTokio)
	asyncStd = aggregate.RuntimeNamed(semconv.RuntimeAsyncStd)
	smol     = aggregate.RuntimeNamed(semconv.RuntimeSmol)
	ideal    = aggregate.RuntimeNamed(semconv.RuntimeIdeal)
)

func counts(of map[aggregate.Runtime]uint64) (c aggregate.Counts) {
	for runtime, n := range of {
		c[runtime] = n
	}
	return c
}
