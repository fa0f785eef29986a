// SPDX-License-Identifier: Apache-2.0

package semconv

// Naming is one way to name the metrics of a runtime.
type Naming string

// The namings.
const (
	// NamingAsyncRuntime is Runtimelab's own: the same names for every runtime, after OpenTelemetry's naming rules.
	NamingAsyncRuntime Naming = "async_runtime"
	// NamingTokioCrate is that of the crate opentelemetry-instrumentation-tokio 0.1.2, src/runtime.rs
	// (github.com/sandhose/opentelemetry-instrumentation-tokio).
	NamingTokioCrate Naming = "tokio_crate"
	// NamingPrometheus is that of tokio-metrics 0.5.1, src/runtime/metrics_rs_integration.rs
	// (github.com/tokio-rs/tokio-metrics): what its metrics.rs reporter exports to Prometheus, scraped by a Collector.
	NamingPrometheus Naming = "prometheus_tokio_metrics"
)

// Scheme is what the metrics of one naming have in common.
type Scheme struct {
	Naming         Naming
	Scope, Version string // instrumentation scope
	SchemaURL      string // of the scope; empty: whoever uses this naming sends none
	// Crate is the crate whose numbers these are; runtimes of other crates have nothing like it. Empty: every runtime has them.
	Crate string
	// CumulativeOnly: there is no delta temporality.
	CumulativeOnly bool
	// Doubles: every number is a double.
	Doubles bool
	// WorkerKey is the attribute of points of one worker.
	WorkerKey string
	// Runtime is the value of tokio.runtime.id on every point; empty: there is no such attribute.
	Runtime string
}

// Schemes are the namings to choose from; the first is the default.
var Schemes = []Scheme{
	{Naming: NamingAsyncRuntime, Scope: "async_runtime", SchemaURL: SchemaURL, WorkerKey: Worker},
	{
		Naming: NamingTokioCrate, Scope: "opentelemetry-instrumentation-tokio", Version: "0.1.2", Crate: CrateTokio,
		WorkerKey: TokioWorkerIndex, Runtime: "1", // a process's first runtime
	},
	{
		Naming: NamingPrometheus, Crate: CrateTokio, CumulativeOnly: true, Doubles: true,
		Scope: "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver",
	},
}

// Attributes of metric points.
const (
	WorkerState         = "async_runtime.worker.state"
	QueueType           = "async_runtime.queue.type"
	BlockingThreadState = "async_runtime.blocking.thread.state"
	TokioWorkerIndex    = "tokio.worker.index"
	TokioRuntimeID      = "tokio.runtime.id"
)

// Instrument is the kind of a metric.
type Instrument string

// The instruments.
const (
	Counter       Instrument = "Counter"
	UpDownCounter Instrument = "UpDownCounter"
	Gauge         Instrument = "Gauge"
	// ExponentialHistogram is a Histogram with base-2 exponential buckets.
	ExponentialHistogram Instrument = "Histogram"
)

// Quantity is what can be measured of a runtime.
type Quantity uint8

// Quantities that a runtime counts: they never fall.
const (
	SpawnedTasks Quantity = iota
	RemoteSchedules
	ForcedYields

	CPUTime          // nanoseconds of CPU that the process used, of all its threads; where its CPUs are limited
	CPUWaitTime      // nanoseconds that threads were runnable without a CPU, or throttled; likewise
	ThrottledTime    // nanoseconds that CPUs with a thread were throttled; where the process has a quota
	QuotaPeriods     // likewise
	ThrottledPeriods // likewise

	// Of each worker, from here on.

	BusyTime      // nanoseconds in polls, as the runtime publishes it
	ParkedTime    // nanoseconds asleep
	SearchingTime // nanoseconds awake beside polls
	Parks
	Noops
	Polls // Tokio: without those from the LIFO slot
	Steals
	StealOperations
	LocalSchedules
	Overflows
)

