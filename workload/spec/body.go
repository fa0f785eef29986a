// SPDX-License-Identifier: Apache-2.0

package spec

import "github.com/runtimelab/otelcol-runtimelab/workload"

func severityNames() (names []string) {
	for _, s := range workload.Severities() {
		names = append(names, s.String())
	}
	return names
}

var (
	severityKey = key{name: "severity", takes: text{severityNames()}, initial: "info", means: "Severity of the log record."}
	bodyTakes   = either{text{}, named{ref{"attribute"}}}
)

func (t table) severity() workload.Severity {
	if !t.has(severityKey.name) {
		return workload.Info
	}
	return workload.Severities()[max(0, t.choice(severityKey.name))]
}

// readBody reads text, or a map of values as attributes have them.
func readBody(v value) (b workload.Body) {
	if _, ok := v.raw.(map[string]any); !ok {
		b.Text = v.text()
		return b
	}
	if b.Map = readAttributes(v); len(b.Map) == 0 {
		v.refuse("text, or a map with a key at least")
	}
	return b
}
