// SPDX-License-Identifier: Apache-2.0

package part

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQuota: both versions of control groups say it in the same words, at different places.
func TestQuota(t *testing.T) {
	const text = "usage_usec 7\nnr_periods 100\nnr_throttled 20\nthrottled_usec x\n"
	for _, path := range []string{"cpu.stat", "cpu/cpu.stat"} {
		root := t.TempDir()
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte(text), 0o600))
		periods, throttled := quota(root)
		assert.Equal(t, []uint64{100, 20}, []uint64{periods, throttled})
	}
	periods, throttled := quota(t.TempDir())
	assert.Equal(t, []uint64{0, 0}, []uint64{periods, throttled})
}
