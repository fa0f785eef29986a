// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// byName is a gateway that looks up the name of backend.
const byName = `{receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}, exporters: {otlp_grpc: {endpoint: "${env:PIPELINETEST_HOST_BACKEND}:${env:PIPELINETEST_PORT_BACKEND}"}}}`

// TestReplicas: replicas stand beside each other, and a rolling restart stops one after the other.
func TestReplicas(t *testing.T) {
	s := load(t, write(t, `
systems:
  - {name: gateway, config: [`+byName+`]}
  - {name: backend, replicas: 2, config: [gateway.yaml]}
add: {backend: [{processors: {batch: }}]}
faults:
  - {at: 2s, for: 1s, roll: backend}
`))
	assert.Equal(t, []string{"generator", "gateway", "backend-1", "backend-2", "verifier"}, s.names())
	assert.Equal(t, []string{"gateway", "backend-1", "verifier", "verifier"}, []string{s.Next("generator"), s.Next("gateway"), s.Next("backend-1"), s.Next("backend-2")})
	assert.Len(t, s.Systems[1].Config, 2)
	assert.Len(t, s.Systems[2].Config, 2)
	var faults []Fault
	for _, f := range s.Faults {
		faults = append(faults, Fault{At: f.At, For: f.For, Stop: f.Stop, Unlisted: f.Unlisted})
	}
	assert.Equal(t, []Fault{
		{At: 2 * time.Second, For: time.Second, Stop: "backend-1"},
		{At: 2 * time.Second, For: time.Second, Unlisted: "backend-1"},
		{At: 4 * time.Second, For: time.Second, Stop: "backend-2"},
		{At: 4 * time.Second, For: time.Second, Unlisted: "backend-2"},
	}, faults)
	require.NoError(t, s.Check(), "again")
	assert.Len(t, s.Faults, 4)
	assert.Contains(t, s.Variables("gateway"), "PIPELINETEST_HOST_BACKEND")
	assert.NotContains(t, s.Variables("backend-1"), "PIPELINETEST_HOST_BACKEND")
}

// TestReload reads what a reload adds, from a file and from the scenario.
func TestReload(t *testing.T) {
	s := load(t, write(t, `
systems: [{name: gateway, config: [gateway.yaml]}]
faults:
  - {reload: gateway}
  - {at: 1s, for: 1s, reload: gateway, config: gateway.yaml}
  - {at: 3s, for: 1s, reload: gateway, config: {processors: {batch: {timeout: 1s}}}}
`))
	require.Len(t, s.Faults, 3)
	assert.Empty(t, s.Faults[0].With)
	assert.Equal(t, gatewayConfig, s.Faults[1].With)
	assert.YAMLEq(t, "processors: {batch: {timeout: 1s}}", s.Faults[2].With)
	assert.Equal(t, "reload: gateway with another configuration", s.Faults[2].String())
}

// TestWrongTopology tells what cannot be.
func TestWrongTopology(t *testing.T) {
	const backend = "systems: [{name: gateway, config: [" + byName + "]}, {name: backend, replicas: 2, config: [gateway.yaml]}]\n"
	const alone = "systems: [{name: backend, replicas: 2, config: [gateway.yaml]}]\n"
	const plain = "systems: [{name: gateway, config: [gateway.yaml]}]\n"
	for _, tt := range []struct{ text, want string }{
		{"systems: [{name: gateway, replicas: 0, config: [gateway.yaml]}]", "systems[0].replicas: 0 is not allowed; want 1 to 20"},
		{"generator: {replicas: 2}", "generator.replicas: 2 is not allowed; want it of a system only"},
		{backend + "faults: [{for: 1s, roll: gateway}]", `faults[0].roll: "gateway" is not allowed; want a part with replicas: backend`},
		{plain + "faults: [{for: 1s, roll: gateway}]", `faults[0].roll: "gateway" is not allowed; want a part with replicas; there is none`},
		{backend + "faults: [{roll: backend}]", "faults[0].for: is missing; want how long each replica is gone"},
		{backend + "faults: [{unlisted: gateway}]", `faults[0].unlisted: "gateway" is not allowed; want a replica: backend-1, backend-2`},
		{alone + "faults: [{unlisted: backend-1}]", "nobody looks up the name of backend; want a part that uses ${env:PIPELINETEST_HOST_BACKEND}"},
		{plain + "faults: [{reload: other}]", `faults[0].reload: "other" is not allowed; want one of generator, gateway, verifier`},
		{plain + "faults: [{stop: gateway, config: gateway.yaml}]", "faults[0].config: is not allowed here; want it beside reload only"},
		{plain + "faults: [{reload: gateway, config: 'https://x'}]", `faults[0].config: "https://x" is not allowed; want a file or a mapping`},
		{"systems: [{name: a, command: [x]}]\nfaults: [{reload: a, config: {x: }}]", "faults[0].config: a is a command, whose configuration is its own; want a part with config"},
		{plain + "faults: [{reload: gateway, kill: gateway}]", "kill, stop, full_disk, reload, unlisted and roll are each a fault alone"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			_, err := Load(write(t, tt.text))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}
