// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// fleet decodes a YAML list of services.
func fleet(tb testing.TB, text string) ([]*workload.Service, error) {
	tb.Helper()
	return Decode(fleettest.Tree(tb, text))
}

func mustFleet(tb testing.TB, text string) []*workload.Service {
	tb.Helper()
	services, err := fleet(tb, text)
	require.NoError(tb, err)
	return services
}

func TestDecodeEverything(t *testing.T) {
	services := mustFleet(t, `
- name: api-gateway
  instances: 2
  seed: 7
  runtime: {model: tokio, version: "1.53", flavor: multi_thread, worker_threads: 8, thread_name: otlp-worker}
  arrivals: {process: poisson, rate: 500}
  operations:
    - name: GET /orders/{id}
      kind: server
      weight: 9
      attributes:
        url.scheme: http
        http.request.method: GET
        cache.hit: true
        http.response.status_code: 200
        sampling.ratio: 0.5
        note: ""
      steps:
        - compute: {lognormal: {median: 80us, sigma: 0.6}}
        - io: {exponential: {mean: 2ms}}
        - sleep: 10ms
        - yield:
        - yield
        - spawn:
            count: 3
            name: fetch
            steps: [{compute: {constant: 80µs}}]
        - spawn: {detached: true, steps: [{compute: {uniform: {min: 1us, max: 2us}}}]}
        - join
    - name: refresh
      kind: internal
      weight: 0.5
      steps: [{compute: 1us}]
- name: worker
  runtime: {model: smol}
  arrivals: {process: constant, rate: 0.5}
  operations: [{name: tick, steps: [{compute: 0s}]}]
`)
	require.Len(t, services, 2)

	s := services[0]
	assert.Equal(t, "api-gateway", s.Name)
	assert.Equal(t, 2, s.Instances)
	assert.Equal(t, new(uint64(7)), s.Seed)
	assert.Equal(t, arrive.Poisson{Rate: 500}, s.Arrivals)
	assert.Equal(t, 8, s.Runtime.Workers)
	assert.Equal(t, "otlp-worker", s.Runtime.ThreadName)
	assert.Equal(t, []workload.Span{
		{Name: "GET /orders/{id}", Kind: workload.Server, Attributes: []workload.Attribute{
			{"cache.hit", true},
			{"http.request.method", "GET"},
			{"http.response.status_code", int64(200)},
			{"note", ""},
			{"sampling.ratio", 0.5},
			{"url.scheme", "http"},
		}},
		{Name: "fetch", Kind: workload.Internal},
		{Name: "refresh", Kind: workload.Internal},
	}, s.Spans)
	assert.Equal(t, []workload.Operation{
		{Weight: 9, Program: &program.Program{Name: "GET /orders/{id}", Label: 0, Steps: []program.Step{
			{Op: program.Compute, Duration: dist.Lognormal{Median: sim.Time(80 * time.Microsecond), Sigma: 0.6}},
			{Op: program.IO, Duration: dist.Exponential{Mean: sim.Time(2 * time.Millisecond)}},
			{Op: program.Sleep, Duration: program.Constant(10 * time.Millisecond)},
			{Op: program.Yield},
			{Op: program.Yield},
			{Op: program.Spawn, Count: 3, Child: &program.Program{Name: "fetch", Label: 1, Steps: []program.Step{
				{Op: program.Compute, Duration: program.Constant(80 * time.Microsecond)},
			}}},
			{Op: program.Spawn, Count: 1, Detached: true, Child: &program.Program{Label: workload.Untraced, Steps: []program.Step{
				{Op: program.Compute, Duration: dist.Uniform{Low: 1000, High: 2000}},
			}}},
			{Op: program.Join},
		}}},
		{Weight: 0.5, Program: &program.Program{Name: "refresh", Label: 2, Steps: []program.Step{
			{Op: program.Compute, Duration: program.Constant(1000)},
		}}},
	}, s.Operations)

	s = services[1]
	assert.Equal(t, 1, s.Instances)
	assert.Nil(t, s.Seed)
	assert.Equal(t, arrive.Constant{Rate: 0.5}, s.Arrivals)
	assert.InDelta(t, 1, s.Operations[0].Weight, 0)
	assert.Equal(t, workload.Server, s.Spans[0].Kind)
}

func TestDecodeDistributions(t *testing.T) {
	ms := sim.Time(time.Millisecond)
	for text, want := range map[string]program.Sampler{
		"80us":                                             program.Constant(80_000),
		"{constant: 80us}":                                 program.Constant(80_000),
		"{uniform: {min: 1ms, max: 2ms}}":                  dist.Uniform{ms, 2 * ms},
		"{exponential: {mean: 1ms}}":                       dist.Exponential{ms},
		"{lognormal: {median: 1ms, sigma: 1}}":             dist.Lognormal{ms, 1},
		"{bimodal: {p: 0.9, fast: 1ms, slow: 2ms}}":        dist.Bimodal{0.9, ms, 2 * ms},
		"{hyperexponential: {p: 0, fast: 1ms, slow: 2ms}}": dist.Hyperexponential{0, ms, 2 * ms},
		"{pareto: {min: 1ms, alpha: 1.5}}":                 dist.NewPareto(ms, dist.Longest, 1.5),
		"{pareto: {min: 1ms, alpha: 1.5, max: 1s}}":        dist.NewPareto(ms, 1000*ms, 1.5),
		"{weibull: {scale: 1ms, shape: 0.5}}":              dist.Weibull{ms, 0.5},
	} {
		t.Run(text, func(t *testing.T) {
			s := mustFleet(t, steps("[compute: "+text+"]"))[0]
			assert.Equal(t, want, s.Operations[0].Program.Steps[0].Duration)
		})
	}
}

