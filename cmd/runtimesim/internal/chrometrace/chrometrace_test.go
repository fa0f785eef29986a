// SPDX-License-Identifier: Apache-2.0

package chrometrace

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
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
	ID   uint64
	BP   string
	Args struct {
		Name    string
		Task    uint64
		Request uint64
		Queue   string
		Wait    float64 `json:"queue_wait_us"`
		Outcome string
		Value   int
		Woken   int  `json:"tasks_woken"`
		Noop    bool `json:"without_a_poll"`
	}
}

// scenario has every kind of step that the trace shows: polls, spawns, joins, timers, sockets, the blocking pool, tasks that give way, that
// wake each other, that time out and that are cancelled.
func scenario(t *testing.T, runtime string, free bool) *simulate.Scenario {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(`[{name: a, runtime: {`+runtime+`}, arrivals: {process: poisson, rate: 5000}, operations: [
{name: 'say "hi" \', steps: [compute: {exponential: {mean: 40us}}, io: 100us, spawn: {count: 5, steps: [compute: 20us]}, join: , compute: 7ns]},
{name: other, steps: [sleep: 1ms, spawn_blocking: 50us, yield, lock: l, compute: 5us, unlock: l, channel: {send: c, capacity: 1000}, channel: {receive: c}]},
{name: gives up, steps: [timeout: {after: 200us, steps: [io: 1ms]}, spawn: {count: 3, name: cancelled, steps: [sleep: 5ms]}, yield, cancel]}]}]`), &tree))
	services, err := spec.Decode(tree)
	require.NoError(t, err)
	if free {
		services[0].Runtime.Costs = &cost.Zero
	}
	return &simulate.Scenario{Service: services[0], FleetSeed: 1, Requests: 300}
}

// played traces a run.
func played(t *testing.T, s *simulate.Scenario, most int, w io.Writer) (*Trace, *simulate.Result) {
	t.Helper()
	trace := New(w, "the runtime", most)
	result := simulate.Run(t.Context(), s, simulate.Watch{Observer: trace.Observer(), Started: trace.Started, Instant: trace.Instant})
	require.False(t, result.Partial)
	return trace, result
}

func read(t *testing.T, text string) []event {
	t.Helper()
	var file struct {
		DisplayTimeUnit string
		TraceEvents     []event
	}
	require.NoError(t, json.Unmarshal([]byte(text), &file))
	assert.Equal(t, "ns", file.DisplayTimeUnit)
	return file.TraceEvents
}

// shown is a slice of a lane, in ns.
type shown struct {
	from, to int64
	event    *event
}

// lanesOf are the slices of each lane in the order of their times. None crosses the end of one before.
func lanesOf(t *testing.T, all []event) (lanes map[int][]shown, names map[int]string) {
	t.Helper()
	lanes, names = map[int][]shown{}, map[int]string{}
	for i := range all {
		e := &all[i]
		assert.Equal(t, process, e.Pid)
		switch e.Ph {
		case "M":
			if e.Name == "thread_name" {
				names[e.Tid] = e.Args.Name
			}
		case "X":
			require.Contains(t, names, e.Tid, "a lane has its name before its first slice")
			from, duration := nanoseconds(t, e.TS), nanoseconds(t, e.Dur)
			require.GreaterOrEqual(t, duration, int64(0), "%+v", e)
			lanes[e.Tid] = append(lanes[e.Tid], shown{from, from + duration, e})
		}
	}
	for lane, slice := range lanes {
		slices.SortStableFunc(slice, func(a, b shown) int { return cmp.Compare(a.from, b.from) })
		end := int64(0)
		for _, s := range slice {
			if lane != outsideLane { // where two wakes may come at once
				require.GreaterOrEqual(t, s.from, end, "%s: %+v", names[lane], s.event)
			}
			end = s.to
		}
	}
	return lanes, names
}

func nanoseconds(t *testing.T, us *float64) int64 {
	t.Helper()
	require.NotNil(t, us)
	ns := math.Round(*us * 1000)
	require.InDelta(t, ns, *us*1000, 1e-3, "whole nanoseconds")
	return int64(ns)
}

