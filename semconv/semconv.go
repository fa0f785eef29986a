// SPDX-License-Identifier: Apache-2.0

//go:generate go test . -run "TestDocs|TestMetricDocs|TestReadMetricDocs|TestKernelMetricDocs|TestWeaverRegistry" -update

// Package semconv names, once, every attribute and thread that Runtimelab writes or reads, with its type, meaning and
// source. Receiver, processor and exporters meet only through these names: whatever is true of a simulated service
// holds for a real one.
//
// Two families, never mixed:
//
//   - source attributes are recorded by the service, simulated or real: what tracing-opentelemetry writes by itself
//     (busy_ns, thread.name, ...) and what a service that wraps its futures records beside it (scheduled_ns, ...);
//   - derived attributes are written by the runtime_stats processor: async_runtime.* and latency.*.
//
// The metrics of the runtimes have names too, several for each: [Metrics].
//
// The runtimes themselves are a table, too: [Runtimes].
//
// The tables in this folder's README, in docs/telemetry.md and in the processor's README are generated from [Attributes] and [Metrics] by
// `make generate`. So is registry/, which says the same to OpenTelemetry's Weaver; [SchemaURL] is its name.
package semconv

// Type is the OTLP type of an attribute's value.
type Type string

// The value types in use. Durations are Int, in nanoseconds, with the suffix _ns: attributes carry no unit, and
// tail_sampling's numeric policy reads int64 only.
const (
	String Type = "string"
	Int    Type = "int"
	Double Type = "double"
	Bool   Type = "boolean"
	// Strings is an array of strings.
	Strings Type = "string[]"
	// Ints is an array of integers.
	Ints Type = "int[]"
	// Bytes are not for people to read.
	Bytes Type = "bytes"
)

// Family says who writes an attribute.
type Family string

// The families of attributes.
const (
	// Resource attributes describe the process that sent the span.
	Resource Family = "resource"
	// Tracing attributes are written on every span by Rust's tracing-opentelemetry layer (0.32 and later).
	Tracing Family = "tracing"
	// Legacy attributes are what older versions of that layer (up to 0.31) wrote in place of its code.* names of today.
	Legacy Family = "legacy"
	// Task attributes are recorded by a service that measures its own futures (tokio-metrics' FutureMonitor or the like).
	Task Family = "task"
	// Point attributes tell the points of a metric apart.
	Point Family = "point"
	// Kernel attributes tell the points of what the kernel says about a process apart.
	Kernel Family = "kernel"
	// Log attributes are on log records.
	Log Family = "log"
	// Stamp attributes number items for an audit at the far end of a pipeline.
	Stamp Family = "stamp"
	// Runtime attributes are derived by runtime_stats from the families above: where the time went.
	Runtime Family = "runtime"
	// Latency attributes are derived by runtime_stats from the spans before: how slow this one is.
	Latency Family = "latency"
)

// Attribute describes one attribute name.
type Attribute struct {
	Name    string
	Type    Type
	Family  Family
	Meaning string
	// Present says when the attribute is on a span (or resource).
	Present string
}

// Resource attributes.
const (
	ServiceName           = "service.name"
	ServiceInstanceID     = "service.instance.id"
	TelemetrySDKLanguage  = "telemetry.sdk.language"
	TelemetrySDKName      = "telemetry.sdk.name"
	TelemetrySDKVersion   = "telemetry.sdk.version"
	ProcessRuntimeName    = "process.runtime.name"
	ProcessRuntimeVersion = "process.runtime.version"
	ProcessPID            = "process.pid"
	HostName              = "host.name"
	Simulated             = "async_runtime.simulated"
)

// ServerAddress is the called service on the client span of a call (OpenTelemetry's conventions; an attribute of the operation
// like those that a workload gives).
const ServerAddress = "server.address"

// ServiceNamespace is what several services belong to (OpenTelemetry's conventions, as ServerAddress).
const ServiceNamespace = "service.namespace"

