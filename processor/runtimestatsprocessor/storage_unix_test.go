// SPDX-License-Identifier: Apache-2.0

//go:build unix

package runtimestatsprocessor

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file that is mapped into memory and has been cut off since faults where it is read. That ends a Go program, if nobody asks for it
// to be a panic.
func TestStorageThatFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mapped")
	require.NoError(t, os.WriteFile(file, make([]byte, 2*os.Getpagesize()), 0o600))
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	mapped, err := syscall.Mmap(int(f.Fd()), 0, 2*os.Getpagesize(), syscall.PROT_READ, syscall.MAP_SHARED)
	require.NoError(t, err)
	defer func() { require.NoError(t, syscall.Munmap(mapped)) }()
	require.NoError(t, f.Truncate(0))

	d := newDisk()
	d.onAccess = func() { d.files["read"] = bytes.Clone(mapped) }
	p := startOn(t, d, nil)
	require.Len(t, p.messages("warn"), 1)
	assert.Contains(t, p.logs.All()[0].ContextMap()["error"], "the storage is damaged: ")
	require.NoError(t, p.Shutdown(t.Context()))
}
