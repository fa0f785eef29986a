// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// config/sidecar-metrics.yaml only adds to config/sidecar.yaml: what that one does for the backend, it does, too.
func TestConfigurationOnlyAdds(t *testing.T) {
	var shipped, metrics any
	require.NoError(t, yaml.Unmarshal(readFile(t, "config/sidecar.yaml"), &shipped))
	require.NoError(t, yaml.Unmarshal(readFile(t, "config/sidecar-metrics.yaml"), &metrics))
	requireWithin(t, "", shipped, metrics)
}

// requireWithin finds each key of a map, and what a list begins with.
func requireWithin(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		require.IsType(t, want, got, path)
		for key, value := range want {
			require.Contains(t, got, key, path)
			requireWithin(t, path+"."+key, value, got.(map[string]any)[key])
		}
	case []any:
		require.IsType(t, want, got, path)
		require.GreaterOrEqual(t, len(got.([]any)), len(want), path)
		for i, value := range want {
			requireWithin(t, fmt.Sprintf("%s[%d]", path, i), value, got.([]any)[i])
		}
	default:
		assert.Equal(t, want, got, path)
	}
}
