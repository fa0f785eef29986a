// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
)

// configuration reads the plan's YAML as a Collector reads it.
func configuration(ctx context.Context, p *plan.Plan) (*confmap.Conf, error) {
	text, err := p.Collector()
	if err != nil {
		return nil, err
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: []string{"yaml:" + text}, ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory()}, DefaultScheme: "yaml",
	})
	if err != nil {
		return nil, err
	}
	return resolver.Resolve(ctx)
}

// configure makes a component's configuration of what the section of its kind says.
func configure(f component.Factory, conf *confmap.Conf, section string) (component.Config, error) {
	key := section + "::" + f.Type().String()
	own, err := conf.Sub(key)
	if err != nil {
		return nil, err
	}
	cfg := f.CreateDefaultConfig()
	if err := own.Unmarshal(cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	if err := confmap.Validate(cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return cfg, nil
}
