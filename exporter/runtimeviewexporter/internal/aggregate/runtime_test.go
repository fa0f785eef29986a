// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var (
	tokio    = RuntimeNamed(semconv.RuntimeTokio)
	asyncStd = RuntimeNamed(semconv.RuntimeAsyncStd)
	smol     = RuntimeNamed(semconv.RuntimeSmol)
)

func counts(of map[Runtime]uint64) (c Counts) {
	for runtime, n := range of {
		c[runtime] = n
	}
	return c
}
