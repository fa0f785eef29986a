// SPDX-License-Identifier: Apache-2.0

package verdict

import "time"

// Latency is the time from the end of an item to its arrival. Each is at most so long.
type Latency struct {
	Count uint64        `json:"count"` // items that it is known of
	P50   time.Duration `json:"p50_ns"`
	P99   time.Duration `json:"p99_ns"`
	Max   time.Duration `json:"max_ns"`
}

// Latency is that of a signal, of all runs the longest.
func (r *Report) Latency(signal string) (most Latency) {
	for i := range r.Runs {
		if s := r.Runs[i].signal(signal); s != nil {
			l := &s.Latency
			most = Latency{most.Count + l.Count, max(most.P50, l.P50), max(most.P99, l.P99), max(most.Max, l.Max)}
		}
	}
	return most
}

// Quantile is the one of a name: p50, p99 or max.
func (l *Latency) Quantile(name string) time.Duration {
	return map[string]time.Duration{"p50": l.P50, "p99": l.P99, "max": l.Max}[name]
}
