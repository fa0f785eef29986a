// SPDX-License-Identifier: Apache-2.0

package procfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// A directory of more entries than its buffer takes is listed as a whole, as often as one likes.
func TestDir(t *testing.T) {
	path := t.TempDir()
	var want []string
	for i := range 1_000 {
		name := fmt.Sprintf("%04d", i)
		want = append(want, name)
		require.NoError(t, os.WriteFile(filepath.Join(path, name), []byte(name), 0o600))
	}
	dir, err := procfile.Open(path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, dir.Close()) }()
	var names []string
	for range 2 {
		names, err = dir.Names(names[:0])
		require.NoError(t, err)
		assert.Equal(t, want, slices.Sorted(slices.Values(names)))
	}
	text, err := dir.Read("0999")
	require.NoError(t, err)
	assert.Equal(t, "0999", string(text))
	_, err = dir.Read("1000")
	assert.True(t, procfile.Gone(err), err)
	_, err = procfile.Open(filepath.Join(path, "none"))
	assert.True(t, procfile.Gone(err), err)
}

// Of a file that is too long for the buffer the end, which may be what counts, is not known.
func TestTooLong(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "status"), []byte(strings.Repeat("x", 20_000)), 0o600))
	dir, err := procfile.Open(path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, dir.Close()) }()
	_, err = dir.Read("status")
	assert.ErrorIs(t, err, procfile.ErrMalformed)
}

func TestReasons(t *testing.T) {
	wrap := func(err error) error { return &fs.PathError{Op: "open", Path: "x", Err: err} }
	for want, errs := range map[procfile.Reason][]error{
		procfile.Hidden:    {wrap(syscall.EACCES), wrap(syscall.EPERM)},
		procfile.Absent:    {wrap(syscall.ENOENT), wrap(syscall.ESRCH), fmt.Errorf("x: %w", procfile.ErrAbsent)},
		procfile.Malformed: {fmt.Errorf("x: %w", procfile.ErrMalformed)},
		procfile.Failed:    {wrap(syscall.EMFILE), wrap(syscall.EIO), errors.New("x")},
	} {
		for _, err := range errs {
			assert.Equal(t, want, procfile.ReasonOf(err), err)
		}
	}
}
