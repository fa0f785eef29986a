// SPDX-License-Identifier: Apache-2.0

//go:build unix

package loadverifyexporter

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReportThrough: what is no file stays what it is.
func TestReportThrough(t *testing.T) {
	dir := t.TempDir()
	mode := func(path string) os.FileMode {
		info, err := os.Lstat(path)
		require.NoError(t, err)
		return info.Mode().Type()
	}

	t.Run("a device", func(t *testing.T) {
		before := mode("/dev/null")
		link := filepath.Join(dir, "null") // so that a mistake does no harm
		require.NoError(t, os.Symlink("/dev/null", link))
		require.NoError(t, writeReport(link, []byte("text")))
		assert.Equal(t, os.ModeSymlink, mode(link))
		assert.Equal(t, before, mode("/dev/null"))
	})
	t.Run("a link to a file", func(t *testing.T) {
		link, file := filepath.Join(dir, "link.json"), filepath.Join(dir, "file.json")
		require.NoError(t, os.WriteFile(file, []byte("a longer text"), 0o600))
		require.NoError(t, os.Symlink("file.json", link))
		require.NoError(t, writeReport(link, []byte("text")))
		assert.Equal(t, os.ModeSymlink, mode(link))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "text", string(got))
	})
	t.Run("a named pipe", func(t *testing.T) {
		pipe := filepath.Join(dir, "pipe")
		require.NoError(t, syscall.Mkfifo(pipe, 0o600))
		require.Error(t, writeReport(pipe, []byte("nobody reads")), "and nobody waits")
		reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		require.NoError(t, err)
		defer func() { _ = reader.Close() }()
		require.NoError(t, writeReport(pipe, []byte("text")))
		assert.Equal(t, os.ModeNamedPipe, mode(pipe))
		got, err := io.ReadAll(reader)
		require.NoError(t, err)
		assert.Equal(t, "text", string(got))
	})
	t.Run("our own stdout", func(t *testing.T) {
		file, err := os.Create(filepath.Join(dir, "stdout"))
		require.NoError(t, err)
		defer func() { _ = file.Close() }()
		was := os.Stdout
		defer func() { os.Stdout = was }()
		os.Stdout = file
		_, err = file.WriteString("table ")
		require.NoError(t, err)
		require.NoError(t, writeReport(file.Name(), []byte("text")))
		got, err := os.ReadFile(file.Name())
		require.NoError(t, err)
		assert.Equal(t, "table text", string(got))
	})
}
