// SPDX-License-Identifier: Apache-2.0

//go:build linux

package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/figure"
	"github.com/runtimelab/otelcol-runtimelab/internal/fidelity/matrix"
)

// script is a stand-in for the real one: each request of a plan takes 20 us, and the first calls are disturbed.
const script = `#!/bin/sh
echo >> %[1]s/calls
stolen=0
[ $(wc -l < %[1]s/calls) -gt %[2]d ] || stolen=0.5
tail -n +2 "$1" | awk -v stolen=$stolen '
	{ printf "%%s[%%d,%%d,%%d,5000,1]", NR == 1 ? "{\"requests\": [" : ",", NR * 1000, NR * 1000 + 5000, NR * 1000 + 20000 }
	END { print "], \"counters\": {\"parks\": 7}, \"wall\": 1000000, \"recorded_polls\": " NR ", \"stolen\": " stolen "}" }'
`

func TestMeasure(t *testing.T) {
	for _, tt := range []struct {
		name                     string
		disturbed, kept, retries int
		anyway                   bool
	}{
		{name: "quiet", kept: 3, retries: 2},
		{name: "disturbed at first", disturbed: 2, kept: 3, retries: 2},
		{name: "disturbed for too long", disturbed: 4, kept: 1, retries: 2},
		{name: "kept anyway", disturbed: 4, kept: 3, anyway: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			binary := filepath.Join(dir, "rig")
			require.NoError(t, os.WriteFile(binary, fmt.Appendf(nil, script, dir, tt.disturbed), 0o700))
			m, err := matrix.Read()
			require.NoError(t, err)
			got, err := Measure(t.Context(), m, Setup{
				Rig: binary, Repeats: 3, Retries: tt.retries, Anyway: tt.anyway, Only: regexp.MustCompile("^light/tokio1$"), Log: t.Logf,
			})
			require.NoError(t, err)
			require.Len(t, got.Cells, 1)
			cell := got.Cells["light/tokio1"]
			require.Len(t, cell.Runs, tt.kept)
			assert.Len(t, cell.Disturbed, min(tt.disturbed, got.Runs))
			run := cell.Runs[0]
			assert.Equal(t, map[string]float64{
				"wait_mean": 5000, "wait_p50": 5000, "latency_p50": 20000, "latency_p99": 20000, "polls": float64(len(run.Arrivals)), "parks": 7,
			}, run.Figures)
			file := filepath.Join(dir, "measured")
			require.NoError(t, got.Write(file))
			read, err := Read(file)
			require.NoError(t, err)
			assert.Equal(t, got, read)
		})
	}
}

// TestMeasureUnderAQuota: the rig runs in a group that has the quota, and leaves none behind.
func TestMeasureUnderAQuota(t *testing.T) {
	group, err := cpuquota.Open(1, 100*time.Millisecond)
	if err != nil {
		t.Skip(err)
	}
	require.NoError(t, group.Close())
	binary := filepath.Join(t.TempDir(), "rig")
	require.NoError(t, os.WriteFile(binary, []byte(quotaScript), 0o700))
	m, err := matrix.ReadQuota()
	require.NoError(t, err)
	setup := Setup{Rig: binary, Repeats: 3, Only: regexp.MustCompile("^busy_at_0.75_of_50ms/tokio1$"), Log: t.Logf}
	got, err := Measure(t.Context(), m, setup)
	require.NoError(t, err)
	require.Len(t, got.Cells, 1)
	cell := got.Cells["busy_at_0.75_of_50ms/tokio1"]
	require.Len(t, cell.Runs, 3)
	run := cell.Runs[0]
	assert.EqualValues(t, 77, run.Began)
	requests := len(run.Arrivals)
	assert.Len(t, run.Quota.Latencies, requests-(requests+19)/20)
	run.Quota.Latencies = nil
	assert.Equal(t, &figure.Quota{Periods: 37500, Throttled: 50_000_000, Time: 5, Waited: 6, Wall: 1_000_000}, run.Quota)

	require.NoError(t, os.WriteFile(binary, fmt.Appendf(nil, script, t.TempDir(), 0), 0o700))
	_, err = Measure(t.Context(), m, setup)
	assert.ErrorContains(t, err, "the rig knows nothing of the quota: build it again")
}

// quotaScript says as periods what quota its group has, in microseconds, and as throttled periods how long they are.
const quotaScript = `#!/bin/sh
quota=$(cat "$(dirname "$RUNTIMELAB_QUOTA_STAT")/cpu.cfs_quota_us")
[ -w "$RUNTIMELAB_OUTSIDE_QUOTA" ] || exit 1
tail -n +2 "$1" | awk -v quota=$quota -v period=$RUNTIMELAB_QUOTA_PERIOD_NS '
	{ printf "%s[%d,%d,%d,5000,1]", NR == 1 ? "{\"requests\": [" : ",", NR * 1000, NR * 1000 + 5000, NR * 1000 + 20000 }
	END { printf "], \"quota\": {\"periods\": %d, \"throttled\": %d, \"time\": 5, \"began\": 77},", quota, period
		print " \"threads\": [{\"name\": \"w\", \"waited\": 4}, {\"name\": \"v\", \"waited\": 2}], \"wall\": 1000000}" }'
`
