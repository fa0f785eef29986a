// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/costfile"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

func mustOpen(t *testing.T, r Request) *Source {
	t.Helper()
	s, err := Open(r)
	require.NoError(t, err)
	return s
}

func mustService(t *testing.T, s *Source, v Variant) *workload.Service {
	t.Helper()
	service, err := s.Service(v)
	require.NoError(t, err)
	return service
}

// file writes a file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "load.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestBareQueueingSystem(t *testing.T) {
	source := mustOpen(t, Request{Arrivals: "poisson:2800", Service: "exp:1ms"})
	s := mustService(t, source, Variant{})
	assert.Equal(t, "tokio", s.Runtime.Model)
	assert.Equal(t, 4, s.Runtime.Workers)
	assert.Nil(t, s.Runtime.Costs)
	assert.Equal(t, new(uint64(DefaultSeed)), s.Seed)
	assert.Equal(t, arrive.Poisson{Rate: 2800}, s.Arrivals)
	assert.Zero(t, s.MaxInFlight, "no bound: a queueing system")
	assert.InDelta(t, 2800, mustRate(t, source), 0)
	require.Len(t, s.Operations, 1)
	require.Len(t, s.Operations[0].Program.Steps, 1)

	s = mustService(t, source, Variant{Runtime: "tokio_per_core", Workers: "3"})
	assert.Equal(t, "tokio", s.Runtime.Model)
	assert.Equal(t, "tokio_per_core", s.Runtime.Flavor)
	assert.Equal(t, 3, s.Runtime.Workers)
	_, err := source.Service(Variant{Runtime: "current_thread", Workers: "3"})
	require.EqualError(t, err, "--workers: flavor current_thread has none; want it left out, or flavor multi_thread")

	s = mustService(t, source, Variant{Runtime: "smol", Version: "2.0", Workers: "3", Rate: 5})
	assert.Equal(t, "smol", s.Runtime.Model)
	assert.Equal(t, 3, s.Runtime.Workers)
	assert.Equal(t, arrive.Poisson{Rate: 5}, s.Arrivals)
	assert.InDelta(t, 2800, mustRate(t, source), 0, "a variant does not change the source")
}

func mustRate(t *testing.T, source *Source) float64 {
	t.Helper()
	rate, err := source.Rate()
	require.NoError(t, err)
	return rate
}

func TestArrivalsNotations(t *testing.T) {
	const second = sim.Time(time.Second)
	mean := func(want sim.Time, a arrive.Process) {
		r, sum := sim.Stream(1), sim.Time(0)
		for range 10_000 {
			sum += a.(arrive.Closed).Think.Sample(&r)
		}
		assert.InEpsilon(t, float64(want), float64(sum)/10_000, 0.04)
	}
	for _, tt := range []struct {
		notation string
		want     arrive.Process
		rate     float64
		doubled  arrive.Process // at twice the mean rate
	}{
		{"poisson:5", arrive.Poisson{Rate: 5}, 5, arrive.Poisson{Rate: 10}},
		{"constant:5", arrive.Constant{Rate: 5}, 5, arrive.Constant{Rate: 10}},
		{"gamma:5,0.25", arrive.Gamma{Rate: 5, Shape: 0.25}, 5, arrive.Gamma{Rate: 10, Shape: 0.25}},
		{"on_off:5,1s,4s", arrive.OnOff{Rate: 5, On: second, Off: 4 * second}, 1, arrive.OnOff{Rate: 10, On: second, Off: 4 * second}},
		{
			"on_off:5,1s,4s,10",
			arrive.OnOff{Rate: 5, OffRate: 10, On: second, Off: 4 * second},
			9,
			arrive.OnOff{Rate: 10, OffRate: 20, On: second, Off: 4 * second},
		},
		{
			"sine:5,0.5,24h",
			arrive.Sine{Rate: 5, Amplitude: 0.5, Period: 24 * 3600 * second},
			5,
			arrive.Sine{Rate: 10, Amplitude: 0.5, Period: 24 * 3600 * second},
		},
	} {
		t.Run(tt.notation, func(t *testing.T) {
			source := mustOpen(t, Request{Arrivals: tt.notation, Service: "exp:1ms"})
			assert.Equal(t, tt.want, mustService(t, source, Variant{}).Arrivals)
			assert.InEpsilon(t, tt.rate, mustRate(t, source), 1e-12)
			assert.Equal(t, tt.doubled, mustService(t, source, Variant{Rate: 2 * tt.rate}).Arrivals)
		})
	}
	for notation, think := range map[string]sim.Time{"closed:50,2s": 2 * second, "closed:50,exp:1s": second, "closed:50,bimodal:0.5,1s,2s": 3 * second / 2} {
		source := mustOpen(t, Request{Arrivals: notation, Service: "exp:1ms"})
		s := mustService(t, source, Variant{})
		assert.Equal(t, 50, s.Arrivals.(arrive.Closed).Users)
		mean(think, s.Arrivals)
		_, err := source.Rate()
		require.EqualError(t, err, "--arrivals: process closed has no rate that could be raised; want another process")
	}

	path := file(t, `services: [{name: a, runtime: {model: tokio}, workload: api_gateway, arrivals: {process: stages, stages: [{duration: 5s, target: 9}]}}]`)
	source := mustOpen(t, Request{Workload: path})
	s := mustService(t, source, Variant{})
	assert.Equal(t, arrive.Stages{Stages: []arrive.Stage{{Duration: 5 * second, Target: 9}}}, s.Arrivals)
	assert.Equal(t, 10_000, s.MaxInFlight, "as the receiver plays it")
	_, err := source.Rate()
	require.EqualError(t, err, path+": services[0].arrivals: process stages has no rate that could be raised; want another process")
}

