// SPDX-License-Identifier: Apache-2.0

//go:build unix

package statecheck

import (
	"io/fs"
	"syscall"
)

const errNoDirectory = syscall.ENOTDIR

// access says why this process cannot make files in a directory.
func access(directory string) error {
	const writeAndSearch = 2 | 1
	if err := syscall.Access(directory, writeAndSearch); err != nil {
		return &fs.PathError{Op: "access", Path: directory, Err: err}
	}
	return nil
}
