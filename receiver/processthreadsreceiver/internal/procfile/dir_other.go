// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package procfile

import (
	"io"
	"os"
	"path/filepath"
)

// Dir is a directory: a copy of one of /proc, since only Linux has the original.
type Dir struct {
	path string
	text []byte
}

// Open opens a directory.
func Open(path string) (*Dir, error) {
	if _, err := os.ReadDir(path); err != nil {
		return nil, err
	}
	return &Dir{path, make([]byte, textBuffer)}, nil
}

// Names appends the names of what is in the directory.
func (d *Dir) Names(names []string) ([]string, error) {
	entries, err := os.ReadDir(d.path)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// Read returns the text of a file in the directory, up to the next call.
func (d *Dir) Read(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := f.Read(d.text)
	if err != nil && err != io.EOF { //nolint:errorlint // Read returns io.EOF itself
		return nil, err
	}
	return whole(d.text, n)
}

// Close closes the directory.
func (*Dir) Close() error { return nil }
