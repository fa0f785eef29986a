// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/knee"
	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
)

// command runs a command line.
func command(line string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = Main(strings.Fields(line), &out, &errs)
	return out.String(), errs.String(), code
}

func succeed(t *testing.T, line string) string {
	t.Helper()
	stdout, stderr, code := command(line)
	require.Zero(t, code, stderr)
	return stdout
}

// decode reads exactly one JSON value.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	d := json.NewDecoder(strings.NewReader(text))
	require.NoError(t, d.Decode(&v))
	require.False(t, d.More())
	return v
}

// TestAgreesWithErlangC: the mean wait of M/M/4 at a utilization of 0.7 is 0.35721 service times. The means of independent
// replications are Student-distributed around it: of 20, the 99.9 % interval is 3.883 standard errors to each side.
func TestAgreesWithErlangC(t *testing.T) {
	const (
		erlang       = 0.35721e6 // ns
		replications = 20
		student      = 3.883
	)
	for _, runtime := range []string{"ideal", "tokio", "async_std"} {
		t.Run(runtime, func(t *testing.T) {
			t.Parallel()
			sum, squares := 0.0, 0.0
			for seed := range replications {
				r := decode[report.Run](t, succeed(t, "run --runtime "+runtime+" --workers 4 --cost zero --arrivals poisson:2800 --service exp:1ms "+
					"--tasks 30000 --json --seed "+strconv.Itoa(seed)))
				sum += r.QueueWait.Mean
				squares += r.QueueWait.Mean * r.QueueWait.Mean
				assert.InDelta(t, 0.7, r.Utilization, 0.03)
				assert.InDelta(t, 2800, r.ThroughputPerS, 80)
			}
			mean := sum / replications
			halfWidth := student * math.Sqrt((squares/replications-mean*mean)/(replications-1))
			assert.InDelta(t, erlang, mean, halfWidth)
			assert.Less(t, halfWidth, 0.1*erlang, "an interval that includes everything proves nothing")
		})
	}
}

func TestSameSeedSameOutput(t *testing.T) {
	play := func(seed string) map[string]any {
		object := decode[map[string]any](t, succeed(t, "run --workload api_gateway --arrivals poisson:10000 --tasks 5000 --json --seed "+seed))
		assert.Positive(t, object["wall_s"])
		delete(object, "wall_s")
		return object
	}
	first, again, other := play("7"), play("7"), play("8")
	assert.Equal(t, first, again)
	other["seed"] = 7.0
	assert.NotEqual(t, first, other)
}

// flatten lists the keys of nested objects with the types of their values.
func flatten(prefix string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			flatten(prefix+"."+key, child, into)
		}
	case []any:
		flatten(prefix, v[0], into)
	case float64:
		into[prefix] = "number"
	case string:
		into[prefix] = "string"
	case bool:
		into[prefix] = "boolean"
	default:
		into[prefix] = "null"
	}
}

// withoutEmpty drops empty lists, which flatten cannot look into.
func withoutEmpty(object map[string]any) map[string]any {
	maps.DeleteFunc(object, func(_ string, v any) bool { list, ok := v.([]any); return ok && len(list) == 0 })
	return object
}

