// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/renameio/v2/maybe"
)

// writeReport writes the report to a path. A file is replaced as a whole: a reader finds the old text or the new one, whenever it looks and
// whatever crashes. A link stays one: what it points to is replaced. What is no file, such as /dev/null or a named pipe, and a file that
// is our own stdout or stderr, is written to.
func writeReport(path string, text []byte) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular(), isOpenAs(info, os.Stdout), isOpenAs(info, os.Stderr):
		return writeThrough(path, text)
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	return maybe.WriteFile(path, text, 0o644)
}

func isOpenAs(info fs.FileInfo, f *os.File) bool {
	open, err := f.Stat()
	return err == nil && os.SameFile(info, open)
}

// patience is how long a blocked stdout, storage or named pipe may hold up the shutdown: the Collector itself would wait without end.
const patience = 5 * time.Second

// writeThrough does not wait for a named pipe that nobody reads: that is an error. One that is not read for long is, too.
func writeThrough(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0) //nolint:gosec // G304: the user names the report
	if err != nil {
		return err
	}
	if err := f.SetWriteDeadline(time.Now().Add(patience)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
