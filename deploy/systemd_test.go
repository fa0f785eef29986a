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
	values, in := map[string]string{}, ""
	for line := range strings.Lines(string(readFile(t, "systemd", name))) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = strings.Trim(line, "[]")
		}
		if key, value, found := strings.Cut(line, "="); found && in == section && !strings.HasPrefix(line, "#") {
			values[key] = value
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
