// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/odd"
	"github.com/runtimelab/otelcol-runtimelab/receiver/syntheticloadreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// schemaFile is for editors. It is made from the tables of package spec and the fields of Config; -update rewrites it.
const schemaFile = "schema.json"

// settingsSchema is the schema of a struct of settings, by the tags of its fields, with its defaults.
func settingsSchema(t *testing.T, defaults reflect.Value, known map[string]any) map[string]any {
	t.Helper()
	properties := map[string]any{}
	for i := range defaults.NumField() {
		field := defaults.Type().Field(i)
		name := field.Tag.Get("mapstructure")
		if name == "" {
			continue
		}
		if s, is := known[name]; is {
			properties[name] = s
			continue
		}
		v := defaults.Field(i)
		var s map[string]any
		switch {
		case v.Type() == reflect.TypeFor[time.Duration]():
			s = map[string]any{"$ref": "#/$defs/duration", "default": v.Interface().(time.Duration).String()}
		case v.Kind() == reflect.Struct:
			s = settingsSchema(t, v, known)
		case v.Kind() == reflect.Bool:
			s = setting("boolean", v.Bool())
		case v.Kind() == reflect.String:
			s = map[string]any{"type": "string", "default": v.String()}
		case v.CanInt(), v.CanUint():
			s = setting("integer", v.Interface())
		case v.CanFloat():
			s = setting("number", v.Float())
		default:
			t.Fatalf("%s is a %s, of which no schema is known", name, v.Type())
		}
		properties[name] = s
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}

// setting is a value that may also stand in an environment variable.
func setting(kind string, initial any) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": kind}, map[string]any{"$ref": "#/$defs/reference"}}, "default": initial}
}

func choice[T ~string](initial T, of ...T) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"enum": of}, map[string]any{"$ref": "#/$defs/reference"}}, "default": initial}
}

// oddPatternSchema is the schema of a pattern for odd kinds.
func oddPatternSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"enum": odd.Names(odd.Kinds())}, map[string]any{"type": "string", "pattern": `\*$`}, map[string]any{"$ref": "#/$defs/reference"},
	}}
}

// classSchema is the schema of one class.
func classSchema(t *testing.T) map[string]any {
	t.Helper()
	text := map[string]any{"type": "string"}
	s := settingsSchema(t, reflect.ValueOf(ClassConfig{}), map[string]any{
		"signals":    map[string]any{"type": "array", "items": map[string]any{"enum": semconv.SignalNames}},
		"status":     choice("", "", "unset", "ok", "error"),
		"attributes": map[string]any{"type": "object", "additionalProperties": text},
	})
	s["required"] = []string{"name"}
	return s
}

// configurationSchema is the schema of a whole Collector configuration. It says something of this receiver's settings alone.
func configurationSchema(t *testing.T) []byte {
	t.Helper()
	services, defs := spec.Schema()
	c := NewDefaultConfig()
	receiver := settingsSchema(t, reflect.ValueOf(*c), map[string]any{
		"classes":         map[string]any{"type": "array", "items": classSchema(t)},
		"kinds":           map[string]any{"type": "array", "items": oddPatternSchema()},
		"services":        map[string]any{"$ref": "#/$defs/services"},
		"clock":           choice(c.Clock, ClockRealtime, ClockUnpaced),
		"on_backpressure": choice(c.OnBackpressure, BackpressureBlock, BackpressureDrop),
		"requests":        choice(c.Requests, RequestsMerged, RequestsSeparate),
	})
	receiver["description"] = "The receiver synthetic_load: a fleet of simulated Rust services."
	defs["services"], defs[metadata.Type.String()] = services, receiver
	text, err := json.MarshalIndent(map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Collector configuration with the receiver synthetic_load",
		"description": "Generated: go generate ./receiver/syntheticloadreceiver",
		"type":        "object",
		"properties": map[string]any{"receivers": map[string]any{
			"type": "object", "patternProperties": map[string]any{"^" + metadata.Type.String() + "(/.*)?$": map[string]any{"$ref": "#/$defs/" + metadata.Type.String()}},
		}},
		"$defs": defs,
	}, "", " ")
	require.NoError(t, err)
	return append(text, '\n')
}

func TestSchemaIsFresh(t *testing.T) {
	want := configurationSchema(t)
	if *update {
		require.NoError(t, os.WriteFile(schemaFile, want, 0o644))
		return
	}
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, text), "stale: run `make generate`")
}

// asJSON is what a YAML text is in JSON.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var tree any
	require.NoError(t, yaml.Unmarshal(text, &tree))
	text, err := json.Marshal(tree)
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return v
}

// changesServices reports whether receivers change values of services that another configuration has: parts of services are there alone.
func changesServices(receivers map[string]any) bool {
	load, _ := receivers[metadata.Type.String()].(map[string]any)
	services, _ := load["services"].(map[string]any)
	for _, service := range services {
		if service, is := service.(map[string]any); is && service["runtime"] == nil {
			return true
		}
	}
	return false
}

// TestConfigurationsFitTheSchema: each file of config/, and each receiver that stands deeper in one.
func TestConfigurationsFitTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	require.NoError(t, err)
	receivers := 0
	require.NoError(t, filepath.WalkDir("../../config", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		file := asJSON(t, text)
		require.NoError(t, schema.Validate(file), path)
		var look func(node any)
		look = func(node any) {
			switch node := node.(type) {
			case map[string]any:
				if found, is := node["receivers"].(map[string]any); is && !changesServices(found) {
					require.NoError(t, schema.Validate(map[string]any{"receivers": found}), path)
					for id := range found {
						if strings.HasPrefix(id, metadata.Type.String()) {
							receivers++
						}
					}
				}
				for _, v := range node {
					look(v)
				}
			case []any:
				for _, v := range node {
					look(v)
				}
			}
		}
		look(file)
		return nil
	}))
	assert.Greater(t, receivers, 20)
}

// TestSchemaRefuses: what an editor underlines in the settings of the receiver.
func TestSchemaRefuses(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	require.NoError(t, err)
	for text, fits := range map[string]bool{
		"{receivers: {synthetic_load: {}, otlp: {whatever: 5}}}":                 true,
		`{receivers: {synthetic_load/a: {seed: "${env:SEED}", clock: unpaced}}}`: true,
		"{receivers: {synthetic_load: {logs: {level: info}, duration: 1h30m}}}":  true,
		"{receivers: {synthetic_load: {sed: 5}}}":                                false,
		"{receivers: {synthetic_load: {clock: real}}}":                           false,
		"{receivers: {synthetic_load: {duration: 5}}}":                           false,
		"{receivers: {synthetic_load: {shard: {total: many}}}}":                  false,
		"{receivers: {synthetic_load: {services: [{name: a}]}}}":                 false,
	} {
		if err := schema.Validate(asJSON(t, []byte(text))); fits {
			assert.NoError(t, err, text)
		} else {
			assert.Error(t, err, text)
		}
	}
}
