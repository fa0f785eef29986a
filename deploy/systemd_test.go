// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// settings reads `Key=value` lines, of a unit's section or of an environment file. A key that is set twice has the last value.
func settings(t *testing.T, name, section string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for key, all := range lists(t, name, section) {
		values[key] = all[len(all)-1]
	}
	return values
}

// lists reads the same lines, with all values of a key in their order.
func lists(t *testing.T, name, section string) map[string][]string {
	t.Helper()
	values, in := map[string][]string{}, ""
	for line := range strings.Lines(string(readFile(t, "systemd", name))) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.Trim(line, "[]")
		}
		if key, value, found := strings.Cut(line, "="); found && in == section && !strings.HasPrefix(line, "#") {
			values[key] = append(values[key], value)
		}
	}
	require.NotEmpty(t, values)
	return values
}

// TestUnit: the unit, its environment and config/sidecar.yaml fit together.
func TestUnit(t *testing.T) {
	service := settings(t, "otelcol-runtimelab.service", "Service")
	environment := settings(t, "otelcol-runtimelab.conf", "")
	var env []string
	for key, value := range environment {
		env = append(env, key+"="+value)
	}
	validate(t, sidecarConfig(t), env...)
	config := parseConfig(t, sidecarConfig(t))

	limit, found := strings.CutSuffix(service["MemoryMax"], "M") // systemd's M is Kubernetes's Mi
	require.True(t, found)
	assert.Equal(t, mebibytes(t, limit+"MiB")*8/10, mebibytes(t, environment["GOMEMLIMIT"]))

	stop, err := time.ParseDuration(service["TimeoutStopSec"])
	require.NoError(t, err)
	assert.Greater(t, stop, config.drain(t))
	assert.Equal(t, "always", service["Restart"], "a component's fatal error ends the Collector with exit code 0")

	// Where the queue goes unless SIDECAR_STATE says otherwise.
	assert.NotContains(t, environment, "SIDECAR_STATE")
	assert.Contains(t, string(sidecarConfig(t)), "${env:SIDECAR_STATE:-/var/lib/"+service["StateDirectory"]+"}")
}

// TestReload: the Collector ends if it is told to read a configuration with a mistake. So systemd has the file validated before, and a
// command that fails ends the reload.
func TestReload(t *testing.T) {
	service := lists(t, "otelcol-runtimelab.service", "Service")
	require.Len(t, service["ExecReload"], 2)
	check, reload := service["ExecReload"][0], service["ExecReload"][1]
	assert.Equal(t, strings.Replace(service["ExecStart"][0], " --config", " validate --config", 1), check, "what is validated is what runs")
	assert.Equal(t, "/bin/kill -HUP $MAINPID", reload)

	file := filepath.Join(t.TempDir(), "config.yaml")
	validates := func(text, options string) error {
		writeFile(t, file, []byte(text))
		arguments := strings.Fields(strings.NewReplacer("/etc/otelcol-runtimelab/config.yaml", file, "$OTELCOL_OPTIONS", options).Replace(check))
		command := exec.CommandContext(t.Context(), binary(t), arguments[1:]...)
		command.Env = []string{"SIDECAR_STATE=" + t.TempDir()}
		return command.Run()
	}
	text := string(sidecarConfig(t))
	require.NoError(t, validates(text, ""))
	require.NoError(t, validates(text, "--set=service.telemetry.logs.level=debug"))
	require.Error(t, validates(strings.Replace(text, "runtime_stats:", "runtime_stat:", 1), ""))
	require.Error(t, validates(text, "--set=service.telemetry.logs.level=loud"))
}

// TestUnitVerifies: systemd knows every setting of the unit, and rates what it allows as safe.
func TestUnitVerifies(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze on this machine: the unit is not verified")
	}
	unit := strings.ReplaceAll(string(readFile(t, "systemd", "otelcol-runtimelab.service")), "/usr/local/bin/otelcol-runtimelab", binary(t))
	file := filepath.Join(t.TempDir(), "otelcol-runtimelab.service")
	writeFile(t, file, []byte(unit))
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	// An unknown setting is a warning only, and warnings about other units of the machine come along.
	for line := range strings.Lines(string(out)) {
		assert.NotContains(t, line, filepath.Base(file))
	}
	// Exposure is rated 0 (safe) to 10; the threshold is in tenths, and what is above makes it fail.
	out, err = exec.CommandContext(t.Context(), "systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", file).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
