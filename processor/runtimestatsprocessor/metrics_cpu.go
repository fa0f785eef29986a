// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// cpuMetrics are what the kernel tells of one resource's process, in all scopes, by the time at which it was looked at.
type cpuMetrics map[int64]*cpuReading

// cpuReading is what was told of one look.
type cpuReading struct {
	cputime.Reading
	groups             map[string]*cpuGroup
	periods, throttled bool // told
	impossible         bool // one of the numbers is none that a counter has
}

// cpuGroup is a group of threads.
type cpuGroup struct {
	cputime.Usage
	from        int64 // since when it counts: later than others, if its name came back
	onCPU, wait bool  // told
}

// add adds the points of a metric that the kernel tells, if they are cumulative counters.
func (m cpuMetrics) add(metric pmetric.Metric) {
	if metric.Type() != pmetric.MetricTypeSum || !metric.Sum().IsMonotonic() || metric.Sum().AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
		return
	}
	for _, point := range metric.Sum().DataPoints().All() {
		if point.Flags().NoRecordedValue() {
			continue
		}
		r := m.at(nanoseconds(point.Timestamp()))
		if from := nanoseconds(point.StartTimestamp()); r.From == 0 || from != 0 && from < r.From {
			r.From = from
		}
		switch metric.Name() {
		case semconv.MetricThreadTime:
			r.addTime(point)
		case semconv.MetricQuotaPeriods:
			r.Quota.Periods, r.periods = r.counter(point, 1), true
		case semconv.MetricQuotaThrottledTime:
			r.Quota.Stopped = r.counter(point, 1e9)
		default:
			r.Quota.Throttled, r.throttled = r.counter(point, 1), true
		}
	}
}

func (m cpuMetrics) at(time int64) *cpuReading {
	r := m[time]
	if r == nil {
		r = &cpuReading{Reading: cputime.Reading{At: time}, groups: map[string]*cpuGroup{}}
		m[time] = r
	}
	return r
}

// addTime adds a point of the time of a group of threads; of a process that does not tell its groups apart, the group is "".
func (r *cpuReading) addTime(point pmetric.NumberDataPoint) {
	name := untrusted.Cut(valueOf(point.Attributes(), semconv.ThreadGroupName))
	group := r.groups[name]
	if group == nil {
		group = &cpuGroup{}
		r.groups[name] = group
	}
	group.from = max(group.from, nanoseconds(point.StartTimestamp()))
	const second = 1e9
	switch valueOf(point.Attributes(), semconv.ThreadState) {
	case semconv.ThreadOnCPU:
		group.OnCPU, group.onCPU = min(group.OnCPU+r.counter(point, second), cputime.Longest), true
	case semconv.ThreadCPUWait:
		group.Wait, group.wait = min(group.Wait+r.counter(point, second), cputime.Longest), true
	}
}

// counter returns the value of a point, scaled. One that is negative, too large or not a number spoils the reading: then nothing of it is
// believed.
func (r *cpuReading) counter(point pmetric.NumberDataPoint, scale float64) int64 {
	n := point.DoubleValue()
	if point.ValueType() == pmetric.NumberDataPointValueTypeInt {
		n = float64(point.IntValue())
	}
	if n *= scale; n >= 0 && n < cputime.Longest { // false for NaN
		return int64(n)
	}
	r.impossible = true
	return 0
}

func (r *cpuReading) later(group string, from int64) {
	if r.Later == nil {
		r.Later = map[string]int64{}
	}
	r.Later[group] = from
}

// readings returns what was told, one look after the other, as far as it can be. A group of which one of the times is missing is left out.
func (m cpuMetrics) readings() (all []*cputime.Reading) {
	for _, at := range slices.Sorted(maps.Keys(m)) {
		r := m[at]
		r.Groups = make(map[string]cputime.Usage, len(r.groups))
		for name, group := range r.groups {
			if !group.onCPU || !group.wait {
				r.Partial = true
				continue
			}
			r.Groups[name] = group.Usage
			if group.from > r.From {
				r.later(name, group.from)
			}
		}
		r.HasQuota = r.periods && r.throttled
		if !r.HasQuota {
			r.Quota = cputime.Quota{}
		}
		if len(r.Groups) > 0 && !r.impossible && r.Sound() {
			all = append(all, &r.Reading)
		}
	}
	return all
}
