// SPDX-License-Identifier: Apache-2.0

// Package fleet plays services in virtual time and builds the telemetry that they would send.
//
//	play.Instance --spans, samples, log records--> process --exporter--> Request --Traces, Metrics, Logs--> pdata
//
// Instances that call each other, over however many others, are a group. Each group has a clock of its own, because groups never
// meet: [Fleet.Advance] plays them side by side, on all CPUs, and what they send does not depend on who plays first. What ends
// waits in its process's exporter as a plain record, as in the SDK's queue of a real service, until that exports it. [Fleet.Requests] are the
// exports since the last [Fleet.Discard]; each builds its pdata from the records, any number of times: a batch that a pipeline
// refused cannot be sent again, because the pipeline may have changed it.
//
// Everything that is sent but the start of time follows from the configuration, the seed and the name of the run. On the run
// depend identifiers only. These are drawn from the seed, the run, the service's name, the instance and the number of the request or
// task, so they do not depend on what else the fleet does.
package fleet

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/runtimemetrics"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Options say what the fleet sends of what it plays.
type Options struct {
	// Signals to send; others are not recorded.
	Signals []Signal
	// TaskFields adds what services record that measure their own futures.
	TaskFields bool
	// PollEvents is the share of traces whose spans list each poll as a span event, 0 to 1.
	PollEvents float64
	// Metrics that services send; needed for the signal.
	Metrics *runtimemetrics.Config
	// Logs that services write; needed for the signal.
	Logs *LogsConfig
	// Separate makes a request of each export; otherwise those between two Discards are one request.
	Separate bool
	// Shard of the fleet that sends; the zero value is the only one.
	Shard Shard
	// Run names the run: identifiers belong to it.
	Run string
	// Verify marks each item for load_verify, as one of the run.
	Verify bool
}

// Shard is one of Total parts of a fleet; together they send exactly what the whole fleet would. Processes are dealt out in turn.
type Shard struct {
	Index, Total int
}

func (s Shard) has(process int) bool { return s.Total < 2 || process%s.Total == s.Index }

// Fleet is a set of services at some virtual time. Not safe for concurrent use.
type Fleet struct {
	options   Options
	groups    []*group
	processes []*process // that this shard sends for
	sources   int        // processes of all shards
	slice     sim.Time
	ledger    ledger
}

// sends reports whether a signal is to be sent, which may need a configuration.
func (o *Options) sends(s Signal) bool {
	return slices.Contains(o.Signals, s) && (s != Metrics || o.Metrics != nil) && (s != Logs || o.Logs != nil)
}

const (
	longestSlice  = 100 * time.Millisecond
	shortestSlice = time.Millisecond
	// spansPerSlice is what a slice aims at: large enough to be cheap to send, small enough to be held.
	spansPerSlice = 8192
	// payloadPerSlice is the same of bytes, where spans carry payloads.
	payloadPerSlice = 16 << 20
)

// New makes a fleet at virtual time 0.
func New(services []*workload.Service, seed uint64, o Options) *Fleet {
	f := &Fleet{options: o}
	rate := 0.0 // slices a second
	for _, s := range workload.Runtimes(services) {
		rate += float64(s.Instances) * max(s.SpanRate()/spansPerSlice, s.PayloadRate()/payloadPerSlice)
	}
	for _, members := range workload.Groups(services) {
		f.sources += len(members)
		if slices.ContainsFunc(members, func(m workload.Member) bool { return o.Shard.has(m.Number) }) {
			g := newGroup(&f.options, seed, members)
			f.groups = append(f.groups, g)
			f.processes = append(f.processes, g.processes...)
		}
	}
	slices.SortFunc(f.processes, func(a, b *process) int { return a.number - b.number })
	f.slice = sim.Time(min(max(float64(time.Second)/rate, float64(shortestSlice)), float64(longestSlice)))
	return f
}

// SliceLength is the virtual time to play before the requests are taken: at most 100 ms, less at high rates. It depends on
// the configuration alone, so that two runs cut their batches at the same places.
func (f *Fleet) SliceLength() sim.Time { return f.slice }

// Advance plays until a virtual time, on all CPUs.
func (f *Fleet) Advance(until sim.Time) {
	var next atomic.Int64
	play := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(f.groups) {
				return
			}
			f.groups[i].sim.Run(until)
		}
	}
	var others sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(f.groups)) - 1 {
		others.Go(play)
	}
	play()
	others.Wait()
}

// StopArrivals lets no further request arrive.
func (f *Fleet) StopArrivals() {
	for _, g := range f.groups {
		for _, in := range g.instances {
			in.Stop()
		}
	}
}

// EndIdle ends the processes that have nothing left to do, after StopArrivals: their SDKs export what waits. It reports whether all
// have ended.
func (f *Fleet) EndIdle() bool {
	all := true
	for _, g := range f.groups {
		if !g.ended && g.live() == 0 {
			g.end()
		}
		all = all && g.ended
	}
	return all
}

// End ends all processes, whatever they are doing.
func (f *Fleet) End() {
	for _, g := range f.groups {
		if !g.ended {
			g.end()
		}
	}
}

// Live is the number of tasks in flight.
func (f *Fleet) Live() int {
	n := 0
	for _, g := range f.groups {
		n += g.live()
	}
	return n
}

// Processes is the number of instances that this shard sends for.
func (f *Fleet) Processes() int { return len(f.processes) }

// Arrivals counts the requests that have arrived at the processes of this shard.
func (f *Fleet) Arrivals() uint64 {
	n := uint64(0)
	for _, p := range f.processes {
		n += p.instance.Arrivals()
	}
	return n
}

// Shed counts the requests that the processes of this shard have turned away.
func (f *Fleet) Shed() uint64 {
	n := uint64(0)
	for _, p := range f.processes {
		n += p.instance.Shed()
	}
	return n
}

// DroppedBySDK counts the items that found their SDK's queue full.
func (f *Fleet) DroppedBySDK(s Signal) uint64 {
	n := uint64(0)
	for _, p := range f.processes {
		n += p.exporters[s].dropped
	}
	return n
}

// Discard forgets what was exported.
func (f *Fleet) Discard() {
	for _, p := range f.processes {
		p.discard()
	}
}
