// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	ms     = sim.Time(time.Millisecond)
	second = sim.Time(time.Second)
)

// batch is the batch processor with round numbers.
var batch = workload.Export{MaxQueue: 10, MaxBatch: 4, Delay: 100 * ms, Duration: 10 * ms}

// playExports gives an exporter items at some times and returns its exports.
func playExports(how workload.Export, items map[sim.Time]int) (*exporter, []export) {
	var s sim.Simulation
	e := &exporter{}
	e.init(&s, how, 0)
	for at := range 1000 * ms / ms {
		s.Run(at * ms)
		for range items[at*ms] {
			e.admit()
		}
	}
	s.Run(second)
	return e, e.exports
}

func TestBatchExports(t *testing.T) {
	for _, tc := range []struct {
		name    string
		items   map[sim.Time]int
		want    []export
		dropped uint64
	}{
		{"few wait for the delay, which runs over and over", map[sim.Time]int{30 * ms: 1, 250 * ms: 2}, []export{{1, 100 * ms}, {3, 310 * ms}}, 0},
		{"a full batch leaves at once", map[sim.Time]int{30 * ms: 4}, []export{{4, 30 * ms}}, 0},
		{"with all that wait, one export after the other", map[sim.Time]int{30 * ms: 3, 35 * ms: 1, 40 * ms: 5, 60 * ms: 1}, []export{
			{4, 35 * ms},               // 4 of 4
			{8, 45 * ms}, {9, 55 * ms}, // the next 5 were there when the first export ended
			{10, 165 * ms}, // 100 ms after the round
		}, 0},
		{"what finds the queue full is dropped", map[sim.Time]int{30 * ms: 4, 31 * ms: 12}, []export{
			{4, 30 * ms}, {8, 40 * ms}, {12, 50 * ms}, {14, 60 * ms},
		}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, exports := playExports(batch, tc.items)
			assert.Equal(t, tc.want, exports)
			assert.Equal(t, tc.dropped, e.dropped)
			assert.Zero(t, e.waiting())
		})
	}
}

func TestSimpleExports(t *testing.T) {
	_, exports := playExports(workload.Export{Simple: true}, map[sim.Time]int{30 * ms: 2, 50 * ms: 1})
	assert.Equal(t, []export{{1, 30 * ms}, {2, 30 * ms}, {3, 50 * ms}}, exports)
}

// TestFlush: when the process ends, all that waits leaves, in batches.
func TestFlush(t *testing.T) {
	var s sim.Simulation
	e := &exporter{}
	e.init(&s, batch, 0)
	for range 7 { // an export of 4 is under way
		e.admit()
	}
	e.flush()
	assert.Equal(t, []export{{4, 0}, {7, 0}}, e.exports)
	assert.Equal(t, 7, e.discard())
	assert.EqualValues(t, 7, e.numbered())
	s.Run(second)
	assert.Empty(t, e.exports)
}

// TestRuntimesExportAsTheirExamples: Tokio and async-std batch, smol exports each span by itself.
func TestRuntimesExportAsTheirExamples(t *testing.T) {
	options := sendSpans
	options.Separate = true
	for model, most := range map[string]int{"tokio": 512, "async_std": 512, "smol": 1} {
		f := New(mustParse(t, `
- name: a
  runtime: {model: `+model+`}
  arrivals: {process: constant, rate: 1000}
  operations: [{name: op, steps: [{compute: 1us}]}]
`), 1, options)
		f.Advance(10*second - 1)
		requests := f.Requests()
		require.NotEmpty(t, requests)
		spans, largest := 0, 0
		for i, r := range requests {
			spans += r.Items
			largest = max(largest, r.Items)
			assert.Equal(t, r.Items, f.Traces(&r, epoch).SpanCount())
			if i > 0 {
				assert.GreaterOrEqual(t, r.at, requests[i-1].at)
			}
		}
		assert.Equal(t, most, largest, model)
		for _, p := range f.processes {
			spans += p.exporters[Traces].waiting()
		}
		assert.Equal(t, 9999, spans, model)
		assert.Zero(t, f.DroppedBySDK(Traces))
	}
}

// TestSDKDropsWhatItCannotHold: a slow backend, and more spans than the queue takes meanwhile.
func TestSDKDropsWhatItCannotHold(t *testing.T) {
	f := New(mustParse(t, `
- name: a
  runtime: {model: tokio}
  arrivals: {process: constant, rate: 10000}
  export: {max_queue_size: 100, max_export_batch_size: 50, export_duration: 10ms}
  operations: [{name: op, steps: [{event: e}, {compute: 1us}]}]
`), 1, sendSpans)
	f.Advance(second)
	f.StopArrivals()
	f.Advance(2 * second)
	require.True(t, f.EndIdle())
	got := sent(f).SpanCount()
	assert.InDelta(t, 5000, got, 200, "50 in 10 ms")
	assert.Equal(t, f.Arrivals(), uint64(got)+f.DroppedBySDK(Traces))
	f.Discard()
	assert.Empty(t, f.processes[0].events)
}
