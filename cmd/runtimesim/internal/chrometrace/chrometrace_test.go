// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// event is an event as a viewer reads it.
type event struct {
	Ph   string
	Pid  int
	Tid  int
	TS   *float64
	Dur  *float64
	Name string
	Cat  string
	Args struct {
		Name    string
		Task    uint64
		Request uint64
		Queue   string
		Wait    float64 `json:"queue_wait_us"`
		Outcome string
	}
}

func played(t *testing.T, model string, trace *Trace) scheduler.Runtime {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(`[{name: a, runtime: {model: `+model+`, worker_threads: 3}, arrivals: {process: poisson, rate: 50000}, operations: [
{name: 'say "hi" \', steps: [compute: {exponential: {mean: 40us}}, io: 100us, spawn: {count: 2, steps: [compute: 5us]}, join: , compute: 7ns]}]}]`), &tree))
	services, err := spec.Decode(tree)
	require.NoError(t, err)
	var sm sim.Simulation
	in := play.NewNetwork(&sm).Play(services[0], 1, 0, play.Observer{Observer: trace.Observer()})
	sm.Run(sim.Time(4 * time.Millisecond))
	in.Stop()
	sm.Run(sim.Time(time.Second))
	require.Zero(t, in.Runtime().Live())
	return in.Runtime()
}

func written(t *testing.T, trace *Trace, rt scheduler.Runtime) []event {
	t.Helper()
	var out strings.Builder
	require.NoError(t, trace.Write(&out, "the runtime", rt))
	var file struct {
		DisplayTimeUnit string
		TraceEvents     []event
	}
	require.NoError(t, json.Unmarshal([]byte(out.String()), &file))
	assert.Equal(t, "ns", file.DisplayTimeUnit)
	return file.TraceEvents
}

// TestTrace: the trace is valid JSON; each worker has a named lane, whose slices neither overlap nor go back in time; and the
// slices are the polls, all of them.
func TestTrace(t *testing.T) {
	for _, model := range []string{"tokio", "async_std", "smol", "ideal"} {
		t.Run(model, func(t *testing.T) {
			trace := Trace{Most: 1 << 20}
			rt := played(t, model, &trace)
			lanes := map[int]string{}
			ends := map[int]int64{} // ns
			names := map[string]int{}
			busy, polls := int64(0), 0
			for _, e := range written(t, &trace, rt) {
				assert.Equal(t, process, e.Pid)
				switch e.Ph {
				case "M":
					if e.Name == "thread_name" {
						lanes[e.Tid] = e.Args.Name
					}
				case "X":
					start, duration := nanoseconds(t, e.TS), nanoseconds(t, e.Dur)
					require.Contains(t, lanes, e.Tid)
					require.GreaterOrEqual(t, start, ends[e.Tid])
					require.GreaterOrEqual(t, duration, int64(0))
					require.GreaterOrEqual(t, e.Args.Wait, 0.0)
					ends[e.Tid] = start + duration
					names[e.Name]++
					busy += duration
					polls++
					require.NotEmpty(t, e.Args.Queue)
					require.Contains(t, []string{"pending", "ready"}, e.Args.Outcome)
				default:
					t.Fatalf("unexpected event %q", e.Ph)
				}
			}
			assert.Len(t, lanes, 3)
			for worker := range 3 {
				assert.Contains(t, lanes[lane(worker)], rt.ThreadName(worker))
			}
			assert.Len(t, names, 2)
			assert.Positive(t, names[`say "hi" \`])
			assert.Positive(t, names[untraced])
			assert.Equal(t, polls, trace.Polls())
			want, counted := sim.Time(0), uint64(0)
			for _, w := range rt.Counters().Workers {
				want += w.Busy
				counted += w.Polls + w.LIFOPolls
			}
			assert.Equal(t, counted, uint64(polls))
			assert.InEpsilon(t, int64(want), busy, 0.1, "busy time has overheads that polls have not")
		})
	}
}

func nanoseconds(t *testing.T, us *float64) int64 {
	t.Helper()
	require.NotNil(t, us)
	ns := math.Round(*us * 1000)
	require.InDelta(t, ns, *us*1000, 1e-3, "whole nanoseconds")
	return int64(ns)
}

func TestTraceIsBounded(t *testing.T) {
	trace := Trace{Most: 100}
	rt := played(t, "tokio", &trace)
	assert.Equal(t, 100, trace.Polls())
	assert.Positive(t, trace.Dropped)
	assert.Len(t, written(t, &trace, rt), 1+2*3+100)
}

func TestEmptyTrace(t *testing.T) {
	full := Trace{Most: 1}
	rt := played(t, "smol", &full)
	assert.Len(t, written(t, &Trace{}, rt), 1+2*3)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	trace := Trace{Most: 1 << 20}
	rt := played(t, "tokio", &trace)
	assert.EqualError(t, trace.Write(fullDisk{}, "x", rt), "disk full")
}

func TestMicroseconds(t *testing.T) {
	for ns, want := range map[sim.Time]string{0: "0.000", 7: "0.007", 1000: "1.000", 12_345_678: "12345.678", math.MaxInt64: "9223372036854775.807"} {
		assert.Equal(t, want, microseconds(ns))
	}
}