func TestRuntimes(t *testing.T) {
	for _, tt := range []struct {
		runtime             string
		want                models.Config
		crate, crateVersion string
	}{
		{"{model: tokio}", models.Config{
			Model: semconv.RuntimeTokio, Version: "1.53", Flavor: "multi_thread", Workers: 4, ThreadName: semconv.ThreadTokio,
		}, semconv.CrateTokio, "1.53.1"},
		{`{model: async_std, version: "1.13", worker_threads: 16}`, models.Config{
			Model: semconv.RuntimeAsyncStd, Version: "1.13", Workers: 16, BlockingVersion: "1.7",
		}, semconv.CrateAsyncStd, "1.13.1"},
		{`{model: smol, version: "2.0"}`, models.Config{
			Model: semconv.RuntimeSmol, Version: "2.0", Workers: 1, Executor: "global", BlockingVersion: "1.7",
		}, semconv.CrateSmol, "2.0.2"},
		{"{model: ideal}", models.Config{
			Model: semconv.RuntimeIdeal, Version: "1.0", Workers: 4,
		}, semconv.CrateIdeal, "1.0.0"},
	} {
		t.Run(tt.want.Model, func(t *testing.T) {
			got := mustFleet(t, service("runtime: "+tt.runtime))[0].Runtime
			assert.Equal(t, workload.RuntimeSpec{Config: tt.want}, got)
			assert.Equal(t, tt.crate, got.Crate())
			assert.Equal(t, tt.crateVersion, got.CrateVersion())
		})
	}
}

// service is a valid service with some lines put in place of those that have the same key.
func service(lines ...string) string { return fleettest.Service(lines...) }

// without is a valid service that lacks a key.
func without(key string) string {
	return strings.Replace(service(key+": REMOVED"), key+": REMOVED\n", "\n", 1)
}

// steps is a valid service but for the steps of its operation.
func steps(list string) string { return service("operations: [{name: op, steps: " + list + "}]") }

// operation is a valid service but for additional keys of its operation.
func operation(keys string) string {
	return service("operations: [{name: op, steps: [compute: 1us], " + keys + "}]")
}

// nested is a list of steps with so many spawns in each other.
func nested(spawns int) string {
	return strings.Repeat("[{spawn: {detached: true, steps: ", spawns) + "[yield]" + strings.Repeat("}}]", spawns)
}

