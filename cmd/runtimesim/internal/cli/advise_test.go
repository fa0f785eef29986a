// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/report"
)

// TestAdviceFollowsTheLoad: the answer is of the runs, not of a list.
func TestAdviceFollowsTheLoad(t *testing.T) {
	for line, want := range map[string]string{
		// One thread of smol carries a light load, and its binary is small; ten times the load it does not.
		"--arrivals poisson:300 --service exp:1ms --max-binary 1MB": "smol",
		"--arrivals poisson:3000 --service exp:1ms":                 "tokio",
		// Less than that is a tie, which the ecosystem decides.
		"--arrivals poisson:300 --service exp:1ms --slo p99=100ms --workers 4": "tokio",
		"--arrivals poisson:300 --service exp:1ms --prefer size":               "smol",
		"--arrivals poisson:300 --service exp:1ms --needs axum":                "tokio",
	} {
		a := decode[report.Advice](t, succeed(t, "advise --json --tasks 3000 --replications 3 "+line))
		require.NotNil(t, a.Runtime, line)
		assert.Equal(t, want, *a.Runtime, "%s: %s", line, a.Because)
	}
	stdout, _, code := command("advise --arrivals poisson:3000 --service exp:1ms --tasks 1000 --max-binary 1MB")
	assert.Equal(t, exitNothingFits, code)
	assert.Contains(t, stdout, "nothing fits: ")
}

// TestAdviceOnThreads: a service that four threads of any runtime carry with ease. A difference of 4 % in the p99 is none, and who loses
// because of a default hears of it.
func TestAdviceOnThreads(t *testing.T) {
	file := func(workers string) string {
		path := filepath.Join(t.TempDir(), "service.yaml")
		require.NoError(t, os.WriteFile(path, []byte("name: s\nruntime: {model: tokio"+workers+"}\narrivals: {process: poisson, rate: 800}\n"+
			"operations: [{name: o, steps: [{io: 2ms}, {compute: 300us}, {spawn: {count: 4, steps: [{compute: 200us}]}}, {join: }]}]\n"), 0o600))
		return path
	}
	out := succeed(t, "advise --workload "+file(", worker_threads: 4"))
	assert.Contains(t, out, "take tokio: the runs show no difference that is sure and at least 10 %, and it is the runtime in use\n")
	assert.Contains(t, out, "  + the service runs on it (in use)\n")
	assert.NotContains(t, out, "SMOL_THREADS")

	out = succeed(t, "advise --tasks 5000 --workload "+file(""))
	assert.Contains(t, out, "take tokio: smol is ruled out, and async_std is discontinued; smol starts one thread, and with --workers 4 it would meet the SLO too\n")
	assert.Contains(t, out, `smol, ruled out
  - misses latency.p99=10ms at 800/s (simulated)
  - starts one thread unless SMOL_THREADS=4 is set (corrected)
  + with --workers 4 it would meet latency.p99=10ms at 800/s (simulated)
`)
}

// TestNoSimulationIsCalledMeasurement: what advise says of its runs, in every place that a reader sees.
func TestNoSimulationIsCalledMeasurement(t *testing.T) {
	const load = "advise --arrivals poisson:3000 --service exp:1ms --tasks 500 --replications 2"
	outputs := []string{succeed(t, "advise --help"), succeed(t, load), succeed(t, load+" --json")}
	nothing, _, code := command(load + " --slo p99=1ns --replications 4")
	assert.Equal(t, exitNothingFits, code)
	headline, _, _ := strings.Cut(nothing, "\n")
	assert.Equal(t, "nothing fits: no runtime meets latency.p99=1ns at any simulated rate, however low: allow a higher --slo, or shorten the requests", headline)
	for _, text := range append(outputs, nothing) {
		for _, said := range regexp.MustCompile(`(?i).{0,20}measure.{0,20}`).FindAllString(text, -1) {
			assert.Regexp(t, "not measured|Nothing of it was measured", said)
		}
		assert.Contains(t, text, "simulated")
	}
}
