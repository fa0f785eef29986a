// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The parts of a registry as OpenTelemetry's Weaver reads it: schemas/semconv-syntax.md of open-telemetry/weaver, version 1.
type (
	registryFile struct {
		Groups []registryGroup `yaml:"groups"`
	}
	registryGroup struct {
		ID         string              `yaml:"id"`
		Type       string              `yaml:"type"`
		MetricName string              `yaml:"metric_name,omitempty"`
		Stability  string              `yaml:"stability"`
		Brief      string              `yaml:"brief"`
		Note       string              `yaml:"note,omitempty"`
		Instrument string              `yaml:"instrument,omitempty"`
		Unit       string              `yaml:"unit,omitempty"`
		Attributes []registryAttribute `yaml:"attributes,omitempty"`
	}
	registryAttribute struct {
		ID               string `yaml:"id,omitempty"`
		Ref              string `yaml:"ref,omitempty"`
		Type             any    `yaml:"type,omitempty"` // a name or registryEnum
		Stability        string `yaml:"stability,omitempty"`
		Brief            string `yaml:"brief,omitempty"`
		Note             string `yaml:"note,omitempty"`
		Examples         any    `yaml:"examples,omitempty,flow"`
		RequirementLevel any    `yaml:"requirement_level,omitempty"`
	}
	registryEnum struct {
		Members []registryMember `yaml:"members"`
	}
	registryMember struct {
		ID        string `yaml:"id"`
		Value     string `yaml:"value"`
		Stability string `yaml:"stability"`
	}
	registryManifest struct {
		SchemaURL   string `yaml:"schema_url"`
		Description string `yaml:"description"`
		Stability   string `yaml:"stability"`
	}
)

// stability of all names: the project has no stable release.
const stability = "development"

// ours are the namespaces that the registry has, a file each.
var ours = []struct{ namespace, brief string }{
	{"async_runtime", "Async runtimes of Rust: where the time of a task went."},
	{"latency", "How slow a span is for its operation."},
	{"load_verify", "Numbers on generated items, by which the far end of a pipeline counts what arrived."},
}

// examples are those of attributes of type string that have no list of values.
var examples = map[string][]string{
	HeldUpBy:    {"POST /login"},
	StampRun:    {"0f8fad5b-d9cb-469f-a165-70867728950e", "nightly-42"},
	StampSource: {"7c9e6679-7425-40de-944b-e07fc1f90ae7"},
	StampOdd:    {"span.end_before_start"},

	ThreadGroupName: {"tokio-rt-worker"},
}

const generatedBy = "# Made of the tables of package semconv by `make generate`. Do not edit.\n"

// TestWeaverRegistry compares registry/ with the tables; -update rewrites it.
func TestWeaverRegistry(t *testing.T) {
	want := map[string]string{"registry_manifest.yaml": asYAML(t, registryManifest{
		SchemaURL: SchemaURL, Description: "Names of Runtimelab: async runtimes, latency, and load that is verified.", Stability: stability,
	})}
	for _, o := range ours {
		want[o.namespace+".yaml"] = asYAML(t, registryFile{append([]registryGroup{attributeGroup(o.namespace, o.brief)}, metricGroups(o.namespace)...)})
	}
	files, err := filepath.Glob("registry/*")
	require.NoError(t, err)
	for _, file := range files {
		assert.Contains(t, want, filepath.Base(file), "no namespace of ours")
	}
	for name, text := range want {
		file := filepath.Join("registry", name)
		if *update {
			require.NoError(t, os.MkdirAll("registry", 0o755))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
			continue
		}
		there, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, text, string(there), "%s is stale: run `make generate`", file)
	}
}

func asYAML(t *testing.T, v any) string {
	t.Helper()
	b := bytes.NewBufferString(generatedBy)
	encoder := yaml.NewEncoder(b)
	encoder.SetIndent(2)
	require.NoError(t, encoder.Encode(v))
	return b.String()
}

