// SPDX-License-Identifier: Apache-2.0

package play

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
)

// TestReplayIsExact: a long recording in seconds comes back to the nanosecond.
func TestReplayIsExact(t *testing.T) {
	r := sim.Stream(4)
	var text strings.Builder
	want := make([]sim.Time, 100_000)
	for i := range want {
		want[i] = sim.Time(r.IntN(1_000_000_000))
		fmt.Fprintf(&text, "%d.%09d\n", want[i]/1e9, want[i]%1e9)
	}
	path := filepath.Join(t.TempDir(), "gaps.csv")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	s := mustFleet(t, fleettest.Service("arrivals: {process: replay, file: "+path+"}"))[0]
	got := record(s, 1, 0, 1000*time.Hour)
	require.Len(t, got, len(want))
	sum := sim.Time(0)
	for i, gap := range want {
		sum += gap
		require.Equal(t, sum, got[i].at)
	}
}