func TestDecodeMistakes(t *testing.T) {
	anyStep := strings.Join(stepNames(stepKinds()), ", ")
	const (
		anyService   = "name, instances, seed, runtime, runtimes, host, arrivals, connections, max_in_flight, export, clock, resource, workload, operations, metrics, logs"
		anyOperation = "name, kind, weight, timeout, block_on, attributes, errors, links, steps"
		anyTokio     = "model, version, flavor, worker_threads, thread_name, disable_lifo_slot, global_queue_interval, event_interval, max_blocking_threads"
		anyProcess   = "one of poisson, constant, gamma, on_off, sine, stages, replay, closed"
		inSteps      = "services[0].operations[0].steps"

		anyGenerator    = "cardinality, zipf, uuid, payload, bytes, uniform, map"
		anyAttribute    = "text, a whole number of 64 bits, a number, true or false, a list, or a map of one of " + anyGenerator
		anyDistribution = "constant, uniform, exponential, lognormal, hyperexponential, bimodal, pareto, weibull, empirical"
	)
	for _, tt := range []struct {
		name string
		yaml string
		want string // all errors, a line each
	}{
		// The list.
		{"no services", "", "services: null is not allowed; want a list of services"},
		{"empty list", "[]", "services: empty; want at least one of the services"},
		{"empty map", "{}", "services: empty; want at least one of the services"},
		{"map of texts", "{a: gateway}", `services.a: "gateway" is not allowed; want a map`},
		{"service is text", "[gateway]", `services[0]: "gateway" is not allowed; want a map`},
		{"keys are numbers", "[{1: 2}]", "services[0]: a map with keys that are not text is not allowed; want a map"},

		// A service.
		{"empty service", "[{}]", `
services[0].name: missing; want text
services[0].runtime: missing; want a map
services[0].workload: neither workload nor operations is set; want one of them; workloads are one of ` + strings.Join(Presets(), ", ") + `
services[0].arrivals: missing; want a map, since no other service calls this one`},
		{"unknown key", service("instnaces: 3"), "services[0].instnaces: unknown key (did you mean instances?); want one of " + anyService},
		{"key of a later version", service("replicas: 4"), "services[0].replicas: unknown key; want one of " + anyService},
		{"no CPU", service("host: {cpus: 0}"), "services[0].host.cpus: 0 is not allowed; want 1 to 4096"},
		{"host without CPUs", service("host: {memory: 4}"), `
services[0].host.memory: unknown key; want one of cpus, quota
services[0].host.cpus: missing; want a number of CPUs`},
		{"quota without CPUs", service("host: {cpus: 2, quota: {period: 10ms}}"), "services[0].host.quota.cpus: missing; want a number of CPUs, such as 1.5"},
		{"no quota", service("host: {cpus: 2, quota: {cpus: 0}}"), "services[0].host.quota.cpus: 0 is not allowed; want a number of more than 0 and at most 4096"},
		{"quota of a cgroup", service("host: {cpus: 2, quota: 1.5}"), "services[0].host.quota: 1.5 is not allowed; want a map"},
		{"quota that the kernel refuses", service("host: {cpus: 2, quota: {cpus: 0.01, period: 20ms}}"), "services[0].host.quota.cpus: 0.01 is not allowed; want 0.05 or more: the least CPU time of a period is 1ms"},
		{"period that the kernel refuses", service("host: {cpus: 2, quota: {cpus: 1, period: 2s}}"), `services[0].host.quota.period: "2s" is not allowed; want a duration from 1ms to 1s, such as 80us`},
		{"burst above the quota", service("host: {cpus: 2, quota: {cpus: 0.5, burst: 51ms}}"), `services[0].host.quota.burst: "51ms" is not allowed; want at most 50ms, the CPU time of a period`},
		{"host of ideal", service("host: {cpus: 4}", "runtime: {model: ideal}"), "services[0].host: runtime ideal has no host: its workers need no CPU; want it left out"},
		{"odd key", service("a.b: 1"), `services[0]["a.b"]: unknown key; want one of ` + anyService},
		{"number as name", service("name: 5"), "services[0].name: 5 is not allowed; want text: put it in quotes"},
		{"date as name", service("name: 2026-01-31"), "services[0].name: a date is not allowed; want text: put it in quotes"},
		{"list as name", service("name: [a]"), "services[0].name: a list is not allowed; want text"},
		{"empty name", service(`name: ""`), "services[0].name: empty; want text"},
		{"invalid UTF-8", service("name: !!binary /w=="), `services[0].name: "\xff" is not allowed; want valid UTF-8`},
		{"duplicate name", service() + service("runtime: {model: smol}"), `services[1]: name "a" is taken by services[0]; want a name of its own`},
		{"no instances", service("instances: 0"), "services[0].instances: 0 is not allowed; want 1 to 1000"},
		{"too many instances", service("instances: 1001"), "services[0].instances: 1001 is not allowed; want 1 to 1000"},
		{"half an instance", service("instances: 0.5"), "services[0].instances: 0.5 is not allowed; want a whole number from 1 to 1000"},
		{"instances as text", service("instances: two"), `services[0].instances: "two" is not allowed; want a whole number from 1 to 1000`},
		{"huge", service("instances: 18446744073709551615"), "services[0].instances: 18446744073709551615 is not allowed; want 1 to 1000"},
		{"negative seed", service("seed: -1"), "services[0].seed: -1 is not allowed; want a whole number from 0 to 18446744073709551615"},
		{"seed as text", service("seed: x"), `services[0].seed: "x" is not allowed; want a whole number from 0 to 18446744073709551615`},
		{"both", service("workload: api_gateway"), "services[0].workload: both workload and operations are set; want one of them"},
		{"neither", without("operations"), "services[0].workload: neither workload nor operations is set; want one of them; workloads are one of " + strings.Join(Presets(), ", ")},
		{"unknown preset", without("operations") + "  workload: api_gatewy\n", `services[0].workload: "api_gatewy" is not allowed (did you mean api_gateway?); want one of ` + strings.Join(Presets(), ", ")},

		// Its runtime.
		{"runtime is text", service("runtime: tokio"), `services[0].runtime: "tokio" is not allowed; want a map`},
		{"no model", service("runtime: {worker_threads: 4}"), "services[0].runtime.model: missing; want one of tokio, async_std, smol, ideal"},
		{"unknown model", service("runtime: {model: async-std, worker_threads: 4}"), `services[0].runtime.model: "async-std" is not allowed (did you mean async_std?); want one of tokio, async_std, smol, ideal`},
		{"unknown model and key", service("runtime: {model: glommio, threads: 4}"), `
services[0].runtime.model: "glommio" is not allowed; want one of tokio, async_std, smol, ideal
services[0].runtime.threads: unknown key; want one of ` + anyTokio + ", blocking_version, executor"},
		{"unknown key of runtime", service("runtime: {model: tokio, worker_thread: 4}"), "services[0].runtime.worker_thread: unknown key (did you mean worker_threads?); want one of " + anyTokio},
		{"version unquoted", service("runtime: {model: tokio, version: 1.53}"), "services[0].runtime.version: 1.53 is not allowed; want text: put it in quotes"},
		{"unknown version", service(`runtime: {model: tokio, version: "1.40"}`), `services[0].runtime.version: "1.40" is not allowed (did you mean 1.50?); want one of 1.53, 1.51.0, 1.50`},
		{"unknown flavor", service("runtime: {model: tokio, flavor: one_thread}"), `services[0].runtime.flavor: "one_thread" is not allowed; want one of multi_thread, current_thread, tokio_per_core`},
		{"workers of current_thread", service("runtime: {model: tokio, flavor: current_thread, worker_threads: 2}"), "services[0].runtime.worker_threads: flavor current_thread has none; want it left out, or flavor multi_thread"},
		{"no interval", service("runtime: {model: tokio, event_interval: 0}"), "services[0].runtime.event_interval: 0 is not allowed; want 1 to 1000000"},
		{"flavor of smol", service("runtime: {model: smol, flavor: multi_thread}"), "services[0].runtime.flavor: runtime smol has no flavor; want one of model, version, executor, worker_threads, thread_name, max_blocking_threads, blocking_version"},
		{"thread name of async-std", service("runtime: {model: async_std, thread_name: x}"), "services[0].runtime.thread_name: runtime async_std has no thread_name; want one of model, version, worker_threads, max_blocking_threads, blocking_version"},
		{"version of ideal", service(`runtime: {model: ideal, version: "1.0"}`), "services[0].runtime.version: runtime ideal has no version; want one of model, worker_threads"},
		{"no workers", service("runtime: {model: tokio, worker_threads: 0}"), "services[0].runtime.worker_threads: 0 is not allowed; want 1 to 1024"},
		{"too many workers", service("runtime: {model: smol, worker_threads: 1025}"), "services[0].runtime.worker_threads: 1025 is not allowed; want 1 to 1024"},

		// Its arrivals.
		{"arrivals is a number", service("arrivals: 5"), "services[0].arrivals: 5 is not allowed; want a map"},
		{"empty arrivals", service("arrivals: {}"), "services[0].arrivals.process: missing; want " + anyProcess},
		{"no rate", service("arrivals: {process: poisson}"), "services[0].arrivals.rate: missing; want arrivals per second"},
		{"unknown process", service("arrivals: {process: gama, rates: 1}"), `
services[0].arrivals.process: "gama" is not allowed (did you mean gamma?); want ` + anyProcess + `
services[0].arrivals.rates: unknown key (did you mean rate?); want one of process, rate, shape, on, off, off_rate, amplitude, period, start_rate, stages, file, repeat, users, think`},
		{"unknown key of arrivals", service("arrivals: {process: poisson, rate: 1, rates: 2}"), "services[0].arrivals.rates: unknown key (did you mean rate?); want one of process, rate"},
		{"negative rate", service("arrivals: {process: poisson, rate: -5}"), "services[0].arrivals.rate: -5 is not allowed; want a number of more than 0 and at most 1000000"},
		{"zero rate", service("arrivals: {process: constant, rate: 0}"), "services[0].arrivals.rate: 0 is not allowed; want a number of more than 0 and at most 1000000"},
		{"rate is no number", service("arrivals: {process: constant, rate: .nan}"), "services[0].arrivals.rate: NaN is not allowed; want a number of more than 0 and at most 1000000"},
		{"rate too high", service("arrivals: {process: constant, rate: 1e7}"), "services[0].arrivals.rate: 10000000 is not allowed; want a number of more than 0 and at most 1000000"},
		{"rate as text", service("arrivals: {process: constant, rate: 5/s}"), `services[0].arrivals.rate: "5/s" is not allowed; want a number of more than 0 and at most 1000000`},

		// Its operations.
		{"no operations", service("operations: []"), "services[0].operations: empty; want at least one of the operations"},
		{"operations are a map", service("operations: {a: b}"), "services[0].operations: a map is not allowed; want a list of operations"},
		{"empty operation", service("operations: [{}]"), `
services[0].operations[0].name: missing; want text
services[0].operations[0].steps: missing; want a list of steps`},
		{"operation is text", service("operations: [get]"), `services[0].operations[0]: "get" is not allowed; want a map`},
		{"unknown key of operation", operation("wieght: 4"), "services[0].operations[0].wieght: unknown key (did you mean weight?); want one of " + anyOperation},
		{"unknown kind", operation("kind: SERVER"), `services[0].operations[0].kind: "SERVER" is not allowed (did you mean server?); want one of server, client, internal, producer, consumer`},
		{"zero weight", operation("weight: 0"), "services[0].operations[0].weight: 0 is not allowed; want a number of more than 0 and at most 1000000"},
		{"infinite weight", operation("weight: .inf"), "services[0].operations[0].weight: +Inf is not allowed; want a number of more than 0 and at most 1000000"},
		{"attributes are a list", operation("attributes: [a]"), "services[0].operations[0].attributes: a list is not allowed; want a map"},
		{"attribute has null in a list", operation("attributes: {http.route: [a, [null]]}"), `services[0].operations[0].attributes["http.route"][1][0]: null is not allowed; want ` + anyAttribute},
		{"attribute is null", operation("attributes: {a: }"), "services[0].operations[0].attributes.a: null is not allowed; want " + anyAttribute},
		{"attribute beyond int64", operation("attributes: {a: 9223372036854775808}"), "services[0].operations[0].attributes.a: 9223372036854775808 is not allowed; want " + anyAttribute},
		{"attribute without key", operation(`attributes: {"": 1}`), `services[0].operations[0].attributes[""]: empty; want text`},
		{"attribute of the runtime", operation("attributes: {busy_ns: 1}"), "services[0].operations[0].attributes.busy_ns: recorded by the runtime or derived from it; want an attribute of the operation's own"},

		// Their steps.
		{"no steps", steps("[]"), inSteps + ": empty; want at least one of the steps"},
		{"step is a number", steps("[5]"), inSteps + "[0]: 5 is not allowed; want a map"},
		{"unknown step", steps("[yield, yield, frobnicate: 5]"), inSteps + "[2].frobnicate: unknown step; want one of " + anyStep},
		{"unknown step as text", steps("[joni]"), inSteps + "[0].joni: unknown step (did you mean join?); want one of " + anyStep},
		{"two steps in one", steps("[{compute: 1us, io: 1us}]"), inSteps + "[0]: 2 keys where one step belongs; want one of " + anyStep},
		{"empty step", steps("[{}]"), inSteps + "[0]: 0 keys where one step belongs; want one of " + anyStep},
		{"yield with value", steps("[yield: 5]"), inSteps + "[0].yield: 5 is not allowed; want no value"},
		{"join with value", steps("[join: [a]]"), inSteps + "[0].join: a list is not allowed; want no value"},
		{"compute without value", steps("[compute]"), inSteps + "[0].compute: null is not allowed; want a duration from 0s to 1h, such as 80us"},
		{"duration without unit", steps("[compute: 80]"), inSteps + "[0].compute: 80 is not allowed; want a duration from 0s to 1h, such as 80us"},
		{"duration with wrong unit", steps("[io: 80 us]"), inSteps + `[0].io: "80 us" is not allowed; want a duration from 0s to 1h, such as 80us`},
		{"negative duration", steps("[sleep: -1s]"), inSteps + `[0].sleep: "-1s" is not allowed; want a duration from 0s to 1h, such as 80us`},
		{"long duration", steps("[sleep: 1h1s]"), inSteps + `[0].sleep: "1h1s" is not allowed; want a duration from 0s to 1h, such as 80us`},
		{"unknown distribution", steps("[compute: {normal: {mean: 1us}}]"), inSteps + "[0].compute.normal: unknown distribution (did you mean lognormal?); want one of " + anyDistribution},
		{"misspelt distribution", steps("[compute: {log_normal: {}}]"), inSteps + "[0].compute.log_normal: unknown distribution (did you mean lognormal?); want one of " + anyDistribution},
		{"two distributions", steps("[compute: {constant: 1us, uniform: {}}]"), inSteps + "[0].compute: 2 keys where one distribution belongs; want one of " + anyDistribution},
		{"uniform upside down", steps("[compute: {uniform: {min: 2us, max: 1us}}]"), inSteps + `[0].compute.uniform.max: "1us" is not allowed; want a duration from 2µs to 1h, such as 80us`},
		{"uniform without bounds", steps("[compute: {uniform: {}}]"), `
` + inSteps + `[0].compute.uniform.min: missing; want a duration
` + inSteps + `[0].compute.uniform.max: missing; want a duration`},
		{"exponential is text", steps("[compute: {exponential: 1us}]"), inSteps + `[0].compute.exponential: "1us" is not allowed; want a map`},
		{"exponential without mean", steps("[compute: {exponential: {rate: 5}}]"), `
` + inSteps + `[0].compute.exponential.rate: unknown key; want mean
` + inSteps + `[0].compute.exponential.mean: missing; want a duration`},
		{"lognormal of nothing", steps("[compute: {lognormal: {median: 0s, sigma: 11}}]"), `
` + inSteps + `[0].compute.lognormal.median: "0s" is not allowed; want a duration from 1ns to 1h, such as 80us
` + inSteps + `[0].compute.lognormal.sigma: 11 is not allowed; want a number from 0 to 10`},
		{"lognormal without parameters", steps("[compute: {lognormal: {}}]"), `
` + inSteps + `[0].compute.lognormal.median: missing; want a duration
` + inSteps + `[0].compute.lognormal.sigma: missing; want a number from 0 to 10`},
		{"modes without parameters", steps("[compute: {hyperexponential: {}}, io: {bimodal: {}}]"), `
` + inSteps + `[0].compute.hyperexponential.p: missing; want the share of fast, from 0 to 1
` + inSteps + `[0].compute.hyperexponential.fast: missing; want a duration
` + inSteps + `[0].compute.hyperexponential.slow: missing; want a duration
` + inSteps + `[1].io.bimodal.p: missing; want the share of fast, from 0 to 1
` + inSteps + `[1].io.bimodal.fast: missing; want a duration
` + inSteps + `[1].io.bimodal.slow: missing; want a duration`},
		{"share above 1", steps("[compute: {bimodal: {p: 99.5, fast: 1us, slow: 1ms}}]"), inSteps + "[0].compute.bimodal.p: 99.5 is not allowed; want a number from 0 to 1"},
		{"pareto without parameters", steps("[compute: {pareto: {}}]"), `
` + inSteps + `[0].compute.pareto.min: missing; want a duration
` + inSteps + `[0].compute.pareto.alpha: missing; want a number from 0.1 to 100`},
		{"pareto upside down", steps("[compute: {pareto: {min: 2us, alpha: 0, max: 1us}}]"), `
` + inSteps + `[0].compute.pareto.alpha: 0 is not allowed; want a number from 0.1 to 100
` + inSteps + `[0].compute.pareto.max: "1us" is not allowed; want a duration from 2µs to 1h, such as 80us`},
		{"pareto from nothing", steps("[compute: {pareto: {min: 0s, alpha: 1.5}}]"), inSteps + `[0].compute.pareto.min: "0s" is not allowed; want a duration from 1ns to 1h, such as 80us`},
		{"weibull without parameters", steps("[compute: {weibull: {}}]"), `
` + inSteps + `[0].compute.weibull.scale: missing; want a duration
` + inSteps + `[0].compute.weibull.shape: missing; want a number from 0.1 to 100`},
		{"weibull of no shape", steps("[compute: {weibull: {scale: 1ms, shape: 0}}]"), inSteps + "[0].compute.weibull.shape: 0 is not allowed; want a number from 0.1 to 100"},
		{"empirical of one", steps("[compute: {empirical: {p50: 1ms}}]"), inSteps + "[0].compute.empirical: 1 percentiles; want two or more percentiles, such as p50: 2ms, p99: 50ms"},
		{"empirical of no percentile", steps("[compute: {empirical: {p50: 1ms, p100.1: 2ms, p-1: 3ms, p1e1: 3ms, p: 1ms, median: 3ms}}]"), `
` + inSteps + `[0].compute.empirical.median: not a percentile; want p0 to p100, such as p50 or p99.9
` + inSteps + `[0].compute.empirical.p: not a percentile; want p0 to p100, such as p50 or p99.9
` + inSteps + `[0].compute.empirical.p-1: not a percentile; want p0 to p100, such as p50 or p99.9
` + inSteps + `[0].compute.empirical["p100.1"]: not a percentile; want p0 to p100, such as p50 or p99.9
` + inSteps + `[0].compute.empirical.p1e1: not a percentile; want p0 to p100, such as p50 or p99.9
` + inSteps + `[0].compute.empirical: 1 percentiles; want two or more percentiles, such as p50: 2ms, p99: 50ms`},
		{"empirical that falls", steps("[compute: {empirical: {p5: 2ms, p50: 2ms, p99: 1ms, p99.0: 3ms, p100: 0s}}]"), `
` + inSteps + `[0].compute.empirical.p50: "2ms" is not allowed; want more than the "2ms" of p5
` + inSteps + `[0].compute.empirical.p99: "1ms" is not allowed; want more than the "2ms" of p50
` + inSteps + `[0].compute.empirical["p99.0"]: the same percentile as p99; want each once
` + inSteps + `[0].compute.empirical.p100: "0s" is not allowed; want a duration from 1ns to 1h, such as 80us`},
		{"distributions are text", steps("[compute: {bimodal: x}, io: {pareto: x}, sleep: {weibull: x}]"), `
` + inSteps + `[0].compute.bimodal: "x" is not allowed; want a map
` + inSteps + `[1].io.pareto: "x" is not allowed; want a map
` + inSteps + `[2].sleep.weibull: "x" is not allowed; want a map`},

		// Spawns.
		{"empty spawn", steps("[spawn]"), inSteps + "[0].spawn: null is not allowed; want a map"},
		{"spawn without steps", steps("[spawn: {}, join: ]"), inSteps + "[0].spawn.steps: missing; want a list of steps"},
		{"unknown key of spawn", steps("[spawn: {steps: [yield], detach: true}, join: ]"), inSteps + "[0].spawn.detach: unknown key (did you mean detached?); want one of count, name, kind, attributes, errors, links, detached, steps"},
		{"no count", steps("[spawn: {count: 0, steps: [yield]}, join: ]"), inSteps + "[0].spawn.count: 0 is not allowed; want 1 to 1000000"},
		{"detached as text", steps("[spawn: {detached: maybe, steps: [yield]}, join: ]"), inSteps + `[0].spawn.detached: "maybe" is not allowed; want true or false`},
		{"step in spawn", steps("[spawn: {steps: [yield, {frobnicate: 1}]}, join: ]"), inSteps + "[0].spawn.steps[1].frobnicate: unknown step; want one of " + anyStep},
		{"never joined", steps("[join, spawn: {steps: [yield]}]"), inSteps + "[1].spawn: its tasks are never joined; add a join or cancel after it or set detached: true"},
		{"joined elsewhere", steps("[spawn: {steps: [spawn: {steps: [yield]}]}, join: ]"), inSteps + "[0].spawn.steps[0].spawn: its tasks are never joined; add a join or cancel after it or set detached: true"},
		{"too deep", steps(nested(17)), inSteps + strings.Repeat("[0].spawn.steps", 16) + "[0].spawn: a spawn inside 16 others; want at most 15"},
		{"too many tasks", steps("[spawn: {count: 1000, steps: [spawn: {count: 1000, steps: [yield]}, join: ]}, join: ]"), inSteps + ": more than 1000000 tasks spawned for one request; want at most that many"},

		{"kind of a spawn without a name", steps("[spawn: {kind: client, errors: {}, steps: [yield]}, join: ]"), `
` + inSteps + `[0].spawn.kind: belongs to a span, and tasks without a name have none; want a name beside it
` + inSteps + `[0].spawn.errors: belongs to a span, and tasks without a name have none; want a name beside it`},

		// Attributes that differ from span to span.
		{"unknown generator", operation("attributes: {a: {cardinalty: 5}}"), "services[0].operations[0].attributes.a.cardinalty: unknown value (did you mean cardinality?); want one of " + anyGenerator},
		{"two generators", operation("attributes: {a: {uuid: , cardinality: 5}}"), "services[0].operations[0].attributes.a: 2 keys where one value belongs; want one of " + anyGenerator},
		{"no texts", operation("attributes: {a: {cardinality: 0}}"), "services[0].operations[0].attributes.a.cardinality: 0 is not allowed; want 1 to 1000000000"},
		{"cardinality is text", operation("attributes: {a: {cardinality: high}}"), `services[0].operations[0].attributes.a.cardinality: "high" is not allowed; want a whole number from 1 to 1000000000`},
		{"cardinality of a list", operation("attributes: {a: {cardinality: {count: [1], prefix: 5, n: 1}}}"), `
services[0].operations[0].attributes.a.cardinality.n: unknown key; want one of count, prefix
services[0].operations[0].attributes.a.cardinality.prefix: 5 is not allowed; want text: put it in quotes
services[0].operations[0].attributes.a.cardinality.count: a list is not allowed; want a whole number from 1 to 1000000000`},
		{"zipf is a number", operation("attributes: {a: {zipf: 100}}"), "services[0].operations[0].attributes.a.zipf: 100 is not allowed; want a map"},
		{"zipf of nothing", operation("attributes: {a: {zipf: {}}}"), `
services[0].operations[0].attributes.a.zipf.exponent: missing; want a number of more than 0 and at most 20
services[0].operations[0].attributes.a.zipf.count: missing; want how many texts there are`},
		{"zipf of no exponent", operation("attributes: {a: {zipf: {count: 1e3, exponent: 0}}}"), `
services[0].operations[0].attributes.a.zipf.exponent: 0 is not allowed; want a number of more than 0 and at most 20
services[0].operations[0].attributes.a.zipf.count: 1000 is not allowed; want a whole number from 1 to 1000000000`},
		{"uuid with value", operation("attributes: {a: {uuid: 4}}"), "services[0].operations[0].attributes.a.uuid: 4 is not allowed; want no value"},
		{"payload without unit", operation("attributes: {a: {payload: 2048}}"), "services[0].operations[0].attributes.a.payload: 2048 is not allowed; want a size from 1B to 1MiB, such as 2KiB"},
		{"payload of decimal units", operation("attributes: {a: {payload: 2kB}}"), `services[0].operations[0].attributes.a.payload: "2kB" is not allowed; want a size from 1B to 1MiB, such as 2KiB`},
		{"payload of nothing", operation("attributes: {a: {payload: 0B}}"), `services[0].operations[0].attributes.a.payload: "0B" is not allowed; want a size from 1B to 1MiB, such as 2KiB`},
		{"payload too large", operation("attributes: {a: {payload: 1025KiB}}"), `services[0].operations[0].attributes.a.payload: "1025KiB" is not allowed; want a size from 1B to 1MiB, such as 2KiB`},
		{"integers without bounds", operation("attributes: {a: {uniform: {}}}"), `
services[0].operations[0].attributes.a.uniform.min: missing; want a whole number
services[0].operations[0].attributes.a.uniform.max: missing; want a whole number`},
		{"integers upside down", operation("attributes: {a: {uniform: {min: 5, max: 4}}}"), "services[0].operations[0].attributes.a.uniform.max: 4 is not allowed; want 5 or more, like min"},
		{"integers are durations", operation("attributes: {a: {uniform: {min: 1ms, max: 2.5}}}"), `
services[0].operations[0].attributes.a.uniform.min: "1ms" is not allowed; want a whole number of 64 bits
services[0].operations[0].attributes.a.uniform.max: 2.5 is not allowed; want a whole number of 64 bits`},
		{"generator in an event", steps("[event: {name: e, attributes: {a: {payload: 2MiB}}}]"), inSteps + `[0].event.attributes.a.payload: "2MiB" is not allowed; want a size from 1B to 1MiB, such as 2KiB`},

		// Errors and links.
		{"errors are a number", operation("errors: 0.02"), "services[0].operations[0].errors: 0.02 is not allowed; want a map"},
		{"errors without rate", operation("errors: {text: x}"), `
services[0].operations[0].errors.text: unknown key; want one of rate, message, attributes
services[0].operations[0].errors.rate: missing; want the share of failed spans, from 0 to 1`},
		{"errors in percent", operation("errors: {rate: 2, message: 5, attributes: {busy_ns: 5, error.type: 502}}"), `
services[0].operations[0].errors.rate: 2 is not allowed; want a number from 0 to 1
services[0].operations[0].errors.message: 5 is not allowed; want text: put it in quotes
services[0].operations[0].errors.attributes.busy_ns: recorded by the runtime or derived from it; want an attribute of the operation's own
services[0].operations[0].errors.attributes["error.type"]: 502 is not allowed; want text: put it in quotes`},
		{"errors of a span", steps("[span: {name: s, errors: {}, steps: [yield]}]"), inSteps + "[0].span.errors.rate: missing; want the share of failed spans, from 0 to 1"},
		{"links are text", operation("links: op"), `services[0].operations[0].links: "op" is not allowed; want a map`},
		{"links to nothing", operation("links: {count: 129}"), `
services[0].operations[0].links.operation: missing; want the name of an operation or a span of the service
services[0].operations[0].links.count: 129 is not allowed; want 1 to 128`},
		{"links to a misspelt name", steps("[{span: {name: publish, steps: [yield]}}, {spawn: {name: s, links: {operation: publsh}, steps: [yield]}}, join: ]"), inSteps + `[1].spawn.links.operation: "publsh" is no span of this service (did you mean publish?); want one of op, publish, s`},
		{"links to a service that is not there", operation("links: {service: gateway, operation: op}"), `services[0].operations[0].links.service: "gateway" is not in the fleet; want a`},
		{"links to a misspelt name of another service", operation("links: {service: a, operation: opp}"), `services[0].operations[0].links.operation: "opp" is no span of this service; want op`},
		{"late without a share", service("export: {late: {by: 5}}"), `
services[0].export.late.share: missing; want a number of more than 0 and at most 1
services[0].export.late.by: 5 is not allowed; want a duration from 0s to 1h, such as 80us`},
		{"late by nothing", service("export: {processor: simple, late: {share: 2}}"), `
services[0].export.late.share: 2 is not allowed; want a number of more than 0 and at most 1
services[0].export.late.by: missing; want a duration or a distribution`},
		{"clock without skew", service("clock: {direction: forward}"), `
services[0].clock.skew: missing; want a duration or a distribution
services[0].clock.direction: "forward" is not allowed; want one of either, ahead, behind`},
		{"connections that are none", service("connections: {count: 0, exponent: 21, skew: 1}"), `
services[0].connections.skew: unknown key; want one of count, exponent
services[0].connections.count: 0 is not allowed; want 1 to 1000000
services[0].connections.exponent: 21 is not allowed; want a number from 0 to 20`},
		{"connections without a count", service("connections: {}"), `services[0].connections.count: missing; want a number of connections`},
		{"clock is a duration", service("clock: 5s"), `services[0].clock: "5s" is not allowed; want a map`},
		{"resource without attributes", service("resource: {service.version: 1}"), `
services[0].resource["service.version"]: unknown key; want attributes
services[0].resource.attributes: missing; want a map`},
		{"resource attributes that are set", service("resource: {attributes: {service.name: x, host.name: y, load_verify.run: z}}"), `
services[0].resource.attributes["host.name"]: set by synthetic_load itself; want another key
services[0].resource.attributes["load_verify.run"]: set by synthetic_load itself; want another key
services[0].resource.attributes["service.name"]: set by synthetic_load itself; want another key`},
		{"map of a list", operation("attributes: {a: {map: [b]}}"), "services[0].operations[0].attributes.a.map: a list is not allowed; want a map"},
		{"map with an empty key", operation(`attributes: {a: {map: {"": 1}}}`), `services[0].operations[0].attributes.a.map[""]: empty; want text`},
		{"bytes without a unit", operation("attributes: {a: {bytes: 5}}"), "services[0].operations[0].attributes.a.bytes: 5 is not allowed; want a size from 1B to 1MiB, such as 2KiB"},
		{"a value too deep", operation("attributes: {a: [[[[[[[[[1]]]]]]]]]}"), "services[0].operations[0].attributes.a[0][0][0][0][0][0][0][0]: inside 8 lists and maps; want at most 7"},
		{"a list too long", operation("attributes: {a: [" + strings.Repeat("1,", 1001) + "]}"), "services[0].operations[0].attributes.a: more than 1000 values in the lists and maps of one attribute; want at most that many"},

		// All at once.
		{"two services", service("seed: x") + service("name: b", "runtime: {model: tokio, worker_threads: 0}", "instances: -1"), `
services[0].seed: "x" is not allowed; want a whole number from 0 to 18446744073709551615
services[1].instances: -1 is not allowed; want 1 to 1000
services[1].runtime.worker_threads: 0 is not allowed; want 1 to 1024`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			services, err := fleet(t, tt.yaml)
			require.EqualError(t, err, strings.TrimPrefix(tt.want, "\n"))
			assert.Nil(t, services)
		})
	}
}