// Quantities that a runtime has at a moment.
const (
	LocalQueue Quantity = iota + Overflows + 1 // of each worker

	Workers
	LiveTasks
	GlobalQueue
	BlockingQueue
	BlockingThreads
	BusyBlockingThreads
	IdleBlockingThreads
)

// Durations, measured at each poll.
const (
	PollDuration Quantity = iota + IdleBlockingThreads + 1
	ScheduleDuration
)

// Counted reports whether the quantity never falls. A gauge of such a quantity holds what the last interval added.
func (q Quantity) Counted() bool { return q <= Overflows }

// OfWorkers reports whether each worker has its own.
func (q Quantity) OfWorkers() bool { return q >= BusyTime && q <= LocalQueue }

// OfHost reports whether only a process whose CPUs are limited has the quantity.
func (q Quantity) OfHost() bool { return q == CPUTime || q == CPUWaitTime }

// OfQuota reports whether only a process with a quota of CPU time has the quantity.
func (q Quantity) OfQuota() bool { return q >= ThrottledTime && q <= ThrottledPeriods }

// Grouping says what becomes of a quantity that each worker has.
type Grouping uint8

// The groupings.
const (
	Total    Grouping = iota // one point: the sum
	Optional                 // the sum, or one point for each worker if that is asked for
	Each                     // one point for each worker
	Largest                  // one point: the largest; of a counted quantity, the largest that an interval added, added up
	Smallest                 // likewise the smallest
)

// Number is how a quantity becomes the number of a point.
type Number uint8

// The numbers.
const (
	AsIs         Number = iota // an int
	Seconds                    // a double, of nanoseconds
	Milliseconds               // an int, of nanoseconds, rounded down
	Microseconds               // likewise
	Utilization                // a double from 0 to 1: nanoseconds of the interval and, in a total, of the number of workers
	Ratio                      // a double: nanoseconds of the interval
)

// Series is one quantity among the points of a metric.
type Series struct {
	Of         Quantity
	Key, Value string // attribute; empty: none
}

// Metric describes one metric of a naming.
type Metric struct {
	Naming     Naming
	Name       string
	Instrument Instrument
	Unit       string
	Number     Number
	Grouping   Grouping
	Series     []Series
	Meaning    string
}

func of(q Quantity) []Series { return []Series{{Of: q}} }