// DeploymentEnvironmentName is where a service is deployed, such as production (OpenTelemetry's conventions, as ServerAddress).
const DeploymentEnvironmentName = "deployment.environment.name"

// ErrorType is what a span with status error was about (OpenTelemetry's conventions, as ServerAddress).
const ErrorType = "error.type"

// Values of error.type.
const (
	ErrorTypeOther     = "_OTHER" // the conventions' fallback
	ErrorTypeTimeout   = "timeout"
	ErrorTypeCancelled = "cancelled"
)

// Source attributes written by tracing-opentelemetry (0.32 and later).
const (
	BusyNs         = "busy_ns"
	IdleNs         = "idle_ns"
	ThreadID       = "thread.id"
	ThreadName     = "thread.name"
	CodeFilePath   = "code.file.path"
	CodeLineNumber = "code.line.number"
	CodeModuleName = "code.module.name"
	Target         = "target"
)

// Source attributes written by tracing-opentelemetry up to 0.31 (src/layer.rs), besides those that are the same today.
const (
	CodeFilePathLegacy   = "code.filepath"
	CodeLineNumberLegacy = "code.lineno"
	CodeModuleNameLegacy = "code.namespace"
)

// Source attributes recorded by a service that wraps its futures.
const (
	PollCount        = "poll_count"
	ScheduledNs      = "scheduled_ns"
	FirstPollDelayNs = "first_poll_delay_ns"
	LongestPollNs    = "longest_poll_ns"
	StealCount       = "steal_count"
	ForcedYieldCount = "forced_yield_count"
	TaskID           = "task.id"
	WorkerIndex      = "worker.index"
)

// TaskName is the span's name on the log records of a task's start and end.
const TaskName = "task.name"

// EventPoll is the span event that stands for one poll of the span's task, with WorkerIndex, ScheduledNs (the wait before it) and
// BusyNs (its length).
const EventPoll = "poll"

// Stamps: what synthetic_load marks items with for load_verify.
const (
	StampRun      = "load_verify.run"
	StampSource   = "load_verify.source"
	StampSequence = "load_verify.sequence"
	StampChecksum = "load_verify.checksum"
	// On items, resources and scopes, if their content is stamped too:
	StampContent = "load_verify.content"
	// On items of a class, and on spans that make their trace one of a class:
	StampClass      = "load_verify.class"
	StampTraceClass = "load_verify.trace_class"
	// On spans, if those of a trace are numbered:
	StampTraceSpan = "load_verify.trace_span"
	StampTraceRoot = "load_verify.trace_root"
	// On items that are odd on purpose, stamped or not:
	StampOdd = "load_verify.odd"
	// On items whose times are not those of the generator's clock:
	StampClockSkew = "load_verify.clock_skew"
	StampPast      = "load_verify.past"
	// On end markers instead of the sequence:
	StampTotal   = "load_verify.total"
	StampDropped = "load_verify.dropped"
	StampSources = "load_verify.sources"
	StampSignals = "load_verify.signals"
	StampProcess = "load_verify.process"
	StampShard   = "load_verify.shard"
	// StampDroppedRanges is only there if something was dropped.
	StampDroppedRanges = "load_verify.dropped_ranges"
	// StampKeys is only there if content is stamped.
	StampKeys = "load_verify.keys"
	// StampClasses is only there if there are classes.
	StampClasses = "load_verify.classes"
	// StampOddKinds is only there if items that are odd on purpose are sent.
	StampOddKinds = "load_verify.odd_kinds"
	// StampRandomness is only there if traces carry their randomness.
	StampRandomness = "load_verify.randomness"
	// StampRootless is only there if spans of traces are numbered, and some traces have no root.
	StampRootless = "load_verify.rootless"
)

// Names of OpenTelemetry's HTTP conventions, which services set themselves: the registry leaves them out.
const (
	HTTPRequestMethod = "http.request.method"
	HTTPRoute         = "http.route"
	HTTPStatusCode    = "http.response.status_code"
	URLScheme         = "url.scheme"
	URLPath           = "url.path"
	HTTPTarget        = "http.target" // of older conventions
	URI               = "uri"         // tower-http's own
)