// TestSchema: the keys of the JSON are a contract, and documented.
func TestSchema(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/runtimesim.md")
	require.NoError(t, err)
	durations := []string{"mean", "p50", "p90", "p95", "p99", "p999", "max"}
	run := map[string]string{
		".runtime": "string", ".version": "string", ".workers": "number", ".seed": "number", ".cost": "string",
		".tasks": "number", ".shed": "number", ".warmup_tasks": "number", ".partial": "boolean", ".virtual_s": "number", ".wall_s": "number",
		".throughput_per_s": "number", ".utilization": "number", ".quantile_error": "number",
		".operations.name": "string", ".operations.tasks": "number", ".operations.warmup_tasks": "number",
	}
	for _, d := range durations {
		for _, of := range []string{"", ".operations"} {
			run[of+".queue_wait_ns."+d], run[of+".latency_ns."+d] = "number", "number"
		}
	}
	for _, c := range []string{
		"total_polls_count", "total_lifo_polls_count", "total_park_count", "total_noop_count", "total_steal_count", "total_steal_operations",
		"num_remote_schedules", "total_local_schedule_count", "total_overflow_count", "budget_forced_yield_count",
		"total_busy_duration", "spawned_tasks_count", "finished_tasks_count",
	} {
		run[".counters."+c] = "number"
	}
	limited := maps.Clone(run)
	for _, h := range []string{"cpus", "quota_cpus", "cpu_ns", "cpu_wait_ns", "cpu_wait_for_quota_ns", "throttled_ns", "periods", "throttled_periods"} {
		limited[".host."+h] = "number"
	}
	search := map[string]string{
		".runtime": "string", ".version": "string", ".workers": "number", ".seed": "number", ".cost": "string",
		".slo.metric": "string", ".slo.statistic": "string", ".slo.limit_ns": "number",
		".replications": "number", ".confidence": "number", ".partial": "boolean",
		".knee_rate_per_s": "number", ".first_missed_rate_per_s": "number", ".surely_met_rate_per_s": "number", ".surely_missed_rate_per_s": "number",
		".capacity_per_s": "number", ".capacity_of": "string",
		".points.rate_per_s": "number", ".points.meets": "boolean",
	}
	for _, e := range []string{"slo_value_ns", "achieved_per_s", "shed_share", "latency_p50_ns", "latency_p99_ns", "utilization", "in_flight"} {
		search[".points."+e+".mean"], search[".points."+e+".half_width"] = "number", "number"
	}
	advice := map[string]string{
		".runtime": "string", ".because": "string", ".seed": "number", ".cost": "string", ".offered_per_s": "number",
		".slo.metric": "string", ".slo.statistic": "string", ".slo.limit_ns": "number",
		".needs": "string", ".max_binary_bytes": "number", ".prefer": "string",
		".candidates.runtime": "string", ".candidates.version": "string", ".candidates.workers": "number", ".candidates.ruled_out": "boolean",
		".candidates.reasons.for": "boolean", ".candidates.reasons.text": "string", ".candidates.reasons.source": "string",
		".candidates.capacity_per_s": "number", ".candidates.capacity_of": "string", ".candidates.knee_rate_per_s": "number", ".candidates.at_offered.rate_per_s": "number", ".candidates.at_offered.meets": "boolean",
	}
	for _, e := range []string{"slo_value_ns", "achieved_per_s", "shed_share", "latency_p50_ns", "latency_p99_ns", "utilization", "in_flight"} {
		advice[".candidates.at_offered."+e+".mean"], advice[".candidates.at_offered."+e+".half_width"] = "number", "number"
	}
	limitedSearch, limitedAdvice := maps.Clone(search), maps.Clone(advice)
	limitedSearch[".cpus"], limitedSearch[".quota_cpus"] = "number", "number"
	limitedAdvice[".candidates.cpus"], limitedAdvice[".candidates.quota_cpus"] = "number", "number"
	for path, kind := range advice {
		if at, ok := strings.CutPrefix(path, ".candidates.at_offered."); ok {
			limitedAdvice[".candidates.with_fewer_workers.at_offered."+at] = kind
		}
	}
	limitedAdvice[".candidates.with_fewer_workers.workers"], limitedAdvice[".candidates.with_fewer_workers.knee_rate_per_s"] = "number", "number"
	delete(limitedAdvice, ".needs")
	limitedAdvice[".runtime"] = "null"
	for of, schema := range map[string]map[string]string{
		".points": limitedSearch, ".candidates.at_offered": limitedAdvice, ".candidates.with_fewer_workers.at_offered": limitedAdvice,
	} {
		for _, e := range []string{"cpu_utilization", "throttled_periods_share", "throttled_cpus"} {
			schema[of+".host."+e+".mean"], schema[of+".host."+e+".half_width"] = "number", "number"
		}
		schema[of+".host.short_of"] = "string"
	}
	const load = " --arrivals constant:1000 --service det:1ms --json --tasks 500"
	const lowLoad = " --arrivals constant:300 --service det:1ms --json --tasks 500" // the search passes each runtime's capacity
	for line, want := range map[string]map[string]string{
		"run" + load:                 run,
		"run --cpu-limit 1.5" + load: limited,
		"knee --runtime ideal --workers 1 --slo max=1500us" + load:       search,
		"advise --needs sqlx --slo max=2ms" + lowLoad:                    advice,
		"knee --cpu-limit 0.5 --replications 2 --slo p99=30ms" + lowLoad: limitedSearch,
	} {
		t.Run(line, func(t *testing.T) {
			got := map[string]string{}
			flatten("", decode[map[string]any](t, succeed(t, line)), got)
			assert.Equal(t, want, got)
			for path := range got {
				for key := range strings.SplitSeq(path[1:], ".") {
					assert.True(t, bytes.Contains(docs, []byte("`"+key+"`")), "docs/runtimesim.md has no key %s", key)
				}
			}
		})
	}
	t.Run("advise on limited CPUs", func(t *testing.T) {
		out, _, code := command("advise --cpu-limit 0.5 --workers 4 --replications 2 --slo p99=30ms --arrivals constant:900 --service det:1ms --json --tasks 500")
		assert.Equal(t, exitNothingFits, code)
		got := map[string]string{}
		flatten("", withoutEmpty(decode[map[string]any](t, out)), got)
		assert.Equal(t, limitedAdvice, got)
	})
	t.Run("compare", func(t *testing.T) {
		objects := decode[map[string]map[string]any](t, succeed(t, "compare"+load))
		assert.Len(t, objects, 4)
		for _, runtime := range []string{"tokio", "async_std", "smol", "ideal"} {
			got := map[string]string{}
			flatten("", objects[runtime], got)
			assert.Equal(t, run, got)
			assert.Equal(t, runtime, objects[runtime]["runtime"])
		}
	})
}

