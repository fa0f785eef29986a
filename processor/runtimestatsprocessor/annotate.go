// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"math/bits"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/runtimes"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// annotation is what there is to write on one span.
type annotation struct {
	runtime         string // "" if unknown or already there
	named           bool   // it was already there
	account         runtimes.Account
	queueWaitSource string // "" to write none
	verdict         latency.Verdict
	duration        int64
	cpuWaitRatio    float64 // negative to write none
	quotaKnown      bool    // whether the kernel tells of a quota
	throttled       bool    // by it
	category        bool    // whether an outlier gets latency.category
	findings        explain.Findings
}

// begin takes away what there was for the span before; the account is a matter of its own.
func (a *annotation) begin(duration int64, category bool) {
	a.runtime, a.named, a.queueWaitSource, a.findings = "", false, "", explain.Findings{}
	a.verdict, a.cpuWaitRatio, a.quotaKnown = latency.Verdict{}, -1, false
	a.duration, a.category = duration, category
}

// Number of latency attributes on a span that has been judged, and how many more an outlier gets.
const (
	latencyAttributes = 2
	outlierAttributes = 6
)

// queueWaits are the parts that async_runtime.task.queue_wait_source belongs to.
const queueWaits = runtimes.PartSet(1<<runtimes.QueueWait | 1<<runtimes.QueueWaitEstimate)

// yield takes out of the annotation what the span already carries.
func (a *annotation) yield(present derivedSet) {
	a.account.Known &^= present.parts()
	if present.has(derivedBusyRatio) {
		a.account.HasBusyRatio = false
	}
	if present.has(derivedQueueWaitSource) || present.parts()&queueWaits != 0 {
		// Queue wait and source belong together, and those there are not ours.
		a.account.Known &^= queueWaits
		a.queueWaitSource = ""
	}
	if present.has(derivedInconsistent) {
		a.account.Inconsistent = false
	}
	if present.has(derivedCPUWaitRatio) {
		a.cpuWaitRatio = -1
	}
	if present.has(derivedCPUThrottled) {
		a.quotaKnown = false
	}
	if present.has(derivedFinding) {
		a.findings = explain.Findings{}
	}
	if present.has(derivedLatency) {
		a.verdict.State = latency.Warming
	}
	if present.has(derivedLatencyCategory) {
		a.category = false
	}
}

// tellsThrottled reports whether the span says if a quota stopped its process.
func (a *annotation) tellsThrottled() bool {
	return a.quotaKnown && a.findings.Found.Has(findings.CPUStarved)
}

// async reports whether the span comes from async code that was recognised as such.
func (a *annotation) async() bool {
	return a.named || a.runtime != "" || a.account.HasBusyRatio
}

// longestWait returns how long the task of the span can have waited for a worker at most: no longer than it was idle, or than the
// span took.
func (a *annotation) longestWait() int64 {
	if a.account.Idle >= 0 {
		return a.account.Idle
	}
	return a.duration
}

func (a *annotation) outlier() bool {
	return a.verdict.State == latency.Judged && a.verdict.Class >= latency.Outlier
}

// size returns the number of attributes.
func (a *annotation) size() int {
	n := bits.OnesCount16(uint16(a.account.Known))
	if a.queueWaitSource != "" {
		n++
	}
	if a.account.Inconsistent {
		n++
	}
	if a.findings.Found != 0 {
		n++
	}
	if a.findings.HeldUpBy != "" {
		n++
	}
	if a.cpuWaitRatio >= 0 {
		n++
	}
	if a.tellsThrottled() {
		n++
	}
	if a.runtime != "" {
		n++
	}
	if a.account.HasBusyRatio {
		n++
	}
	if a.verdict.State == latency.Judged {
		n += latencyAttributes
	}
	if a.outlier() {
		n += outlierAttributes
		if a.category {
			n++
		}
	}
	return n
}

// write puts the annotation on a span.
func (a *annotation) write(attributes pcommon.Map) {
	if a.runtime != "" {
		attributes.PutStr(semconv.RuntimeName, a.runtime)
	}
	if a.account.HasBusyRatio {
		attributes.PutDouble(semconv.BusyRatio, a.account.BusyRatio)
	}
	for known := uint16(a.account.Known); known != 0; known &= known - 1 {
		part := bits.TrailingZeros16(known)
		attributes.PutInt(partNames[part], a.account.Parts[part])
	}
	if a.queueWaitSource != "" {
		attributes.PutStr(semconv.QueueWaitSource, a.queueWaitSource)
	}
	if a.account.Inconsistent {
		attributes.PutBool(semconv.InconsistentTime, true)
	}
	if a.findings.Found != 0 {
		list := attributes.PutEmptySlice(semconv.Finding)
		list.EnsureCapacity(bits.OnesCount16(uint16(a.findings.Found)))
		for kind, name := range findings.Names {
			if a.findings.Found.Has(findings.Kind(kind)) {
				list.AppendEmpty().SetStr(name)
			}
		}
	}
	if a.findings.HeldUpBy != "" {
		attributes.PutStr(semconv.HeldUpBy, untrusted.Valid(a.findings.HeldUpBy)) // another span's name
	}
	if a.cpuWaitRatio >= 0 {
		attributes.PutDouble(semconv.CPUWaitRatio, a.cpuWaitRatio)
	}
	if a.tellsThrottled() {
		attributes.PutBool(semconv.CPUThrottled, a.throttled)
	}
	if a.verdict.State != latency.Judged {
		return
	}
	attributes.PutDouble(semconv.LatencyPercentile, a.verdict.Percentile())
	attributes.PutStr(semconv.LatencyClass, a.verdict.Class.String())
	if a.outlier() {
		baseline := a.verdict.Baseline
		attributes.PutBool(semconv.LatencyOutlier, true)
		attributes.PutDouble(semconv.LatencyRatioToMedian, baseline.Ratio(a.duration))
		attributes.PutInt(semconv.LatencyBaselineP50, baseline.P50)
		attributes.PutInt(semconv.LatencyBaselineP90, baseline.P90)
		attributes.PutInt(semconv.LatencyBaselineP99, baseline.P99)
		attributes.PutInt(semconv.LatencyBaselineCount, baseline.Count)
		if a.category {
			attributes.PutStr(semconv.LatencyCategory, categories[a.verdict.Class])
		}
	}
}

// categories says the classes in the words of the rolling_span_latency processor, which has none for the others.
var categories = [latency.NumClasses]string{
	latency.Outlier: semconv.CategorySlow,
	latency.Extreme: semconv.CategoryVerySlow,
}

// removeOutlier takes the attributes of an outlier off a span that turned out to be none; its category, too, if that is ours
// to write.
func removeOutlier(attributes pcommon.Map, category bool) {
	attributes.RemoveIf(func(name string, _ pcommon.Value) bool {
		switch name {
		case semconv.LatencyCategory:
			return category
		case semconv.LatencyOutlier, semconv.LatencyRatioToMedian, semconv.LatencyBaselineP50, semconv.LatencyBaselineP90,
			semconv.LatencyBaselineP99, semconv.LatencyBaselineCount:
			return true
		default:
			return false
		}
	})
}
