// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"errors"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/find"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/quota"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// process is a process that is read.
type process struct {
	rule     int
	threads  *watch.Process
	resource pcommon.Resource
	start    pcommon.Timestamp // of its numbers: its first read
	// cpuStats are the files of its quotas; none: it has none, or nobody knows where.
	cpuStats []string
	quota    quota.Total
	// hasQuota: quota is known.
	hasQuota bool
	// looked is the number of the last look at it.
	looked uint64
}

// newProcess begins to watch a process. It fails if the process may not be read, or has ended.
func newProcess(proc string, match find.Match, attributes map[string]string, unread *unread) (*process, error) {
	threads, err := watch.Open(proc, match.PID, match.Start, unread.file)
	if err != nil {
		return nil, err
	}
	p := &process{rule: match.Rule, threads: threads, resource: pcommon.NewResource(), start: pcommon.NewTimestampFromTime(threads.At())}
	p.resource.Attributes().PutInt(semconv.ProcessPID, int64(match.PID))
	for key, value := range attributes {
		p.resource.Attributes().PutStr(key, value)
	}
	return p, nil
}

// locate finds the files of its quotas, as often as processes are searched for: a process may move.
func (p *process) locate(files *quota.Files, pid int, unread *unread) {
	p.cpuStats = files.Of(pid, unread.file)
	p.quota.Keep(p.cpuStats)
}

// read reads the process. It returns false if the process has ended.
func (p *process) read(unread *unread) bool {
	if !p.threads.Read() {
		return false
	}
	p.cpuStats = p.quota.Add(p.cpuStats, unread.file) // those that told nothing wait for the next search
	p.hasQuota = len(p.cpuStats) > 0
	return true
}

// closeAll ends the watch of processes.
func closeAll(processes map[find.Identity]*process) error {
	var errs []error
	for _, p := range processes {
		errs = append(errs, p.threads.Close())
	}
	clear(processes)
	return errors.Join(errs...)
}
