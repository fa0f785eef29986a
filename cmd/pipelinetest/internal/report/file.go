// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"
)

// CheckFile tells whether a report can be written to a path, as far as that can be known before.
func CheckFile(path string) error {
	final, replaced, err := target(path)
	if err != nil {
		return err
	}
	if !replaced {
		return nil
	}
	return CheckFolder(filepath.Dir(final))
}

// Replaces tells whether a report takes the place of what is at a path: who writes there before is lost.
func Replaces(path string) bool {
	_, replaced, err := target(path)
	return err == nil && replaced
}

// Place is where a path leads, with links resolved as far as they are there: two paths with the same place are one file.
func Place(path string) string {
	final, _, err := target(path)
	if err != nil {
		return path
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(final)); err == nil {
		return filepath.Join(folder, filepath.Base(final))
	}
	return final
}

// CheckFolder tells whether a file can be made in a folder.
func CheckFolder(path string) error {
	probe, err := os.CreateTemp(path, ".pipelinetest-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// target is where what is written to a path goes. replaced: to a regular file, which is replaced as a whole. What is not, such as a device
// or a pipe, is written to. So is what is reached by way of /dev or /proc: /dev/stdout may be a file that others write to as well.
func target(path string) (final string, replaced bool, err error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", false, err
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, os.ErrNotExist):
		_, lstatErr := os.Lstat(absolute)
		return absolute, lstatErr != nil, nil // a link to what is not there yet is written through
	case err != nil:
		return "", false, err
	case info.IsDir():
		return "", false, fmt.Errorf("%s is a folder; want a file", path)
	case !info.Mode().IsRegular(), strings.HasPrefix(absolute, "/dev/"), strings.HasPrefix(absolute, "/proc/"):
		return absolute, false, nil
	}
	final, err = filepath.EvalSymlinks(absolute)
	return final, true, err
}

// write writes a file so that who reads it finds the old text or the new one.
func write(path string, text []byte) error {
	final, replaced, err := target(path)
	if err != nil {
		return err
	}
	if replaced {
		return maybe.WriteFile(final, text, 0o644)
	}
	file, err := os.OpenFile(final, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644) //nolint:gosec // G302, G304: as any report, and where the user wants it
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
