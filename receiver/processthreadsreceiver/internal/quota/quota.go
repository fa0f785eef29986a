// SPDX-License-Identifier: Apache-2.0

// Package quota reads how often and how long the kernel has throttled the cgroup of a process, in cpu.stat of version 1 or 2.
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

// Of returns the path of the cpu.stat of a process, and which file told nothing if there is none.
func (f *Files) Of(pid int) (path string, unread procfile.File, err error) {
	process, err := f.fs.Proc(pid)
	if err != nil {
		return "", procfile.FileCgroup, err
	}
	cgroups, err := process.Cgroups()
	if err != nil {
		return "", procfile.FileCgroup, malformed(err)
	}
	mounts, err := f.mounts()
	if err != nil {
		return "", procfile.FileMountinfo, malformed(err)
	}
	dir, err := locate(cgroups, mounts)
	if err != nil {
		return "", procfile.FileCPUStat, err
	}
	return filepath.Join(f.root, dir, string(procfile.FileCPUStat)), "", nil
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

// locate returns the directory of the cgroup that limits the CPU: that of the controller of version 1, if there is one, else that of
// version 2.
func locate(cgroups []procfs.Cgroup, mounts []*procfs.MountInfo) (string, error) {
	i := slices.IndexFunc(cgroups, func(c procfs.Cgroup) bool { return slices.Contains(c.Controllers, controller) })
	mounted := func(m *procfs.MountInfo) bool { _, ok := m.SuperOptions[controller]; return m.FSType == "cgroup" && ok }
	if i < 0 {
		i = slices.IndexFunc(cgroups, func(c procfs.Cgroup) bool { return c.HierarchyID == 0 })
		mounted = func(m *procfs.MountInfo) bool { return m.FSType == "cgroup2" }
	}
	if i < 0 {
		return "", fmt.Errorf("no cgroup limits its CPU: %w", procfile.ErrAbsent)
	}
	for _, m := range mounts {
		if !mounted(m) {
			continue
		}
		if below, ok := under(cgroups[i].Path, m.Root); ok {
			return filepath.Join(m.MountPoint, below), nil
		}
	}
	return "", fmt.Errorf("its cgroup %s is out of sight: %w", strconv.Quote(cgroups[i].Path), procfile.ErrAbsent)
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
