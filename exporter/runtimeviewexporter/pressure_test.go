// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
)

func TestShortOfCPU(t *testing.T) {
	v := operationsView()
	assert.NoError(t, v.consumeTraces(t.Context(), newBatch(1, "tokio")))
	s := v.snapshot(true)
	s.pressure = shortOfCPU - 1
	assert.NotContains(t, render(heading{}, s, aggregate.Rates{}), "short of CPU")
	s.pressure = 97.4
	assert.Contains(t, render(heading{}, s, aggregate.Rates{}), "short of CPU: for 97% of the last 10s something on this machine waited for one\n")
}