func TestServiceNotations(t *testing.T) {
	for _, tt := range []struct {
		notation  string
		low, high time.Duration // of all draws
	}{
		{"exp:1ms", 0, time.Second},
		{"det:1ms", time.Millisecond, time.Millisecond},
		{"det:0s", 0, 0},
		{"uniform:1ms,2ms", time.Millisecond, 2 * time.Millisecond},
		{"lognormal:1ms,0", time.Millisecond, time.Millisecond},
		{"hyper:0.9,1ms,11ms", 0, time.Second},
		{"bimodal:1,1ms,5ms", time.Millisecond, time.Millisecond},
		{"bimodal:0,1ms,5ms", 5 * time.Millisecond, 5 * time.Millisecond},
		{"pareto:1ms,1.5", time.Millisecond, time.Hour},
		{"pareto:1ms,1.5,2ms", time.Millisecond, 2 * time.Millisecond},
		{"weibull:1ms, 2", 0, 100 * time.Millisecond},
	} {
		t.Run(tt.notation, func(t *testing.T) {
			s := mustService(t, mustOpen(t, Request{Arrivals: "constant:1", Service: tt.notation}), Variant{})
			r := sim.Stream(1)
			for range 1000 {
				d := s.Operations[0].Program.Steps[0].Duration.Sample(&r).Duration()
				require.GreaterOrEqual(t, d, tt.low)
				require.LessOrEqual(t, d, tt.high)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	const (
		poisson = "poisson:100"
		exp     = "exp:1ms"
	)
	for _, tt := range []struct {
		name    string
		request Request
		variant Variant
		want    string // all errors, a line each
	}{
		{"no arrivals", Request{}, Variant{}, "--arrivals: missing; want " + arrivalsNotations() + ", rates in requests a second; or a --workload file"},
		{"no service", Request{Arrivals: poisson}, Variant{}, "--service: missing; want " + serviceNotations() + "; or a --workload"},
		{"empty process", Request{Arrivals: ":1", Service: exp}, Variant{}, `--arrivals: ":1" is not allowed; want ` + arrivalsNotations()},
		{"unknown process", Request{Arrivals: "poison:1", Service: exp}, Variant{}, `--arrivals: "poison" is not allowed (did you mean poisson?); want one of poisson, constant, gamma, on_off, sine, stages, replay, closed`},
		{"no rate", Request{Arrivals: "poisson", Service: exp}, Variant{}, `--arrivals: "poisson" lacks the rate; want poisson:RATE, in requests a second`},
		{"two rates", Request{Arrivals: "poisson:1,2", Service: exp}, Variant{}, `--arrivals: "poisson:1,2" is not allowed; want poisson:RATE`},
		{"gamma without values", Request{Arrivals: "gamma", Service: exp}, Variant{}, `--arrivals: "gamma" is not allowed; want gamma:RATE,SHAPE`},
		{"wrong shape", Request{Arrivals: "gamma:5,0", Service: exp}, Variant{}, "--arrivals (shape): 0 is not allowed; want a number from 0.01 to 1000"},
		{"on and off too seldom", Request{Arrivals: "on_off:1,1ms,1s", Service: exp}, Variant{}, "--arrivals: 0.001 arrivals in a mean cycle of on and off; want at least 0.01: a higher rate or longer times"},
		{"stages on a line", Request{Arrivals: "stages:1,2", Service: exp}, Variant{}, "--arrivals: stages does not fit on a line; want " + arrivalsNotations() + "; or a --workload file"},
		{"think of nothing", Request{Arrivals: "closed:5", Service: exp}, Variant{}, `--arrivals: "closed:5" is not allowed; want closed:USERS,THINK`},
		{"unknown think", Request{Arrivals: "closed:5,erlang:1s", Service: exp}, Variant{}, `--arrivals: "erlang:1s" is not allowed; want ` + serviceNotations()},
		{"wrong think", Request{Arrivals: "closed:5,exp:5", Service: exp}, Variant{}, "--arrivals (think.exponential.mean): 5 is not allowed; want a duration from 0s to 1h, such as 80us"},
		{"rate of text", Request{Arrivals: "poisson:fast", Service: exp}, Variant{}, `--arrivals: "fast" is not allowed; want a number of more than 0 and at most 1000000`},
		{"rate in a variant", Request{Arrivals: "poisson", Service: exp}, Variant{Rate: 1e7}, `--arrivals: 10000000 is not allowed; want a number of more than 0 and at most 1000000`},
		{"unknown service", Request{Arrivals: poisson, Service: "erlang:2,1ms"}, Variant{}, `--service: "erlang:2,1ms" is not allowed; want ` + serviceNotations()},
		{"too few values", Request{Arrivals: poisson, Service: "hyper:0.9,1ms"}, Variant{}, `--service: "hyper:0.9,1ms" is not allowed; want hyper:P,MEAN1,MEAN2`},
		{"too many values", Request{Arrivals: poisson, Service: "exp:1ms,2ms"}, Variant{}, `--service: "exp:1ms,2ms" is not allowed; want exp:MEAN`},
		{"no value", Request{Arrivals: poisson, Service: "det:"}, Variant{}, `--service: "det:" is not allowed; want det:VALUE`},
		{"no unit", Request{Arrivals: poisson, Service: "det:5"}, Variant{}, "--service: 5 is not allowed; want a duration from 0s to 1h, such as 80us"},
		{"wrong value", Request{Arrivals: poisson, Service: "weibull:1ms,0"}, Variant{}, "--service (weibull.shape): 0 is not allowed; want a number from 0.1 to 100"},
		{"several", Request{Arrivals: "poisson:0", Service: exp}, Variant{Runtime: "tokio", Version: "0.1", Workers: "many"}, `
--version: "0.1" is not allowed; want one of 1.53, 1.51.0, 1.50
--workers: "many" is not allowed; want a whole number from 1 to 1024
--arrivals: 0 is not allowed; want a number of more than 0 and at most 1000000`},
		{"unknown runtime", Request{Arrivals: poisson, Service: exp}, Variant{Runtime: "monoio"}, `--runtime: "monoio" is not allowed (did you mean tokio?); want one of tokio, async_std, smol, ideal`},
		{"of compare", Request{Arrivals: poisson, Service: exp}, Variant{Runtime: "tokio", Version: "9", RuntimeFlag: "--runtimes"}, `--runtimes: "9" is not allowed; want one of 1.53, 1.51.0, 1.50`},
		{"preset without arrivals", Request{Workload: "api_gateway"}, Variant{}, "--arrivals: missing; a preset says what a request does, not when it arrives; want " + arrivalsNotations()},
		{"preset and service", Request{Workload: "api_gateway", Arrivals: poisson, Service: exp}, Variant{}, "--service and --workload: want one of them; a workload says itself what a request does"},
		{"name without a file", Request{Workload: "api_gateway", Arrivals: poisson, Name: "a"}, Variant{}, "--name: picks a service of a --workload file; there is no file"},
		{"no preset, no file", Request{Workload: "/nowhere"}, Variant{}, `--workload: "/nowhere" is not a preset (one of ` + strings.Join(spec.Presets(), ", ") + `), and no file: open /nowhere: no such file or directory`},
		{"no cost file", Request{Arrivals: poisson, Service: exp, Cost: "/nowhere"}, Variant{}, `--cost: "/nowhere" is not default, seed or zero, and no file: open /nowhere: no such file or directory`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source, err := Open(tt.request)
			if err == nil {
				_, err = source.Service(tt.variant)
			}
			assert.EqualError(t, err, strings.TrimPrefix(tt.want, "\n"))
		})
	}
}

const (
	orders = `{name: orders, runtime: {model: tokio, worker_threads: 8, thread_name: x}, arrivals: {process: poisson, rate: 500}, operations: [{name: op, steps: [compute: 1us]}]}`
	stock  = `{name: stock, seed: 9, runtime: {model: smol}, arrivals: {process: constant, rate: 5}, workload: api_gateway}`
)

func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		name, text, service string
		seed, fleetSeed     uint64 // seed 0: none of its own
	}{
		{"one service", orders, "", 0, 1},
		{"list of one", "[" + orders + "]", "", 0, 1},
		{"list", "[" + stock + ", " + orders + "]", "orders", 0, 1},
		{"services", "services: [" + orders + ", " + stock + "]", "stock", 9, 1},
		{"services by name", "services: {a: {runtime: {model: smol}, arrivals: {process: constant, rate: 5}, workload: api_gateway}, stock: {seed: 9, runtime: {model: smol}, arrivals: {process: constant, rate: 5}, workload: api_gateway}}", "stock", 9, 1},
		{"services and seed", "{seed: 7, services: [" + orders + "]}", "", 0, 7},
		{"collector", "{receivers: {otlp: , synthetic_load/a: {seed: 7, clock: unpaced, services: [" + orders + "]}}, service: {}}", "", 0, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := mustOpen(t, Request{Workload: file(t, tt.text), Name: tt.service})
			s := mustService(t, source, Variant{})
			if tt.service != "" {
				assert.Equal(t, tt.service, s.Name)
			}
			assert.Equal(t, tt.fleetSeed, source.FleetSeed())
			if tt.seed == 0 {
				assert.Nil(t, s.Seed)
			} else {
				assert.Equal(t, &tt.seed, s.Seed)
			}
		})
	}
}

