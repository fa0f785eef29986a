// SPDX-License-Identifier: Apache-2.0

package semconv

// Told is what a metric tells about the spans of its process.
type Told uint8

// What metrics tell.
const (
	// WorkersTold is how many workers the runtime has.
	WorkersTold Told = iota
	// WaitsTold are queue waits, as a histogram.
	WaitsTold
	// WaitTimeTold is the sum of all queue waits, and WaitCountTold their number. One is nothing without the other.
	WaitTimeTold
	WaitCountTold
	// CPUTold is how long the process's threads had a CPU, and how long they lacked one; QuotaTold how often a quota stopped them.
	CPUTold
	QuotaTold
)

// ReadMetric describes one metric that tells something about spans.
type ReadMetric struct {
	Name       string
	Of         string // naming or crate
	Instrument Instrument
	Told       Told
	Number     Number // of durations, unless the metric has a unit that says otherwise
	Meaning    string
}

// foreignMetrics are those of crates whose metrics no simulated service sends: runtime-otel-metrics 0.2.0, src/tokio_rt.rs
// (github.com/max-te/runtime-otel-rs); kubert-prometheus-tokio 0.2.0, src/lib.rs, under the prefix that kubert 0.25.0 gives it in
// src/admin.rs (github.com/olix0r/kubert); tokio-metrics 0.5.2, src/task/metrics_rs_integration.rs.
var foreignMetrics = []ReadMetric{
	{"tokio.runtime.workers", "runtime-otel-metrics", Gauge, WorkersTold, AsIs, "Workers."},
	{"tokio_rt_workers", "kubert", Gauge, WorkersTold, AsIs, "Workers."},
	{"tokio_total_scheduled_duration", "tokio-metrics", Counter, WaitTimeTold, Microseconds, "Queue waits after the first poll, added up, in microseconds, of the tasks that a `TaskMonitor` instruments."},
	// The reporter of tokio-metrics sends a gauge of its last interval instead, from which no mean follows: how many such intervals lie
	// between two exports is not known.
	{"tokio_total_scheduled_count", "tokio-metrics", Counter, WaitCountTold, AsIs, "Their number."},
}

// ReadMetrics are all metrics that tell something about spans.
func ReadMetrics() []ReadMetric {
	var read []ReadMetric
	for _, m := range Metrics {
		for _, series := range m.Series {
			r := ReadMetric{m.Name, string(m.Naming), m.Instrument, WorkersTold, m.Number, m.Meaning}
			switch series.Of {
			case Workers:
				read = append(read, r)
			case ScheduleDuration:
				r.Told = WaitsTold
				read = append(read, r)
			default: // it tells nothing about spans
			}
		}
	}
	read = append(read, foreignMetrics...)
	for _, m := range KernelMetrics {
		switch r := (ReadMetric{m.Name, "process_threads", m.Instrument, CPUTold, Seconds, m.Meaning}); m.Name {
		case MetricThreadTime:
			read = append(read, r)
		case MetricQuotaThrottledTime:
			r.Told = QuotaTold
			read = append(read, r)
		case MetricQuotaPeriods, MetricQuotaThrottledPeriods:
			r.Told, r.Number = QuotaTold, AsIs
			read = append(read, r)
		}
	}
	return read
}
