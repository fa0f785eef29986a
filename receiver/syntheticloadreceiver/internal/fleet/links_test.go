// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

type spanID struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// TestLinks plays producers and consumers in two processes, slice by slice, and compares each consumer's links with the
// producers of its process that ended last before it.
func TestLinks(t *testing.T) {
	f := New(mustParse(t, `
- name: shop
  instances: 2
  runtime: {model: tokio, worker_threads: 2}
  arrivals: {process: poisson, rate: 300}
  export: {processor: simple}
  operations:
    - name: POST /orders
      weight: 5
      steps:
        - compute: {exponential: {mean: 100us}}
        - span: {name: publish order, kind: producer, steps: [{io: {exponential: {mean: 1ms}}}]}
    - name: process orders
      kind: consumer
      links: {operation: publish order, count: 3}
      steps:
        - compute: {exponential: {mean: 1ms}}
        - spawn: {name: audit, links: {operation: process orders}, steps: [yield]}
        - join
`), 1, sendSpans)
	type ended struct {
		id    spanID
		name  string
		at    pcommon.Timestamp
		links []spanID
	}
	processes := map[string][]ended{}
	const slice = sim.Time(10 * time.Millisecond)
	for now := slice; now <= sim.Time(time.Second); now += slice {
		f.Advance(now - slice/2)
		early := linksOf(sent(f))
		f.Advance(now)
		td := sent(f)
		late := linksOf(td)
		for id, links := range early {
			assert.Equal(t, links, late[id], "the links of a span that has ended stay")
		}
		each(td, func(resource pcommon.Map, _ string, span ptrace.Span) {
			instance := value(t, resource, "service.instance.id").Str()
			id := spanID{span.TraceID(), span.SpanID()}
			processes[instance] = append(processes[instance], ended{id, span.Name(), span.EndTimestamp(), late[id]})
		})
		f.Discard()
		for _, p := range f.processes {
			require.Empty(t, p.spans.list)
		}
	}
	require.Len(t, processes, 2)
	full := 0
	for _, spans := range processes {
		for _, s := range spans {
			to, count := "", 0
			switch s.name {
			case "process orders":
				to, count = "publish order", 3
			case "audit":
				to, count = "process orders", 1
			}
			var before []ended // of the name linked to, sorted by their end
			for _, p := range spans {
				if p.name == to && p.at < s.at {
					i := len(before)
					for i > 0 && before[i-1].at > p.at {
						i--
					}
					before = append(before[:i], append([]ended{p}, before[i:]...)...)
				}
			}
			var want []spanID
			for _, p := range before[len(before)-min(count, len(before)):] {
				want = append(want, p.id)
			}
			require.Equal(t, want, s.links, "%s at %v", s.name, s.at)
			if len(want) == 3 {
				full++
			}
		}
	}
	assert.Greater(t, full, 50)
}

func linksOf(td ptrace.Traces) map[spanID][]spanID {
	links := map[spanID][]spanID{}
	each(td, func(_ pcommon.Map, _ string, span ptrace.Span) {
		id := spanID{span.TraceID(), span.SpanID()}
		links[id] = nil
		for _, l := range span.Links().All() {
			links[id] = append(links[id], spanID{l.TraceID(), l.SpanID()})
		}
	})
	return links
}

// TestLinksNeedNoMemory: in the long run a linking span allocates nothing.
func TestLinksNeedNoMemory(t *testing.T) {
	l := newLinks(mustParse(t, `
- name: a
  runtime: {model: smol}
  arrivals: {process: constant, rate: 1}
  operations:
    - {name: a, links: {operation: a, count: 128}, steps: [yield]}
    - {name: b, links: {operation: a, count: 2}, steps: [yield]}
`)[0], &rings{})
	number := uint64(0)
	var spare, used buffers[spanRef]
	round := func() {
		for range 100 {
			number++
			used = append(used, l.ended(int(number%2), spanRef{number, number, 0}, &spare))
		}
		for _, links := range used {
			if links != nil {
				spare.keep(links)
			}
		}
		used = used[:0]
	}
	for range 100 {
		round()
	}
	assert.Zero(t, testing.AllocsPerRun(100, round))
	assert.Same(t, l.spans[0].from, l.spans[1].from)
	assert.Len(t, l.spans[0].from.last, 128)
}