// TestRuntimeOfTheFile: a file that names no runtime is played on tokio, as the help says, with what else it says of the runtime.
func TestRuntimeOfTheFile(t *testing.T) {
	const rest = "arrivals: {process: poisson, rate: 500}, operations: [{name: op, steps: [compute: 1us]}]}"
	for text, want := range map[string]struct {
		model, thread, inUse string
		workers              int
	}{
		"{name: a, " + rest: {"tokio", "tokio-rt-worker", "", 4},
		"{name: a, runtime: {worker_threads: 2, thread_name: x}, " + rest: {"tokio", "x", "", 2},
		"{name: a, runtime: {model: async_std}, " + rest:                  {"async_std", "", "async_std", 4},
		"services: {a: {" + strings.TrimSuffix(rest, "}") + "}}":          {"tokio", "tokio-rt-worker", "", 4},
		"services: [{name: a, runtime: {model: smol}, " + rest + "]":      {"smol", "", "smol", 1},
		"{name: a, runtime: {model: ideal, worker_threads: 3}, " + rest:   {"ideal", "", "ideal", 3},
	} {
		source := mustOpen(t, Request{Workload: file(t, text)})
		s := mustService(t, source, Variant{})
		assert.Equal(t, want.model, s.Runtime.Model, text)
		assert.Equal(t, want.workers, s.Runtime.Workers, text)
		if want.thread != "" {
			assert.Equal(t, want.thread, s.Runtime.ThreadName, text)
		}
		assert.Equal(t, want.inUse, source.InUse(), text)
	}
	source := mustOpen(t, Request{Workload: "api_gateway", Arrivals: "poisson:1"})
	assert.Empty(t, source.InUse())
	source = mustOpen(t, Request{Workload: file(t, "{name: a, runtime: {modl: smol}, "+rest)})
	_, err := source.Service(Variant{})
	require.ErrorContains(t, err, "runtime.modl: unknown key (did you mean model?)")
}

