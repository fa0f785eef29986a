// SPDX-License-Identifier: Apache-2.0

//go:build linux

package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
