// SPDX-License-Identifier: Apache-2.0

package procfile

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// Dir is an open directory. One below /proc/PID stays that of its process: when the process ends, it is empty, and stays so if another
// process gets the number.
type Dir struct {
	fd      int
	path    string
	entries []byte
	text    []byte
}

// Open opens a directory.
func Open(path string) (*Dir, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &Dir{fd: fd, path: path, entries: make([]byte, entriesBuffer), text: make([]byte, textBuffer)}, nil
}

// Names appends the names of what is in the directory.
func (d *Dir) Names(names []string) ([]string, error) {
	if _, err := unix.Seek(d.fd, 0, unix.SEEK_SET); err != nil {
		return names, &fs.PathError{Op: "seek", Path: d.path, Err: err}
	}
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(d.fd, d.entries) })
		if err != nil {
			return names, &fs.PathError{Op: "list", Path: d.path, Err: err}
		}
		if n <= 0 {
			return names, nil
		}
		_, _, names = unix.ParseDirent(d.entries[:n], -1, names)
	}
}

// Read returns the text of a file in the directory, up to the next call.
func (d *Dir) Read(name string) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: d.path + "/" + name, Err: err}
	}
	// The kernel writes such a file at once, and returns all of it if there is room.
	n, err := retry(func() (int, error) { return unix.Read(fd, d.text) })
	_ = unix.Close(fd) // it was read only
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: d.path + "/" + name, Err: err}
	}
	return whole(d.text, n)
}

// Close closes the directory.
func (d *Dir) Close() error { return unix.Close(d.fd) }

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR { //nolint:errorlint // a system call returns the number itself
			return n, err
		}
	}
}