// Derived attributes: where the time went.
const (
	RuntimeName       = "async_runtime.name"
	BusyRatio         = "async_runtime.busy_ratio"
	Worker            = "async_runtime.worker.index" // on points of one worker too
	TaskIdentifier    = "async_runtime.task.id"
	TaskPollCount     = "async_runtime.task.poll_count"
	TaskBusyNs        = "async_runtime.task.busy_ns"
	TaskIdleNs        = "async_runtime.task.idle_ns"
	QueueWaitNs       = "async_runtime.task.queue_wait_ns"
	QueueWaitEstimate = "async_runtime.task.queue_wait_estimate_ns"
	QueueWaitSource   = "async_runtime.task.queue_wait_source"
	IOWaitNs          = "async_runtime.task.io_wait_ns"
	TaskLongestPoll   = "async_runtime.task.longest_poll_ns"
	TaskStealCount    = "async_runtime.task.steal_count"
	TaskForcedYields  = "async_runtime.task.forced_yield_count"
	UnaccountedNs     = "async_runtime.task.unaccounted_ns"
	InconsistentTime  = "async_runtime.task.times_inconsistent"
	WorkerCount       = "async_runtime.worker.count"
	Finding           = "async_runtime.finding"
	HeldUpBy          = "async_runtime.held_up_by"
	CPUWaitRatio      = "async_runtime.cpu_wait_ratio"
	CPUThrottled      = "async_runtime.cpu_throttled"
)

// Derived attributes: how slow this span is for its operation.
const (
	LatencyPercentile    = "latency.percentile"
	LatencyClass         = "latency.class"
	LatencyOutlier       = "latency.outlier"
	LatencyBaselineP50   = "latency.baseline.p50_ns"
	LatencyBaselineP90   = "latency.baseline.p90_ns"
	LatencyBaselineP99   = "latency.baseline.p99_ns"
	LatencyBaselineCount = "latency.baseline.count"
	LatencyRatioToMedian = "latency.ratio_to_median"
	// LatencyCategory is the attribute of the Collector's rolling_span_latency processor, by its default name.
	LatencyCategory = "latency.category"
)

// Values of async_runtime.task.queue_wait_source.
const (
	QueueWaitMeasured      = "measured"
	QueueWaitSimulated     = "simulated"
	QueueWaitFirstPoll     = "first_poll"
	QueueWaitHistogramMean = "histogram_mean"
	QueueWaitNone          = "none"
)

// Values of async_runtime.finding.
const (
	FindingBlocking   = "blocking_suspected"
	FindingStarved    = "queue_starved"
	FindingWorkerSkew = "worker_skew"
	FindingNeverIdle  = "never_idle"
	FindingHeld       = "held_after_completion"
	FindingHeldUp     = "held_up"
	FindingGuard      = "guard_across_await"
	FindingOutlives   = "outlives_parent"
	FindingCPUStarved = "cpu_starved"
)

// Values of latency.class, from fast to slow.
const (
	ClassNormal   = "normal"
	ClassElevated = "elevated"
	ClassOutlier  = "outlier"
	ClassExtreme  = "extreme"
)

// Values of latency.category; spans that are neither go without. Source: opentelemetry-collector-contrib #50260, and the
// README of processor/rollingspanlatencyprocessor there.
const (
	CategorySlow     = "slow"
	CategoryVerySlow = "very_slow"
)

