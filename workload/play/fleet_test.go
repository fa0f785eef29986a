// SPDX-License-Identifier: Apache-2.0

package play

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
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

// runtimeModels are the values of runtime.model.
var runtimeModels = models.Names()
