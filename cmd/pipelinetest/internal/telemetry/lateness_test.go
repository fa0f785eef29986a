// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLateness(t *testing.T) {
	families, err := parse(strings.NewReader(`
# TYPE otelcol_receiver_synthetic_load_lateness histogram
otelcol_receiver_synthetic_load_lateness_bucket{le="0.001"} 60
otelcol_receiver_synthetic_load_lateness_bucket{le="0.05"} 98
otelcol_receiver_synthetic_load_lateness_bucket{le="1"} 99
otelcol_receiver_synthetic_load_lateness_bucket{le="60"} 99
otelcol_receiver_synthetic_load_lateness_bucket{le="+Inf"} 100
otelcol_receiver_synthetic_load_lateness_sum 75
otelcol_receiver_synthetic_load_lateness_count 100
`))
	require.NoError(t, err)
	assert.Equal(t, Lateness{Slices: 100, P50: time.Millisecond, P99: time.Second, Max: 75 * time.Second}, LatenessOf(families))
	assert.Zero(t, LatenessOf(nil))
}
