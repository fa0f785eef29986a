// SPDX-License-Identifier: Apache-2.0

// Package quota reads how often and how long the kernel has throttled the cgroup of a process, in cpu.stat of version 1 or 2.
//
// A cgroup may have a quota, and so may each one above it: a container, its pod, the slice of all pods. Whichever is used up first stops
// the process. Only cgroups that have a quota are read: the others say zero, whatever happens above them.
//
// The file of a process in another container is mostly out of sight: a container sees its own part of the tree. Then it is absent, which
// says nothing about throttling.
package quota

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// Stat is what cpu.stat says of a quota, since the cgroup was made.
type Stat struct {
	// Periods are those in which the cgroup could run, and Throttled those of them in which it used its quota up.
	Periods, Throttled int64
	// Time is how long it was throttled, added up over CPUs.
	Time time.Duration
}

// The directory of proc whose mountinfo says where cgroups are.
const (
	// Ours is what this process sees.
	Ours = "self"
	// Init is what the first process sees, for a copy of the whole tree below another directory.
	Init = "1"
)

// Files finds the files of processes.
type Files struct {
	fs   procfs.FS
	root string
	of   string
}

// New returns what finds files. root is where the file system of the host is, "/" for that of this process.
func New(root string) (*Files, error) {
	fs, err := procfs.NewFS(filepath.Join(root, "proc"))
	if err != nil {
		return nil, err
	}
	of := Ours
	if root != "/" {
		of = Init
	}
	return &Files{fs, root, of}, nil
}

// Of returns the paths of the cpu.stat of those cgroups of a process that are in sight and have a quota, the nearest first. Calls of unread
// say which file tells nothing. If there is no such cgroup, cpu.stat is absent.
func (f *Files) Of(pid int, unread func(procfile.File, error)) (paths []string) {
	process, err := f.fs.Proc(pid)
	if err != nil {
		unread(procfile.FileCgroup, err)
		return nil
	}
	cgroups, err := process.Cgroups()
	if err != nil {
		unread(procfile.FileCgroup, malformed(err))
		return nil
	}
	mounts, err := f.mounts()
	if err != nil {
		unread(procfile.FileMountinfo, malformed(err))
		return nil
	}
	place, err := locate(cgroups, mounts)
	if err != nil {
		unread(procfile.FileCPUStat, err)
		return nil
	}
	for _, dir := range place.upwards() {
		dir = filepath.Join(f.root, dir)
		limited, err := place.limited(dir)
		if err != nil {
			unread(place.file(), err)
		}
		if limited {
			paths = append(paths, filepath.Join(dir, string(procfile.FileCPUStat)))
		}
	}
	if len(paths) == 0 {
		unread(procfile.FileCPUStat, fmt.Errorf("no cgroup of it that is in sight has a quota: %w", procfile.ErrAbsent))
	}
	return paths
}

func (f *Files) mounts() ([]*procfs.MountInfo, error) {
	if f.of == Ours {
		return f.fs.GetMounts()
	}
	return f.fs.GetProcMounts(1)
}

func malformed(err error) error {
	if errors.Is(err, procfs.ErrFileParse) {
		return fmt.Errorf("%w: %w", procfile.ErrMalformed, err)
	}
	return err
}

const controller = "cpu"

// place is where the cgroup is that limits the CPU of a process.
type place struct {
	mount, below string
	v2           bool
}

