// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// compiled is the schema as a validator.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	services, defs := Schema()
	services["$defs"] = defs
	text, err := json.Marshal(services)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("services.json", document))
	schema, err := c.Compile("services.json")
	require.NoError(t, err)
	return schema
}

// jsonOf is a YAML text as JSON would give it.
func jsonOf(t *testing.T, text string) any {
	t.Helper()
	bytes, err := json.Marshal(fleettest.Tree(t, text))
	require.NoError(t, err)
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(string(bytes)))
	require.NoError(t, err)
	return tree
}

// TestTheSchemaTakesWhatDecodeTakes, for what has any key at all.
func TestTheSchemaTakesWhatDecodeTakes(t *testing.T) {
	schema := compiled(t)
	texts := []string{
		service(), "a: {runtime: {model: ideal}, arrivals: {process: constant, rate: 5}, workload: minimal}",
		service(`instances: "${env:N}"`, "max_in_flight: 5", "arrivals: {process: stages, stages: [{duration: 0s, target: 3}]}"),
		service("runtime: {model: smol, executor: threads, thread_name: x, worker_threads: 3}", "export: {processor: simple}"),
		operation("attributes: {a: 1, b: x, c: {cardinality: 5}, d: {cardinality: {count: 5}}, e: {uuid: }, f: {payload: 2KiB}, g: {uniform: {min: -1, max: 1}}}"),
		operation("attributes: {a: [], b: [x, 1, 2.5, true, [{uuid: }]], c: {map: {}}, d: {map: {x: {map: {y: [1]}}}}, e: {bytes: 16B}}"),
		service("export: {processor: simple, late: {share: 0.5, by: 1s}}", "clock: {skew: {exponential: {mean: 1s}}, direction: behind}", "connections: {count: 20, exponent: 1.1}", "runtime: {model: tokio, flavor: tokio_per_core}", "resource: {attributes: {a: [b]}}"),
		steps("[compute: {empirical: {p50: 1ms, p99.9: 2ms}}, io: 1.5ms, yield, yield: , event: a, event: {name: b, attributes: {c: 1}}]"),
	}
	for _, name := range Presets() {
		texts = append(texts, fleettest.ReadPreset(t, name).Service())
	}
	for _, text := range texts {
		assert.NoError(t, schema.Validate(jsonOf(t, text)), text)
	}
}

// TestTheSchemaRefusesMistakes: what an editor underlines.
func TestTheSchemaRefusesMistakes(t *testing.T) {
	schema := compiled(t)
	for _, text := range []string{
		"[]", "{}", "gateway", service("instnaces: 3"), service("instances: 0"), service("instances: 1001"), service("instances: two"),
		service("name: 5"), without("name"), without("operations"), service("workload: minimal"), without("runtime"),
		"a: {name: a, runtime: {model: ideal}, workload: minimal}",
		service("runtime: {model: glommio}"), service("runtime: {model: tokio, executor: main}"), service("runtime: {model: async_std, worker_threads: 1025}"),
		service("arrivals: {process: poisson}"), service("arrivals: {process: poisson, rate: 0}"), service("arrivals: {process: poisson, rate: 1, users: 3}"),
		service("export: {processor: none}"), service("host: {cpus: 4097}"), operation("weight: 0"), operation("kind: servant"),
		operation("attributes: {a: {cardinality: 5, uuid: }}"), operation("attributes: {a: [null]}"), operation("errors: {rate: 1.1}"),
		steps("[]"), steps("[compute: 5]"), steps("[compute: 5 ms]"), steps("[compute: {normal: {mean: 1ms}}]"), steps("[sleep]"), steps("[yield: 1]"),
		steps("[{compute: 1ms, io: 1ms}]"), steps("[span: {name: a}]"), steps("[compute: {empirical: {p50: 1ms}}]"),
	} {
		_, err := fleet(t, text)
		require.Error(t, err, text)
		assert.Error(t, schema.Validate(jsonOf(t, text)), text)
	}
}