func TestDecodeLimits(t *testing.T) {
	// At the limits, not beyond.
	for _, tt := range []struct{ name, yaml string }{
		{"instances", service("instances: 1000")},
		{"seed", service("seed: 18446744073709551615")},
		{"workers", service("runtime: {model: async_std, worker_threads: 1024}")},
		{"rate", service("arrivals: {process: constant, rate: 1e6}")},
		{"burstiest gamma", service("arrivals: {process: gamma, rate: 1e6, shape: 0.01}")},
		{"longest sine", service("arrivals: {process: sine, rate: 1, amplitude: 1, period: 8760h}")},
		{"fewest arrivals of on_off", service("arrivals: {process: on_off, rate: 1, on: 10ms, off: 8760h}")},
		{"users", service("arrivals: {process: closed, users: 100000, think: 0s}")},
		{"in flight", service("max_in_flight: 1000000")},
		{"duration", steps("[sleep: 1h]")},
		{"depth", steps(nested(16))},
		{"tasks", steps("[spawn: {count: 1000000, steps: [yield]}, join: ]")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mustFleet(t, tt.yaml)
		})
	}
}

func TestLongValueIsCut(t *testing.T) {
	_, err := fleet(t, service("seed: "+strings.Repeat("x", 1000)))
	assert.EqualError(t, err, `services[0].seed: "`+strings.Repeat("x", 60)+
		`..." is not allowed; want a whole number from 0 to 18446744073709551615`)
}

