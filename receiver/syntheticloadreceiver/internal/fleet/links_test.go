// SPDX-License-Identifier: Apache-2.0

package fleet

import (
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
`)[0].Spans)
	number := uint64(0)
	var spare, used buffers[spanRef]
	round := func() {
		for range 100 {
			number++
			used = append(used, l.ended(int(number%2), spanRef{number, number}, &spare))
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
	assert.Len(t, l.rings, 1)
	assert.Len(t, l.rings[0].last, 128)
}
