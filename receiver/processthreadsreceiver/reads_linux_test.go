// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
)

// The kernel reports every file that is opened. They are those that the README names, and no other.
func TestReadsWhatIsNamed(t *testing.T) {
	root := fakeproc.New(t)
	root.Write("proc/1/mountinfo", mounts)
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1}, "orders")
	root.Thread(10, 11, fakeproc.Thread{Name: "worker"})
	root.Process(20, fakeproc.Thread{Name: "other"}, "other", "--secret")
	root.Write("proc/10/cgroup", "0::/orders\n")
	root.Write("sys/fs/cgroup/orders/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n")
	root.Write("sys/fs/cgroup/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n")
	root.Write("sys/fs/cgroup/orders/cpu.max", "max 100000\n")
	root.Write("sys/fs/cgroup/cpu.max", "30000 100000\n")
	for _, file := range []string{"environ", "maps", "mem", "auxv", "comm", "io", "smaps", "mounts", "limits", "status", "schedstat", "wchan", "stack"} {
		for _, dir := range []string{"proc/10/", "proc/10/task/11/", "proc/20/", "proc/20/task/20/"} {
			root.Write(dir+file, "1 2 3\n")
		}
	}
	root.Write("proc/10/task/11/status", fakeproc.Status(11, fakeproc.Thread{}))
	root.Write("proc/10/task/11/schedstat", "1 2 3\n")
	for _, file := range []string{"proc/stat", "proc/meminfo", "proc/version", "proc/self/stat", "sys/fs/cgroup/orders/cpu.pressure", "etc/hostname"} {
		root.Write(file, "1\n")
	}

	for _, tc := range []struct {
		name string
		rule ProcessConfig
		want []string
	}{
		{"name", ProcessConfig{Name: "orders"}, []string{"proc/20/stat"}},
		{"pid", ProcessConfig{PID: 10}, nil},
		{"executable", ProcessConfig{Executable: "orders"}, []string{"proc/20/stat", "proc/10/cmdline", "proc/20/cmdline"}},
		{"name and command line", ProcessConfig{Name: "orders", Cmdline: "orders"}, []string{"proc/20/stat", "proc/10/cmdline"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opened := opens(t, root.Path())
			s := scraping(t, root, tc.rule)
			assert.NotEmpty(t, s.points())
			root.Write("proc/10/task/11/schedstat", "2 2 3\n") // opened by the test
			assert.NotEmpty(t, s.points())
			want := append([]string{
				"proc/10/stat", "proc/10/cgroup", "proc/1/mountinfo", "sys/fs/cgroup/orders/cpu.max", "sys/fs/cgroup/cpu.max", "sys/fs/cgroup/cpu.stat",
				"proc/10/task/10/schedstat", "proc/10/task/10/stat", "proc/10/task/10/status",
				"proc/10/task/11/schedstat", "proc/10/task/11/stat", "proc/10/task/11/status",
			}, tc.want...)
			assert.ElementsMatch(t, want, opened())
		})
	}
}

// opens watches the files below a directory. The function that it returns says which have been opened since.
func opens(t *testing.T, root string) func() []string {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, unix.Close(fd)) })
	dirs := map[int32]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		wd, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN)
		dirs[int32(wd)] = strings.TrimPrefix(path, root)
		return err
	}))
	return func() []string {
		var files []string
		buffer := make([]byte, 64<<10)
		for {
			n, err := unix.Read(fd, buffer)
			if errors.Is(err, unix.EAGAIN) {
				slices.Sort(files)
				return slices.Compact(files)
			}
			require.NoError(t, err)
			for event := buffer[:n]; len(event) > 0; {
				wd, mask := int32(binary.NativeEndian.Uint32(event)), binary.NativeEndian.Uint32(event[4:])
				end := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(event[12:]))
				require.Zero(t, mask&unix.IN_Q_OVERFLOW)
				if mask&unix.IN_ISDIR == 0 {
					name := strings.TrimRight(string(event[unix.SizeofInotifyEvent:end]), "\x00")
					files = append(files, strings.TrimPrefix(filepath.Join(dirs[wd], name), string(os.PathSeparator)))
				}
				event = event[end:]
			}
		}
	}
}