func TestFlagsReplaceWhatTheFileSays(t *testing.T) {
	source := mustOpen(t, Request{Workload: file(t, orders), Arrivals: "constant:3", Seed: new(uint64(5)), Cost: costfile.Zero})
	s := mustService(t, source, Variant{})
	assert.Equal(t, arrive.Constant{Rate: 3}, s.Arrivals)
	assert.Equal(t, new(uint64(5)), s.Seed)
	assert.Equal(t, "x", s.Runtime.ThreadName)
	assert.Equal(t, 8, s.Runtime.Workers)
	assert.Equal(t, &cost.Zero, s.Runtime.Costs)

	s = mustService(t, source, Variant{Runtime: "tokio"})
	assert.Equal(t, "x", s.Runtime.ThreadName, "the same runtime is left as it is")
	s = mustService(t, source, Variant{Runtime: "async_std"})
	assert.Equal(t, 8, s.Runtime.Workers, "another has as many workers")
	s = mustService(t, source, Variant{Runtime: "async_std", Workers: "2"})
	assert.Equal(t, 2, s.Runtime.Workers)
}

func TestFileMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		request    Request
		want       string // FILE stands for the file
	}{
		{"no YAML", "a: b: c", Request{}, "FILE: yaml: mapping values are not allowed in this context"},
		{"empty", "", Request{}, "FILE: no services in it; want a `services:` list, or the keys of one service: name, runtime, arrivals and so on"},
		{"something else", "{a: 1}", Request{}, "FILE: no services in it; want a `services:` list, or the keys of one service: name, runtime, arrivals and so on"},
		{"no service", "services: []", Request{}, "FILE: services: want a list of services"},
		{"text in the list", "services: [a]", Request{}, "FILE: services: want a list of services"},
		{"text in the map", "services: {a: b}", Request{}, "FILE: services: want a list of services"},
		{"several by name", "services: {orders: {seed: 1}, stock: {seed: 1}}", Request{}, "FILE has 2 services; choose by --name: one of orders, stock"},
		{"mistake in a map", "services: {b: {instnaces: 1, arrivals: {process: poisson, rate: 1}, runtime: {model: tokio}, workload: api_gateway}}", Request{}, "FILE: services.b.instnaces: unknown key (did you mean instances?); want one of name, instances, seed, runtime, runtimes, host, arrivals, connections, max_in_flight, export, clock, resource, workload, operations, metrics, logs"},
		{"several", "services: [" + orders + ", " + stock + "]", Request{}, "FILE has 2 services; choose by --name: one of orders, stock"},
		{"another name", "services: [" + orders + ", " + stock + "]", Request{Name: "x"}, `--name: "x" is not in FILE; want one of orders, stock`},
		{"another name of one", orders, Request{Name: "x"}, `--name: "x" is not in FILE; want orders`},
		{"seed", "{seed: -1, services: [" + orders + "]}", Request{}, "FILE: seed: -1 is not allowed; want a whole number from 0 to 18446744073709551615"},
		{"no receiver", "receivers: {otlp: }", Request{}, "FILE: receivers: no synthetic_load among them"},
		{"empty receiver", "receivers: {synthetic_load: }", Request{}, "FILE: receivers.synthetic_load: want a map with services"},
		{"two receivers", "receivers: {synthetic_load: {}, synthetic_load/b: {}}", Request{}, "FILE: several synthetic_load receivers; want one, or the services in a file of their own"},
		{"mistake of one service", "{name: a, arrivals: {process: poisson, rate: 0}, runtime: {model: tokio}, workload: api_gateway}", Request{}, "FILE: arrivals.rate: 0 is not allowed; want a number of more than 0 and at most 1000000"},
		{"mistake in a list", "services: [" + orders + ", {name: b, instnaces: 1, arrivals: {process: poisson, rate: 1}, runtime: {model: tokio}, workload: api_gateway}]", Request{Name: "b"}, "FILE: services[1].instnaces: unknown key (did you mean instances?); want one of name, instances, seed, runtime, runtimes, host, arrivals, connections, max_in_flight, export, clock, resource, workload, operations, metrics, logs"},
		{"mistake in a receiver", "receivers: {synthetic_load: {services: [{name: b, workload: api_gateway, runtime: tokio}]}}", Request{Arrivals: "poisson:x"}, `FILE: receivers.synthetic_load.services[0].runtime: "tokio" is not allowed; want a map
--arrivals: "x" is not allowed; want a number of more than 0 and at most 1000000`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.request.Workload = file(t, tt.text)
			source, err := Open(tt.request)
			if err == nil {
				_, err = source.Service(Variant{})
			}
			require.Error(t, err)
			assert.Equal(t, tt.want, strings.ReplaceAll(err.Error(), tt.request.Workload, "FILE"))
		})
	}
}