// locate returns the cgroup that limits the CPU: that of the controller of version 1, if there is one, else that of version 2. Of several
// mounts it is that which shows most of what is above.
func locate(cgroups []procfs.Cgroup, mounts []*procfs.MountInfo) (place, error) {
	i := slices.IndexFunc(cgroups, func(c procfs.Cgroup) bool { return slices.Contains(c.Controllers, controller) })
	mounted := func(m *procfs.MountInfo) bool { _, ok := m.SuperOptions[controller]; return m.FSType == "cgroup" && ok }
	v2 := i < 0
	if v2 {
		i = slices.IndexFunc(cgroups, func(c procfs.Cgroup) bool { return c.HierarchyID == 0 })
		mounted = func(m *procfs.MountInfo) bool { return m.FSType == "cgroup2" }
	}
	if i < 0 {
		return place{}, fmt.Errorf("no cgroup limits its CPU: %w", procfile.ErrAbsent)
	}
	var best *procfs.MountInfo
	found := place{v2: v2}
	for _, m := range mounts {
		if !mounted(m) || best != nil && len(m.Root) >= len(best.Root) {
			continue
		}
		if below, ok := under(cgroups[i].Path, m.Root); ok {
			best, found.mount, found.below = m, m.MountPoint, below
		}
	}
	if best == nil {
		return place{}, fmt.Errorf("its cgroup %s is out of sight: %w", strconv.Quote(cgroups[i].Path), procfile.ErrAbsent)
	}
	return found, nil
}

// upwards returns the directories of the cgroup and of those above it, up to where they are mounted.
func (p *place) upwards() []string {
	dirs := []string{}
	for below := filepath.Join("/", p.below); ; below = filepath.Dir(below) {
		dirs = append(dirs, filepath.Join(p.mount, below))
		if below == "/" {
			return dirs
		}
	}
}

// file is where a cgroup has its quota.
func (p *place) file() procfile.File {
	if p.v2 {
		return procfile.FileCPUMax
	}
	return procfile.FileCFSQuota
}

// limited reports whether a cgroup has a quota: whether its file has a number, rather than "max" or -1. The root has no such file, and
// neither has a cgroup whose CPU is not controlled.
func (p *place) limited(dir string) (bool, error) {
	path := filepath.Join(dir, string(p.file()))
	text, err := os.ReadFile(path) //nolint:gosec // a cgroup that /proc names
	if err != nil {
		if procfile.Gone(err) {
			err = nil
		}
		return false, err
	}
	quota, _, _ := strings.Cut(strings.TrimSuffix(string(text), "\n"), " ")
	if p.v2 && quota == "max" || !p.v2 && quota == "-1" {
		return false, nil
	}
	if n, err := strconv.ParseInt(quota, 10, 64); err != nil || n <= 0 {
		return false, fmt.Errorf("%w: %s %q", procfile.ErrMalformed, path, quota)
	}
	return true, nil
}

// under returns the part of a path below root. Paths that leave what this process sees begin with "/..".
func under(path, root string) (string, bool) {
	if slices.Contains(strings.Split(path, "/"), "..") || slices.Contains(strings.Split(root, "/"), "..") {
		return "", false
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/"))
	return rest, ok && (rest == "" || rest[0] == '/')
}

// Read reads a cpu.stat.
func Read(path string) (Stat, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a cgroup that /proc names
	if err != nil {
		return Stat{}, err
	}
	return parse(text)
}

// parse reads the text of a cpu.stat. Without the numbers of a quota, as in the root or where version 2 does not control the CPU, they
// are absent.
func parse(text []byte) (s Stat, err error) {
	missing := map[string]bool{"nr_periods": true, "nr_throttled": true, "throttled": true}
	for line := range bytes.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case key != "nr_periods" && key != "nr_throttled" && key != "throttled_time" && key != "throttled_usec":
			continue
		case err != nil || n < 0 || key == "throttled_usec" && n > math.MaxInt64/1_000:
			return Stat{}, fmt.Errorf("%w: %s %q", procfile.ErrMalformed, key, value)
		}
		switch key {
		case "nr_periods":
			s.Periods = n
		case "nr_throttled":
			s.Throttled = n
		case "throttled_time": // version 1
			s.Time, key = time.Duration(n), "throttled"
		case "throttled_usec": // version 2
			s.Time, key = time.Duration(n)*time.Microsecond, "throttled"
		}
		delete(missing, key)
	}
	if len(missing) > 0 {
		return Stat{}, fmt.Errorf("it has no quota: %w", procfile.ErrAbsent)
	}
	return s, nil
}
