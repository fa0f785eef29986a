// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestReplicas: what is sent to several replicas is compared with what all of them got.
func TestReplicas(t *testing.T) {
	part := func(name, group, id string, received, sent uint64) Part {
		return Part{Name: name, Group: group, Read: true, Components: []Component{
			{Kind: Receiver, ID: "otlp", Signal: "traces", Counts: Counts{Received: received}},
			{Kind: Exporter, ID: id, Signal: "traces", Counts: Counts{Sent: sent}},
		}}
	}
	parts := []Part{
		part("generator", "", "otlp", 100, 100),
		part("balancer", "", "loadbalancing", 100, 100),
		part("backend-1", "backend", "otlp", 70, 70),
		part("backend-2", "backend", "otlp", 30, 30),
		part("verifier", "", "load_verify", 100, 100),
	}
	assert.Empty(t, Losses(parts, 1, "traces"))
	parts[3] = part("backend-2", "backend", "otlp", 20, 20)
	parts[4] = part("verifier", "", "load_verify", 90, 90)
	assert.Equal(t, []string{"balancer->backend: sent, but not received: 10"}, Losses(parts, 1, "traces"))
	parts[3].Killed = true
	assert.Empty(t, Held(parts, 1, "traces", false))
	assert.EqualValues(t, 70, parts[2].Components[0].Received, "the parts stay as they are")
}
