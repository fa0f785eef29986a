// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWriteReport: a file is replaced as a whole, and nothing else is left in its folder, whatever was there before.
func TestWriteReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	for _, text := range []string{"first", "2"} {
		require.NoError(t, writeReport(path, []byte(text)))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(got))
	}
	require.NoError(t, os.Mkdir(path+".d", 0o700))
	require.Error(t, writeReport(path+".d", []byte("a folder is in the way")))
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, files, 2)
}
