// SPDX-License-Identifier: Apache-2.0

// Package cpuquota runs programs under a real CPU quota: in a cgroup of its own of version 1's cpu controller, which a container's limit is
// made of, too. What the models say of a quota, and what the sidecar says of a service that has one, is held against programs in it.
//
// It takes root and a mounted cpu controller. [Open] says what is missing, so that a test can leave the quota out and say why. Version 2
// is left out: to keep the clients' threads outside, its groups would have to be threaded, and none could be had to try that.
package cpuquota

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// root is where version 1's cpu controller is mounted, by itself or, as on some distributions, with a link from there.
const root = "/sys/fs/cgroup/cpu"

// Outside names the environment variable that tells a program where a thread writes its number to leave the quota: clients that live in
// the process of a service must not be throttled with it.
const Outside = "RUNTIMELAB_OUTSIDE_QUOTA"

// StatFile and Period name the environment variables that tell a program where the group's cpu.stat is, and how long a period is, in
// nanoseconds: to count from a time of its own on.
const (
	StatFile = "RUNTIMELAB_QUOTA_STAT"
	Period   = "RUNTIMELAB_QUOTA_PERIOD_NS"
)

// Group is a cgroup with a quota.
type Group struct {
	folder string
	period time.Duration
}

// Stat is what cpu.stat says.
type Stat struct {
	Periods, Throttled int64
	// Time throttled, summed over CPUs.
	Time time.Duration
}

// Open makes a group whose processes get a quota of CPUs in each period.
func Open(cpus float64, period time.Duration) (*Group, error) {
	folder, err := os.MkdirTemp(root, "runtimelab-")
	if err != nil {
		return nil, fmt.Errorf("no CPU quota can be set here: it takes root and the cpu controller of cgroup version 1: %w", err)
	}
	g := &Group{folder, period}
	quota := time.Duration(cpus * float64(period))
	for _, setting := range []struct {
		file  string
		value time.Duration
	}{{"cpu.cfs_period_us", period}, {"cpu.cfs_quota_us", quota}} {
		if err := g.write(setting.file, setting.value.Microseconds()); err != nil {
			return nil, errors.Join(fmt.Errorf("no CPU quota can be set here: %w", err), g.Close())
		}
	}
	return g, nil
}

func (g *Group) write(file string, n int64) error {
	return os.WriteFile(filepath.Join(g.folder, file), strconv.AppendInt(nil, n, 10), 0o600)
}

// Command is a program that runs in the group from its first instruction on.
func (g *Group) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	enter := []string{"-c", `echo $$ >"$0" && exec "$@"`, g.Tasks(), program}
	cmd := exec.CommandContext(ctx, "sh", append(enter, args...)...) //nolint:gosec // whoever builds the test says what runs in it
	cmd.Env = append(os.Environ(),
		Outside+"="+filepath.Join(root, "tasks"),
		StatFile+"="+filepath.Join(g.folder, "cpu.stat"),
		fmt.Sprintf("%s=%d", Period, g.period))
	return cmd
}

// Weigh sets how much of a CPU the group gets beside others that want it, too. A program of the usual priority outside of any group counts 1024.
func (g *Group) Weigh(shares int64) error { return g.write("cpu.shares", shares) }

// Lead puts the group before others that want a CPU: for clients, and for what measures. Its threads may have a real-time priority, if the
// kernel deals out time for that by group, and has some left.
func (g *Group) Lead() error {
	const most, realtime = 256 * 1024, 100_000 // microseconds of each second
	if _, err := os.Stat(filepath.Join(g.folder, "cpu.rt_runtime_us")); err == nil {
		_ = g.write("cpu.rt_runtime_us", realtime) // without it they are only less exact
	}
	return g.Weigh(most)
}

// Tasks is the file that takes the numbers of threads which are to be in the group.
func (g *Group) Tasks() string { return filepath.Join(g.folder, "tasks") }

// Stat reads cpu.stat.
func (g *Group) Stat() (s Stat, err error) {
	text, err := os.ReadFile(filepath.Join(g.folder, "cpu.stat"))
	if err != nil {
		return s, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return s, fmt.Errorf("cpu.stat: %q: want a number", line)
		}
		switch name {
		case "nr_periods":
			s.Periods = n
		case "nr_throttled":
			s.Throttled = n
		case "throttled_time":
			s.Time = time.Duration(n)
		}
	}
	return s, nil
}

// Close removes the group. Its processes must have ended.
func (g *Group) Close() error { return os.Remove(g.folder) }