// inside finds the slice of a lane at a time: a flow that begins outside of all slices has no arrow.
func inside(lane []shown, at int64) *event {
	for _, s := range lane {
		if s.from <= at && (at < s.to || s.from == s.to && at == s.from) {
			return s.event
		}
	}
	return nil
}

var runtimes = map[string]string{
	"tokio":          "model: tokio, worker_threads: 3",
	"stealable lifo": `model: tokio, version: "1.51.0", worker_threads: 3`,
	"current_thread": "model: tokio, flavor: current_thread",
	"per core":       "model: tokio, flavor: tokio_per_core, worker_threads: 3",
	"async_std":      "model: async_std, worker_threads: 3",
	"smol":           "model: smol, worker_threads: 3",
	"smol main":      "model: smol, executor: main",
	"ideal":          "model: ideal, worker_threads: 3",
}

// TestTrace: what the trace shows is what the runtime counted, with costs and without: polls, parks, steals and wakes, and each of them once.
func TestTrace(t *testing.T) {
	for name, runtime := range runtimes {
		for _, free := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := scenario(t, runtime, free)
				var text strings.Builder
				trace, result := played(t, s, 1<<20, &text)
				require.NoError(t, trace.Close())
				all := read(t, text.String())
				lanes, names := lanesOf(t, all)
				total := result.Total()
				totals := trace.Totals()

				count := map[string]uint64{}
				spans := map[string]int{}
				for lane, slices := range lanes {
					for _, s := range slices {
						switch s.event.Cat {
						case "lifo", "local", "global", "stolen":
							count["poll"]++
							spans[s.event.Name]++
							assert.GreaterOrEqual(t, s.event.Args.Wait, 0.0)
							assert.Contains(t, []string{"pending", "ready"}, s.event.Args.Outcome)
						case "outside":
							assert.Equal(t, outsideLane, lane)
						default:
							count[s.event.Cat]++
							if s.event.Args.Noop {
								count["noop"]++
							}
						}
					}
				}
				assert.Equal(t, total.Polls+total.LIFOPolls, count["poll"])
				assert.Equal(t, total.Polls+total.LIFOPolls, totals.Polls)
				assert.Equal(t, total.Parks, count["park"])
				assert.Equal(t, total.Parks, totals.Parks)
				assert.Equal(t, total.Noops, count["noop"])
				assert.Equal(t, total.StealOperations, totals.Steals)
				assert.Equal(t, total.Steals, totals.Stolen)
				assert.Equal(t, total.LocalSchedules+result.Counters.RemoteSchedules, totals.Wakes)
				assert.Equal(t, totals.Jobs, count["job"])
				for i := range result.Workers {
					assert.Contains(t, names, firstWorker+i)
				}
				assert.Positive(t, spans[`say "hi" \`])
				assert.Positive(t, spans["other"])
				assert.Positive(t, spans[untraced])
				assert.Positive(t, spans["gives up"])
				assert.Positive(t, spans["cancelled"])
				assert.Len(t, spans, 5)
				switch {
				case strings.Contains(runtime, "ideal"): // its pool has no threads, and it no driver
					assert.Zero(t, count["job"]+count["driver"])
				default:
					assert.Positive(t, count["job"])
					assert.Positive(t, count["driver"])
				}
				switch name {
				case "tokio", "stealable lifo", "async_std", "smol":
					assert.Positive(t, totals.Steals)
				default:
					assert.Zero(t, totals.Steals)
				}
				requireFlows(t, all, lanes, map[string]uint64{"wake": totals.Wakes, "steal": totals.Steals})
				requireCounters(t, all, s)
			})
		}
	}
}

// requireFlows: each flow has both ends, and each of them is inside of a slice; it ends where a poll starts.
func requireFlows(t *testing.T, all []event, lanes map[int][]shown, want map[string]uint64) {
	t.Helper()
	begun := map[uint64]*event{}
	got := map[string]uint64{}
	for name := range want {
		got[name] = 0
	}
	for i := range all {
		switch e := &all[i]; e.Ph {
		case "s":
			require.NotContains(t, begun, e.ID)
			begun[e.ID] = e
			require.NotNil(t, inside(lanes[e.Tid], nanoseconds(t, e.TS)), "%+v begins in no slice", e)
		case "f":
			from := begun[e.ID]
			require.NotNil(t, from, "a flow ends that has not begun")
			delete(begun, e.ID)
			assert.Equal(t, "e", e.BP)
			assert.Equal(t, from.Name, e.Name)
			assert.Equal(t, from.Cat, e.Cat)
			assert.LessOrEqual(t, *from.TS, *e.TS, "no arrow goes back in time")
			at := nanoseconds(t, e.TS)
			to := slices.IndexFunc(lanes[e.Tid], func(s shown) bool { return s.from == at && s.event.Args.Queue != "" })
			require.GreaterOrEqual(t, to, 0, "%+v ends at no poll", e)
			got[e.Name]++
		}
	}
	assert.Empty(t, begun, "flows without an end")
	assert.Equal(t, want, got)
}

// requireCounters: the tracks show what the runtime says of its queues after each instant, and only what has changed.
func requireCounters(t *testing.T, all []event, s *simulate.Scenario) {
	t.Helper()
	type change struct {
		at    int64
		name  string
		value int
	}
	var got []change
	for i := range all {
		if e := &all[i]; e.Ph == "C" {
			require.GreaterOrEqual(t, e.Args.Value, 0)
			got = append(got, change{nanoseconds(t, e.TS), e.Name, e.Args.Value})
		}
	}
	var want []change
	var rt scheduler.Runtime
	before := map[string]int{}
	simulate.Run(t.Context(), s, simulate.Watch{
		Started: func(started scheduler.Runtime) { rt = started },
		Instant: func(now sim.Time) {
			see := func(name string, value int) {
				if before[name] != value {
					before[name] = value
					want = append(want, change{int64(now), name, value})
				}
			}
			c := rt.Counters()
			for i, w := range c.Workers {
				see("queue of worker "+string(rune('0'+i)), w.LocalQueue)
			}
			see("global queue", c.GlobalQueue)
			see("blocking pool: jobs waiting", c.BlockingQueue)
			see("blocking pool: threads", c.BlockingThreads)
			see("blocking pool: idle threads", c.BlockingIdle)
		},
	})
	assert.Equal(t, want, got)
	assert.NotEmpty(t, got)
}

// TestTheTraceChangesNothing: a run that is watched after each instant is the run that is not.
func TestTheTraceChangesNothing(t *testing.T) {
	for name, runtime := range runtimes {
		t.Run(name, func(t *testing.T) {
			s := scenario(t, runtime, false)
			_, watched := played(t, s, 1<<20, io.Discard)
			alone := simulate.Run(t.Context(), s, simulate.Watch{})
			watched.Wall, alone.Wall = 0, 0
			assert.Equal(t, alone, watched)
		})
	}
}

// TestTasksLeftAlone: a task that blocks in place is shown on its thread, while the worker goes on on its lane.
func TestTasksLeftAlone(t *testing.T) {
	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(`[{name: a, runtime: {model: tokio, worker_threads: 2}, arrivals: {process: poisson, rate: 500}, operations: [
{name: o, steps: [spawn: {count: 2, name: alone, steps: [block_in_place: 3ms, compute: 10us, channel: {send: c}]}, channel: {receive: c}, channel: {receive: c}, join: ]}]}]`), &tree))
	services, err := spec.Decode(tree)
	require.NoError(t, err)
	var text strings.Builder
	trace, result := played(t, &simulate.Scenario{Service: services[0], FleetSeed: 1, Requests: 100}, 1<<20, &text)
	require.NoError(t, trace.Close())
	all := read(t, text.String())
	lanes, names := lanesOf(t, all)
	alone := 0
	for lane, slices := range lanes {
		for _, s := range slices {
			if strings.HasPrefix(names[lane], "blocking pool") && s.event.Name == "alone" {
				alone++
			}
		}
	}
	assert.Positive(t, alone)
	total := result.Total()
	assert.Equal(t, total.Polls+total.LIFOPolls, trace.Totals().Polls)
	assert.Equal(t, total.LocalSchedules+result.Counters.RemoteSchedules, trace.Totals().Wakes)
}

// TestTraceIsBounded: a full trace ends, and is still a trace: nothing lacks an end.
func TestTraceIsBounded(t *testing.T) {
	const most = 500
	var text strings.Builder
	trace, _ := played(t, scenario(t, runtimes["tokio"], false), most, &text)
	require.NoError(t, trace.Close())
	assert.True(t, trace.Full())
	assert.GreaterOrEqual(t, trace.Events(), most)
	assert.Less(t, trace.Events(), most+50, "the event that fills the trace, with its flows, and what is open then")
	all := read(t, text.String())
	lanes, _ := lanesOf(t, all)
	flows := map[string]uint64{}
	for i := range all {
		if all[i].Ph == "s" {
			flows[all[i].Name]++
		}
	}
	requireFlows(t, all, lanes, flows)
	for _, slices := range lanes {
		for _, s := range slices {
			assert.LessOrEqual(t, s.from, int64(trace.Until()))
		}
	}
}

// TestInterrupted: so is one of a run that was cut short.
func TestInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var text strings.Builder
	trace := New(&text, "the runtime", 1<<20)
	result := simulate.Run(ctx, scenario(t, runtimes["smol"], false), simulate.Watch{
		Observer: trace.Observer(), Started: trace.Started,
		Instant: func(now sim.Time) {
			trace.Instant(now)
			if trace.Totals().Polls > 100 {
				interrupt()
			}
		},
	})
	require.True(t, result.Partial)
	require.NoError(t, trace.Close())
	all := read(t, text.String())
	lanes, _ := lanesOf(t, all)
	flows := map[string]uint64{}
	for i := range all {
		if all[i].Ph == "s" {
			flows[all[i].Name]++
		}
	}
	requireFlows(t, all, lanes, flows)
}

func TestEmptyTrace(t *testing.T) {
	var text strings.Builder
	trace := New(&text, "the runtime", 1<<20)
	require.NoError(t, trace.Close())
	assert.Len(t, read(t, text.String()), 1)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	trace, _ := played(t, scenario(t, runtimes["tokio"], false), 1<<20, fullDisk{})
	assert.EqualError(t, trace.Close(), "disk full")
}

func TestMicroseconds(t *testing.T) {
	for ns, want := range map[sim.Time]string{0: "0.000", 7: "0.007", 1000: "1.000", 12_345_678: "12345.678", math.MaxInt64: "9223372036854775.807"} {
		assert.Equal(t, want, microseconds(ns))
	}
}

// TestThrottledCPUs: a trace shows when CPUs were throttled, as long as the machine counts, and the threads that waited.
func TestThrottledCPUs(t *testing.T) {
	s := scenario(t, "model: tokio, worker_threads: 4", false)
	s.Service.Runtime.CPUs, s.Service.Runtime.Quota = 2, host.Quota{CPUs: 0.25, Period: sim.Time(20 * time.Millisecond)}
	var out strings.Builder
	trace := New(&out, "the runtime", math.MaxInt)
	result := simulate.Run(t.Context(), s, simulate.Watch{
		Observer: trace.Observer(), Started: trace.Started, Machine: trace.Machine, Instant: trace.Instant,
	})
	require.NoError(t, trace.Close())
	throttled, all, waiting := int64(0), int64(0), 0
	lanes, names := lanesOf(t, read(t, out.String()))
	for lane, shown := range lanes {
		for _, s := range shown {
			if s.event.Name == "throttled" {
				assert.Contains(t, []string{"CPU 0", "CPU 1"}, names[lane])
				if all += s.to - s.from; s.to <= int64(result.Virtual) {
					throttled += s.to - s.from
				}
			}
		}
	}
	for _, e := range read(t, out.String()) {
		if e.Name == "threads that wait for a CPU" {
			waiting = max(waiting, e.Args.Value)
		}
	}
	assert.Positive(t, throttled)
	assert.Equal(t, int64(result.Host.Throttled), throttled, "up to the end of the last task")
	assert.Equal(t, int64(trace.Totals().Throttled), all)
	assert.Positive(t, waiting)
}