func attributeGroup(namespace, brief string) registryGroup {
	group := registryGroup{ID: "registry." + namespace, Type: "attribute_group", Stability: stability, Brief: brief}
	for _, a := range Attributes {
		if strings.HasPrefix(a.Name, namespace+".") {
			group.Attributes = append(group.Attributes, registryAttribute{
				ID: a.Name, Type: registryType(a), Stability: stability, Brief: a.Meaning, Note: "Present: " + a.Present + ".", Examples: examplesOf(a),
			})
		}
	}
	return group
}

// registryType is a type of Weaver. It has no bytes.
func registryType(a Attribute) any {
	values := Values(a.Name)
	switch {
	case a.Type == Bytes:
		return "any"
	case a.Type == String && values != nil:
		var enum registryEnum
		for _, v := range values {
			enum.Members = append(enum.Members, registryMember{v, v, stability})
		}
		return enum
	default:
		return string(a.Type)
	}
}

func examplesOf(a Attribute) any {
	switch {
	case a.Name == StampKeys:
		return [][]string{{ServiceName, BusyNs}}
	case a.Type == Strings:
		return [][]string{Values(a.Name)[:2]}
	case a.Type == String && Values(a.Name) == nil:
		return examples[a.Name]
	default:
		return nil
	}
}

func metricGroups(namespace string) (groups []registryGroup) {
	add := func(name string, instrument Instrument, unit, brief, note string, attributes ...registryAttribute) {
		if strings.HasPrefix(name, namespace+".") {
			groups = append(groups, registryGroup{
				ID: "metric." + name, Type: "metric", MetricName: name, Stability: stability, Brief: brief, Note: note,
				Instrument: strings.ToLower(string(instrument)), Unit: unit, Attributes: attributes,
			})
		}
	}
	for _, m := range Metrics {
		if borrowed(m.Name) {
			continue
		}
		var attributes []registryAttribute
		if key := m.Series[0].Key; key != "" {
			attributes = append(attributes, registryAttribute{Ref: key, RequirementLevel: "required"})
		}
		if m.Grouping == Optional {
			attributes = append(attributes, registryAttribute{Ref: Worker, RequirementLevel: "opt_in"})
		}
		add(m.Name, m.Instrument, m.Unit, m.Meaning, "", attributes...)
	}
	for _, m := range KernelMetrics {
		var attributes []registryAttribute
		for _, key := range []string{ThreadGroupName, m.Key} {
			if key != "" && (m.OfGroups || key == m.Key) {
				attributes = append(attributes, registryAttribute{Ref: key, RequirementLevel: "required"})
			}
		}
		add(m.Name, m.Instrument, m.Unit, m.Meaning, "Told by the kernel about a process.", attributes...)
	}
	for _, m := range SpanMetrics {
		add(m.Name, ExponentialHistogram, SpanMetricUnit, m.Meaning,
			"Made of spans, with the attributes `span.name`, `span.kind` and `collector.instance.id` of the Collector's span_metrics connector, `http.route` and `deployment.environment.name`.")
	}
	return groups
}

