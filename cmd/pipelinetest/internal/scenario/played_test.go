// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestUnplayed: a signal that the next part does not take is not played, unless somebody has said what he wants of it.
func TestUnplayed(t *testing.T) {
	const (
		ports     = `receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}, prometheus: {config: {}}}` + "\n"
		twoTaken  = ports + `service: {pipelines: {traces/in: {receivers: [otlp]}, logs: {receivers: [otlp]}}}`
		scraped   = ports + `service: {pipelines: {traces: {receivers: [otlp]}, logs: {receivers: [otlp]}, metrics: {receivers: [prometheus]}}}`
		connected = ports + `service: {pipelines: {traces: {receivers: [otlp]}, logs: {receivers: [otlp]}, metrics: {receivers: [span_metrics]}}}`
		allTaken  = ports + `service: {pipelines: {traces: {receivers: [otlp]}, logs: {receivers: [otlp]}, metrics: {receivers: [prometheus, otlp]}}}`
		elsewhere = `service: {pipelines: {traces: {receivers: [otlp]}}}`
	)
	change := func(text string) func(*Scenario) {
		return func(s *Scenario) { s.Generators[0].Config = append(s.Generators[0].Config, Config{Text: text}) }
	}
	for name, tc := range map[string]struct {
		gateway string
		change  func(*Scenario)
		want    []string
	}{
		"no pipeline":                {twoTaken, nil, []string{"metrics"}},
		"only scraped":               {scraped, nil, []string{"metrics"}},
		"only from a connector":      {connected, nil, []string{"metrics"}},
		"all":                        {allTaken, nil, nil},
		"no receiver at the address": {elsewhere, nil, nil},
		"a longer load":              {twoTaken, change("receivers: {synthetic_load: {duration: 1m}}"), []string{"metrics"}},
		"pipelines of his own":       {twoTaken, change("service: {pipelines: {metrics: {exporters: [otlp_grpc]}}}"), nil},
		"a generator of his own":     {twoTaken, func(s *Scenario) { s.Generators[0].Config = []Config{{Text: "receivers: {synthetic_load: }"}} }, nil},
		"a failure is wanted":        {twoTaken, func(s *Scenario) { s.Want.Verdict = Fail }, nil},
		"the signal is wanted":       {twoTaken, func(s *Scenario) { s.Want.Signals = CountsBySignal{"metrics": {"lost": {}}} }, nil},
		"of a part":                  {twoTaken, func(s *Scenario) { s.Want.Parts = map[string]CountsBySignal{"gateway": {"metrics": {"sent": some}}} }, nil},
		"a command":                  {twoTaken, func(s *Scenario) { s.Systems[0] = Part{Name: "gateway", Command: []string{"agent"}} }, nil},
		"no system":                  {twoTaken, func(s *Scenario) { s.Systems = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			s.Systems = []Part{{Name: "gateway", Config: []Config{{Text: tc.gateway}}}}
			if tc.change != nil {
				tc.change(s)
			}
			assert.Equal(t, tc.want, s.Unplayed(&s.Generators[0]))
			if len(tc.want) > 0 {
				assert.Equal(t, "gateway has no pipeline that takes metrics: none are played", s.SayUnplayed(&s.Generators[0]))
			} else {
				assert.Empty(t, s.SayUnplayed(&s.Generators[0]))
			}
		})
	}
}

// TestWithout: nothing but the pipeline goes, over both protocols; what is not built in stays.
func TestWithout(t *testing.T) {
	for _, name := range []string{GeneratorName, overHTTP} {
		var before, after map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(BuiltinConfig(name)), &before))
		require.NoError(t, yaml.Unmarshal([]byte(Config{Text: BuiltinConfig(name)}.Without([]string{"metrics"}).Text), &after))
		delete(before["service"].(map[string]any)["pipelines"].(map[string]any), "metrics")
		assert.Equal(t, before, after)
		assert.Equal(t, Config{Text: BuiltinConfig(name)}, Config{Text: BuiltinConfig(name)}.Without(nil))
	}
	other := Config{Text: "service: {pipelines: {metrics: {}}}"}
	assert.Equal(t, other, other.Without([]string{"metrics"}))
}
