// SPDX-License-Identifier: Apache-2.0

package quota

import (
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

// Where the file of a process is, by what its cgroup and the mounts say.
func TestOf(t *testing.T) {
	for _, tc := range []struct {
		name, cgroup, mounts string
		want                 string // below the root; empty: out of sight
		unread               procfile.File
		reason               procfile.Reason
	}{
		{name: "version 2, systemd", cgroup: "0::/system.slice/orders.service\n", mounts: others + mountV2, want: "/sys/fs/cgroup/system.slice/orders.service/cpu.stat"},
		{name: "version 2, own container", cgroup: "0::/\n", mounts: mountV2, want: "/sys/fs/cgroup/cpu.stat"},
		{name: "version 2, container beside", cgroup: "0::/../cri-7f.scope\n", mounts: mountV2, unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "version 2, mount of a part", cgroup: "0::/kubepods/pod1/c2\n", mounts: strings.Replace(mountV2, " / /sys", " /kubepods/pod1 /sys", 1), want: "/sys/fs/cgroup/c2/cpu.stat"},
		{name: "version 2, mount of another part", cgroup: "0::/kubepods/pod1x/c2\n", mounts: strings.Replace(mountV2, " / /sys", " /kubepods/pod1 /sys", 1), unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "version 2, mount from above", cgroup: "0::/c2\n", mounts: strings.Replace(mountV2, " / /sys", " /.. /sys", 1), unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "version 1", cgroup: "4:cpuset:/x\n3:cpu,cpuacct:/orders\n0::/other\n", mounts: others + mountV1 + mountV2, want: "/sys/fs/cgroup/cpu,cpuacct/orders/cpu.stat"},
		{name: "version 1, container as a whole", cgroup: "3:cpu,cpuacct:/docker/7f\n", mounts: strings.Replace(mountV1, " / /sys", " /docker/7f /sys", 1), want: "/sys/fs/cgroup/cpu,cpuacct/cpu.stat"},
		{name: "version 1, container beside", cgroup: "3:cpu,cpuacct:/docker/8f\n", mounts: strings.Replace(mountV1, " / /sys", " /docker/7f /sys", 1), unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "name with a colon", cgroup: "0::/a:b\n", mounts: mountV2, want: "/sys/fs/cgroup/a:b/cpu.stat"},
		{name: "not mounted", cgroup: "0::/x\n", mounts: others, unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "no cgroup", cgroup: "", mounts: mountV2, unread: procfile.FileCPUStat, reason: procfile.Absent},
		{name: "broken cgroup", cgroup: "x\n", mounts: mountV2, unread: procfile.FileCgroup, reason: procfile.Malformed},
		{name: "broken mounts", cgroup: "0::/\n", mounts: "30 25\n", unread: procfile.FileMountinfo, reason: procfile.Malformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := fakeproc.New(t)
			root.Write("proc/7/cgroup", tc.cgroup)
			root.Write("proc/1/mountinfo", tc.mounts)
			files, err := New(root.Path())
			require.NoError(t, err)
			path, unread, err := files.Of(7)
			if tc.want != "" {
				require.NoError(t, err)
				assert.Equal(t, root.Path()+tc.want, path)
				return
			}
			require.Error(t, err)
			assert.Equal(t, tc.unread, unread)
			assert.Equal(t, tc.reason, procfile.ReasonOf(err), err)
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
		require.NoError(t, total.Add(root.Path()+"/"+file))
		assert.Equal(t, want, total.Stat)
	}
	step("a", "nr_periods 10\nnr_throttled 5\nthrottled_usec 1000\n", Stat{})
	step("a", "nr_periods 13\nnr_throttled 6\nthrottled_usec 1500\n", Stat{3, 1, 500 * time.Microsecond})
	step("a", "nr_periods 1\nnr_throttled 0\nthrottled_usec 0\n", Stat{3, 1, 500 * time.Microsecond})
	step("a", "nr_periods 2\nnr_throttled 1\nthrottled_usec 7\n", Stat{4, 2, 507 * time.Microsecond})
	step("b", "nr_periods 90\nnr_throttled 9\nthrottled_time 9000\n", Stat{4, 2, 507 * time.Microsecond})
	step("b", "nr_periods 91\nnr_throttled 9\nthrottled_time 9000\n", Stat{5, 2, 507 * time.Microsecond})
	root.Remove("b")
	require.Error(t, total.Add(root.Path()+"/b"))
	assert.Equal(t, Stat{5, 2, 507 * time.Microsecond}, total.Stat)
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
