// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// requireRoundTrip writes a fleet as text, reads it, and finds the same fleet: what is played follows from it alone.
func requireRoundTrip(t *testing.T, fleet []*workload.Service) {
	t.Helper()
	require.NoError(t, workload.Check(fleet))
	node, err := Encode(fleet)
	require.NoError(t, err)
	text, err := yaml.Marshal(node)
	require.NoError(t, err)
	again, err := Decode(fleettest.Tree(t, string(text)))
	require.NoError(t, err, string(text))
	if !strings.Contains(string(text), ".nan") { // which does not equal itself
		require.Equal(t, fleet, again, string(text))
	}
}

func TestPresetsComeBack(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			requireRoundTrip(t, mustFleet(t, fleettest.ReadPreset(t, name).Service()))
		})
	}
}

// servicesOf are the `services:` of all receivers in a configuration file, wherever they stand in it.
func servicesOf(t *testing.T, path string) (all []any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var look func(node any)
	look = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, v := range node {
				receiver, is := v.(map[string]any)
				if is && strings.HasPrefix(key, "synthetic_load") && receiver["services"] != nil && !changes(receiver["services"]) {
					all = append(all, receiver["services"])
				}
				look(v)
			}
		case []any:
			for _, v := range node {
				look(v)
			}
		}
	}
	look(fleettest.Tree(t, string(text)))
	return all
}

// changes reports whether services are parts of some that another configuration has, and change those.
func changes(services any) bool {
	byName, _ := services.(map[string]any)
	for _, service := range byName {
		if service, is := service.(map[string]any); is && service["runtime"] == nil {
			return true
		}
	}
	return false
}

func TestConfigurationsComeBack(t *testing.T) {
	blocks := 0
	require.NoError(t, filepath.WalkDir("../../config", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		for _, services := range servicesOf(t, path) {
			t.Run(path, func(t *testing.T) {
				fleet, err := Decode(services)
				require.NoError(t, err)
				requireRoundTrip(t, fleet)
			})
			blocks++
		}
		return nil
	}))
	assert.Greater(t, blocks, 15)
}

func TestEverythingComesBack(t *testing.T) {
	recorded := filepath.Join(t.TempDir(), "gaps.csv")
	require.NoError(t, os.WriteFile(recorded, []byte("1.5ms\n2\n"), 0o600))
	requireRoundTrip(t, mustFleet(t, `
- name: front
  instances: 2
  seed: 18446744073709551615
  runtime: {model: tokio, version: "1.50", flavor: current_thread, event_interval: 7}
  runtimes:
    own: {model: smol, executor: threads, thread_name: "1.5", worker_threads: 3}
    per task: {model: smol, executor: thread_per_task}
  host: {cpus: 3, quota: {cpus: 1.5, period: 20ms, burst: 1500us}}
  arrivals: {process: replay, file: `+recorded+`, repeat: true}
  max_in_flight: 7
  export: {processor: batch, max_queue_size: 17, schedule_delay: 1234567ns}
  operations:
    - name: GET /
      kind: consumer
      weight: 0.25
      block_on: true
      timeout: 1s
      attributes: {text: "1.5", "no": "no", empty: "", whole: 7, float: 7.0, big: 1.0e+300, truth: true, date: "2026-01-31", c: {cardinality: 5},
        d: {cardinality: {count: 5, prefix: c-}}, z: {zipf: {count: 3, exponent: 1}}, u: {uuid: }, p: {payload: 3KiB}, q: {payload: 1025B}, n: {uniform: {min: -1, max: 9223372036854775807}}}
      errors: {rate: 0.5, message: m, attributes: {error.type: x}}
      links: {operation: inner, count: 2}
      steps:
        - timeout: {after: {empirical: {p0: 1ns, p50: 2ms, p99.9: 1h}}, steps: [yield, {span: {name: inner, kind: client, steps: [{call: {service: back, operation: get}}]}}]}
        - run_on: {runtime: own, name: r, attributes: {a: 1}, steps: [{lock: a}, {compute: 1us}, {unlock: a}]}
        - run_on: {runtime: per task, steps: [{channel: {send: jobs, capacity: 3}}, {call: {service: back, operation: get, attributes: {server.address: other, x: 1}}}]}
        - channel: {receive: jobs}
        - spawn: {count: 3, name: child, detached: true, steps: [{event: e}, {event: {name: f, attributes: {a: 0.5}}}]}
        - spawn: {steps: [{io: {pareto: {min: 1ms, alpha: 1.5, max: 2s}}}]}
        - cancel
- name: back
  runtime: {model: smol}
  max_in_flight: 1000000
  operations: [{name: get, steps: [{sleep: {bimodal: {p: 0.5, fast: 1us, slow: 1h}}}]}]
`))
}

// TestWhatYAMLCannotSay: Encode writes nothing that does not read as what it was.
func TestWhatYAMLCannotSay(t *testing.T) {
	type change func(s *workload.Service)
	for want, change := range map[string]change{
		"services[0]: arrivals are a spec.odd, which YAML cannot say": func(s *workload.Service) { s.Arrivals = odd{} },
		"services[0]: a duration is a spec.odd, which YAML cannot say": func(s *workload.Service) {
			s.Operations[0].Program.Steps[0].Duration = odd{}
		},
		"services[0].max_in_flight: 0 is not allowed; want 1 to 1000000": func(s *workload.Service) { s.MaxInFlight = 0 },
		"services[0].arrivals.file: empty; want text": func(s *workload.Service) {
			s.Arrivals = &arrive.Replay{Gaps: []sim.Time{5}}
		},
		"services[0]: a span is never closed; want an end of span after it": func(s *workload.Service) {
			s.Operations[0].Program.Steps = []program.Step{{Op: program.Span}}
		},
		"services[0]: step end of span cannot be said in YAML here": func(s *workload.Service) {
			s.Operations[0].Program.Steps = []program.Step{{Op: program.EndSpan}}
		},
		`services[0]: operation "op" has no span; want one`: func(s *workload.Service) { s.Operations[0].Program.Label = workload.Untraced },
		"services[0]: attribute a is a spec.odd, which YAML cannot say": func(s *workload.Service) {
			s.Spans[0].Attributes = []workload.Attribute{{Key: "a", Value: odd{}}}
		},
		`services[0].runtime.model: "x" is not allowed; want one of tokio, async_std, smol, ideal`: func(s *workload.Service) { s.Runtime.Model = "x" },
	} {
		fleet := mustFleet(t, service())
		change(fleet[0])
		_, err := Encode(fleet)
		require.EqualError(t, err, want)
	}
}

// odd is what YAML has no word for.
type odd struct{ arrive.Poisson }

func (odd) Sample(*sim.Rand) sim.Time { return 0 }
