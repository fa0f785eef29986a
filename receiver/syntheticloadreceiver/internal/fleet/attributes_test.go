// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// TestListsAndMaps: values of each type, inside each other, on spans and events; what is drawn is drawn for each span, and its neighbours
// have draws of their own.
func TestListsAndMaps(t *testing.T) {
	const services = `
- name: a
  runtime: {model: smol}
  arrivals: {process: constant, rate: 100}
  operations:
    - name: op
      attributes:
        plain: [a, "2", 3, 4.5, true, []]
        empty: {map: {}}
        nested: {map: {user.id: 7, roles: [admin, {map: {deep: [[1], [2, 3]]}}]}}
        drawn: [{uniform: {min: 1, max: 1000000}}, {uniform: {min: 1, max: 1000000}}, {map: {id: {uuid: }, tenant: {cardinality: 3}}}]
        raw: {bytes: 13B}
      steps: [{event: {name: e, attributes: {list: [x, {uniform: {min: 1, max: 1000000}}]}}}]
`
	play := func(seed uint64) (all []map[string]any) {
		f := New(mustParse(t, services), seed, sendSpans)
		f.Advance(second)
		each(exported(f), func(_ pcommon.Map, _ string, span ptrace.Span) {
			a := span.Attributes().AsRaw()
			a["event"] = span.Events().At(0).Attributes().AsRaw()["list"]
			all = append(all, a)
		})
		return all
	}
	spans := play(1)
	require.Len(t, spans, 99)
	distinct := map[any]bool{}
	for _, a := range spans {
		assert.Equal(t, []any{"a", "2", int64(3), 4.5, true, []any{}}, a["plain"])
		assert.Equal(t, map[string]any{}, a["empty"])
		assert.Equal(t, map[string]any{
			"user.id": int64(7), "roles": []any{"admin", map[string]any{"deep": []any{[]any{int64(1)}, []any{int64(2), int64(3)}}}},
		}, a["nested"])
		drawn := a["drawn"].([]any)
		require.Len(t, drawn, 3)
		assert.NotEqual(t, drawn[0], drawn[1], "each has draws of its own")
		inner := drawn[2].(map[string]any)
		assert.Len(t, inner["id"], 36)
		assert.Contains(t, []any{"drawn-1", "drawn-2", "drawn-3"}, inner["tenant"])
		raw := a["raw"].([]byte)
		assert.Len(t, raw, 13)
		event := a["event"].([]any)
		assert.Equal(t, "x", event[0])
		for _, x := range []any{drawn[0], inner["id"], string(raw), event[1]} {
			distinct[x] = true
		}
	}
	assert.Len(t, distinct, 4*99)
	assert.Equal(t, spans, play(1))
	assert.NotEqual(t, spans[0]["drawn"], play(2)[0]["drawn"])
}

// TestResourceAttributes: all that is sent of a process has them; what is drawn differs between instances and stays the same in time, in every
// run, and on all runtimes of the process.
func TestResourceAttributes(t *testing.T) {
	services := mustParse(t, `
- name: a
  instances: 3
  runtime: {model: tokio}
  runtimes: {other: {model: smol}}
  arrivals: {process: constant, rate: 50}
  export: {processor: simple}
  resource:
    attributes:
      service.version: 1.4.2
      deployment.environment.name: staging
      k8s.pod.uid: {uuid: }
      cloud.zones: [a, b]
  operations: [{name: op, steps: [{compute: 1us}, {run_on: {runtime: other, name: inner, steps: [{compute: 1us}]}}]}]
`)
	pods := map[string]string{} // by host
	for _, run := range []string{"one", "two"} {
		o := sendSpans
		o.Run = run
		f := New(services, 1, o)
		for now := second / 10; now <= second; now += second / 10 {
			f.Advance(now)
			each(sent(f), func(resource pcommon.Map, _ string, _ ptrace.Span) {
				assert.Equal(t, "1.4.2", value(t, resource, "service.version").Str())
				assert.Equal(t, "staging", value(t, resource, "deployment.environment.name").Str())
				assert.Equal(t, []any{"a", "b"}, value(t, resource, "cloud.zones").Slice().AsRaw())
				assert.Equal(t, "a", value(t, resource, semconv.ServiceName).Str())
				host, pod := value(t, resource, semconv.HostName).Str(), value(t, resource, "k8s.pod.uid").Str()
				if pods[host] == "" {
					pods[host] = pod
				}
				assert.Equal(t, pods[host], pod)
			})
			f.Discard()
		}
	}
	require.Len(t, pods, 3)
	assert.Len(t, map[string]bool{pods["a-0"]: true, pods["a-1"]: true, pods["a-2"]: true}, 3)
}