// TestFiguresAddUp: what can be computed from other figures is what it is said to be.
func TestFiguresAddUp(t *testing.T) {
	for name, r := range decode[map[string]report.Run](t, succeed(t,
		"compare --runtimes tokio:1.53,async_std,smol,ideal --workers 3 --workload api_gateway --arrivals poisson:15000 --tasks 5000 --warmup 0.2 --json")) {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, uint64(5000), r.Tasks)
			assert.Equal(t, uint64(1000), r.WarmupTasks)
			assert.Equal(t, 3, r.Workers)
			assert.InEpsilon(t, float64(r.Tasks)/r.VirtualS, r.ThroughputPerS, 1e-9)
			assert.InEpsilon(t, float64(r.Counters.BusyNS)/1e9/3/r.VirtualS, r.Utilization, 1e-9)
			assert.Equal(t, r.Counters.Spawned, r.Counters.Finished)
			assert.GreaterOrEqual(t, r.Counters.Polls+r.Counters.LIFOPolls, r.Counters.Finished)
			require.Len(t, r.Operations, 4)
			tasks, warmup, latency, longest := uint64(0), uint64(0), 0.0, int64(0)
			for _, o := range r.Operations {
				tasks += o.Tasks
				warmup += o.WarmupTasks
				latency += float64(o.Tasks-o.WarmupTasks) * o.Latency.Mean
				longest = max(longest, o.Latency.Max)
			}
			assert.Equal(t, r.Tasks, tasks)
			assert.Equal(t, r.WarmupTasks, warmup)
			assert.InEpsilon(t, r.Latency.Mean, latency/float64(tasks-warmup), 1e-9)
			assert.Equal(t, r.Latency.Max, longest)
			for _, d := range []report.Durations{r.QueueWait, r.Latency} {
				assert.LessOrEqual(t, d.P50, d.P90)
				assert.LessOrEqual(t, d.P90, d.P95)
				assert.LessOrEqual(t, d.P95, d.P99)
				assert.LessOrEqual(t, d.P99, d.P999)
				assert.LessOrEqual(t, d.P999, d.Max)
				assert.LessOrEqual(t, d.Mean, float64(d.Max))
			}
		})
	}
}

func TestKneeOfAKnownCapacity(t *testing.T) {
	// One request a millisecond is what one worker can do; with constant arrivals nobody waits below that.
	out := decode[report.Knee](t, succeed(t, "knee --runtime ideal --workers 1 --arrivals constant --service det:1ms --slo queue_wait.p99=500us --tasks 2000 --replications 2 --from 300 --json"))
	require.NotNil(t, out.LastRate)
	assert.InEpsilon(t, 1000, *out.LastRate, 0.02)
	assert.Greater(t, *out.FirstRate, 1000.0)
}

