// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	v1 = "nr_periods 33\nnr_throttled 32\nthrottled_time 2240000001\nnr_bursts 0\nburst_time 0\n"
	v2 = "usage_usec 1000\nuser_usec 600\nsystem_usec 400\nnice_usec 0\nnr_periods 33\nnr_throttled 32\nthrottled_usec 2240000\nnr_bursts 0\nburst_usec 0\n"

	mountV1 = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
	mountV2 = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	others  = "25 1 0:5 / /proc rw - proc proc rw\n31 25 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
)

// Where the files of a process are, by what its cgroup and the mounts say. The cgroups that have a quota are in limits.
func TestOf(t *testing.T) {
	root, part, above := " / /sys", " /kubepods/pod1 /sys", " /.. /sys"
	for _, tc := range []struct {
		name, cgroup, mounts string
		limits               map[string]string // by directory below /sys/fs/cgroup
		want                 []string          // directories below /sys/fs/cgroup; empty: none
		unread               []string
	}{
		{name: "version 2, systemd", cgroup: "0::/system.slice/orders.service\n", mounts: others + mountV2, limits: map[string]string{"/system.slice/orders.service": "50000 100000\n", "/system.slice": "max 100000\n"}, want: []string{"/system.slice/orders.service"}},
		{name: "version 2, of its slice", cgroup: "0::/system.slice/orders.service\n", mounts: mountV2, limits: map[string]string{"/system.slice/orders.service": "max 100000\n", "/system.slice": "50000 100000\n"}, want: []string{"/system.slice"}},
		{name: "version 2, of both", cgroup: "0::/a/b/c\n", mounts: mountV2, limits: map[string]string{"/a/b/c": "50000 100000\n", "/a": "70000 100000\n", "/a/b": "max 100000\n", "/d": "1000 100000\n"}, want: []string{"/a/b/c", "/a"}},
		{name: "version 2, none", cgroup: "0::/a/b\n", mounts: mountV2, limits: map[string]string{"/a/b": "max 100000\n"}, unread: []string{"cpu.stat absent"}},
		{name: "version 2, nonsense", cgroup: "0::/a/b\n", mounts: mountV2, limits: map[string]string{"/a/b": "much\n", "/a": "1000 100000\n"}, want: []string{"/a"}, unread: []string{"cpu.max malformed"}},
		{name: "version 2, own container", cgroup: "0::/\n", mounts: mountV2, limits: map[string]string{"": "50000 100000\n"}, want: []string{""}},
		{name: "version 2, container beside", cgroup: "0::/../cri-7f.scope\n", mounts: mountV2, unread: []string{"cpu.stat absent"}},
		{name: "version 2, mount of a part", cgroup: "0::/kubepods/pod1/c2\n", mounts: strings.Replace(mountV2, root, part, 1), limits: map[string]string{"/c2": "5 10\n", "": "6 10\n"}, want: []string{"/c2", ""}},
		{name: "version 2, mount of another part", cgroup: "0::/kubepods/pod1x/c2\n", mounts: strings.Replace(mountV2, root, part, 1), unread: []string{"cpu.stat absent"}},
		{name: "version 2, mount from above", cgroup: "0::/c2\n", mounts: strings.Replace(mountV2, root, above, 1), unread: []string{"cpu.stat absent"}},
		{name: "version 2, mounts of a part and of all", cgroup: "0::/kubepods/pod1/c2\n", mounts: strings.Replace(mountV2, " / /sys/fs/cgroup", " /kubepods/pod1 /own", 1) + mountV2, limits: map[string]string{"/kubepods": "5 10\n"}, want: []string{"/kubepods"}},
		{name: "version 1", cgroup: "4:cpuset:/x\n3:cpu,cpuacct:/orders\n0::/other\n", mounts: others + mountV1 + mountV2, limits: map[string]string{"/cpu,cpuacct/orders": "30000\n", "/cpu,cpuacct": "-1\n", "/other": "5 10\n"}, want: []string{"/cpu,cpuacct/orders"}},
		{name: "version 1, none", cgroup: "3:cpu,cpuacct:/orders\n", mounts: mountV1, limits: map[string]string{"/cpu,cpuacct/orders": "-1\n"}, unread: []string{"cpu.stat absent"}},
		{name: "version 1, nonsense", cgroup: "3:cpu,cpuacct:/orders\n", mounts: mountV1, limits: map[string]string{"/cpu,cpuacct/orders": "0\n"}, unread: []string{"cpu.cfs_quota_us malformed", "cpu.stat absent"}},
		{name: "version 1, container as a whole", cgroup: "3:cpu,cpuacct:/docker/7f\n", mounts: strings.Replace(mountV1, root, " /docker/7f /sys", 1), limits: map[string]string{"/cpu,cpuacct": "30000\n"}, want: []string{"/cpu,cpuacct"}},
		{name: "version 1, container beside", cgroup: "3:cpu,cpuacct:/docker/8f\n", mounts: strings.Replace(mountV1, root, " /docker/7f /sys", 1), unread: []string{"cpu.stat absent"}},
		{name: "name with a colon", cgroup: "0::/a:b\n", mounts: mountV2, limits: map[string]string{"/a:b": "5 10\n"}, want: []string{"/a:b"}},
		{name: "not mounted", cgroup: "0::/x\n", mounts: others, unread: []string{"cpu.stat absent"}},
		{name: "no cgroup", cgroup: "", mounts: mountV2, unread: []string{"cpu.stat absent"}},
		{name: "broken cgroup", cgroup: "x\n", mounts: mountV2, unread: []string{"cgroup malformed"}},
		{name: "broken mounts", cgroup: "0::/\n", mounts: "30 25\n", unread: []string{"mountinfo malformed"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := fakeproc.New(t)
			root.Write("proc/7/cgroup", tc.cgroup)
			root.Write("proc/1/mountinfo", tc.mounts)
			for dir, limit := range tc.limits {
				file := procfile.FileCPUMax
				if strings.HasPrefix(dir, "/cpu,cpuacct") {
					file = procfile.FileCFSQuota
				}
				root.Write("sys/fs/cgroup"+dir+"/"+string(file), limit)
			}
			files, err := New(root.Path())
			require.NoError(t, err)
			var want, unread []string
			for _, dir := range tc.want {
				want = append(want, root.Path()+"/sys/fs/cgroup"+dir+"/cpu.stat")
			}
			got := files.Of(7, func(file procfile.File, err error) {
				unread = append(unread, string(file)+" "+string(procfile.ReasonOf(err)))
			})
			assert.Equal(t, want, got)
			assert.Equal(t, tc.unread, unread)
		})
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Stat{
		v1: {33, 32, 2240000001},
		v2: {33, 32, 2240 * time.Millisecond},
		"nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n": {},
	} {
		s, err := parse([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, want, s)
	}
	for text, want := range map[string]procfile.Reason{
		"": procfile.Absent, "usage_usec 1\nuser_usec 1\nsystem_usec 0\n": procfile.Absent, "nr_periods 1\nnr_throttled 1\n": procfile.Absent,
		"nr_periods x\nnr_throttled 1\nthrottled_usec 1\n":                    procfile.Malformed,
		"nr_periods 1\nnr_throttled -1\nthrottled_usec 1\n":                   procfile.Malformed,
		"nr_periods 1\nnr_throttled 1\nthrottled_usec 9223372036854775807\n":  procfile.Malformed,
		"nr_periods 1\nnr_throttled 1\nthrottled_time 18446744073709551615\n": procfile.Malformed,
	} {
		_, err := parse([]byte(text))
		require.Error(t, err, text)
		assert.Equal(t, want, procfile.ReasonOf(err), text)
	}
}

// A total counts from the first read, and does not fall: not when the cgroup is made anew, nor when the process moves.
func TestTotal(t *testing.T) {
	root := fakeproc.New(t)
	var total Total
	step := func(file, text string, want Stat) {
		t.Helper()
		root.Write(file, text)
		assert.Len(t, total.Add([]string{root.Path() + "/" + file}, never(t)), 1)
		assert.Equal(t, want, total.Stat)
	}
	step("a", "nr_periods 10\nnr_throttled 5\nthrottled_usec 1000\n", Stat{})
	step("a", "nr_periods 13\nnr_throttled 6\nthrottled_usec 1500\n", Stat{3, 1, 500 * time.Microsecond})
	step("a", "nr_periods 1\nnr_throttled 0\nthrottled_usec 0\n", Stat{3, 1, 500 * time.Microsecond})
	step("a", "nr_periods 2\nnr_throttled 1\nthrottled_usec 7\n", Stat{4, 2, 507 * time.Microsecond})
	step("b", "nr_periods 90\nnr_throttled 9\nthrottled_time 9000\n", Stat{4, 2, 507 * time.Microsecond})
	step("b", "nr_periods 91\nnr_throttled 9\nthrottled_time 9000\n", Stat{5, 2, 507 * time.Microsecond})
	root.Remove("b")
	unread := 0
	assert.Empty(t, total.Add([]string{root.Path() + "/b"}, func(file procfile.File, err error) {
		unread++
		assert.Equal(t, procfile.FileCPUStat, file)
		assert.Error(t, err)
	}))
	assert.Equal(t, 1, unread)
	assert.Equal(t, Stat{5, 2, 507 * time.Microsecond}, total.Stat)

	// What it grew by while it could not be read counts; not so what it grew by while the process was elsewhere.
	step("b", "nr_periods 93\nnr_throttled 9\nthrottled_time 9000\n", Stat{7, 2, 507 * time.Microsecond})
	total.Keep([]string{root.Path() + "/c"})
	assert.Empty(t, total.last)
	step("b", "nr_periods 99\nnr_throttled 9\nthrottled_time 9000\n", Stat{7, 2, 507 * time.Microsecond})
	step("c", "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n", Stat{7, 2, 507 * time.Microsecond})
	step("c", "nr_periods 9223372036854775807\nnr_throttled 9223372036854775807\nthrottled_time 9223372036854775807\n", Stat{math.MaxInt64, math.MaxInt64, math.MaxInt64})
}

// Of several quotas the one counts that throttled longest since the read before.
func TestTotalOfLevels(t *testing.T) {
	root := fakeproc.New(t)
	var total Total
	paths := []string{root.Path() + "/pod/container", root.Path() + "/pod/its", root.Path() + "/slice"}
	step := func(container, pod, slice, want Stat) {
		t.Helper()
		for i, s := range []Stat{container, pod, slice} {
			root.Write(strings.TrimPrefix(paths[i], root.Path()), fmt.Sprintf("nr_periods %d\nnr_throttled %d\nthrottled_time %d\n", s.Periods, s.Throttled, s.Time))
		}
		assert.Equal(t, paths, total.Add(paths, never(t)))
		assert.Equal(t, want, total.Stat)
	}
	step(Stat{100, 50, 900}, Stat{900, 100, 90}, Stat{1, 0, 0}, Stat{})
	step(Stat{110, 50, 900}, Stat{909, 100, 90}, Stat{2, 0, 0}, Stat{10, 0, 0})        // none: the nearest
	step(Stat{120, 50, 900}, Stat{918, 103, 120}, Stat{3, 0, 0}, Stat{19, 3, 30})      // the pod's
	step(Stat{130, 51, 910}, Stat{927, 106, 160}, Stat{4, 1, 39}, Stat{28, 6, 70})     // all of them: not their sum
	step(Stat{140, 61, 1910}, Stat{936, 107, 170}, Stat{5, 1, 39}, Stat{38, 16, 1070}) // the container's

	root.Remove("pod/its") // of those that are left
	root.Write("pod/container", "nr_periods 150\nnr_throttled 61\nthrottled_time 1911\n")
	unread := 0
	told := total.Add(paths, func(procfile.File, error) { unread++ })
	assert.Equal(t, []string{paths[0], paths[2]}, told)
	assert.Equal(t, 1, unread)
	assert.Equal(t, Stat{48, 16, 1071}, total.Stat)
}

func never(t *testing.T) func(procfile.File, error) {
	t.Helper()
	return func(file procfile.File, err error) { assert.Fail(t, "unread", "%s: %v", file, err) }
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(v1))
	f.Add([]byte(v2))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parse(text)
		if err != nil {
			assert.Contains(t, []procfile.Reason{procfile.Absent, procfile.Malformed}, procfile.ReasonOf(err))
		}
		assert.False(t, s.Periods < 0 || s.Throttled < 0 || s.Time < 0)
	})
}
