// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"cmp"
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
`)[0], nil)
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