func TestDecodeOtherTypes(t *testing.T) {
	// What no YAML gives, a caller in Go may.
	_, err := Decode([]any{map[string]any{"name": struct{}{}, "instances": int64(0), "seed": int64(-1)}})
	require.ErrorContains(t, err, "services[0].name: a struct {} is not allowed; want text")
	require.ErrorContains(t, err, "services[0].instances: 0 is not allowed; want 1 to 1000")
	require.ErrorContains(t, err, "services[0].seed: -1 is not allowed")
}

func TestPresets(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			s := mustFleet(t, without("operations")+"  workload: "+name+"\n")[0]
			for _, o := range s.Operations {
				assert.Equal(t, o.Program.Name, s.Spans[o.Program.Label].Name)
			}
		})
	}
}

func TestSpawnBenchmarkIsTheDocuments(t *testing.T) {
	s := mustFleet(t, without("operations")+"  workload: spawn_benchmark\n")[0]
	require.Len(t, s.Operations, 1)
	assert.Equal(t, workload.Internal, s.Spans[0].Kind)
	assert.True(t, s.Operations[0].Program.BlockOn)
	spawn := s.Operations[0].Program.Steps[0]
	assert.Equal(t, 1000, spawn.Count)
	assert.Equal(t, workload.Untraced, spawn.Child.Label)
}

