// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
)

// asIfMeasured is what a machine with these costs would measure, if it were as the models are.
func asIfMeasured(t *testing.T, p *cost.Parameters) measurements {
	t.Helper()
	ms := measurements{}
	for _, b := range benches() {
		for name, l := range loops() {
			if strings.HasSuffix(name, "2") != b.two && name != "ping_pong" || name == "spawn_join" && !b.two {
				continue
			}
			took, err := b.play(name, l, p)
			require.NoError(t, err)
			if took == 0 {
				continue // nobody measures that
			}
			name = b.name + "/" + name
			ms[name] = measurement{Name: name, Unit: "ns", Median: took, Low: took * 0.995, High: took * 1.005, Kept: 1}
		}
	}
	return ms
}

// TestFitFindsTheCosts: on a machine that is as the models are, the loops tell its costs apart, far from the ones to begin with.
func TestFitFindsTheCosts(t *testing.T) {
	machine := cost.DefaultParameters()
	machine.Tokio.Poll, machine.Tokio.Spawn, machine.Tokio.Finish, machine.Tokio.Wake, machine.Tokio.DriverPoll = 35, 180, 90, 50, 380
	machine.AsyncExecutor.Poll, machine.AsyncExecutor.Spawn, machine.AsyncExecutor.Finish, machine.AsyncExecutor.Wake = 25, 160, 80, 60
	machine.AsyncStd.Spawn, machine.AsyncStd.Poll = 70, 20
	r, err := calibrate(asIfMeasured(t, &machine), nil, cost.DefaultParameters())
	require.NoError(t, err)
	require.Greater(t, len(r.checks), 40)
	for _, c := range r.checks {
		within := 0.05
		if bench, _, _ := strings.Cut(c.name, "/"); strings.HasSuffix(bench, "2") {
			within = 0.25 // which of two workers gets a task first turns with a few ns, and the figure jumps
		}
		assert.InEpsilon(t, c.measured, c.model, within, c.name)
	}
	for key, want := range map[string]float64{
		"tokio.spawn": 180, "tokio.wake": 50, "tokio.driver_poll": 380,
		"async_executor.spawn": 160, "async_executor.wake": 60, "async_std.spawn": 70,
	} {
		f := r.findings[key]
		assert.InDelta(t, want, f.value, 0.1*want, key)
		assert.LessOrEqual(t, f.low, want*1.02, key)
		assert.GreaterOrEqual(t, f.high, want*0.98, key)
		assert.Less(t, f.high-f.low, 0.5*want, key)
	}
	// Poll and finish are charged together in most loops, but a poll that does not end a task is charged alone.
	assert.InDelta(t, 35+90, r.findings["tokio.poll"].value+r.findings["tokio.finish"].value, 12)
}

// TestOneLoopThatTheModelCannotFollow leaves the others' costs alone.
func TestOneLoopThatTheModelCannotFollow(t *testing.T) {
	p := cost.DefaultParameters()
	ms := asIfMeasured(t, &p)
	spoilt := ms["tokio/ping_pong"]
	spoilt.Median, spoilt.Low, spoilt.High = 10*spoilt.Median, 10*spoilt.Low, 10*spoilt.High
	ms[spoilt.Name] = spoilt
	r, err := calibrate(ms, nil, p)
	require.NoError(t, err)
	assert.InEpsilon(t, float64(p.Tokio.Spawn), r.findings["tokio.spawn"].value, 0.1)
	assert.InDelta(t, float64(p.Tokio.Wake), r.findings["tokio.wake"].value, 5)
}

// TestNothingMeasured: every cost keeps its value and says so.
func TestNothingMeasured(t *testing.T) {
	r, err := calibrate(measurements{"condvar/unpark_100us": {Name: "condvar/unpark_100us", Thrown: 7}}, nil, cost.DefaultParameters())
	require.NoError(t, err)
	assert.Equal(t, cost.DefaultParameters(), r.parameters)
	for key, f := range r.findings {
		assert.True(t, f.open, key)
	}
	assert.Contains(t, r.missing(), "tokio.unpark.median")
}

// TestDefaultNeedsEveryCost: figures of a busy machine do not become the default.
func TestDefaultNeedsEveryCost(t *testing.T) {
	text, err := os.ReadFile("testdata/measurements.json")
	require.NoError(t, err)
	dir := t.TempDir()
	o := options{
		lock: "../../reference/Cargo.lock", rounds: 1,
		from: filepath.Join(dir, "all.json"), out: filepath.Join(dir, "out.yaml"), source: filepath.Join(dir, "out.go"),
	}
	require.NoError(t, os.WriteFile(o.from, text, 0o600))
	require.NoError(t, run(t.Context(), &o))
	require.FileExists(t, o.out)
	require.FileExists(t, o.source)

	lines := slices.Collect(strings.Lines(string(text)))
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "timerfd/overshoot_5ms") })
	o.out, o.source = filepath.Join(dir, "less.yaml"), filepath.Join(dir, "less.go")
	require.NoError(t, os.WriteFile(o.from, []byte(strings.Join(lines, "")), 0o600))
	require.ErrorContains(t, run(t.Context(), &o), "-go: these costs were not measured, and a default needs them all: async_executor.timer_overshoot; want")
	assert.NoFileExists(t, o.out)
	assert.NoFileExists(t, o.source)
}

