// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/stretchr/testify/require"
)

// Grafana's own types read the dashboard, and know every field and value of it.
func TestDashboardIsGrafanas(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	var read dashboard.Dashboard //nolint:staticcheck // the second version of the schema is none that Grafana 11 reads
	for _, err := range []error{read.UnmarshalJSONStrict(readFile(t, "deploy/grafana/runtimelab.json")), read.Validate()} {
		if err != nil { // perhaps a list of no errors
			require.Empty(t, err.Error())
		}
	}
}
