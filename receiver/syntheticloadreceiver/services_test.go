// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// resolved is a configuration as the Collector reads it from its command line.
func resolved(t *testing.T, locations ...string) *Config {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              locations,
		ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), yamlprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	require.NoError(t, err)
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	cfg := NewDefaultConfig()
	require.NoError(t, conf.Unmarshal(cfg))
	return cfg
}

// TestEnvironmentInServices: a reference to the environment stands for any value of a service, at any depth, and is text where text is
// wanted, even if it looks like a number.
func TestEnvironmentInServices(t *testing.T) {
	for name, value := range map[string]string{
		"NAME": "007", "RATE": "500", "WORKERS": "3", "DELAY": "250ms", "OFF": "true", "ROUTE": "/x", "WEIGHT": "0.5", "STEPS": "[{compute: 1ms}, yield]",
	} {
		t.Setenv(name, value)
	}
	cfg := resolved(t, `yaml:
services:
  - name: ${env:NAME}
    runtime: {model: tokio, worker_threads: "${env:WORKERS}", disable_lifo_slot: "${env:OFF}"}
    arrivals: {process: poisson, rate: "${env:RATE}"}
    export: {schedule_delay: "${env:DELAY}"}
    operations:
      - {name: "GET ${env:ROUTE}", weight: "${env:WEIGHT}", attributes: {a: "${env:RATE}"}, steps: "${env:STEPS}"}
`)
	require.NoError(t, cfg.Validate())
	services, err := spec.Decode(cfg.Services)
	require.NoError(t, err)
	s := services[0]
	assert.Equal(t, "007", s.Name)
	assert.Equal(t, 3, s.Runtime.Workers)
	assert.InDelta(t, 500, s.Arrivals.PerSecond(), 1e-9)
	assert.Equal(t, "GET /x", s.Spans[0].Name)
	assert.Len(t, s.Operations[0].Program.Steps, 2)

	t.Setenv("RATE", "fast")
	cfg = resolved(t, `yaml:services: [{name: a, runtime: {model: smol}, arrivals: {process: poisson, rate: "${env:RATE}"}, workload: minimal}]`)
	require.ErrorContains(t, cfg.Validate(), `services[0].arrivals.rate: "fast" is not allowed`)
}

// TestOneValueChanged: of services in a map, a further --config changes one value and leaves the rest.
func TestOneValueChanged(t *testing.T) {
	base := `yaml:services: {a: {runtime: {model: tokio, worker_threads: 2}, arrivals: {process: poisson, rate: 5}, workload: minimal}, ` +
		`b: {runtime: {model: smol}, arrivals: {process: poisson, rate: 5}, workload: minimal}}`
	cfg := resolved(t, base, "yaml:services::a::arrivals::rate: 9000")
	require.NoError(t, cfg.Validate())
	services, err := spec.Decode(cfg.Services)
	require.NoError(t, err)
	require.Len(t, services, 2)
	assert.Equal(t, "a", services[0].Name)
	assert.InDelta(t, 9000, services[0].Arrivals.PerSecond(), 1e-9)
	assert.Equal(t, 2, services[0].Runtime.Workers)
	assert.InDelta(t, 5, services[1].Arrivals.PerSecond(), 1e-9)

	cfg = resolved(t, base, "yaml:services::a::name: x")
	require.ErrorContains(t, cfg.Validate(), "services.a.name: not allowed in a map of services; its key is the name")
}
