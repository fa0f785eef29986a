// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/fleet"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// decode reads a configuration as the Collector does.
func decode(text string) (*Config, error) {
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(text))
	if err != nil {
		return nil, err
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		return nil, err
	}
	cfg := NewDefaultConfig()
	return cfg, conf.Unmarshal(cfg)
}

// receiverKey is how a rejection begins: with a key of the receiver, and where in it.
var receiverKey = regexp.MustCompile(
	`^(clock|backfill|duration|on_backpressure|slice|shard\.total|shard\.index|requests|run_id|poll_events|verify_content|verify_traces|classes(?:\[\d+\](?:\.\w+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*)?|(?:metrics|logs)(?:::\w+)*|` +
		`services(?:\.[\w-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*): .`)

// mostWork bounds the bytes that are allocated to judge a text of 64 KiB. The dearest known text, 20,000 services by aliases, takes
// 0.7 GB. The measure is not time, because on a busy machine a fast parser is slow. Work that allocates nothing and does not end is left
// to the timeout of go test.
const mostWork = 1 << 30

// allocated returns how many bytes a function allocates, garbage included.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzConfig: whatever the text, it is a configuration or it is not, and that is soon known. What is rejected is rejected with its key.
func FuzzConfig(f *testing.F) {
	for _, text := range knownConfigs(f) {
		f.Add(text)
	}
	f.Add("services: [{'a\"b: c': 1}]")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		cfg, err := decode(text)
		if err != nil {
			return // the Collector's
		}
		require.Less(t, allocated(func() { err = confmap.Validate(cfg) }), uint64(mostWork))
		if err != nil {
			for reason := range strings.Lines(err.Error()) {
				require.Regexp(t, receiverKey, reason)
			}
			return
		}
		made, err := cfg.fleet("", []fleet.Signal{fleet.Traces, fleet.Metrics, fleet.Logs})
		require.NoError(t, err)
		require.Positive(t, made.SliceLength())
	})
}

// knownConfigs are the receivers of the configurations in config and testdata, and a service with each preset.
func knownConfigs(tb testing.TB) (texts []string) {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "*.yaml"))
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	for _, file := range append(files, filepath.Join("testdata", "config.yaml")) {
		text, err := os.ReadFile(file)
		require.NoError(tb, err)
		var tree map[string]any
		require.NoError(tb, yaml.Unmarshal(text, &tree))
		if receivers, ok := tree["receivers"].(map[string]any); ok {
			tree = receivers
		}
		for id, section := range tree {
			if strings.HasPrefix(id, "synthetic_load") {
				one, err := yaml.Marshal(section)
				require.NoError(tb, err)
				texts = append(texts, string(one))
			}
		}
	}
	for _, preset := range spec.Presets() {
		texts = append(texts, fmt.Sprintf("services: [{name: a, runtime: {model: tokio}, arrivals: {process: poisson, rate: 1}, workload: %s}]", preset))
	}
	return texts
}

