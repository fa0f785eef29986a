// SPDX-License-Identifier: Apache-2.0

package watch_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
)

// The kernel itself: threads of this process that compute, have a name and end.
func TestOwnProcess(t *testing.T) {
	const threads = 3
	var w *watch.Process
	group := func(name string) watch.Group {
		for _, g := range w.Groups() {
			if g.Name == name {
				return *g
			}
		}
		return watch.Group{}
	}
	w, err := watch.Open("/proc", os.Getpid(), ownStart(t), func(file procfile.File, err error) { t.Logf("%s: %v", file, err) })
	require.NoError(t, err)
	defer func() { assert.NoError(t, w.Close()) }()
	require.True(t, w.Read())

	done := make(chan struct{})
	var running sync.WaitGroup
	for range threads + 1 { // one of them may have the first thread, which is a group of its own
		running.Go(func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			name := [16]byte{}
			copy(name[:], "computes-12")
			assert.NoError(t, unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0))
			for {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond): // and leaves CPUs for who reads
					for i := range 1 << 20 {
						name[15] ^= byte(i)
					}
				}
			}
		})
	}
	require.Eventually(t, func() bool {
		g := group("computes")
		return w.Read() && g.Threads >= threads && // a thread that one of them starts has its name, too
			g.User+g.System > 0 && (!w.HasSchedstat() || g.OnCPU > uint64(10*time.Millisecond) && g.Slices > 0)
	}, 2*time.Minute, 10*time.Millisecond)
	assert.True(t, w.HasSwitches())
	before := group("computes")

	close(done)
	running.Wait() // their threads end, but for the first of the process, if it is one of them
	require.Eventually(t, func() bool { return w.Read() && group("computes").Threads < before.Threads }, 2*time.Minute, 10*time.Millisecond)
	assert.GreaterOrEqual(t, group("computes").OnCPU, before.OnCPU)
}

func ownStart(t *testing.T) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/stat")
	require.NoError(t, err)
	stat, err := procfile.ParseStat(text)
	require.NoError(t, err)
	return stat.Start
}

// Files that this user may not read are hidden. Threads whose names cannot be read are in no group.
func TestHidden(t *testing.T) {
	w := watching(t, counts(1))
	w.open(5)
	require.NoError(t, os.Chmod(w.Path()+"/proc/100/task/100/stat", 0))
	result := make(chan bool)
	go func() {
		runtime.LockOSThread() // this thread alone becomes nobody, and ends with the goroutine
		_, err := unix.SetfsuidRetUid(65534)
		assert.NoError(t, err)
		result <- w.Read()
	}()
	assert.True(t, <-result, "the process is still there")
	assert.Equal(t, []string{"stat hidden"}, w.unread)
	assert.Empty(t, w.Groups())
	assert.False(t, w.HasCPUTime())
}
