// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// StateConfig says where the state goes, which pipelinetest merge merges with those of other verifiers.
type StateConfig struct {
	// Verifier is the name of this verifier, which it keeps when it is started again; empty: of the host and the exporter.
	Verifier string `mapstructure:"verifier"`
	// Verifiers are the names of all that share the audit; empty: any. A verifier that is none of them does not start: nobody would ask it for its state.
	Verifiers []string `mapstructure:"verifiers"`
	// File is the path of the state, written at each interval and at the end; empty: none.
	File string `mapstructure:"file"`
	// HTTP serves the state, at /state.
	HTTP configoptional.Optional[confighttp.ServerConfig] `mapstructure:"http"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// defaultEndpoint is where the state is served, if it is served.
const defaultEndpoint = "localhost:4329"

func defaultState() StateConfig {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	return StateConfig{HTTP: configoptional.Default(server)}
}

func (c *StateConfig) validate() error {
	if n := len(c.Verifier); n > audit.LongestName {
		return fmt.Errorf("state.verifier: a name of %d bytes is not allowed; want at most %d", n, audit.LongestName)
	}
	if len(c.Verifiers) > 0 && !slices.Contains(c.Verifiers, c.Verifier) {
		return fmt.Errorf("state.verifier: %q is not allowed; want one of state.verifiers: %s", c.Verifier, strings.Join(c.Verifiers, ", "))
	}
	return nil
}
