// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestRuns(t *testing.T) {
	t.Setenv("NIGHT", "007")
	configured := func(texts ...string) (p Part) {
		p.Name = GeneratorName
		for _, text := range texts {
			p.Config = append(p.Config, Config{Text: text})
		}
		return p
	}
	for name, tc := range map[string]struct {
		of   Part
		want Runs
	}{
		"built in":          {configured(BuiltinConfig(GeneratorName)), Runs{Known: true, Unnamed: []string{"synthetic_load"}}},
		"given a name":      {configured(BuiltinConfig(GeneratorName), "receivers: {synthetic_load: {run_id: a}}"), Runs{Known: true, Names: []string{"a"}}},
		"by a variable":     {configured(`receivers: {synthetic_load: {run_id: "${env:NIGHT}"}}`), Runs{Known: true, Names: []string{"007"}}},
		"by ours":           {configured(`receivers: {synthetic_load: {run_id: "${env:PIPELINETEST_RUN}"}}`), Runs{Known: true, Given: true}},
		"two":               {configured("receivers: {synthetic_load/b: , synthetic_load/a: {run_id: a}, otlp: }"), Runs{Known: true, Unnamed: []string{"synthetic_load/b"}, Names: []string{"a"}}},
		"none":              {configured("receivers: {otlp: }"), Runs{}},
		"out of sight":      {Part{Name: GeneratorName, Config: []Config{{Location: "https://example.com/load.yaml"}}}, Runs{}},
		"a command":         {Part{Name: GeneratorName, Command: []string{"otlpload"}}, Runs{}},
		"a command with it": {Part{Name: GeneratorName, Command: []string{"otlpload", "--run-id", "${PIPELINETEST_RUN}"}}, Runs{Known: true, Given: true}},
		"a Collector": {
			Part{Name: GeneratorName, Command: []string{"otelcol", "--config", "yaml:receivers::synthetic_load::seed: 1"}}, Runs{Unnamed: []string{"synthetic_load"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			s.Generators = []Part{tc.of}
			assert.Equal(t, tc.want, s.Runs(&s.Generators[0]))
		})
	}

	s := New()
	s.Faults = []Fault{{Reload: GeneratorName, With: "receivers: {synthetic_load: {run_id: other}}"}}
	assert.False(t, s.Runs(&s.Generators[0]).Known, "a reload names another")
}

// TestNaming: each receiver gets its name, whatever characters there are in both.
func TestNaming(t *testing.T) {
	var config map[string]map[string]map[string]string
	runs := Runs{Unnamed: []string{"synthetic_load", "synthetic_load/b"}}
	require.NoError(t, yaml.Unmarshal([]byte(runs.Naming([]string{"a: 1", `"2`})), &config))
	assert.Equal(t, map[string]map[string]string{"synthetic_load": {"run_id": "a: 1"}, "synthetic_load/b": {"run_id": `"2`}}, config["receivers"])
}
