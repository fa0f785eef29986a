// SPDX-License-Identifier: Apache-2.0

package spec

import "github.com/runtimelab/otelcol-runtimelab/workload"

var resourceForm = form{name: "resource", means: "What the resource of each instance has beside what synthetic_load sets.", keys: []key{
	{name: "attributes", takes: named{ref{"attribute"}}, missing: "a map", means: "Attributes by their keys. What is drawn is drawn once for each instance."},
}}

// readResource reads the attributes of a service's resource.
func readResource(v value) []workload.Attribute {
	t, ok := v.table(&resourceForm)
	if !ok {
		return nil
	}
	attributes, ok := t.get("attributes")
	if !ok {
		return nil
	}
	return attributes.attributes(func(key string) string {
		if workload.OnResources(key) {
			return "set by synthetic_load itself; want another key"
		}
		return ""
	})
}
