// SPDX-License-Identifier: Apache-2.0

package watch

import "github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"

// The files of a thread, as indices.
const (
	schedstat = iota
	stat
	status
	numFiles
)

var kinds = [numFiles]procfile.File{procfile.FileSchedstat, procfile.FileStat, procfile.FileStatus}

// reading is what the files of a thread say at one read.
type reading struct {
	Counts
	told    [numFiles]bool
	errs    [numFiles]error
	name    string // if it is a new one
	renamed bool
	ended   bool
	gone    bool // the thread is not there any more
	start   uint64
	peak    uint64
}

func (r *reading) fail(file int, err error) {
	r.errs[file] = err
	r.gone = r.gone || file != schedstat && procfile.Gone(err)
}