// FuzzDecode feeds any YAML to Decode: it must not panic, and what it accepts must hold what the documentation promises, and come back
// when it is written.
func FuzzDecode(f *testing.F) {
	f.Add(service())
	f.Add(service("instances: 2", "seed: 7", "arrivals: {process: constant, rate: 1e-300}"))
	f.Add(without("operations") + "  workload: api_gateway\n")
	f.Add(operation("weight: 2, kind: client, attributes: {a: 1, b.c: true, d: .nan}"))
	f.Add(steps("[spawn: {count: 3, name: x, steps: [io: {lognormal: {median: 1ms, sigma: 10}}]}, join: ]"))
	f.Add(steps("[compute: {uniform: {min: 1us, max: 1h}}, sleep: {exponential: {mean: 0s}}, yield]"))
	f.Add(steps("[compute: {pareto: {min: 1ns, alpha: 0.1}}, io: {weibull: {scale: 1h, shape: 0.1}}]"))
	f.Add(steps("[compute: {bimodal: {p: 0.9, fast: 1us, slow: 1h}}, io: {hyperexponential: {p: 1, fast: 1h, slow: 1us}}]"))
	f.Add(operation("attributes: {a: {cardinality: 5}, b: {zipf: {count: 5, exponent: 2}}, c: {uuid: }, d: {payload: 1KiB}, e: {uniform: {min: -1, max: 1}}}"))
	f.Add(operation("errors: {rate: 0.5, message: m, attributes: {a: {payload: 17B}}}, links: {operation: op, count: 3}"))
	f.Add(steps("[compute: {empirical: {p0: 1ns, p50: 2ms, p99.9: 1h}}]"))
	f.Add(steps(nested(20)))
	f.Add("[{1: 2}, null, [], {name: &a x, workload: *a}]")
	f.Fuzz(func(t *testing.T, text string) {
		var tree any
		if yaml.Unmarshal([]byte(text), &tree) != nil {
			return
		}
		services, err := Decode(tree)
		if err != nil {
			require.Empty(t, services)
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.True(t, strings.HasPrefix(line, "services"), line)
			}
			return
		}
		require.NoError(t, workload.Check(services))
		requireRoundTrip(t, services)
		for _, s := range services {
			require.NotEmpty(t, s.Name)
			require.Positive(t, s.Instances)
			require.Positive(t, s.Runtime.Workers)
			require.NotEmpty(t, s.Operations)
			require.GreaterOrEqual(t, s.Arrivals.PerSecond(), 0.0)
			if open, ok := s.Arrivals.(arrive.Open); ok {
				next := open.Start(1)
				last := sim.Time(0)
				for range 10 {
					at := next.Next()
					require.GreaterOrEqual(t, at, last)
					last = at
				}
			}
			for i := range s.Spans {
				checkSpan(t, &s.Spans[i])
			}
			for _, o := range s.Operations {
				require.Positive(t, o.Weight)
				checkProgram(t, s, o.Program)
			}
		}
	})
}

