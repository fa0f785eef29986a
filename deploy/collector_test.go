// SPDX-License-Identifier: Apache-2.0

// Package deploy tests what this directory ships: each file is read by the parser of whoever reads it in earnest, the limits, probes
// and privileges are held against each other, and the Collector's configurations in them are run by the built Collector.
// It is a module of its own, so that nothing it needs for that becomes a dependency of the Collector's.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const mebibyte = 1 << 20

// collectorConfig is what the tests compare of a Collector's configuration.
type collectorConfig struct {
	Receivers struct {
		OTLP struct {
			Protocols map[string]struct{ Endpoint string }
		}
	}
	Processors struct {
		MemoryLimiter struct {
			LimitMiB int64 `json:"limit_mib"`
		} `json:"memory_limiter"`
	}
	Exporters struct {
		OTLP struct {
			Timeout      string
			SendingQueue struct {
				QueueSize int64 `json:"queue_size"`
			} `json:"sending_queue"`
		} `json:"otlp_grpc"`
	}
	Extensions struct {
		HealthCheck struct{ Endpoint string } `json:"health_check"`
		FileStorage struct {
			MaxSize int64 `json:"max_size"`
		} `json:"file_storage"`
	}
	Service struct {
		Pipelines map[string]struct{ Receivers, Processors, Exporters []string }
	}
}

func parseConfig(t *testing.T, text []byte) (c collectorConfig) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal(text, &c))
	return c
}

// drain is the longest that the Collector waits for its backend when it is stopped.
func (c *collectorConfig) drain(t *testing.T) time.Duration {
	t.Helper()
	timeout, err := time.ParseDuration(c.Exporters.OTLP.Timeout)
	require.NoError(t, err)
	return timeout
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return text
}

func sidecarConfig(t *testing.T) []byte {
	t.Helper()
	return readFile(t, "..", "config", "sidecar.yaml")
}

// version is the distribution's, which the images are tagged with.
func version(t *testing.T) string {
	t.Helper()
	var builder struct{ Dist struct{ Version string } }
	require.NoError(t, yaml.Unmarshal(readFile(t, "..", "builder-config.yaml"), &builder))
	require.NotEmpty(t, builder.Dist.Version)
	return builder.Dist.Version
}

func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "dist", "otelcol-runtimelab"))
	require.NoError(t, err)
	require.FileExists(t, path, "run `make build` first")
	return path
}

// validate has the Collector check a configuration, with nothing in its environment but what is given.
func validate(t *testing.T, text []byte, env ...string) {
	t.Helper()
	out, err := collector(t, "validate", [][]byte{text}, env...).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

// printed is the configuration that the Collector makes of several files, after it has found no mistake in it.
func printed(t *testing.T, files [][]byte, env ...string) (config map[string]any) {
	t.Helper()
	out, err := collector(t, "print-config", files, env...).Output()
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(out, &config))
	return config
}

// collector is a subcommand of the Collector for a configuration of several files.
func collector(t *testing.T, subcommand string, files [][]byte, env ...string) *exec.Cmd {
	t.Helper()
	folder, arguments := t.TempDir(), []string{subcommand}
	for i, text := range files {
		file := filepath.Join(folder, strconv.Itoa(i)+".yaml")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		arguments = append(arguments, "--config", file)
	}
	cmd := exec.CommandContext(t.Context(), binary(t), arguments...)
	cmd.Env = append([]string{"SIDECAR_STATE=" + t.TempDir()}, env...)
	return cmd
}

// An empty variable is no value: NAME= in a unit or a manifest must not open the sidecar to the network.
func TestEmptyVariables(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), binary(t), "print-config", "--config", filepath.Join("..", "config", "sidecar.yaml"))
	cmd.Env = []string{"SIDECAR_LISTEN_HOST=", "SIDECAR_STATE=", "BACKEND_ENDPOINT=", "BACKEND_INSECURE="}
	out, err := cmd.Output()
	require.NoError(t, err)
	for _, want := range []string{"localhost:4317", "localhost:4318", "localhost:13133", "localhost:5317", "/var/lib/otelcol-runtimelab"} {
		assert.Regexp(t, "(endpoint|directory): "+want+"\n", string(out))
	}
}

// Whoever may not write the state directory is told which variable sets another one, right above the error that ends the start.
func TestStateThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	cmd := exec.CommandContext(t.Context(), binary(t), "--config", filepath.Join("..", "config", "sidecar.yaml"))
	cmd.Env = []string{"SIDECAR_STATE=" + filepath.Join(file, "below")}
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Regexp(t, `This user cannot write the directory of file_storage.* SIDECAR_STATE .*\n(.*\n)?Error: .*not a directory`, string(out))
}

// requireAsShipped: a configuration in a manifest is config/sidecar.yaml but for where it listens: the service's spans come over
// the pod's localhost, the kubelet's probes to the pod's address.
func requireAsShipped(t *testing.T, text []byte) {
	t.Helper()
	want, got := map[string]any{}, map[string]any{}
	require.NoError(t, yaml.Unmarshal(sidecarConfig(t), &want))
	require.NoError(t, yaml.Unmarshal(text, &got))
	at := func(path ...string) map[string]any {
		m := want
		for _, key := range path {
			m = m[key].(map[string]any)
		}
		return m
	}
	at("receivers", "otlp", "protocols", "grpc")["endpoint"] = "localhost:4317"
	at("receivers", "otlp", "protocols", "http")["endpoint"] = "localhost:4318"
	at("extensions", "health_check")["endpoint"] = "${env:POD_IP}:13133"
	// The operator's API cannot tell a component without settings from a missing one.
	for _, config := range []map[string]any{want, got} {
		if processors := config["processors"].(map[string]any); processors["runtime_stats"] == nil {
			processors["runtime_stats"] = map[string]any{}
		}
	}
	require.Equal(t, want, got)
}