// TestHostileConfigs: a text of 64 KiB at most can ask for the impossible, by aliases above all. It is turned down, or it is no more
// than it seems; with bounded work, within 64 MiB, and told in 64 KiB.
func TestHostileConfigs(t *testing.T) {
	const (
		service   = "name: a, runtime: {model: tokio}, arrivals: {process: poisson, rate: 1}"
		operation = "services: [{" + service + ", operations: [{name: o, "
		end       = "}]}]"
	)
	long := strings.Repeat("k", 900)
	many := strings.Repeat(",*a", 10_000)
	spawns := strings.Repeat("{spawn: {steps: [", 500) + "yield" + strings.Repeat("]}}", 500)
	var chain strings.Builder // each service calls the next one twice
	for n := range 40 {
		fmt.Fprintf(&chain, "\n- {name: s%d, %s, operations: [{name: o, steps: [{call: {service: s%d, operation: o}}, {call: {service: s%[3]d, operation: o}}]}]}",
			n, strings.TrimPrefix(service, "name: a, "), n+1)
	}
	chain.WriteString("\n- {name: s40, runtime: {model: smol}, operations: [{name: o, steps: [yield]}]}")

	const callee = "{name: b, runtime: {model: smol}, operations: [{name: o, steps: [yield]}]}"
	caller := func(calls string) string {
		return "{" + service + ", operations: [{name: o, steps: [{call: {service: " + calls + ", operation: o}}]}]}"
	}
	var oneOfMany, longCallers strings.Builder
	for n := range 400 {
		fmt.Fprintf(&oneOfMany, "{name: s%d, runtime: {model: tokio}, arrivals: {process: poisson, rate: 1}, workload: no_budget},", n)
	}
	for n := range 200 {
		longCallers.WriteString("," + strings.Replace(caller("c"), "name: a", "name: a"+strconv.Itoa(n), 1))
	}

	for _, tc := range []struct{ name, text, want string }{ // want: the beginning; empty: valid
		{"huge numbers", "services: [{" + service + ", workload: minimal, instances: 99999999999999999999}]", "services[0].instances: 1e+20 is not allowed"},
		{"seed", "seed: -1\nservices: [{" + service + ", workload: minimal}]", "decoding failed"},
		{"poll events", "poll_events: .nan\nservices: [{" + service + ", workload: minimal}]", "poll_events: NaN is not allowed"},
		{"shards", "shard: {index: 9223372036854775807, total: 9223372036854775807}\nservices: [{" + service + ", workload: minimal}]", "shard.index: "},
		{"spawns in spawns", operation + "steps: [" + spawns + "]" + end, "services[0].operations[0].steps[0].spawn"},
		{"lists in lists", "services: " + strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "services[0]: a list is not allowed"},
		{"long key", operation + "steps: [yield], " + long + ": 1" + end, `services[0].operations[0]["` + long[:60] + `..."]: unknown key`},
		{"services", "services: [&a {" + service + ", workload: api_gateway}" + many + "]", "services[1]: name \"a\" is taken"},
		{"services of many steps", "services: [&a {" + service + ", workload: no_budget}" + many + "]", "services[1]: name \"a\" is taken"},
		{"many steps", "services: [" + oneOfMany.String() + "]", "services: more than 500000 steps in all services"},
		{"calls of one", "services: [" + callee + ", &a " + caller("b") + many + "]", "services[2]: name \"a\" is taken"},
		{"calls of nobody", "services: [" + callee + ", &a " + caller("c") + many + "]", "services[2]: name \"a\" is taken"},
		{"long names", "services: [" + strings.Replace(callee, "b", strings.Repeat("b", 30_000), 1) + longCallers.String() + "]", "services[1].operations[0].steps[0].call.service: \"c\" is not"},
		{"steps", operation + "steps: [&a {yield: 1}" + many + "]" + end, "services[0].operations[0].steps[0].yield"},
		{"long paths", operation + "steps: [&a {event: {name: e, attributes: {" + long + ": [null]}}}" + many + "]" + end, "services[0].operations[0].steps[0].event.attributes"},
		{"lists", operation + "steps: [&a {event: {name: e, attributes: {" + long + ": [" + strings.Repeat("x,", 30) + "]}}}" + many + "]" + end, "services[0].operations[0].steps["},
		{"maps of long keys", operation + "steps: [&a {event: {name: e, attributes: {" + long + ": {map: {" + strings.Repeat("k", 1000) + ": {cardinality: 5000}}}}}}" + many + "]" + end, ""},
		{"texts", operation + "steps: [&a {event: {name: e, attributes: {" + long + ": {cardinality: 5000}}}}" + many + "]" + end, ""},
		{"threads", "services: [{" + service + ", workload: minimal, instances: 1000}]", ""},
		{"a million threads", "services: [{name: a, instances: 1000, runtime: {model: tokio, worker_threads: 1024}, arrivals: {process: poisson, rate: 1}, workload: minimal}]", "services: 1024000 worker_threads"},
		{"many users", "services: [{name: a, instances: 1000, runtime: {model: tokio}, arrivals: {process: closed, users: 100000, think: 1s}, workload: minimal}]", "services: 100000000 users"},
		{"calls of calls", "services:" + chain.String(), "services[0].operations[0].steps[0].call: o becomes more than 1000000 tasks"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.LessOrEqual(t, len(tc.text), 1<<16)
			cfg, err := decode(tc.text)
			if err == nil {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				services, parsed := spec.Decode(cfg.Services)
				runtime.GC()
				runtime.ReadMemStats(&after)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostWork))
				assert.Less(t, int64(after.HeapAlloc-before.HeapAlloc), int64(64<<20))
				runtime.KeepAlive(services)
				runtime.KeepAlive(parsed)
				err = cfg.Validate()
			}
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), tc.want), "%.300s", err)
			assert.Less(t, len(err.Error()), 64<<10)
		})
	}
}