// TestArrivalsOnALine: every process that fits on a line is played, and raised where a rate is looked for.
func TestArrivalsOnALine(t *testing.T) {
	for _, arrivals := range []string{"constant:500", "poisson:500", "gamma:500,0.25", "on_off:1000,10ms,10ms", "sine:500,0.8,1s", "closed:50,exp:100ms"} {
		t.Run(arrivals, func(t *testing.T) {
			run := decode[report.Run](t, succeed(t, "run --arrivals "+arrivals+" --service exp:100us --tasks 20000 --json"))
			assert.EqualValues(t, 20_000, run.Tasks)
			assert.InEpsilon(t, 500, run.ThroughputPerS, 0.05)
			if strings.HasPrefix(arrivals, "closed") {
				return
			}
			k := decode[report.Knee](t, succeed(t, "knee --arrivals "+arrivals+" --service det:1ms --runtime ideal --workers 1 --slo mean=20ms --tasks 2000 --replications 2 --precision 0.5 --json"))
			assert.InEpsilon(t, 500, k.Points[0].Achieved.Mean, 0.15, "the rate is the mean rate")
			assert.Greater(t, *k.FirstRate, 500.0)
		})
	}
	heading, _, _ := command("knee --arrivals gamma:500,4 --service det:1ms --runtime ideal --workers 1 --tasks 200 --replications 2")
	assert.Contains(t, heading, ": gamma:RATE,4, det:1ms, ")
}

// TestWorkers: each runtime has the threads that the flag says, or those of the file, or its own default, as the help of compare says.
func TestWorkers(t *testing.T) {
	file := func(name, runtime string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte("name: s\nruntime: {"+runtime+"}\narrivals: {process: poisson, rate: 100}\n"+
			"operations: [{name: o, steps: [{compute: 1ms}]}]\n"), 0o600))
		return path
	}
	three, none := file("three.yaml", "model: tokio, worker_threads: 3"), file("none.yaml", "model: tokio")
	for line, want := range map[string]map[string]int{
		"--workload " + three:                            {"tokio": 3, "async_std": 3, "smol": 3, "ideal": 3},
		"--workload " + three + " --workers 2":           {"tokio": 2, "async_std": 2, "smol": 2, "ideal": 2},
		"--workload " + none:                             {"tokio": 4, "async_std": 4, "smol": 1, "ideal": 4},
		"--workload minimal --arrivals poisson:100":      {"tokio": 4, "async_std": 4, "smol": 1, "ideal": 4},
		"--arrivals poisson:100 --service exp:1ms":       {"tokio": 4, "async_std": 4, "smol": 1, "ideal": 4},
		"--workload " + three + " --arrivals poisson:10": {"tokio": 3, "async_std": 3, "smol": 3, "ideal": 3},
	} {
		got := map[string]int{}
		for name, run := range decode[map[string]report.Run](t, succeed(t, "compare --json --tasks 20 "+line)) {
			got[name] = run.Workers
		}
		assert.Equal(t, want, got, line)
	}
	help := strings.Join(strings.Fields(succeed(t, "compare --help")), " ")
	assert.Contains(t, help, "All runtimes get the worker threads that --workers says, or else those of the file.")
	assert.Contains(t, help, "one for smol, four for the others.")
}