// TestLinksAcrossProcesses plays producers and consumers in processes of their own, and compares each consumer's links with the producers of
// any instance that ended last before it. It is the same in shards that send only a part.
func TestLinksAcrossProcesses(t *testing.T) {
	const services = `
- name: shop
  instances: 3
  runtime: {model: tokio, worker_threads: 2}
  arrivals: {process: poisson, rate: 100}
  export: {processor: simple}
  max_in_flight: 20
  operations:
    - name: POST /orders
      steps:
        - span: {name: publish order, kind: producer, steps: [{io: {exponential: {mean: 1ms}}}]}
        - io: {exponential: {mean: 2ms}}
- name: billing
  instances: 2
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 20}
  operations:
    - {name: process orders, kind: consumer, links: {service: shop, operation: publish order, count: 10}, steps: [{io: 1ms}]}
    - {name: after others, links: {service: billing, operation: process orders}, steps: [{io: 1ms}]}
- name: apart
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 20}
  operations: [{name: publish order, steps: [{io: 1ms}]}]
`
	type ended struct {
		id      spanID
		service string
		name    string
		at      pcommon.Timestamp
		links   []spanID
	}
	play := func(shard Shard) (all []ended) {
		o := sendSpans
		o.Shard = shard
		f := New(mustParse(t, services), 1, o)
		f.Advance(2 * second)
		f.StopArrivals()
		for now := 2 * second; !f.EndIdle(); now += second {
			f.Advance(now + second)
		}
		td := sent(f)
		links := linksOf(td)
		each(td, func(resource pcommon.Map, _ string, span ptrace.Span) {
			id := spanID{span.TraceID(), span.SpanID()}
			all = append(all, ended{id, value(t, resource, "service.name").Str(), span.Name(), span.EndTimestamp(), links[id]})
		})
		slices.SortFunc(all, func(a, b ended) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.service, b.service), bytes.Compare(a.id.span[:], b.id.span[:]))
		})
		return all
	}
	whole := play(Shard{})
	last := map[string][]spanID{} // by service and name
	checked := 0
	for i, x := range whole {
		if i > 0 && x.at == whole[i-1].at {
			continue // which of them came first is not seen
		}
		from, count := "", 0
		switch x.name {
		case "process orders":
			from, count = "shop/publish order", 10
		case "after others":
			from, count = "billing/process orders", 1
		}
		if want := last[from]; len(want) > count {
			require.Equal(t, want[len(want)-count:], x.links, x.name)
			checked++
		}
		last[x.service+"/"+x.name] = append(last[x.service+"/"+x.name], x.id)
	}
	require.Greater(t, checked, 60)
	var parts []ended
	for index := range 3 {
		parts = append(parts, play(Shard{index, 3})...)
	}
	require.ElementsMatch(t, whole, parts)
}

// TestLinksAsOfAQueue: of each kind of consumer, each message is linked to by one span, in the order in which the messages were sent; whether it
// comes of the same process or of another, and whoever sends what.
func TestLinksAsOfAQueue(t *testing.T) {
	const services = `
- name: shop
  instances: 2
  runtime: {model: tokio, worker_threads: 2}
  arrivals: {process: poisson, rate: 100}
  export: {processor: simple}
  operations:
    - {name: publish, kind: producer, weight: 3, steps: [{io: {exponential: {mean: 1ms}}}]}
    - {name: audit, kind: consumer, links: {operation: publish, count: 8, queue: true}, steps: [yield]}
- name: billing
  instances: 3
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 20}
  operations: [{name: bill, kind: consumer, links: {service: shop, operation: publish, count: 10, queue: true}, steps: [{io: 1ms}]}]
- name: shipping
  runtime: {model: smol}
  arrivals: {process: poisson, rate: 3}
  operations: [{name: ship, kind: consumer, links: {service: shop, operation: publish, queue: true}, steps: [{io: 1ms}]}]
`
	play := func(shard Shard) (links map[spanID][]spanID, published map[string][]spanID, at map[spanID]pcommon.Timestamp, names map[spanID]string) {
		o := sendSpans
		o.Shard = shard
		f := New(mustParse(t, services), 1, o)
		f.Advance(2 * second)
		f.StopArrivals()
		for now := 2 * second; !f.EndIdle(); now += second {
			f.Advance(now + second)
		}
		td := sent(f)
		links, published, at, names = linksOf(td), map[string][]spanID{}, map[spanID]pcommon.Timestamp{}, map[spanID]string{}
		each(td, func(resource pcommon.Map, _ string, span ptrace.Span) {
			id := spanID{span.TraceID(), span.SpanID()}
			at[id], names[id] = span.EndTimestamp(), span.Name()
			if span.Name() == "publish" {
				host := value(t, resource, "host.name").Str()
				published[host] = append(published[host], id)
			}
		})
		return links, published, at, names
	}
	links, published, at, names := play(Shard{})
	consumed := map[string]map[spanID]int{"audit": {}, "bill": {}, "ship": {}}
	for by, to := range links {
		for i, id := range to {
			consumed[names[by]][id]++
			require.LessOrEqual(t, at[id], at[by], "it was sent before")
			if i > 0 {
				require.LessOrEqual(t, at[to[i-1]], at[id], "the oldest first")
			}
		}
	}
	total := len(published["shop-0"]) + len(published["shop-1"])
	require.Greater(t, total, 250)
	for name, of := range consumed {
		for _, n := range of {
			require.Equal(t, 1, n, "%s: each once", name)
		}
	}
	assert.InDelta(t, total, len(consumed["audit"]), 40, "all but the last")
	assert.InDelta(t, total, len(consumed["bill"]), 40)
	assert.InDelta(t, 6, len(consumed["ship"]), 5, "one for each")
	for id := range consumed["ship"] { // they are the oldest of all
		older := 0
		for other, end := range at {
			if names[other] == "publish" && end < at[id] {
				older++
			}
		}
		assert.Less(t, older, len(consumed["ship"]))
	}

	together := map[spanID][]spanID{}
	for index := range 3 {
		of, _, _, _ := play(Shard{index, 3})
		maps.Copy(together, of)
	}
	assert.Equal(t, links, together)
}

// TestQueueIsBounded: what nobody takes goes, the oldest first.
func TestQueueIsBounded(t *testing.T) {
	r := ring{queue: true}
	taken := 0
	for n := range uint64(5 * mostQueued) {
		r.add(spanRef{number: n})
		if n%3 == 0 && n < mostQueued {
			to := r.take(nil, 2)
			for _, x := range to {
				require.Equal(t, uint64(taken), x.number)
				taken++
			}
		}
	}
	assert.LessOrEqual(t, cap(r.last), 4*mostQueued)
	to := r.take(nil, 128)
	assert.Len(t, to, 128)
	assert.Equal(t, uint64(4*mostQueued), to[0].number)
	assert.Len(t, r.take(nil, 2*mostQueued), mostQueued-128)
	assert.True(t, r.empty())
}
