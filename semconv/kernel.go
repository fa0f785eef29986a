// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"strings"
	"unicode"
)

// Attributes of the points of metrics that the kernel tells about a process. The first two are OpenTelemetry's.
const (
	CPUMode           = "cpu.mode"
	ContextSwitchType = "process.context_switch.type"
	ThreadGroupName   = "async_runtime.thread.group"
	ThreadState       = "async_runtime.thread.state"
)

// Metrics that the kernel tells about a process. The first three are OpenTelemetry's.
const (
	MetricProcessCPUTime         = "process.cpu.time"
	MetricProcessContextSwitches = "process.context_switches"
	MetricProcessThreadCount     = "process.thread.count"
	MetricThreadTime             = "async_runtime.thread.time"
	MetricThreadTimeslices       = "async_runtime.thread.timeslices"
	MetricQuotaPeriods           = "async_runtime.cpu_quota.periods"
	MetricQuotaThrottledPeriods  = "async_runtime.cpu_quota.throttled.periods"
	MetricQuotaThrottledTime     = "async_runtime.cpu_quota.throttled.time"
)

// Values of async_runtime.thread.state.
const (
	ThreadOnCPU = "on_cpu"
	// ThreadCPUWait is runnable without a CPU, throttled included.
	ThreadCPUWait = "cpu_wait"
)

// ThreadGroupMain is the group of the first thread of a process. Rust calls it so; Linux calls it as the program is called, and so it calls all
// threads that the program gives no name.
const ThreadGroupMain = "main"

// ThreadGroupOther is the group of threads that are too many to have one of their own.
const ThreadGroupOther = "_OTHER"

// KernelMetric describes one metric that the kernel tells about a process.
type KernelMetric struct {
	Name       string
	Instrument Instrument
	Unit       string
	// Key and its Values tell points apart; none: there is one.
	Key    string
	Values []string
	// OfGroups: each group of threads has its own, with the attribute async_runtime.thread.group.
	OfGroups bool
	Meaning  string
}

// KernelMetrics is the registry of these metrics. The receiver process_threads sends them.
var KernelMetrics = [...]KernelMetric{
	{MetricThreadTime, Counter, "s", ThreadState, []string{ThreadOnCPU, ThreadCPUWait}, true, "Time on a CPU, and time runnable without one, to the nanosecond. A wait counts when it ends."},
	{MetricThreadTimeslices, Counter, "{timeslice}", "", nil, true, "Times that a thread was given a CPU."},
	{MetricProcessThreadCount, UpDownCounter, "{thread}", "", nil, true, "Threads there are."},
	{MetricProcessCPUTime, Counter, "s", CPUMode, []string{"user", "system"}, true, "CPU time, in ticks of 10 ms for each thread."},
	{MetricProcessContextSwitches, Counter, "{context_switch}", ContextSwitchType, []string{"voluntary", "involuntary"}, true, "Times that a thread gave its CPU up, and that it was taken away."},
	{MetricQuotaPeriods, Counter, "{period}", "", nil, false, "Periods of the quota in which the process's cgroup could run."},
	{MetricQuotaThrottledPeriods, Counter, "{period}", "", nil, false, "Those in which it was throttled."},
	{MetricQuotaThrottledTime, Counter, "s", "", nil, false, "Time throttled, as the kernel adds it up: that of several CPUs at once counts several times."},
}

// ThreadGroup returns the group of a thread of this name: what Linux keeps of the name, without the number at its end. Threads of a pool
// are one group. It takes the name as the program gave it, or as the kernel tells it, and returns the same for both. What it returns is
// text that shows as it is: characters that control or format, those without a meaning of their own, and bytes that are not UTF-8 become
// U+FFFD. A name that is all number is the group "#". A name that reads as [ThreadGroupOther] is the group "_OTHER#", which no other name
// can be. Without a name there is no group: "".
func ThreadGroup(name string) string {
	if len(name) > linuxThreadName {
		name = name[:linuxThreadName]
	}
	group := strings.TrimRight(strings.TrimRight(name, "0123456789"), "-_.:/# ")
	switch {
	case group == "" && name != "":
		return "#"
	case group == ThreadGroupOther:
		return group + "#"
	}
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
			return '\uFFFD'
		}
		return r // a byte that is not UTF-8 comes as U+FFFD
	}, group)
}
