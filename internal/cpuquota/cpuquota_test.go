// SPDX-License-Identifier: Apache-2.0

package cpuquota

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that wants a whole CPU is stopped by a quota of a twentieth, also on a machine that gives it a tenth; and the group goes when the
// program has ended.
func TestQuotaHolds(t *testing.T) {
	g, err := Open(0.05, 20*time.Millisecond)
	if err != nil {
		t.Skip(err)
	}
	require.NoError(t, g.Weigh(4096))
	require.NoError(t, g.Lead())
	cmd := g.Command(context.Background(), "sh", "-c", `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo "$`+Outside+`"`)
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.Equal(t, root+"/tasks\n", string(out), "where its clients' threads go")
	stat, err := g.Stat()
	require.NoError(t, err)
	assert.Positive(t, stat.Throttled)
	assert.GreaterOrEqual(t, stat.Periods, stat.Throttled)
	assert.Positive(t, stat.Time)
	require.NoError(t, g.Close())
	assert.NoDirExists(t, g.folder)
}

func TestQuotaIsRefused(t *testing.T) {
	if _, err := os.Stat(root); err != nil {
		t.Skip(err)
	}
	before, err := os.ReadDir(root)
	require.NoError(t, err)
	_, err = Open(0.5, 10*time.Second)
	require.ErrorContains(t, err, "no CPU quota can be set here", "the kernel takes periods of at most 1 s")
	after, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Len(t, after, len(before), "nothing is left")
}
