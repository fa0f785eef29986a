// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

var logForm = form{name: "log", means: "A log record that each instance writes now and then, outside of any span.", keys: []key{
	{name: "body", takes: bodyTakes, missing: "text, or a map of values", means: "What it says: text, or a map."},
	severityKey,
	{name: "rate", takes: number{0, workload.HighestLogRate, true}, missing: "how many an instance writes in a second", means: "How many an instance writes in a second, independently of each other."},
	attributesKey,
}}

// readLogs reads the log records of a service.
func (b *builder) readLogs(v value) {
	for _, item := range v.list("log records") {
		var l workload.Log
		if t, ok := item.table(&logForm); ok {
			if body, ok := t.get("body"); ok {
				l.Body = readBody(body)
			}
			l.Severity = t.severity()
			t.number("rate", &l.Rate)
			if attributes, ok := t.get("attributes"); ok {
				l.Attributes = readAttributes(attributes)
			}
		}
		b.service.Logs = append(b.service.Logs, l)
	}
	if n := len(b.service.Logs); n > workload.MostLogs {
		v.fail(fmt.Sprintf("%d log records; want at most %d", n, workload.MostLogs))
	}
}