func TestCostFile(t *testing.T) {
	request := Request{Arrivals: "poisson:1", Service: "exp:1ms", Cost: file(t, "tokio.poll: 1us\n")}
	s := mustService(t, mustOpen(t, request), Variant{})
	want := cost.Default()
	want.Tokio.Poll = 1000
	assert.Equal(t, &want, s.Runtime.Costs)

	request.Cost = file(t, "tokio.poll: 1\ntokio.pol: 1us\n")
	_, err := Open(request)
	require.ErrorContains(t, err, request.Cost+`: line 1: tokio.poll: "1" is not allowed`)
	require.ErrorContains(t, err, request.Cost+`: line 2: tokio.pol: unknown key`)
}

// TestCPULimit: the flag bounds what the file or the other flag has as CPUs, and decides the workers if nobody sets them.
func TestCPULimit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`
name: a
runtime: {model: tokio}
host: {cpus: 8, quota: {cpus: 1, period: 20ms}}
arrivals: {process: poisson, rate: 1}
operations: [{name: o, steps: [{compute: 1ms}]}]
`), 0o600))
	for _, c := range []struct {
		workload string
		variant  Variant
		cpus     int
		quota    host.Quota
		workers  int
	}{
		{"", Variant{CPULimit: "2.5"}, DefaultCPUs, host.Quota{CPUs: 2.5}, 2},
		{"", Variant{CPULimit: "2500m"}, DefaultCPUs, host.Quota{CPUs: 2.5}, 2},
		{"", Variant{CPULimit: "2.5", CPUs: "16"}, 16, host.Quota{CPUs: 2.5}, 2},
		{"", Variant{CPULimit: "2.5", Workers: "6"}, DefaultCPUs, host.Quota{CPUs: 2.5}, 6},
		{"", Variant{CPULimit: "2.5", Runtime: "smol"}, DefaultCPUs, host.Quota{CPUs: 2.5}, 1},
		{file, Variant{}, 8, host.Quota{CPUs: 1, Period: sim.Time(20 * time.Millisecond)}, 1},
		{file, Variant{CPULimit: "3.5"}, 8, host.Quota{CPUs: 3.5, Period: sim.Time(20 * time.Millisecond)}, 3},
		{file, Variant{CPUs: "2"}, 2, host.Quota{CPUs: 1, Period: sim.Time(20 * time.Millisecond)}, 1},
	} {
		r := Request{Workload: c.workload, Cost: "default"}
		if c.workload == "" {
			r.Arrivals, r.Service = "poisson:1", "exp:1ms"
		}
		source, err := Open(r)
		require.NoError(t, err)
		s, err := source.Service(c.variant)
		require.NoError(t, err)
		assert.Equal(t, c.cpus, s.Runtime.CPUs, "%+v", c.variant)
		assert.Equal(t, c.quota, s.Runtime.Quota, "%+v", c.variant)
		assert.Equal(t, c.workers, s.Runtime.Workers, "%+v", c.variant)
	}
}
