// SPDX-License-Identifier: Apache-2.0

package part

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// tick is the unit of CPU time in /proc/PID/stat: 1/sysconf(_SC_CLK_TCK), 10 ms on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// UsageOf is what parts have used, and the machine. All processes are looked at once, whatever the number of parts. Nil stands for a part that does
// not run.
func UsageOf(parts []*Process) ([]Usage, Machine, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, Machine{}, err
	}
	stat, err := fs.Stat()
	if err != nil {
		return nil, Machine{}, err
	}
	cpu := stat.CPUTotal
	busy := cpu.User + cpu.Nice + cpu.System + cpu.IRQ + cpu.SoftIRQ + cpu.Steal // what runs in guests is in User
	machine := Machine{Busy: seconds(busy), All: seconds(busy + cpu.Idle + cpu.Iowait)}
	machine.Periods, machine.Throttled = quota("/sys/fs/cgroup")
	processes, err := fs.AllProcs()
	if err != nil {
		return nil, Machine{}, err
	}
	stats, children := map[int]procfs.ProcStat{}, map[int][]int{}
	for _, process := range processes {
		if stat, err := process.Stat(); err == nil { // it may have ended meanwhile
			stats[process.PID] = stat
			children[stat.PPID] = append(children[stat.PPID], process.PID)
		}
	}
	usages := make([]Usage, len(parts))
	for i, p := range parts {
		if p == nil {
			continue
		}
		supervisor := p.cmd.Process.Pid
		// What has ended, and was waited for by the supervisor, is in the supervisor's account of its children.
		usages[i].CPU = ticks(stats[supervisor].CUTime, stats[supervisor].CSTime)
		tree := descendants(children, supervisor)
		for _, pid := range tree {
			s := stats[pid]
			usages[i].CPU += ticks(int(s.UTime), int(s.STime)) + ticks(s.CUTime, s.CSTime)
			usages[i].RSS += uint64(max(s.RSS, 0)) * uint64(os.Getpagesize()) //nolint:gosec // G115: neither is negative
		}
		usages[i].Peak = usages[i].RSS
		if len(tree) == 1 {
			if process, err := fs.Proc(tree[0]); err == nil {
				if status, err := process.NewStatus(); err == nil {
					usages[i].Peak = max(usages[i].Peak, status.VmHWM)
				}
			}
		}
	}
	return usages, machine, nil
}

// quota is what the kernel says of a quota of CPU time, in a hierarchy of control groups of version 2, or of version 1.
func quota(root string) (periods, throttled uint64) {
	for _, path := range []string{"cpu.stat", filepath.Join("cpu", "cpu.stat")} {
		text, err := os.ReadFile(filepath.Join(root, path)) //nolint:gosec // G304: of the kernel
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			n, err := strconv.ParseUint(value, 10, 64)
			switch {
			case err != nil:
			case name == "nr_periods":
				periods = n
			case name == "nr_throttled":
				throttled = n
			}
		}
		return periods, throttled
	}
	return 0, 0
}

// descendants are the processes below one, without itself.
func descendants(children map[int][]int, of int) (tree []int) {
	queue, seen := []int{of}, map[int]bool{of: true} // a snapshot of what changes may have circles
	for ; len(queue) > 0; queue = queue[1:] {
		for _, child := range children[queue[0]] {
			if !seen[child] {
				seen[child] = true
				queue, tree = append(queue, child), append(tree, child)
			}
		}
	}
	return tree
}

func ticks[T int | int64](user, system T) time.Duration { return time.Duration(user+system) * tick }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
