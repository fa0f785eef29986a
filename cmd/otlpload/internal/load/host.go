// SPDX-License-Identifier: Apache-2.0

package load

import (
	"go.opentelemetry.io/collector/component"

	"github.com/runtimelab/otelcol-runtimelab/internal/gate"
)

// noExtensions is a host of components that need none.
type noExtensions struct{}

// GetExtensions implements component.Host.
func (noExtensions) GetExtensions() map[component.ID]component.Component { return nil }

// keeper is the receiver's host, and the extension in it that the receiver leaves its run to. The receiver enters when all its components
// have started.
type keeper struct {
	component.StartFunc
	component.ShutdownFunc
	generator gate.Generator
}

var (
	_ component.Host = (*keeper)(nil)
	_ gate.Keeper    = (*keeper)(nil)
)

// GetExtensions implements component.Host.
func (k *keeper) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("load_gate"): k}
}

// Enter implements gate.Keeper: what sends has started already.
func (k *keeper) Enter(g gate.Generator) {
	k.generator = g
	g.Begin()
}
