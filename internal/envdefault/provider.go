// SPDX-License-Identifier: Apache-2.0

// Package envdefault is the Collector's provider of environment variables, but for one thing: a default counts where the variable is
// empty, too, as the same form does in a shell. With the Collector's own provider, NAME= in a unit or a manifest is a value: then
// ${env:NAME:-localhost}:4317 listens on all interfaces.
package envdefault

import (
	"context"
	"os"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
)

// NewFactory returns the factory of the provider.
func NewFactory() confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(settings confmap.ProviderSettings) confmap.Provider {
		return provider{envprovider.NewFactory().Create(settings)}
	})
}

type provider struct{ confmap.Provider }

// Retrieve returns the value of env:NAME or env:NAME:-default.
func (p provider) Retrieve(ctx context.Context, uri string, watcher confmap.WatcherFunc) (*confmap.Retrieved, error) {
	retrieved, err := p.Provider.Retrieve(ctx, uri, watcher)
	if err != nil {
		return nil, err
	}
	name, fallback, ok := strings.Cut(strings.TrimPrefix(uri, p.Scheme()+":"), ":-")
	if ok && os.Getenv(name) == "" {
		return confmap.NewRetrievedFromYAML([]byte(fallback))
	}
	return retrieved, nil
}
