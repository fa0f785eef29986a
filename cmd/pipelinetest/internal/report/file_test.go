// SPDX-License-Identifier: Apache-2.0

package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWrite: a file is replaced, what is no file is written to, and stays what it is.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink("plain", link))
	for _, path := range []string{link, plain, link} { // at first the link leads nowhere
		require.NoError(t, CheckFile(path))
		require.NoError(t, write(path, []byte(path)))
		text, err := os.ReadFile(plain)
		require.NoError(t, err)
		assert.Equal(t, path, string(text))
		info, err := os.Lstat(link)
		require.NoError(t, err)
		assert.NotZero(t, info.Mode()&os.ModeSymlink)
	}

	require.NoError(t, CheckFile(os.DevNull))
	require.NoError(t, write(os.DevNull, []byte("x")))
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeDevice)
	device := filepath.Join(dir, "null")
	require.NoError(t, os.Symlink(os.DevNull, device))
	require.NoError(t, write(device, []byte("x")))
	info, err = os.Lstat(device)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink)

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 3, "nothing else is left")
}

func TestCheckFile(t *testing.T) {
	dir := t.TempDir()
	assert.ErrorContains(t, CheckFile(dir), "is a folder; want a file")
	assert.ErrorIs(t, CheckFile(filepath.Join(dir, "none", "report")), os.ErrNotExist)
	assert.Error(t, CheckFile("/proc/none/report"))
}