// Attributes is the registry: one row for each name above but the HTTP conventions', in the order in which tables show them.
var Attributes = []Attribute{
	{ServiceName, String, Resource, "Name of the service.", "always"},
	{ServiceInstanceID, String, Resource, "UUID of the instance; made of the seed and the run.", "always"},
	{TelemetrySDKLanguage, String, Resource, "`rust`.", "always"},
	{TelemetrySDKName, String, Resource, "`opentelemetry`.", "always"},
	{TelemetrySDKVersion, String, Resource, "Version of the OpenTelemetry Rust SDK that is played.", "always"},
	{ProcessRuntimeName, String, Resource, crateMeaning(), "always"},
	{ProcessRuntimeVersion, String, Resource, "Version of that crate.", "always"},
	{ProcessPID, Int, Resource, "Process id of the instance.", "always"},
	{HostName, String, Resource, "Host of the instance.", "always"},
	{Simulated, Bool, Resource, "`true`: no real service sent this.", "simulated services"},

	{BusyNs, Int, Tracing, "Time the span was entered: the sum of its polls.", "always"},
	{IdleNs, Int, Tracing, "Time it was not: queued, waiting, or not yet polled.", "always"},
	{ThreadID, Int, Tracing, "Number of the thread that created the span.", "always"},
	{ThreadName, String, Tracing, "Name of the thread that created the span.", "always"},
	{CodeFilePath, String, Tracing, "Source file of the span.", "always"},
	{CodeLineNumber, Int, Tracing, "Line in that file.", "always"},
	{CodeModuleName, String, Tracing, "Rust module of the span.", "always"},
	{Target, String, Tracing, "Target of the span, by default its module.", "always"},

	{CodeFilePathLegacy, String, Legacy, "Source file of the span.", "layers up to 0.31"},
	{CodeLineNumberLegacy, Int, Legacy, "Line in that file.", "layers up to 0.31"},
	{CodeModuleNameLegacy, String, Legacy, "Rust module of the span.", "layers up to 0.31"},

	{PollCount, Int, Task, "Polls of the span's future.", "`task_fields`"},
	{ScheduledNs, Int, Task, "Runnable but not running (queue wait), summed, including the wait before the first poll.", "`task_fields`"},
	{FirstPollDelayNs, Int, Task, "From spawn to the first poll.", "`task_fields`"},
	{LongestPollNs, Int, Task, "Longest single poll.", "`task_fields`"},
	{StealCount, Int, Task, "Times another worker took the task from a queue.", "`task_fields`"},
	{ForcedYieldCount, Int, Task, "Times the coop budget ran out.", "`task_fields`"},
	{TaskID, Int, Task, "Number of the task in its runtime.", "`task_fields`"},
	{WorkerIndex, Int, Task, "Worker of the first poll, from 0.", "`task_fields`"},

	{WorkerState, String, Point, "`busy`, `parked` or `searching`.", "`async_runtime.worker.time`"},
	{QueueType, String, Point, "`global`, `local` or `blocking`.", "`async_runtime.queue.length`"},
	{BlockingThreadState, String, Point, "`busy` or `idle`.", "`async_runtime.blocking.thread.count`"},
	{TokioWorkerIndex, Int, Point, "Worker, from 0.", "`tokio.worker.*`"},
	{TokioRuntimeID, String, Point, "Number of the runtime in its process: `1`.", "`tokio.*`"},

	{ThreadGroupName, String, Kernel, "Threads of one name: its first 15 characters, without the number at the end.", "metrics of threads"},
	{ThreadState, String, Kernel, "`on_cpu`, or `cpu_wait`: runnable without a CPU.", "`async_runtime.thread.time`"},
	{CPUMode, String, Kernel, "`user` or `system`.", "`process.cpu.time`"},
	{ContextSwitchType, String, Kernel, "`voluntary` or `involuntary`.", "`process.context_switches`"},

	{TaskName, String, Log, "Name of the task's span.", "a task's start and end"},

	{StampRun, String, Stamp, "The run.", "`verify`"},
	{StampSource, String, Stamp, "The process that sent the item; traces, metrics and logs are numbered apart.", "`verify`"},
	{StampSequence, Int, Stamp, "Number of the item among those of its run, source and signal: 0, 1, 2, ...", "`verify`, but on end markers"},
	{StampChecksum, Int, Stamp, "Hash over identity, times, name, kind and status, and over all other attributes of the stamp but `load_verify.content`: package `internal/stamp`, type `Mark`.", "`verify`"},
	{StampContent, Bytes, Stamp, "Hashes of what the item, the resource or the scope has: of each attribute the key and the value, of events, links and the other fields: package `internal/stamp`, type `Content`.", "`verify_content`, but on end markers"},
	{StampClass, Int, Stamp, "Number of the item's class in the generator's list, from 1.", "`classes`, items that match one"},
	{StampTraceClass, Int, Stamp, "Number of the class of the span's whole trace, from 1.", "`classes` with `whole_traces`, spans that match one"},
	{StampTraceSpan, Int, Stamp, "Number of the span in its trace, from 1, in the order in which spans ended; 0: not known. That of the root is how many there were.", "`verify_traces`, spans"},
	{StampOdd, String, Stamp, "The kind of an item that is odd on purpose. Such items are numbered by themselves.", "`odd`, odd items"},
	{StampTraceRoot, Bool, Stamp, "`true`: the span is the root of its trace.", "`verify_traces`, roots"},
	{StampClockSkew, Int, Stamp, "How far the clock of the process is ahead, in ns; less than 0: behind. All times of the item are off by as much.", "`verify`, items of a service with a `clock`"},
	{StampPast, Bool, Stamp, "`true`: the item was sent long after it happened, because the load began in the past.", "`verify`, items of a `backfill`"},
	{StampTotal, Int, Stamp, "Number of items before.", "end markers"},
	{StampDropped, Int, Stamp, "Those of them that the generator gave up because the pipeline refused them.", "end markers"},
	{StampSources, Int, Stamp, "Number of sources that the run has for each signal, of all shards.", "end markers"},
	{StampSignals, Strings, Stamp, "The signals that the run has: `traces`, `metrics`, `logs`.", "end markers"},
	{StampProcess, Ints, Stamp, "For traces, metrics and logs: items that the process numbered, those of them that it gave up, and the estimated sum of the squares of the sizes of what a sampler keeps as a whole.", "end markers"},
	{StampDroppedRanges, Bytes, Stamp, "The numbers of the items that the process gave up, of each signal: package `internal/stamp`, type `Ranges`.", "end markers, where the generator gave up something"},
	{StampRandomness, Bytes, Stamp, "How many spans the shard has sent in each 1024th of the range of the randomness value `rv`: package `internal/stamp`, type `Randomness`.", "`trace_randomness`, end markers of a shard's first 32 sources"},
	{StampRootless, Int, Stamp, "Traces of which spans were sent and no root: it had not ended, or its SDK's queue was full.", "`verify_traces`, end markers of a shard's first 32 sources, where there are some"},
	{StampShard, Bytes, Stamp, "What the shard numbered of each signal in each stretch of time: package `internal/stamp`, type `Shard`.", "end markers of a shard's first 32 sources"},
	{StampKeys, Strings, Stamp, "Keys of the attributes that the shard has sent, so that a report can name what is gone.", "`verify_content`, end markers of a shard's first 32 sources"},
	{StampClasses, Bytes, Stamp, "How many items of each class the shard has sent: package `internal/stamp`, type `Class`.", "`classes`, end markers of a shard's first 32 sources"},
	{StampOddKinds, Bytes, Stamp, "How many items of each odd kind the shard has sent, and how many it gave up: package `internal/stamp`, type `OddKind`.", "`odd`, end markers of a shard's first 32 sources"},

	{RuntimeName, String, Runtime, nameMeaning(), "the runtime was recognised"},
	{BusyRatio, Double, Runtime, "Share of the span's duration spent being polled, 0 to 1, right to 0.02 %.", "`busy_ns` known"},
	{QueueWaitNs, Int, Runtime, "Runnable but not running, summed, including the wait before the first poll.", "`scheduled_ns` known"},
	{QueueWaitEstimate, Int, Runtime, "Estimate of the queue wait, where nobody measured it. From the runtime's metrics it is the mean over all polls of the runtime; a slow span may have waited 20 times longer: do not subtract it from the idle time.", "estimated from the first poll; on outliers and findings also from the runtime's metrics"},
	{QueueWaitSource, String, Runtime, "How the queue wait is known: `measured`, `simulated`; of an estimate `first_poll`, `histogram_mean`; `none`.", "there is a queue wait or an estimate; `none`: there is neither, on an outlier or a finding of async code"},
	{IOWaitNs, Int, Runtime, "Idle time that was no queue wait: timers, I/O, locks, channels, other tasks.", "`scheduled_ns` and `idle_ns` known"},
	{UnaccountedNs, Int, Runtime, "Duration less busy less idle.", "measured task fields, `busy_ns` and `idle_ns` known"},
	{InconsistentTime, Bool, Runtime, "`true`: recorded times do not add up; those that cannot be right are not used.", "only when true"},
	{Finding, Strings, Runtime, "What the times hint at: `blocking_suspected`, `queue_starved`, `worker_skew`, `never_idle`, `held_after_completion`, `held_up`, `guard_across_await`, `outlives_parent`, `cpu_starved`.", "there are some"},
	{HeldUpBy, String, Runtime, "Name of the span with the longest of the polls that held this one up.", "finding `held_up`"},
	{CPUWaitRatio, Double, Runtime, "Share of the time in which the span's threads wanted a CPU and had none, 0 to 1, in the intervals of metrics that cover the span: `cpu_wait / (cpu_wait + on_cpu)` of `async_runtime.thread.time`, of the group of `thread.name`, or of the whole process.", "outliers and findings, from the kernel's metrics of the process"},
	{CPUThrottled, Bool, Runtime, "Whether a quota stopped the process in those intervals. If not, others had the CPUs.", "finding `cpu_starved`, if the metrics tell of a quota"},
	{WorkerCount, Int, Runtime, "Workers of the runtime.", "outliers and findings, from the runtime's metrics"},
	{Worker, Int, Runtime, "Worker that first polled the task.", "`worker.index` known"},
	{TaskIdentifier, Int, Runtime, "Number of the task in its runtime.", "`task.id` known"},
	{TaskPollCount, Int, Runtime, "Polls of the span's future.", "`poll_count` known"},
	{TaskBusyNs, Int, Runtime, "Time being polled.", "measured task fields, `busy_ns` known"},
	{TaskIdleNs, Int, Runtime, "Time not being polled.", "measured task fields, `idle_ns` known"},
	{TaskLongestPoll, Int, Runtime, "Longest single poll.", "`longest_poll_ns` known"},
	{TaskStealCount, Int, Runtime, "Times another worker took the task from a queue.", "`steal_count` known"},
	{TaskForcedYields, Int, Runtime, "Times the coop budget ran out.", "`forced_yield_count` known"},

	{LatencyPercentile, Double, Latency, "Rank of the duration among the spans of its key, 0 to 100.", "the key is warm"},
	{LatencyClass, String, Latency, "`normal`, `elevated`, `outlier` or `extreme`.", "the key is warm"},
	{LatencyOutlier, Bool, Latency, "`true` for the classes `outlier` and `extreme`.", "only when true"},
	{LatencyCategory, String, Latency, "`slow` for the class `outlier`, `very_slow` for `extreme`: the words of `rolling_span_latency`.", "outliers, if `latency_category` is on"},
	{LatencyRatioToMedian, Double, Latency, "Duration divided by the median of its key.", "outliers"},
	{LatencyBaselineP50, Int, Latency, "Median of the key's window.", "outliers"},
	{LatencyBaselineP90, Int, Latency, "90th percentile of the key's window.", "outliers"},
	{LatencyBaselineP99, Int, Latency, "99th percentile of the key's window.", "outliers"},
	{LatencyBaselineCount, Int, Latency, "Spans in the key's window.", "outliers"},
}