// Metrics is the registry: every metric of every naming, in the order in which tables show them and batches carry them.
var Metrics = []Metric{
	{NamingAsyncRuntime, "async_runtime.worker.count", UpDownCounter, "{worker}", AsIs, Total, of(Workers), "Executor threads."},
	{NamingAsyncRuntime, "async_runtime.worker.time", Counter, "s", Seconds, Optional, []Series{
		{BusyTime, WorkerState, "busy"}, {ParkedTime, WorkerState, "parked"}, {SearchingTime, WorkerState, "searching"},
	}, "Time in polls, asleep, and looking for tasks. Tokio publishes busy time when a batch of polls ends; up to there it is in no state."},
	{NamingAsyncRuntime, "async_runtime.worker.utilization", Gauge, "1", Utilization, Optional, of(BusyTime), "Share of the last interval that was busy, 0 to 1."},
	{NamingAsyncRuntime, "async_runtime.worker.parks", Counter, "{park}", AsIs, Optional, of(Parks), "Times a worker went to sleep."},
	{NamingAsyncRuntime, "async_runtime.worker.noops", Counter, "{park}", AsIs, Optional, of(Noops), "Those without a poll since the one before."},
	{NamingAsyncRuntime, "async_runtime.task.count", UpDownCounter, "{task}", AsIs, Total, of(LiveTasks), "Tasks spawned and not finished."},
	{NamingAsyncRuntime, "async_runtime.task.spawned", Counter, "{task}", AsIs, Total, of(SpawnedTasks), "Tasks spawned."},
	{NamingAsyncRuntime, "async_runtime.task.poll.duration", ExponentialHistogram, "s", Seconds, Total, of(PollDuration), "Time from the start of a poll to its end."},
	{NamingAsyncRuntime, "async_runtime.task.schedule.duration", ExponentialHistogram, "s", Seconds, Total, of(ScheduleDuration), "Queue wait: time from the wake to the start of the poll."},
	{NamingAsyncRuntime, "async_runtime.task.steals", Counter, "{task}", AsIs, Optional, of(Steals), "Tasks that a worker took from another's queue."},
	{NamingAsyncRuntime, "async_runtime.task.steal.operations", Counter, "{operation}", AsIs, Optional, of(StealOperations), "Times a worker took some."},
	{NamingAsyncRuntime, "async_runtime.task.overflows", Counter, "{overflow}", AsIs, Optional, of(Overflows), "Times a worker's queue was full and half of it went to the global one."},
	{NamingAsyncRuntime, "async_runtime.task.forced_yields", Counter, "{yield}", AsIs, Total, of(ForcedYields), "Times a task gave way because its coop budget was used up."},
	{NamingAsyncRuntime, "async_runtime.queue.length", UpDownCounter, "{task}", AsIs, Total, []Series{
		{GlobalQueue, QueueType, "global"}, {LocalQueue, QueueType, "local"}, {BlockingQueue, QueueType, "blocking"},
	}, "Tasks queued: for any worker, for one (without Tokio's LIFO slot), and jobs for the blocking pool."},
	{NamingAsyncRuntime, "async_runtime.blocking.thread.count", UpDownCounter, "{thread}", AsIs, Total, []Series{
		{BusyBlockingThreads, BlockingThreadState, "busy"}, {IdleBlockingThreads, BlockingThreadState, "idle"},
	}, "Threads of the blocking pool."},

	// What the kernel tells of a real service, under the names of KernelMetrics: of the process, not of its groups of threads.
	{NamingAsyncRuntime, MetricProcessCPUTime, Counter, "s", Seconds, Total, of(CPUTime), "CPU time used, if the process's CPUs are limited. The models do not tell user from system time."},
	{NamingAsyncRuntime, MetricThreadTime, Counter, "s", Seconds, Total, []Series{
		{CPUTime, ThreadState, ThreadOnCPU}, {CPUWaitTime, ThreadState, ThreadCPUWait},
	}, "Time of threads on a CPU, and time runnable without one or throttled, if the process's CPUs are limited."},
	{NamingAsyncRuntime, MetricQuotaPeriods, Counter, "{period}", AsIs, Total, of(QuotaPeriods), "Periods of the quota, if there is one, in which some of it was used."},
	{NamingAsyncRuntime, MetricQuotaThrottledPeriods, Counter, "{period}", AsIs, Total, of(ThrottledPeriods), "Those in which a CPU was throttled at the end."},
	{NamingAsyncRuntime, MetricQuotaThrottledTime, Counter, "s", Seconds, Total, of(ThrottledTime), "Time for which CPUs with a thread were throttled, of all CPUs."},
	{NamingTokioCrate, "tokio.workers", Gauge, "{worker}", AsIs, Total, of(Workers), "Workers."},
	{NamingTokioCrate, "tokio.global_queue_depth", Gauge, "{task}", AsIs, Total, of(GlobalQueue), "Tasks in the inject queue."},
	{NamingTokioCrate, "tokio.alive_tasks", Gauge, "{task}", AsIs, Total, of(LiveTasks), "Tasks spawned and not finished."},
	{NamingTokioCrate, "tokio.worker.park_count", Counter, "", AsIs, Each, of(Parks), "Times the worker went to sleep."},
	{NamingTokioCrate, "tokio.worker.busy_duration", Counter, "ms", Milliseconds, Each, of(BusyTime), "Time in polls."},
	{NamingTokioCrate, "tokio.blocking_threads", Gauge, "{thread}", AsIs, Total, of(BlockingThreads), "Threads of the blocking pool."},
	{NamingTokioCrate, "tokio.idle_blocking_threads", Gauge, "{thread}", AsIs, Total, of(IdleBlockingThreads), "Those without a job."},
	{NamingTokioCrate, "tokio.remote_schedules", Counter, "{task}", AsIs, Total, of(RemoteSchedules), "Tasks made runnable from outside the workers."},
	{NamingTokioCrate, "tokio.budget_forced_yields", Counter, "{yield}", AsIs, Total, of(ForcedYields), "Times a task gave way because its coop budget was used up."},
	{NamingTokioCrate, "tokio.spawned_tasks_count", Counter, "{task}", AsIs, Total, of(SpawnedTasks), "Tasks spawned."},
	{NamingTokioCrate, "tokio.blocking_queue_depth", Gauge, "{task}", AsIs, Total, of(BlockingQueue), "Jobs that wait for a blocking thread."},
	{NamingTokioCrate, "tokio.worker.noops", Counter, "{operation}", AsIs, Each, of(Noops), "Parks without a poll since the one before."},
	{NamingTokioCrate, "tokio.worker.task_steals", Counter, "", AsIs, Each, of(Steals), "Tasks taken from others' queues."},
	{NamingTokioCrate, "tokio.worker.steal_operations", Counter, "", AsIs, Each, of(StealOperations), "Times the worker took some."},
	{NamingTokioCrate, "tokio.worker.polls", Counter, "{task}", AsIs, Each, of(Polls), "Polls, without those from the LIFO slot."},
	{NamingTokioCrate, "tokio.worker.local_schedules", Counter, "{task}", AsIs, Each, of(LocalSchedules), "Tasks that the worker made runnable."},
	{NamingTokioCrate, "tokio.worker.overflows", Counter, "", AsIs, Each, of(Overflows), "Times the worker's queue was full."},
	{NamingTokioCrate, "tokio.worker.local_queue_depth", Gauge, "{task}", AsIs, Each, of(LocalQueue), "Tasks in the worker's queue."},

	{NamingPrometheus, "tokio_workers_count", Gauge, "", AsIs, Total, of(Workers), "Workers."},
	{NamingPrometheus, "tokio_live_tasks_count", Gauge, "", AsIs, Total, of(LiveTasks), "Tasks spawned and not finished."},
	{NamingPrometheus, "tokio_max_park_count", Gauge, "", AsIs, Largest, of(Parks), "Parks in the last interval, of the worker with most."},
	{NamingPrometheus, "tokio_min_park_count", Gauge, "", AsIs, Smallest, of(Parks), "Of the worker with fewest."},
	{NamingPrometheus, "tokio_total_park_count", Gauge, "", AsIs, Total, of(Parks), "Of all workers."},
	{NamingPrometheus, "tokio_total_busy_duration", Counter, "", Microseconds, Total, of(BusyTime), "Time in polls, in microseconds."},
	{NamingPrometheus, "tokio_max_busy_duration", Counter, "", Microseconds, Largest, of(BusyTime), "Of the busiest worker of each interval, added up."},
	{NamingPrometheus, "tokio_min_busy_duration", Counter, "", Microseconds, Smallest, of(BusyTime), "Of the least busy, added up."},
	{NamingPrometheus, "tokio_global_queue_depth", Gauge, "", AsIs, Total, of(GlobalQueue), "Tasks in the inject queue."},
	{NamingPrometheus, "tokio_busy_ratio", Gauge, "", Ratio, Total, of(BusyTime), "Busy time of the last interval over its length: 0 to the number of workers."},
	{NamingPrometheus, "tokio_total_noop_count", Counter, "", AsIs, Total, of(Noops), "Parks without a poll since the one before."},
	{NamingPrometheus, "tokio_max_noop_count", Counter, "", AsIs, Largest, of(Noops), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_noop_count", Counter, "", AsIs, Smallest, of(Noops), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_total_steal_count", Counter, "", AsIs, Total, of(Steals), "Tasks taken from others' queues."},
	{NamingPrometheus, "tokio_max_steal_count", Counter, "", AsIs, Largest, of(Steals), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_steal_count", Counter, "", AsIs, Smallest, of(Steals), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_total_steal_operations", Counter, "", AsIs, Total, of(StealOperations), "Times a worker took some."},
	{NamingPrometheus, "tokio_max_steal_operations", Counter, "", AsIs, Largest, of(StealOperations), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_steal_operations", Counter, "", AsIs, Smallest, of(StealOperations), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_num_remote_schedules", Counter, "", AsIs, Total, of(RemoteSchedules), "Tasks made runnable from outside the workers."},
	{NamingPrometheus, "tokio_total_local_schedule_count", Counter, "", AsIs, Total, of(LocalSchedules), "Tasks that workers made runnable."},
	{NamingPrometheus, "tokio_max_local_schedule_count", Counter, "", AsIs, Largest, of(LocalSchedules), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_local_schedule_count", Counter, "", AsIs, Smallest, of(LocalSchedules), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_total_overflow_count", Counter, "", AsIs, Total, of(Overflows), "Times a worker's queue was full."},
	{NamingPrometheus, "tokio_max_overflow_count", Counter, "", AsIs, Largest, of(Overflows), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_overflow_count", Counter, "", AsIs, Smallest, of(Overflows), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_total_polls_count", Counter, "", AsIs, Total, of(Polls), "Polls, without those from the LIFO slot."},
	{NamingPrometheus, "tokio_max_polls_count", Counter, "", AsIs, Largest, of(Polls), "Of the worker with most in each interval, added up."},
	{NamingPrometheus, "tokio_min_polls_count", Counter, "", AsIs, Smallest, of(Polls), "Of the worker with fewest, added up."},
	{NamingPrometheus, "tokio_total_local_queue_depth", Gauge, "", AsIs, Total, of(LocalQueue), "Tasks in the workers' queues."},
	{NamingPrometheus, "tokio_max_local_queue_depth", Gauge, "", AsIs, Largest, of(LocalQueue), "In the longest."},
	{NamingPrometheus, "tokio_min_local_queue_depth", Gauge, "", AsIs, Smallest, of(LocalQueue), "In the shortest."},
	{NamingPrometheus, "tokio_blocking_queue_depth", Gauge, "", AsIs, Total, of(BlockingQueue), "Jobs that wait for a blocking thread."},
	{NamingPrometheus, "tokio_blocking_threads_count", Gauge, "", AsIs, Total, of(BlockingThreads), "Threads of the blocking pool."},
	{NamingPrometheus, "tokio_idle_blocking_threads_count", Gauge, "", AsIs, Total, of(IdleBlockingThreads), "Those without a job."},
	{NamingPrometheus, "tokio_budget_forced_yield_count", Counter, "", AsIs, Total, of(ForcedYields), "Times a task gave way because its coop budget was used up."},
}

// SpanMetric describes one metric that the runtime_stats connector makes of spans: an exponential histogram in ns.
type SpanMetric struct{ Name, Meaning string }

// Metrics made of spans, per service, operation and Collector that made them.
const (
	MetricSpanDuration  = "async_runtime.span.duration"
	MetricSpanBusy      = "async_runtime.span.busy.duration"
	MetricSpanQueueWait = "async_runtime.span.queue_wait.duration"
)

// SpanMetrics is the registry of these metrics.
var SpanMetrics = [...]SpanMetric{
	{MetricSpanDuration, "Duration of spans."},
	{MetricSpanBusy, "Time that the task of a span was being polled."},
	{MetricSpanQueueWait, "Time that the task of a span was runnable but not running."},
}

// SpanMetricUnit is the unit of [SpanMetrics]. In seconds, the boundaries of buckets would be others than those of package histogram.
const SpanMetricUnit = "ns"
