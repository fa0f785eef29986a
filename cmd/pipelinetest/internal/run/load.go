// SPDX-License-Identifier: Apache-2.0

package run

import (
	"runtime"
	"slices"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// Load is what a load test has measured.
type Load struct {
	Rate     float64 `json:"rate"` // spans a second that were wanted
	Duration float64 `json:"duration_s"`
	SLO      string  `json:"slo,omitempty"`
	// Kept: the load was sent, and arrived, in the time that it was to take.
	Kept bool `json:"kept"`
	// Limit is what kept the test from being passed; none: it was passed, or nobody knows.
	Limit Limit `json:"limit,omitempty"`
	// About are what to know of the figures, in words.
	About     []string     `json:"about"`
	Signals   []SignalLoad `json:"signals"`
	Generator Lateness     `json:"generator"`
	Parts     []PartLoad   `json:"parts"`
	Machine   *MachineLoad `json:"machine"` // nil: not known
}

// SignalLoad is what became of a signal. Latency is the time from the end of an item to its arrival at the verifier.
type SignalLoad struct {
	Signal  string          `json:"signal"`
	Sent    float64         `json:"sent_per_s"` // in the duration of the load
	Arrived float64         `json:"arrived_per_s"`
	Items   uint64          `json:"received"`
	Latency verdict.Latency `json:"latency"`
}

// Lateness is what of the latency is the generator's own: OwnDelay by its configuration, and how late it was by its own schedule, as bounds.
type Lateness struct {
	Known    bool          `json:"known"`
	OwnDelay time.Duration `json:"own_delay_ns"`
	P50      time.Duration `json:"late_p50_ns"`
	P99      time.Duration `json:"late_p99_ns"`
	Max      time.Duration `json:"late_max_ns"`
}

// PartLoad is what a part has used, while the load went on. Items are spans, data points and log records together.
type PartLoad struct {
	Name  string  `json:"name"`
	Known bool    `json:"known"`          // CPU and memory
	Cores float64 `json:"cpu_cores"`      // mean
	Peak  float64 `json:"cpu_cores_peak"` // of one second
	// CPUPerItem is in microseconds, from the load's begin until all had arrived.
	CPUPerItem float64 `json:"cpu_us_per_item"`
	RSSMean    uint64  `json:"rss_mean_bytes"`
	RSSPeak    uint64  `json:"rss_peak_bytes"`
	// Told: the part's own telemetry could be read. Otherwise what follows is not known.
	Told   bool    `json:"told"`
	In     float64 `json:"in_per_s"`
	Out    float64 `json:"out_per_s"`
	Queued uint64  `json:"queued_most"` // in exporters' queues at one reading
}

// MachineLoad is how busy the machine was while the load went on.
type MachineLoad struct {
	CPUs  int     `json:"cpus"`
	Busy  float64 `json:"busy"`        // share of all CPUs
	Other float64 `json:"other_cores"` // that programs beside the test have used
	// Throttled is the share of the time slices in which the container had used up its quota of CPU time; 0: it has none, as far as can be seen.
	Throttled float64 `json:"throttled"`
}

// sample is what was used until some moment, by each part.
type sample struct {
	at      time.Time
	usages  []part.Usage
	machine part.Machine
	queued  []uint64
}

// samples are those of a load test.
type samples struct {
	list  []sample
	err   error // why there are none
	begun int   // the first of the load
	ended int   // the first behind its end
	late  telemetry.Lateness
	// arrivals are how much had arrived when load_verify wrote its reports.
	arrivals []arrival
	queued   uint64 // the most that waited in the generator, of one signal
}

// measure takes a sample, if this is a load test.
func (c *course) measure() {
	if c.Load == nil || c.load.err != nil {
		return
	}
	s := sample{at: time.Now(), queued: make([]uint64, len(c.members))}
	processes := make([]*part.Process, len(c.members))
	for i, m := range c.members {
		if m.up {
			processes[i] = m.process
		}
		for _, signal := range scenario.Signals {
			queued := telemetry.Sum(m.account.Components(), signal).Queued
			if s.queued[i] += queued; m.generates {
				c.load.queued = max(c.load.queued, queued)
			}
		}
	}
	if s.usages, s.machine, c.load.err = part.UsageOf(processes); c.load.err != nil {
		return
	}
	c.load.list = append(c.load.list, s)
	n := len(c.load.list)
	if c.load.begun == 0 && c.report != nil && c.report.Arrived() > 0 {
		c.load.begun = n - 1
	}
	if ended := c.members[0].hasEnded(); c.load.ended == 0 && ended {
		c.load.ended = n - 1
	}
}

// measured is what a load test has measured, if it is one and there is a report.
func (c *course) measured() *Load {
	r := c.result.Report
	if c.Load == nil || r == nil {
		return nil
	}
	l := &Load{
		Rate: c.Load.Rate, Duration: c.Load.Duration.Seconds(), Parts: []PartLoad{},
		Generator: Lateness{c.load.late.Slices > 0, scenario.OwnDelay, c.load.late.P50, c.load.late.P99, c.load.late.Max},
	}
	if c.Load.SLO != nil {
		l.SLO = c.Load.SLO.String()
	}
	took := c.arrivalTime("traces")
	for _, bound := range []*time.Duration{&l.Generator.P50, &l.Generator.P99, &l.Generator.Max} {
		*bound = min(*bound, took) // the last buckets are wide
	}
	l.Signals = c.signalLoads()
	for i := range c.members {
		l.Parts = append(l.Parts, c.partLoad(i, took))
	}
	l.Machine = c.machineLoad(l.Parts)
	return l
}

// signalLoads are those of all signals of which anything was sent or has arrived.
func (c *course) signalLoads() []SignalLoad {
	list := []SignalLoad{}
	for i := range c.result.Figures {
		f := &c.result.Figures[i]
		s := SignalLoad{Signal: f.Signal, Items: c.result.Report.Sum(f.Signal, "received")}
		if f.Sent == 0 && s.Items == 0 {
			continue
		}
		s.Sent, s.Arrived = perSecond(f.Sent, c.Load.Duration), perSecond(s.Items, max(c.arrivalTime(f.Signal), c.Load.Duration))
		s.Latency = c.result.Report.Latency(f.Signal)
		list = append(list, s)
	}
	return list
}

func perSecond(n uint64, in time.Duration) float64 {
	if in <= 0 {
		return 0
	}
	return float64(n) / in.Seconds()
}

// partLoad is what the part has used.
func (c *course) partLoad(i int, took time.Duration) PartLoad {
	m := c.members[i]
	p := PartLoad{Name: m.Name, Told: m.account.Read && m.account.Counts}
	var counts telemetry.Counts
	for _, signal := range scenario.Signals {
		sum := telemetry.Sum(m.components(), signal)
		counts.Offered, counts.Received, counts.Sent = counts.Offered+sum.Offered, counts.Received+sum.Received, counts.Sent+sum.Sent
	}
	items := counts.Received
	switch {
	case m.generates:
		items = counts.Offered
	case !p.Told || items == 0: // what it has passed on is known at the other end
		for _, signal := range scenario.Signals {
			items += c.result.Report.Sum(signal, "received")
		}
	}
	if p.Told {
		in := max(took, c.Load.Duration)
		p.In, p.Out = perSecond(counts.Received, in), perSecond(counts.Sent, in)
		if m.generates {
			p.In = 0
		}
	}
	list := c.load.list
	for _, s := range list {
		p.Queued = max(p.Queued, s.queued[i])
	}
	if c.load.err != nil || len(list) < 2 {
		return p
	}
	p.Known = true
	var sum uint64
	for _, s := range list {
		p.RSSPeak = max(p.RSSPeak, s.usages[i].Peak)
	}
	begun, ended := c.load.window()
	for j := begun; j <= ended; j++ {
		sum += list[j].usages[i].RSS
		if j > begun {
			p.Peak = max(p.Peak, cores(list[j].usages[i].CPU-list[j-1].usages[i].CPU, list[j].at.Sub(list[j-1].at)))
		}
	}
	p.RSSMean = sum / uint64(ended-begun+1) //nolint:gosec // G115: ended is not before begun
	p.Cores = cores(list[ended].usages[i].CPU-list[begun].usages[i].CPU, list[ended].at.Sub(list[begun].at))
	from := 0
	if m.generates {
		from = begun // what it took to start is not the load's
	}
	if items > 0 {
		p.CPUPerItem = float64((list[len(list)-1].usages[i].CPU - list[from].usages[i].CPU).Microseconds()) / float64(items)
	}
	return p
}

// window is from the first sample of the load to the last.
func (s *samples) window() (begun, ended int) {
	ended = s.ended
	if ended == 0 {
		ended = len(s.list) - 1
	}
	return min(s.begun, ended-1), ended
}

func cores(used, in time.Duration) float64 {
	if in <= 0 {
		return 0
	}
	return max(used.Seconds()/in.Seconds(), 0)
}

// machineLoad is how busy the machine was; nil: that is not known.
func (c *course) machineLoad(parts []PartLoad) *MachineLoad {
	if c.load.err != nil || len(c.load.list) < 2 {
		return nil
	}
	begun, ended := c.load.window()
	from, to := c.load.list[begun], c.load.list[ended]
	if to.machine.All <= from.machine.All {
		return nil
	}
	m := &MachineLoad{CPUs: runtime.GOMAXPROCS(0), Busy: float64(to.machine.Busy-from.machine.Busy) / float64(to.machine.All-from.machine.All)}
	if periods := to.machine.Periods - from.machine.Periods; to.machine.Periods > from.machine.Periods {
		m.Throttled = float64(to.machine.Throttled-min(to.machine.Throttled, from.machine.Throttled)) / float64(periods)
	}
	m.Other = cores(to.machine.Busy-from.machine.Busy, to.at.Sub(from.at))
	for i := range parts {
		m.Other -= parts[i].Cores
	}
	m.Other = max(m.Other, 0)
	return m
}

// Worst is the largest of a quantile of the latency, of all signals, and the signal; none: it is not known of any.
func (l *Load) Worst(quantile string) (most time.Duration, of string) {
	for i := range l.Signals {
		s := &l.Signals[i]
		d := s.Latency.Quantile(quantile)
		if s.Latency.Count > 0 && (of == "" || d > most) {
			most, of = d, s.Signal
		}
	}
	return most, of
}

// Signal is that of a name; nil: there was nothing of it.
func (l *Load) Signal(name string) *SignalLoad {
	i := slices.IndexFunc(l.Signals, func(s SignalLoad) bool { return s.Signal == name })
	if i < 0 {
		return nil
	}
	return &l.Signals[i]
}

// timedShare is the share of a signal's items whose latency must be known.
const timedShare = 0.99

// untimed is a signal of which too much has arrived without a latency; nil: there is none.
func (l *Load) untimed() *SignalLoad {
	for i := range l.Signals {
		if s := &l.Signals[i]; float64(s.Latency.Count) < timedShare*float64(s.Items) {
			return s
		}
	}
	return nil
}
