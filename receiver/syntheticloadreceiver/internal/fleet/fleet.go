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
//
// The files, from the top down; none refers to one that stands above it:
//
//	drop                                     a request that was given up is taken back
//	build_spans, build_logs, build_metrics   records become pdata
//	stamp                                    what items and end markers tell load_verify
//	fleet, group                             what is played, and when it ends
//	content, ledger                          what was sent: keys and content of items, and when they happened
//	late                                     exports that are late, and when they arrive
//	request                                  what is handed on at once, and how it is cut
//	observe, observe_spans, observe_logs,    what a runtime reports becomes records,
//	observe_linked                           or what spans of others link to
//	process, spans, records                  an instance and what its SDK holds
//	exporter, reader, links, buffers         parts of an SDK that know nothing of a process
//	origins, tracespans, identity            what all records of a process share: ids and numbers,
//	looks, statements, value                 names and attributes
//	options, classes, loglevel, signals      what is to be sent, and which part of it is counted by itself
//
// The package stands above packages workload, play and scheduler, and above package runtimemetrics, which builds what it sends as
// metrics. Only the receiver synthetic_load uses it, which decides when the fleet is played and what becomes of the requests.
package fleet

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Fleet is a set of services at some virtual time. Not safe for concurrent use.
type Fleet struct {
	options   Options
	groups    []*group
	processes []*process // that this shard sends for
	sources   int        // processes of all shards
	slice     sim.Time
	ledger    ledger
	contents  *contents // nil: content is not stamped
	classes   *classes  // nil: there are none
	now       sim.Time
	late      lateExports
	past      bool // the request that is built tells of what happened long ago
}

// Bounds of a slice.
const (
	LongestSlice  = 100 * time.Millisecond
	ShortestSlice = time.Millisecond
)

const (
	// spansPerSlice is what a slice aims at: large enough to be cheap to send, small enough to be held.
	spansPerSlice = 8192
	// payloadPerSlice is the same of bytes, where spans carry payloads.
	payloadPerSlice = 16 << 20
)

// New makes a fleet at virtual time 0.
func New(services []*workload.Service, seed uint64, o Options) *Fleet {
	f := &Fleet{options: o}
	if o.Verify && o.Content {
		f.contents = &contents{resources: map[*process]stampedResource{}}
	}
	if o.Verify {
		f.classes = newClasses(o.Classes, o.Randomness)
	}
	rate := 0.0 // slices a second
	for _, s := range workload.Runtimes(services) {
		f.late.some = f.late.some || s.Export.Late != nil
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
	longest := cmp.Or(o.Slice, LongestSlice)
	f.slice = sim.Time(min(max(float64(time.Second)/rate, float64(ShortestSlice)), float64(longest)))
	return f
}

// SliceLength is the virtual time to play before the requests are taken: that of the options, less at high rates. It depends on
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
	f.now = until
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

// Waiting is how many exports are still on the way, because they are late.
func (f *Fleet) Waiting() int { return len(f.late.waiting) }

// Release lets all exports arrive that are on the way, however late they are.
func (f *Fleet) Release() { f.late.released = true }

// Requests are the exports since the last Discard, in the order of virtual time: those that are not late, and then those from before that were
// late and arrive now.
func (f *Fleet) Requests() []Request {
	if f.options.Separate {
		return f.late.join(f.separate(), f.processes, f.now)
	}
	return f.late.join(f.merged(), f.processes, f.now)
}

// merged makes a request of all exports of a signal.
func (f *Fleet) merged() (requests []Request) {
	for s := range signals {
		r := Request{Signal: s}
		for _, p := range f.processes {
			switch n := p.exporters[s].sent; {
			case n == 0:
			case f.late.some:
				for _, it := range f.late.onTime(p, s, f.now) {
					r.add(it)
				}
			default:
				r.parts = append(r.parts, p.part(s, 0, n))
				r.Items += n
			}
		}
		if r.Items > 0 {
			requests = append(requests, r)
		}
	}
	return requests
}

// separate makes a request of each export.
func (f *Fleet) separate() (requests []Request) {
	for _, p := range f.processes {
		for s := range signals {
			from := 0
			for i, e := range p.exporters[s].exports {
				if f.late.some && !f.late.isDue(p.due(s, i), f.now) {
					from = e.to
					continue
				}
				requests = append(requests, Request{Signal: s, Items: e.to - from, at: e.at, parts: []part{p.part(s, from, e.to)}})
				from = e.to
			}
		}
	}
	slices.SortStableFunc(requests, func(a, b Request) int { return cmp.Compare(a.at, b.at) })
	return requests
}

// Discard forgets what was exported.
func (f *Fleet) Discard() {
	f.late.keep(f.processes, f.now)
	for _, p := range f.processes {
		p.discard()
	}
}

// Recycle takes back requests that were discarded and are built no more.
func (f *Fleet) Recycle(requests []Request) {
	for i := range requests {
		for k := range requests[i].parts {
			requests[i].parts[k].recycle(!f.options.Separate)
		}
	}
}