func TestMistakesAreUsageErrors(t *testing.T) {
	const load = " --arrivals poisson:100 --service exp:1ms"
	for line, want := range map[string]string{
		"rnu":           `unknown command "rnu" (did you mean run?); see runtimesim --help`,
		"--verbose":     "unknown flag: --verbose; see runtimesim --help",
		"advice" + load: `unknown command "advice" (did you mean advise?); see runtimesim --help`,
		"run --arrivals poison:5 --service exp:1ms":          `--arrivals: "poison" is not allowed (did you mean poisson?); want one of`,
		"run --arrivals poisson:5 --service epx:1ms":         `--service: "epx:1ms" is not allowed (did you mean exp?); want one of`,
		"run --arrivals poisson:5 --workload api_getaway":    `--workload: "api_getaway" (did you mean api_gateway?) is not a preset (one of `,
		"advise --needs axmu" + load:                         `--needs: "axmu" is not allowed (did you mean axum?); want one of`,
		"advise --prefer perfformance" + load:                `--prefer: "perfformance" is not allowed (did you mean performance?); want one of`,
		"run --cost zreo" + load:                             `--cost: "zreo" (did you mean zero?) is not default, seed or zero, and no file: open`,
		"help rnu":                                           `unknown command "rnu" (did you mean run?); see runtimesim --help`,
		"run --cpsu 4" + load:                                "unknown flag: --cpsu (did you mean --cpus or --cost?); see runtimesim run --help",
		"run now" + load:                                     `unexpected argument "now"; want flags only: see runtimesim run --help`,
		"run --tasks -5" + load:                              `--tasks: "-5" is not allowed; want a whole number from 1 to 1000000000`,
		"run --tasks 1.5" + load:                             `--tasks: "1.5" is not allowed; want a whole number from 1 to 1000000000`,
		"run --seed x" + load:                                `--seed: "x" is not allowed; want a whole number from 0 to 18446744073709551615`,
		"run --warmup 1" + load:                              `--warmup: "1" is not allowed; want a number from 0 to 0.9`,
		"run --warmup nan" + load:                            `--warmup: "nan" is not allowed; want a number from 0 to 0.9`,
		"run --workers 0" + load:                             "--workers: 0 is not allowed; want 1 to 1024",
		"run --cpu-limit 0" + load:                           "--cpu-limit: 0 is not allowed; want a number of more than 0 and at most 4096",
		"advise --cpu-limit 0.001" + load:                    "--cpu-limit: 0.001 is not allowed; want 0.01 or more: the least CPU time of a period is 1ms",
		"knee --cpu-limit 1 --runtime ideal" + load:          "--cpu-limit: runtime ideal has no host",
		"run --runtime tokyo" + load:                         `--runtime: "tokyo" is not allowed (did you mean tokio?); want one of tokio, async_std, smol, ideal`,
		"run":                                                "--arrivals: missing",
		"compare --runtimes tokio,rayon" + load:              `--runtimes: "rayon" is not allowed`,
		"compare --runtimes smol,smol" + load:                "--runtimes: smol is there twice",
		"compare --runtimes tokio:2" + load:                  `--runtimes: "2" is not allowed; want one of 1.53, 1.51.0, 1.50`,
		"compare --runtime tokio" + load:                     "unknown flag: --runtime (did you mean --runtimes?); see runtimesim compare --help",
		"knee --slo 99%" + load:                              `--slo: "99%" is not allowed; want STATISTIC=LIMIT`,
		"knee --step 1" + load:                               `--step: "1" is not allowed; want a factor from 1.1 to 100`,
		"knee --from 0" + load:                               `--from: "0" is not allowed; want a rate per second from 0.001 to 1000000`,
		"knee --arrivals gamma --service exp:1ms":            `--arrivals: "gamma" is not allowed; want gamma:RATE,SHAPE`,
		"knee --arrivals closed:5,1s --service exp:1ms":      "--arrivals: process closed has no rate that could be raised; want another process",
		"advise --arrivals closed:5,1s --service exp:1ms":    "--arrivals: process closed has no rate that could be raised; want another process",
		"compare --runtimes tokio," + load:                   `--runtimes: "" is not allowed; want RUNTIME or RUNTIME:VERSION, RUNTIME one of tokio, async_std, smol, ideal`,
		"compare --runtimes=" + load:                         `--runtimes: "" is not allowed; want a value, or the flag left out`,
		"run --cpu-limit=" + load:                            `--cpu-limit: "" is not allowed; want a value, or the flag left out`,
		"knee --cpus=" + load:                                `--cpus: "" is not allowed; want a value, or the flag left out`,
		"advise --workers=" + load:                           `--workers: "" is not allowed; want a value, or the flag left out`,
		"trace --out x --workload=" + load:                   `--workload: "" is not allowed; want a value, or the flag left out`,
		"run --cost=" + load:                                 `--cost: "" is not allowed; want a value, or the flag left out`,
		"compare --runtimes ideal --cpu-limit 1" + load:      "--cpu-limit: runtime ideal has no host",
		"compare --runtimes ideal,ideal:1.0 --cpus 2" + load: `--runtimes: "ideal,ideal:1.0" is not allowed: ideal:1.0 is left out`,
		"compare --runtimes tokio:" + load:                   `--runtimes: "tokio:" is not allowed; want RUNTIME`,
		"run --runtime :1.53" + load:                         `--runtime: ":1.53" is not allowed; want RUNTIME`,
		"run --runtime tokio:2" + load:                       `--version: "2" is not allowed; want one of 1.53, 1.51.0, 1.50`,
		"run --runtime tokio:1.53 --version 1.50" + load:     `--runtime and --version: "tokio:1.53" says a version already; want one of them`,
		"run --json=yes" + load:                              `--json: "yes" is not allowed; want no value, true or false`,
		"run --workers" + load:                               "--workers: missing; the next word is --arrivals: see runtimesim run --help",
		"run --arrivals poisson --service exp:1ms":           `--arrivals: "poisson" lacks the rate; want poisson:RATE, in requests a second`,
		"advise --arrivals constant --service exp:1ms":       `--arrivals: "constant" lacks the rate; want constant:RATE, in requests a second`,
		"run --arrivals 500 --service exp:1ms":               `--arrivals: "500" is not allowed (did you mean poisson:500?); want one of poisson:RATE, `,
		"trace" + load:                                       "--out: missing; want a file to write, or - for standard output",
		"trace --out x --cost free" + load:                   `--cost: "free" is not default, seed or zero, and no file`,
	} {
		t.Run(line, func(t *testing.T) {
			stdout, stderr, code := command(line)
			assert.Equal(t, exitUsage, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, "runtimesim: "+want)
		})
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]uint64{"1000": 1000, "1_000": 1000, "1e3": 1000, "1.5e3": 1500} {
		n := number[uint64]{least: 1, most: 1e6}
		require.NoError(t, n.Set(text))
		assert.Equal(t, want, n.value)
	}
	seed := number[uint64]{most: math.MaxUint64}
	require.NoError(t, seed.Set("18446744073709551615"))
	assert.Equal(t, uint64(math.MaxUint64), seed.value)
	assert.Error(t, seed.Set("18446744073709551616"))
}

