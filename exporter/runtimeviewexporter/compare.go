// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/exporter/runtimeviewexporter/internal/aggregate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

const (
	// clearlySlower is the ratio of two percentiles that is worth a sentence.
	clearlySlower = 1.5
	// clearlyMore is how much more of its time the slower one has to queue for that to be the reason.
	clearlyMore = 0.1
)

// compared says in a line or two which runtime is the slowest, and whether that is because its tasks wait for a worker. It says nothing if no
// two can be compared, or they are much the same.
func compared(columns []aggregate.Column) string {
	var slow, fast *aggregate.Column
	for i := range columns {
		c := &columns[i]
		if !c.Latency.P99.Known || !c.Runtime.Real() {
			continue
		}
		if slow == nil || c.Latency.P99.Number > slow.Latency.P99.Number {
			slow = c
		}
		if fast == nil || c.Latency.P99.Number < fast.Latency.P99.Number {
			fast = c
		}
	}
	if slow == nil || float64(slow.Latency.P99.Number) < clearlySlower*float64(fast.Latency.P99.Number) || fast.Latency.P99.Number == 0 {
		return ""
	}
	text := fmt.Sprintf("%s is slowest here: its latency p99 is %.1f times that of %s.\n", slow.Runtime,
		float64(slow.Latency.P99.Number)/float64(fast.Latency.P99.Number), fast.Runtime)
	if !slow.Queued.Known || !fast.Queued.Known {
		return text
	}
	shares := fmt.Sprintf("%s of their time; on %s %s", format.Share(slow.Queued.Number), fast.Runtime, format.Share(fast.Queued.Number))
	if slow.Queued.Number < fast.Queued.Number+clearlyMore {
		return text + "It is not the queue: tasks wait " + shares + ".\n"
	}
	return text + "Its tasks wait for a worker " + shares + ".\n"
}