func checkSpan(t *testing.T, s *workload.Span) {
	t.Helper()
	attributes := s.Attributes
	if s.Errors != nil {
		attributes = workload.Merge(attributes, s.Errors.Attributes)
	}
	for i, a := range attributes {
		require.True(t, i == 0 || a.Key > attributes[i-1].Key)
		switch v := a.Value.(type) {
		case string, int64, float64, bool:
		case workload.Texts:
			require.NotEmpty(t, v.Text(1))
		case workload.Integers:
			v.Integer(1)
		default:
			t.Fatalf("attribute %s is a %T", a.Key, a.Value)
		}
	}
}

func checkProgram(t *testing.T, s *workload.Service, p *program.Program) {
	t.Helper()
	if p.Name == "" {
		require.Equal(t, workload.Untraced, p.Label)
	} else {
		require.Equal(t, p.Name, s.Spans[p.Label].Name)
	}
	r := sim.Rand(1)
	for _, st := range p.Steps {
		switch st.Op {
		case program.Compute, program.Sleep, program.IO:
			d := st.Duration.Sample(&r)
			require.GreaterOrEqual(t, d, sim.Time(0))
			require.LessOrEqual(t, d, dist.Longest)
		case program.Spawn:
			require.Positive(t, st.Count)
			checkProgram(t, s, st.Child)
		case program.Yield, program.Join:
		}
	}
}
