// SPDX-License-Identifier: Apache-2.0

package loadgateextension

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"

	"github.com/runtimelab/otelcol-runtimelab/extension/loadgateextension/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/gate"
)

// Config of the extension; it has no settings.
type Config struct{}

var _ component.Config = (*Config)(nil)

// NewFactory makes the factory of the extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type,
		func() component.Config { return &Config{} },
		func(context.Context, extension.Settings, component.Config) (extension.Extension, error) {
			return &loadGate{}, nil
		},
		metadata.ExtensionStability)
}

// loadGate is the extension. Generators find its gate among the host's extensions.
type loadGate struct {
	gate.Gate
	component.StartFunc
	component.ShutdownFunc
}

var (
	_ extensioncapabilities.PipelineWatcher = (*loadGate)(nil)
	_ gate.Keeper                           = (*loadGate)(nil)
)

// Ready implements extensioncapabilities.PipelineWatcher: all pipelines run.
func (g *loadGate) Ready() error {
	g.Open()
	return nil
}

// NotReady implements extensioncapabilities.PipelineWatcher: nothing has been stopped yet. It returns when all generators have ended;
// each bounds its own end.
func (g *loadGate) NotReady() error { return g.Close(context.Background()) }
