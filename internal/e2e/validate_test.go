// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTypos makes one mistake at a time in the quickstart and expects `validate` to say where, what and what is allowed.
func TestTypos(t *testing.T) {
	text, err := os.ReadFile(configFile("quickstart.yaml"))
	require.NoError(t, err)
	for _, tc := range []struct {
		name, right, wrong string
		want               []string
	}{
		{"unknown model", "model: tokio", "model: tokyo", []string{"services.pages-tokio.runtime.model", "tokyo", "async_std"}},
		{"negative rate", "rate: 200", "rate: -1", []string{"services.pages-tokio.arrivals.rate", "-1", "more than 0"}},
		{"zero workers", "worker_threads: 4", "worker_threads: 0", []string{"services.pages-tokio.runtime.worker_threads", "0 is not allowed", "1 to 1024"}},
		{
			"unknown step", "- io: {", "- compote: {",
			[]string{"services.pages-tokio.operations[0].steps[0]", "compote", "compute"},
		},
		{
			"workload and operations", "operations: &operations", "workload: api_gateway\n        operations: &operations",
			[]string{"services.pages-tokio", "workload", "operations"},
		},
		{"unknown preset", "operations: *operations", "workload: api_getaway", []string{"services.pages-async-std.workload", "api_getaway", "api_gateway"}},
		{"unknown key of the receiver", "seed: 42\n    services", "sede: 42\n    services", []string{"sede"}},
		{"wrong clock", "seed: 42\n    services", "clock: slow\n    services", []string{"clock", "slow", "realtime", "unpaced"}},
		{"wrong class", "runtime_stats:\n\n", "runtime_stats: {classes: {outlier: 1.5}}\n\n", []string{"classes.outlier", "1.5"}},
		{"wrong interval", "interval: 5s", "interval: -1s", []string{"interval", "-1s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Contains(t, string(text), tc.right)
			code, out := run(t, "validate", "--config", writeFile(t, strings.Replace(string(text), tc.right, tc.wrong, 1)))
			assert.NotZero(t, code)
			for _, want := range tc.want {
				assert.Contains(t, out, want)
			}
			assert.NotContains(t, out, "panic")
		})
	}
}

func TestComponents(t *testing.T) {
	code, out := run(t, "components")
	require.Zero(t, code)
	for _, name := range []string{
		"otlp", "process_threads", "synthetic_load", "runtime_stats", "memory_limiter", "batch", "otlp_grpc", "otlp_http", "debug", "nop", "load_verify", "runtime_view",
		"forward", "span_metrics", "signal_to_metrics", "tail_sampling", "attributes", "resource", "filter", "transform", "file",
		"health_check", "pprof", "zpages", "file_storage",
	} {
		assert.Contains(t, out, "- name: "+name+"\n")
	}
}
