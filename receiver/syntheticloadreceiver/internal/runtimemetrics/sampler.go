// SPDX-License-Identifier: Apache-2.0

// Package runtimemetrics samples the counters of a simulated runtime and builds the metrics that its service would send.
//
//	scheduler.Counters --Sample, every interval--> samples --Build--> pmetric, any number of times
//	scheduler.Poll     --Poll----> durations ----^
//
// What is sent, under which name, unit and attributes, is the table semconv.Metrics; nothing here knows a name. A [Sampler] turns
// the table's quantities into plain numbers at each sample and keeps them until Discard: a batch that a pipeline refused is
// built anew from them.
//
// The package stands above packages scheduler, histogram and semconv. Package fleet uses it: a Sampler for each process of the
// fleet. The receiver's configuration has its [Config].
package runtimemetrics

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/servicemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Sampler holds the metrics of one process. Not safe for concurrent use.
type Sampler struct {
	scheme    *semconv.Scheme
	metrics   []semconv.Metric // of the scheme
	delta     bool
	perWorker bool

	start     sim.Time // of the process
	last      sim.Time // the sample before, or the start
	before    reading  // at that time
	totals    [][]int64
	durations *durations               // nil: no metric has any
	own       *servicemetrics.Recorder // nil: the service has none of its own

	samples []sample
	points  int
}

// sample is the state of all metrics at a time.
type sample struct {
	from, at sim.Time // the interval
	point    int      // of the points since the last Discard, its first
	workers  int
	values   []value // of all points that are no histograms, in the order of the table
	spreads  []spread
	own      servicemetrics.Points
}

// len is the number of points.
func (s *sample) len() int { return len(s.values) + len(s.spreads) + s.own.Len() }

// value is what a point's quantity was at the begin and at the end of the interval, in the quantity's own unit. One that is not
// counted has no begin.
type value struct {
	from, to int64
}

// Machine says what limits the CPUs of a process.
type Machine struct {
	CPUs  bool // their number
	Quota bool // how much of them it may use
}

// has reports whether a process on the machine has a quantity.
func (m Machine) has(q semconv.Quantity) bool {
	return (m.CPUs || !q.OfHost()) && (m.Quota || !q.OfQuota())
}

// New makes a sampler for a process on a machine that starts now, which takes the metrics of the service's own with it; nil if it has none, and the naming is not
// for runtimes of its crate.
func New(c *Config, crate string, machine Machine, own *servicemetrics.Recorder, now sim.Time) *Sampler {
	i := slices.IndexFunc(semconv.Schemes, func(s semconv.Scheme) bool { return s.Naming == c.Naming })
	s := &Sampler{
		scheme: &semconv.Schemes[i], delta: c.Temporality == Delta, perWorker: c.PerWorker, start: now, last: now, own: own,
	}
	if s.scheme.Crate != "" && s.scheme.Crate != crate {
		if own == nil {
			return nil
		}
		return s
	}
	for _, m := range semconv.Metrics {
		if m.Naming != c.Naming || !machine.has(m.Series[0].Of) {
			continue
		}
		s.metrics = append(s.metrics, m)
		s.totals = append(s.totals, make([][]int64, len(m.Series))...)
		if m.Instrument == semconv.ExponentialHistogram {
			s.durations = &durations{}
		}
	}
	return s
}

// TimesPolls reports whether the sampler wants to be told of polls.
func (s *Sampler) TimesPolls() bool { return s.durations != nil }

// Poll takes down one poll. It runs once per poll.
func (s *Sampler) Poll(p *scheduler.Poll) { s.durations.add(p) }

// Sample takes the state of the runtime and its machine, now, unless no time has passed since the sample before. It returns the number of
// points.
func (s *Sampler) Sample(now sim.Time, c scheduler.Counters, h host.Stats) (points int) {
	if now == s.last {
		return 0
	}
	r := reading{Counters: c, Stats: h, searching: s.search(now, &c)}
	taken := sample{from: s.last, at: now, point: s.points, workers: len(c.Workers)}
	series := 0
	for i := range s.metrics {
		m := &s.metrics[i]
		for k := range m.Series {
			if q := m.Series[k].Of; m.Instrument == semconv.ExponentialHistogram {
				taken.spreads = append(taken.spreads, s.durations.spread(q))
			} else {
				taken.values = s.appendValues(taken.values, &s.totals[series], m, q, &r)
			}
			series++
		}
	}
	if s.delta && s.durations != nil {
		s.durations.reset()
	}
	if s.own != nil {
		taken.own = s.own.Take(now)
	}
	points = taken.len()
	s.points += points
	s.samples = append(s.samples, taken)
	s.last, s.before = now, r
	return points
}

// search finds out how long each worker has looked for tasks: the time in which it neither slept nor polled.
//
// Tokio's model books a batch of polls up to the end of its last task, a moment before that has passed, so that the difference may
// be some nanoseconds less than it was.
func (s *Sampler) search(now sim.Time, c *scheduler.Counters) []sim.Time {
	searching := make([]sim.Time, len(c.Workers))
	copy(searching, s.before.searching)
	for i := range c.Workers {
		w := &c.Workers[i]
		searching[i] = max(searching[i], now-s.start-w.Busy-w.Unpublished-w.Parked)
	}
	return searching
}

// each reports whether a metric has a point for each worker.
func (s *Sampler) each(m *semconv.Metric) bool {
	return m.Grouping == semconv.Each || m.Grouping == semconv.Optional && s.perWorker
}

// appendValues appends the points of one series, whose totals these are.
func (s *Sampler) appendValues(to []value, totals *[]int64, m *semconv.Metric, q semconv.Quantity, r *reading) []value {
	point := 0
	put := func(n int64) { // n: what the interval added, if the quantity is counted
		if !q.Counted() {
			to = append(to, value{to: n})
			return
		}
		if point == len(*totals) {
			*totals = append(*totals, 0)
		}
		total := &(*totals)[point]
		to = append(to, value{from: *total, to: *total + n})
		*total += n
		point++
	}
	added := func(i int) int64 {
		if q.Counted() {
			return r.quantity(q, i) - s.before.quantity(q, i)
		}
		return r.quantity(q, i)
	}
	switch {
	case !q.OfWorkers():
		put(added(0))
	case s.each(m):
		for i := range r.Workers {
			put(added(i))
		}
	default:
		var sum int64
		n := added(0)
		for i := range r.Workers {
			a := added(i)
			sum += a
			if m.Grouping == semconv.Largest && a > n || m.Grouping == semconv.Smallest && a < n {
				n = a
			}
		}
		if m.Grouping == semconv.Total || m.Grouping == semconv.Optional {
			n = sum
		}
		put(n)
	}
	return to
}

// Discard forgets the samples. Who has them as Samples keeps them.
func (s *Sampler) Discard() { s.samples, s.points = nil, 0 }
