// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var connectionsForm = form{name: "connections", means: "The connections of an instance's clients. They stay open, and requests come on all of them at once.", keys: []key{
	{name: "count", takes: whole{workload.MostConnections}, missing: "a number of connections", means: "Connections to each instance."},
	{name: "exponent", takes: number{0, workload.HighestExponent, false}, initial: "0", means: "How uneven the clients are: connection n carries a share of the requests that is proportional to n^-exponent."},
}}

// readConnections reads the connections of a service.
func readConnections(v value, c *workload.Connections) {
	if t, ok := v.table(&connectionsForm); ok {
		t.whole("count", &c.Count)
		t.number("exponent", &c.Exponent)
	}
}

func writtenConnections(c *workload.Connections) *yaml.Node {
	t := (&tree{}).value("count", c.Count)
	if c.Exponent != 0 {
		t.value("exponent", c.Exponent)
	}
	return t.node()
}