func TestTrace(t *testing.T) {
	const load = "trace --runtime smol --workers 2 --workload api_gateway --arrivals poisson:10000 --tasks 100 --out "
	path := filepath.Join(t.TempDir(), "trace.json")
	stdout, stderr, code := command(load + path)
	require.Zero(t, code)
	assert.Empty(t, stdout)
	assert.Regexp(t, `^runtimesim: \d+ polls, \d+ parks, \d+ wakes and \d+ steals of 100 requests in `+regexp.QuoteMeta(path)+";", stderr)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	trace := decode[map[string]any](t, string(text))
	assert.Greater(t, len(trace["traceEvents"].([]any)), 200)

	stdout, stderr, code = command(load + "-")
	require.Zero(t, code)
	assert.Empty(t, stderr)
	assert.Equal(t, string(text), stdout)

	_, stderr, code = command(load + filepath.Join(t.TempDir(), "no", "folder"))
	assert.Equal(t, exitFailed, code)
	assert.Contains(t, stderr, "no such file or directory")
}

// done is a context that has ended.
func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestInterrupted: what was measured is printed, marked as partial.
func TestInterrupted(t *testing.T) {
	const load = " --arrivals poisson:1000 --service exp:1ms --json"
	interrupt := func(line string) string {
		var out bytes.Buffer
		root := newRoot()
		root.SetArgs(strings.Fields(line + load))
		root.SetOut(&out)
		require.ErrorIs(t, root.ExecuteContext(done()), errInterrupted)
		return out.String()
	}
	assert.True(t, decode[report.Run](t, interrupt("run")).Partial)
	assert.Empty(t, interrupt("advise"), "half of the runs are no advice")
	assert.True(t, decode[map[string]report.Run](t, interrupt("compare"))["tokio"].Partial)
	knee := decode[report.Knee](t, interrupt("knee"))
	assert.True(t, knee.Partial)
	assert.NotNil(t, knee.Points)
	assert.Nil(t, knee.LastRate)
}

