// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLinksToOtherServices: a service that links to spans of one that it does not call is played without that one, and keeps links of its own.
func TestLinksToOtherServices(t *testing.T) {
	path := file(t, `
receivers:
  synthetic_load:
    services:
      - {name: shop, runtime: {model: tokio}, arrivals: {process: poisson, rate: 10}, operations: [{name: publish, steps: [yield]}]}
      - name: billing
        runtime: {model: smol}
        arrivals: {process: poisson, rate: 10}
        operations:
          - {name: bill, links: {service: shop, operation: publish}, steps: [{span: {name: s, links: {service: shop, operation: publish}, steps: [yield]}}]}
          - {name: again, links: {operation: bill}, steps: [yield]}
`)
	s := mustService(t, mustOpen(t, Request{Workload: path, Name: "billing"}), Variant{})
	assert.Equal(t, "billing", s.Name)
	links := map[string]bool{}
	for i := range s.Spans {
		links[s.Spans[i].Name] = s.Spans[i].Links != nil
	}
	assert.Equal(t, map[string]bool{"bill": false, "s": false, "again": true}, links)
}
