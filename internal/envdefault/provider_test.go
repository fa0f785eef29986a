// SPDX-License-Identifier: Apache-2.0

package envdefault

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

func TestDefaults(t *testing.T) {
	t.Setenv("SET", "0.0.0.0")
	t.Setenv("EMPTY", "")
	t.Setenv("NUMBER", "7")
	for text, want := range map[string]any{
		"${env:SET:-localhost}:4317":    "0.0.0.0:4317",
		"${env:EMPTY:-localhost}:4317":  "localhost:4317",
		"${env:ABSENT:-localhost}:4317": "localhost:4317",
		"${env:EMPTY}:4317":             ":4317",
		"${env:EMPTY:-}:4317":           ":4317",
		"${env:NUMBER:-8}":              7,
		"${env:EMPTY:-8}":               8,
		"${env:EMPTY:-a:-b}":            "a:-b",
	} {
		resolver, err := confmap.NewResolver(confmap.ResolverSettings{
			URIs: []string{"yaml:key: '" + text + "'"}, DefaultScheme: "env",
			ProviderFactories: []confmap.ProviderFactory{NewFactory(), yamlprovider.NewFactory()},
		})
		require.NoError(t, err)
		resolved, err := resolver.Resolve(t.Context())
		require.NoError(t, err, text)
		assert.Equal(t, want, resolved.Get("key"), text)
		require.NoError(t, resolver.Shutdown(t.Context()))
	}
	p := NewFactory().Create(confmap.ProviderSettings{})
	_, err := p.Retrieve(t.Context(), "env:not a name:-x", nil)
	require.ErrorContains(t, err, "not a name")
}