// TestProfileOfMeasurements makes a profile of figures that were measured, and reads it as its users do.
func TestProfileOfMeasurements(t *testing.T) {
	file, err := os.Open("testdata/measurements.json")
	require.NoError(t, err)
	list, err := readMeasurements(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	ms := merge(list)
	r, err := calibrate(ms, nil, cost.DefaultParameters())
	require.NoError(t, err)
	sources := direct()
	for _, c := range allCosts() {
		if sources[c.name] != nil {
			assert.False(t, r.findings[c.name].open, "%s: nothing in reference/primitives measures it", c.name)
		}
	}
	var text strings.Builder
	m := machine{cpu: "Some CPU", cpus: 2, virtual: true, kernel: "6.1", crates: "tokio 1.0"}
	require.NoError(t, r.write(&text, m, time.Date(2026, 11, 28, 1, 2, 3, 0, time.UTC), ms))
	set, err := costfile.Parse(strings.NewReader(text.String()))
	require.NoError(t, err)
	assert.Equal(t, r.parameters.Set(), set)

	for _, want := range []string{
		"# What the primitives of the runtimes cost on this machine: Some CPU, 2 CPUs of a virtual machine, Linux 6.1.\n",
		"# Measured by make calibrate on 2026-11-28 01:02 UTC with tokio 1.0.\n",
		"(condvar/unpark_100us)\ntokio.unpark.median: ", "fitted to ", ": half of condvar/cycle", "# not measured: ", "#   tokio/chain ", "# * tokio/first_poll ",
	} {
		assert.Contains(t, text.String(), want)
	}
	for line := range strings.Lines(text.String()) {
		assert.LessOrEqual(t, len(line), width+1)
	}
}

// TestProfileAsSource: each key names a field of cost.Parameters, and each value is in the source.
func TestProfileAsSource(t *testing.T) {
	p := cost.SeedParameters()
	r := &result{parameters: p, findings: map[string]finding{"tokio.unpark.median": {low: 900, high: 1100, how: "measured"}}}
	var source strings.Builder
	require.NoError(t, r.writeSource(&source, machine{cpu: "Some CPU", kernel: "6.1"}, time.Date(2026, 11, 28, 1, 2, 3, 0, time.UTC)))
	assert.Contains(t, source.String(), "Some CPU, 0 CPUs, Linux 6.1 by make calibrate on 2026-11-28")
	assert.Contains(t, source.String(), "\t// 900ns to 1100ns: measured\n\tp.Tokio.Unpark.Median = 1000\n")
	for _, c := range allCosts() {
		v := reflect.ValueOf(p)
		for name := range strings.SplitSeq(field(c.name), ".") {
			v = v.FieldByName(name)
			require.True(t, v.IsValid(), "%s: no field %s", c.name, name)
		}
		assert.Contains(t, source.String(), fmt.Sprintf("\tp.%s = ", field(c.name)))
		if v.CanInt() {
			assert.EqualValues(t, c.get(&p), v.Int(), c.name)
		} else {
			assert.Equal(t, c.get(&p), v.Float(), c.name)
		}
	}
}

// TestTheLoopsAreThoseOfPrimitives: both sides have a list of them.
func TestTheLoopsAreThoseOfPrimitives(t *testing.T) {
	text, err := os.ReadFile("../../reference/primitives/src/loops.rs")
	require.NoError(t, err)
	var there []string
	for _, name := range regexp.MustCompile(`\bname: "(\w+)"`).FindAllSubmatch(text, -1) {
		there = append(there, string(name[1]))
	}
	there = append(there, "drain", "first_poll", "late_1ms", "pool_round") // in outside.rs, timers.rs and pool.rs
	slices.Sort(there)
	var here []string
	for name := range loops() {
		here = append(here, name)
	}
	slices.Sort(here)
	assert.Equal(t, slices.Compact(there), here)
	for name, n := range map[string]int{"CHAIN": chained, "TASKS": tasks, "LAPS": laps, "YIELDERS": yielders, "YIELDS": turns, "MANY": many} {
		assert.Contains(t, string(text), fmt.Sprintf("const %s: usize = %d;", name, n))
	}
}

func TestMerge(t *testing.T) {
	ms := merge([]measurement{
		{Name: "a", Unit: "ns", Median: 5, Low: 4, High: 6, Sigma: 0.3, Kept: 10, Thrown: 1},
		{Name: "a", Unit: "ns", Median: 9, Low: 8, High: 10, Sigma: 0.1, Kept: 20, Thrown: 2},
		{Name: "a", Unit: "ns", Thrown: 3},
		{Name: "a", Unit: "ns", Median: 6, Low: 5, High: 7, Sigma: 0.2, Kept: 10},
		{Name: "b", Unit: "ns", Thrown: 3},
		{Name: "b", Unit: "ns", Median: 6, Low: 5, High: 7, Sigma: 0.2, Kept: 10},
		{Name: "c", Unit: "ns", Thrown: 3},
	})
	assert.Equal(t, measurement{Name: "a", Unit: "ns", Median: 6, Low: 5, High: 9, Sigma: 0.2, SigmaLow: 0.1, SigmaHigh: 0.3, Kept: 40, Thrown: 6}, ms["a"])
	assert.Equal(t, measurement{Name: "b", Unit: "ns", Median: 6, Low: 5, High: 7, Sigma: 0.2, SigmaLow: 0.2, SigmaHigh: 0.2, Kept: 10, Thrown: 3}, ms["b"])
	_, ok := ms.get("c")
	assert.False(t, ok)

	_, err := readMeasurements(strings.NewReader(`{"name": "a", "unit": "ms"}`))
	require.EqualError(t, err, `a: unit "ms" is not allowed; want ns`)
	_, err = readMeasurements(strings.NewReader("nonsense"))
	require.ErrorContains(t, err, `"nonsense"`)
}

func TestDirect(t *testing.T) {
	ms := measurements{
		"many": {Median: 140, Low: 130, High: 150, Kept: 1, How: "this"},
		"few":  {Median: 100, Low: 95, High: 105, Kept: 1},
		"wide": {Median: 1, Sigma: math.Inf(1), Kept: 1},
	}
	f, ok := slope("many", "few", 10)(ms)
	assert.True(t, ok)
	assert.Equal(t, finding{value: 4, low: 2.5, high: 5.5, how: "many less few, over 10"}, f)
	f, _ = slope("few", "many", 10)(ms)
	assert.Zero(t, f.value)
	f, _ = half("many", "why")(ms)
	assert.Equal(t, finding{value: 70, low: 32.5, high: 150, how: "half of many (why)"}, f)
	f, _ = spread("wide")(ms)
	assert.Equal(t, cost.HighestSigma, f.value)
	_, ok = asMeasured("none")(ms)
	assert.False(t, ok)
}

// TestDeepSleep: where wakes begin to take longer is found, and by how much.
func TestDeepSleep(t *testing.T) {
	measured := func(medians ...float64) measurements {
		ms := measurements{}
		for i, s := range sleeps {
			name := "epoll/wake_latency_" + s.name
			ms[name] = measurement{Name: name, Median: medians[i], Low: 0.9 * medians[i], High: 1.1 * medians[i], Kept: 1}
		}
		return ms
	}
	// 5 us on top at 173 us, and more with the square root: 6.6, 12, 20.8, 38 and 66.
	ms := measured(4000, 4100, 3900, 10_600, 16_000, 24_800, 42_000, 70_000)
	f, ok := shallowWake("epoll")(ms)
	require.True(t, ok)
	assert.InDelta(t, 4000, f.value, 5)
	assert.InDelta(t, 3510, f.low, 1)
	assert.InDelta(t, 4510, f.high, 1)
	f, _ = deepAfter("epoll")(ms)
	assert.InDelta(t, 173_205, f.value, 1)
	assert.Equal(t, []float64{100_000, 300_000}, []float64{f.low, f.high})
	f, _ = deepLatency("epoll")(ms)
	assert.InDelta(t, 5_000, f.value, 50)
	assert.Less(t, f.low, f.value)
	assert.Greater(t, f.high, f.value)

	ms = measured(4000, 4100, 3900, 4000, 4200, 4300, 4200, 4100)
	f, _ = shallowWake("epoll")(ms)
	assert.InDelta(t, 4100, f.value, 20)
	f, _ = deepLatency("epoll")(ms)
	assert.Zero(t, f.value)

	for _, s := range sleeps[:4] {
		delete(ms, "epoll/wake_latency_"+s.name)
	}
	_, ok = shallowWake("epoll")(ms)
	assert.False(t, ok)
}

func TestMachine(t *testing.T) {
	assert.Equal(t, "measured-intel-xeon-processor.yaml", machine{cpu: "Intel(R) Xeon(R) Processor"}.file())
	assert.Equal(t, "measured-amd-epyc-9654-96-core-processor.yaml", machine{cpu: "AMD EPYC 9654 96-Core Processor"}.file())
	assert.Equal(t, "tokio 1.2.3, smol 2.0.2", crates("[[package]]\nname = \"smol\"\nversion = \"2.0.2\"\n\n[[package]]\nname = \"tokio\"\nversion = \"1.2.3\"\n"))
	m, err := thisMachine("../../reference/Cargo.lock")
	require.NoError(t, err)
	assert.Contains(t, m.crates, "async-executor ")
	assert.NotEmpty(t, m.kernel)
}
