// SPDX-License-Identifier: Apache-2.0

package part

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUsage: the CPU time of a child that has ended counts, and a part has its own account alone.
func TestUsage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell")
	}
	idle := shell(t, `echo idle; exec sleep 600`)
	printed(t, idle, "idle")
	busy := shell(t, `sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'
echo counted; until [ -e "$0/end" ]; do sleep 0.01; done`, func(s *Spec) { s.Args = append(s.Args, s.Dir) })
	printed(t, busy, "counted")
	usages, machine, err := UsageOf([]*Process{busy, nil, idle})
	require.NoError(t, err)
	require.Len(t, usages, 3)
	assert.GreaterOrEqual(t, usages[0].CPU, 50*time.Millisecond, "300,000 rounds of a shell take longer")
	assert.Less(t, usages[2].CPU, usages[0].CPU)
	assert.Zero(t, usages[1])
	assert.Positive(t, usages[2].RSS)
	assert.GreaterOrEqual(t, usages[2].Peak, usages[2].RSS)
	assert.Less(t, usages[2].Peak, uint64(8<<20), "the supervisor is not counted, nor is this program")
	assert.Positive(t, machine.Busy)
	assert.Greater(t, machine.All, machine.Busy)
	require.NoError(t, os.WriteFile(filepath.Join(busy.spec.Dir, "end"), nil, 0o600))
	assert.Equal(t, EndedWell, busy.Ending())
}
