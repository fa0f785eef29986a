// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const manifests = "../../deploy/kubernetes/load"

// keys reads a configuration.
func keys(t *testing.T, config string) (all map[string]any) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(config), &all))
	return all
}

// at follows a path of keys.
func at(t *testing.T, all map[string]any, path ...string) any {
	t.Helper()
	var here any = all
	for _, key := range path {
		m, ok := here.(map[string]any)
		require.True(t, ok, "%s has no keys", key)
		require.Contains(t, m, key)
		here = m[key]
	}
	return here
}

// TestShippedService: the fleet is the shipped one but for its rate. Its instances are what shards are made of.
func TestShippedService(t *testing.T) {
	configs, err := readParts(manifests)
	require.NoError(t, err)
	require.Len(t, configs[generator], 3)
	services, ok := at(t, keys(t, configs[generator][1]), "receivers", "synthetic_load", "services").([]any)
	require.True(t, ok)
	require.Len(t, services, 1)
	got, ok := services[0].(map[string]any)
	require.True(t, ok)
	want := service(1)
	assert.Equal(t, at(t, want, "arrivals", "process"), at(t, got, "arrivals", "process"))
	delete(want, "arrivals")
	delete(got, "arrivals")
	assert.Equal(t, want, got)
}

// TestEnvironment: a process has every variable that its manifest reads, and knows the next part by the name that the hosts file has.
func TestEnvironment(t *testing.T) {
	configs, err := readParts(manifests)
	require.NoError(t, err)
	for r := range roles {
		env := strings.Join(environment(r, 0, "run", "folder"), "\n")
		read := regexp.MustCompile(`\$\{env:(\w+)\}`).FindAllStringSubmatch(strings.Join(configs[r], "\n"), -1)
		require.NotEmpty(t, read)
		for _, name := range read {
			assert.Regexp(t, "(?m)^"+name[1]+"=.", env, r)
		}
	}
	named := hosts(shape{1, 2, 1})
	assert.Contains(t, named, addressOf(gateway, 1)+" load-gateway\n")
	assert.Equal(t, 2, strings.Count(named, " load-gateway\n"))
	assert.Contains(t, environment(generator, 0, "run", "folder"), "PIPELINETEST_TO_NEXT=load-gateway:4317")
}

// TestOverlay: what a trial changes is there to be changed. A key that the manifests do not have would change nothing.
func TestOverlay(t *testing.T) {
	configs, err := readParts(manifests)
	require.NoError(t, err)
	has := func(r role, path ...string) {
		t.Helper()
		for _, config := range configs[r] {
			here, there := any(keys(t, config)), true
			for _, key := range path {
				m, _ := here.(map[string]any)
				here, there = m[key], there && m[key] != nil
			}
			if there {
				return
			}
		}
		assert.Fail(t, "the manifest has no such key", "%s: %v", r, path)
	}
	has(generator, "extensions", "load_gate", "stop_collector")
	has(generator, "receivers", "synthetic_load", "shard", "total")
	has(generator, "exporters", "otlp_grpc", "sending_queue", "wait_for_result")
	has(gateway, "exporters", "otlp_grpc")
	has(verifier, "extensions", "file_storage/pod", "directory")
	has(verifier, "exporters", "load_verify", "expect", "verifiers")
	has(verifier, "exporters", "load_verify", "state", "verifiers")

	text, err := overlay(generator, plan{shape{4, 1, 1}, load{Unpaced: true, Short: true, Queued: true}}, 1000, "folder")
	require.NoError(t, err)
	changes := keys(t, text)
	assert.Equal(t, 4, at(t, changes, "receivers", "synthetic_load", "shard", "total"))
	assert.Equal(t, "1ms", at(t, changes, "receivers", "synthetic_load", "slice"))
	assert.Equal(t, "none", at(t, changes, "exporters", "otlp_grpc", "compression"))
	assert.Equal(t, false, at(t, changes, "exporters", "otlp_grpc", "sending_queue", "wait_for_result"))
	text, err = overlay(gateway, plan{base, shipped}, 1000, "folder")
	require.NoError(t, err)
	assert.Empty(t, keys(t, text), "a gateway is as it is shipped")
	text, err = overlay(verifier, plan{shape{1, 1, 7}, shipped}, 1000, "folder")
	require.NoError(t, err)
	assert.Equal(t, 7, at(t, keys(t, text), "exporters", "load_verify", "expect", "verifiers"))
}

// TestRate: all instances together make the rate that is asked for.
func TestRate(t *testing.T) {
	rate, ok := at(t, service(12_000*spansPerRequest), "arrivals", "rate").(float64)
	require.True(t, ok)
	assert.InDelta(t, 1000, rate, 1e-9)
}

func TestTracesOnly(t *testing.T) {
	text, err := tracesOnly(`{exporters: {otlp_grpc: {endpoint: "${env:X}"}}, service: {pipelines: {traces: {receivers: [a]}, metrics: {receivers: [a]}, logs: {receivers: [a]}}}}`)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"traces": map[string]any{"receivers": []any{"a"}}}, at(t, keys(t, text), "service", "pipelines"))
	assert.Equal(t, "${env:X}", at(t, keys(t, text), "exporters", "otlp_grpc", "endpoint"))
	text, err = tracesOnly("receivers: {otlp: }")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"receivers": map[string]any{"otlp": nil}}, keys(t, text))
}

func TestConfigsIn(t *testing.T) {
	configs, err := configsIn([]byte("kind: Namespace\n---\nkind: ConfigMap\ndata: {pod.yaml: c, 2.yaml: b, 1.yaml: a}\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, configs)
	_, err = configsIn([]byte("kind: Namespace\n"))
	assert.ErrorContains(t, err, "no ConfigMap")
}
