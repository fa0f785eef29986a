// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// fleet decodes a YAML list of services.
func fleet(tb testing.TB, text string) ([]*workload.Service, error) {
	tb.Helper()
	return spec.Decode(fleettest.Tree(tb, text))
}

func mustFleet(tb testing.TB, text string) []*workload.Service {
	tb.Helper()
	services, err := fleet(tb, text)
	require.NoError(tb, err)
	return services
}

// operation is a valid service but for additional keys of its operation.
func operation(keys string) string {
	return fleettest.Service("operations: [{name: op, steps: [compute: 1us], " + keys + "}]")
}