// TestLimitedCPUsAreSaid: headings name the machine, and what cannot be played on it is left out by name.
func TestLimitedCPUsAreSaid(t *testing.T) {
	const load = " --arrivals poisson:100 --service exp:1ms --tasks 200"
	for line, want := range map[string]string{
		"run --cpus 3" + load:                                      "tokio 1.53, 4 workers, 3 CPUs: poisson:100, exp:1ms,",
		"run --cpu-limit 1.5 --workers 2" + load:                   "tokio 1.53, 2 workers, 4 CPUs, quota of 1.5 CPUs: poisson:100,",
		"compare --cpu-limit 1" + load:                             "poisson:100, exp:1ms, 4 CPUs, quota of 1 CPU, cost default, seed 1\nideal is left out: its workers need no CPU,",
		"compare --cpus 1" + load:                                  "poisson:100, exp:1ms, 1 CPU, cost default, seed 1\nideal is left out: ",
		"knee --cpu-limit 1 --replications 2 --precision 1" + load: "tokio 1.53, 1 worker, 4 CPUs, quota of 1 CPU: poisson, exp:1ms,",
		"advise --cpu-limit 1 --replications 2" + load:             "\npoisson:100, exp:1ms, 4 CPUs, quota of 1 CPU, cost default,",
		// A preset that is about a machine brings it. Flags replace it.
		"run --workload cpu_quota --arrivals poisson:200 --tasks 200":                                  "tokio 1.53, 8 workers, 8 CPUs, quota of 1 CPU: cpu_quota,",
		"run --workload cpu_quota --arrivals poisson:200 --tasks 200 --cpu-limit 8 --runtime smol":     "smol 2.0, 8 workers, 8 CPUs, quota of 8 CPUs: cpu_quota,",
		"run --workload cpu_quota --arrivals poisson:200 --tasks 200 --cpus 2 --workers 3":             "tokio 1.53, 3 workers, 2 CPUs, quota of 1 CPU: cpu_quota,",
		"run --workload cpu_quota --arrivals poisson:200 --tasks 200 --runtime ideal":                  "ideal 1.0, 8 workers: cpu_quota,",
		"run --workload rayon_beside_tokio --arrivals poisson:200 --tasks 200":                         "tokio 1.53, 8 workers, 8 CPUs, quota of 4 CPUs: rayon_beside_tokio,",
		"run --workload more_threads_than_cpus --arrivals poisson:200 --tasks 200 --runtime async_std": "async_std 1.13, 8 workers, 1 CPU: more_threads_than_cpus,",
		"run --workload one_thread --arrivals poisson:200 --tasks 200":                                 "tokio 1.53, 4 workers: one_thread,",
	} {
		out := succeed(t, line)
		assert.Contains(t, out, want, line)
		if strings.HasPrefix(line, "compare") {
			assert.NotContains(t, out, " ideal\n", "no column")
		}
	}
	out, stderr, code := command("compare --cpu-limit 1 --json" + load)
	require.Zero(t, code)
	assert.Contains(t, stderr, "runtimesim: ideal is left out: ")
	assert.Len(t, decode[map[string]report.Run](t, out), 3)
}

// TestQuotaOfIdleWorkers: 64 workers that a quota stops use less than a hundredth of their time. The search goes down to the rates that meet the
// SLO, and says what is short.
func TestQuotaOfIdleWorkers(t *testing.T) {
	const line = "knee --workload cpu_quota --arrivals poisson --workers 64 --from 100 --slo p99=50ms --tasks 10000 --replications 2 --precision 0.5"
	k := decode[report.Knee](t, succeed(t, line+" --json"))
	require.NotNil(t, k.LastRate)
	assert.InDelta(t, 70, *k.LastRate, 40)
	first := k.Points[len(k.Points)-1]
	assert.Less(t, first.Utilization.Mean, 0.02)
	assert.Equal(t, knee.Quota, first.Machine.Short)
	out := succeed(t, line)
	assert.Regexp(t, `the quota of 1 CPU is short at times: \S+ of it is used, and it stops the process in \S+ of the periods; the workers are \S+ busy`, out)
	assert.NotContains(t, out, "without load")
}

// TestAdviceUnderAQuota: more workers only use the quota up sooner.
func TestAdviceUnderAQuota(t *testing.T) {
	out, _, code := command("advise --workload cpu_quota --arrivals poisson:250 --slo p99=50ms --tasks 5000 --replications 4")
	assert.Equal(t, exitNothingFits, code)
	headline, rest, _ := strings.Cut(out, "\n")
	assert.Regexp(t, `raise the quota of 1 CPU; the quota stops its 8 workers, and with --workers \d \w+ would meet the SLO( up to \S+/s)?$`, headline)
	assert.NotContains(t, out, "add workers")
	assert.Contains(t, rest, "cpu_quota, poisson:250, 8 CPUs, quota of 1 CPU, ")
	assert.Regexp(t, `- the quota of 1 CPU stops it in \S+% of the periods: on average \S+ CPUs stand still with a thread on them \(simulated\)`, rest)
	assert.Contains(t, rest, "  of the quota ")
	assert.Contains(t, rest, "  throttled ")

	out, _, _ = command("advise --arrivals poisson:1600 --service exp:1ms --cpu-limit 1.5 --workers 8 --slo p99=50ms --tasks 4000 --replications 3")
	assert.Contains(t, out, "or raise the quota of 1.5 CPUs\n")
	assert.Contains(t, out, "/s (quota)\n", "the capacity is that of the quota")
}
