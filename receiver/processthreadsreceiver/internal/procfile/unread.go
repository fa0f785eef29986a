// SPDX-License-Identifier: Apache-2.0

package procfile

import (
	"errors"
	"io/fs"
	"syscall"
)

const (
	// entriesBuffer takes the names of some hundred threads at once.
	entriesBuffer = 8 << 10
	// textBuffer is several times what the longest of the files has, a status with many groups and CPUs.
	textBuffer = 16 << 10
)

// whole returns the first n bytes of a buffer that they do not fill. Else more may have followed.
func whole(buffer []byte, n int) ([]byte, error) {
	if n == len(buffer) {
		return nil, ErrMalformed
	}
	return buffer[:n], nil
}

// File is a kind of file that is read.
type File string

// The kinds of files.
const (
	FileStat      File = "stat"
	FileSchedstat File = "schedstat"
	FileStatus    File = "status"
	FileTask      File = "task"
	FileCmdline   File = "cmdline"
	FileCgroup    File = "cgroup"
	FileMountinfo File = "mountinfo"
	FileCPUStat   File = "cpu.stat"
	FileCPUMax    File = "cpu.max"          // the quota, version 2 of cgroups
	FileCFSQuota  File = "cpu.cfs_quota_us" // the quota, version 1
)

// Reason says why a file told nothing.
type Reason string

// The reasons.
const (
	// Hidden: this user may not read it.
	Hidden Reason = "hidden"
	// Absent: this kernel, or this container, does not have it.
	Absent Reason = "absent"
	// Malformed: it reads as no kernel writes it.
	Malformed Reason = "malformed"
	// Failed: something else, such as too many open files.
	Failed Reason = "failed"
)

// ErrAbsent is what a file is that is not there, or that has nothing in it.
var ErrAbsent = errors.New("not there")

// ReasonOf returns what an error of this package means.
func ReasonOf(err error) Reason {
	switch {
	case errors.Is(err, fs.ErrPermission): // EACCES and EPERM
		return Hidden
	case errors.Is(err, ErrMalformed):
		return Malformed
	case Gone(err), errors.Is(err, ErrAbsent):
		return Absent
	default:
		return Failed
	}
}

// Gone reports whether an error means that the thread or the process has ended.
func Gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}