// TestRegistryIsWeavers holds registry/ to what Weaver's syntax asks for, read as plain YAML: which keys a group and an attribute may
// have, which they need, and what refers to what.
func TestRegistryIsWeavers(t *testing.T) {
	types := []string{"string", "int", "double", "boolean", "any", "string[]", "int[]", "double[]", "boolean[]"}
	ids, refs := map[string]bool{}, map[string]string{}
	unique := func(id string) {
		assert.False(t, ids[id], "%s is there twice", id)
		ids[id] = true
	}
	for _, o := range ours {
		for _, group := range groupsIn(t, filepath.Join("registry", o.namespace+".yaml")) {
			id := text(t, group, "id")
			unique(id)
			text(t, group, "brief")
			assert.Equal(t, stability, group["stability"], id)
			switch group["type"] {
			case "attribute_group":
				keysAmong(t, group, "id", "type", "stability", "brief", "note", "attributes")
				for _, a := range list(t, group, "attributes") {
					keysAmong(t, a, "id", "type", "stability", "brief", "note", "examples")
					name := text(t, a, "id")
					unique(name)
					assert.Regexp(t, `^`+o.namespace+`(\.[a-z][a-z0-9_]*)+$`, name)
					assert.Equal(t, stability, a["stability"], name)
					assert.NotContains(t, text(t, a, "brief"), "\n", name)
					if enum, ok := a["type"].(map[string]any); ok {
						keysAmong(t, enum, "members")
						for _, m := range list(t, enum, "members") {
							keysAmong(t, m, "id", "value", "stability")
							assert.Regexp(t, `^[a-z][a-z0-9_]*$`, m["id"], name)
						}
						continue
					}
					assert.Contains(t, types, a["type"], name)
					if kind := a["type"]; kind == "string" || kind == "string[]" {
						assert.NotEmpty(t, a["examples"], "%s: Weaver wants an example of every string", name)
					}
				}
			case "metric":
				keysAmong(t, group, "id", "type", "metric_name", "stability", "brief", "note", "instrument", "unit", "attributes")
				assert.Equal(t, "metric."+text(t, group, "metric_name"), id)
				assert.Contains(t, []string{"counter", "updowncounter", "gauge", "histogram"}, group["instrument"], id)
				text(t, group, "unit")
				if group["attributes"] == nil {
					break
				}
				for _, a := range list(t, group, "attributes") {
					keysAmong(t, a, "ref", "requirement_level")
					refs[text(t, a, "ref")] = id
					assert.Contains(t, []string{"required", "recommended", "opt_in"}, a["requirement_level"], id)
				}
			default:
				assert.Fail(t, "unknown type", "%s: %v", id, group["type"])
			}
		}
	}
	for ref, id := range refs {
		assert.True(t, ids[ref], "%s refers to %s, which is not there", id, ref)
	}
	for _, a := range Attributes {
		if slices.ContainsFunc(ours, func(o struct{ namespace, brief string }) bool { return strings.HasPrefix(a.Name, o.namespace+".") }) {
			assert.True(t, ids[a.Name], "%s is missing", a.Name)
		}
	}
	for _, m := range Metrics {
		if borrowed(m.Name) {
			continue
		}
		assert.Equal(t, m.Naming == NamingAsyncRuntime, ids["metric."+m.Name], m.Name)
	}
}

func groupsIn(t *testing.T, file string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal(content, &tree))
	keysAmong(t, tree, "groups")
	return list(t, tree, "groups")
}

func keysAmong(t *testing.T, m map[string]any, allowed ...string) {
	t.Helper()
	for key := range m {
		assert.Contains(t, allowed, key, "%v", cmp.Or(m["id"], m["ref"]))
	}
}

func text(t *testing.T, m map[string]any, key string) string {
	t.Helper()
	s, _ := m[key].(string)
	assert.NotEmpty(t, s, "%s of %v", key, m["id"])
	return s
}

func list(t *testing.T, m map[string]any, key string) (all []map[string]any) {
	t.Helper()
	elements, _ := m[key].([]any)
	require.NotEmpty(t, elements, "%s of %v", key, m["id"])
	for _, e := range elements {
		element, ok := e.(map[string]any)
		require.True(t, ok, "%s of %v", key, m["id"])
		all = append(all, element)
	}
	return all
}

// TestSchemaURL: the last part of a schema URL is its version, as the specification of telemetry schemas and Weaver read it.
func TestSchemaURL(t *testing.T) {
	assert.Regexp(t, `^https://[^/]+(/[^/]+)+/\d+\.\d+\.\d+$`, SchemaURL)
	assert.True(t, strings.HasSuffix(SchemaURL, "/"+SchemaVersion))
}

// TestValues: the documents name every value.
func TestValues(t *testing.T) {
	for _, a := range Attributes {
		for _, v := range Values(a.Name) {
			assert.Contains(t, a.Meaning, "`"+v+"`", a.Name)
		}
	}
	assert.Equal(t, []string{"busy", "parked", "searching"}, Values(WorkerState))
	assert.Nil(t, Values(StampRun))
}
