// SPDX-License-Identifier: Apache-2.0

package watch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
)

// seconds has n of each unit, and n/10 seconds of CPU time.
func seconds(n uint64) fakeproc.Thread {
	t := counts(n)
	t.OnCPU, t.User, t.System = n*uint64(100*time.Millisecond), 8*n, 2*n
	return t
}

func cpu(g watch.Group) time.Duration { return time.Duration(g.OnCPU) }

// A thread that is not the first one becomes another program: it then has the number of the first one, and what it has counted itself.
func TestExecByAnotherThread(t *testing.T) {
	for _, tc := range []struct {
		name               string
		leader, by         uint64 // counts at the read before
		after              fakeproc.Thread
		want               time.Duration // of the first thread's group, since then
		wantExecs, another bool          // another: a third thread lives on
	}{
		{name: "more than can be", leader: 1, by: 40, after: seconds(43), want: 300 * time.Millisecond, wantExecs: true},
		{name: "other name", leader: 1, by: 4, after: named("after", seconds(7)), want: 300 * time.Millisecond, wantExecs: true},
		{name: "smaller address space", leader: 1, by: 4, after: peaked(900, seconds(7)), want: 300 * time.Millisecond, wantExecs: true},
		{name: "numbers that fall", leader: 50, by: 4, after: seconds(7), want: 300 * time.Millisecond, wantExecs: true},
		{name: "the first thread itself", leader: 4, by: 30, after: named("after", seconds(7)), want: 300 * time.Millisecond, wantExecs: true},
		{name: "no exec, the others end", leader: 1, by: 3, after: seconds(7), want: 600 * time.Millisecond},
		{name: "no exec, another name", leader: 1, by: 3, after: named("after", seconds(7)), want: 600 * time.Millisecond, another: true, wantExecs: true},
		{name: "more than can be, but another thread lives", leader: 1, by: 40, after: seconds(43), want: 4200 * time.Millisecond, another: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := seconds(0)
				begun.Slices = 1 // else the kernel would seem to count nothing
				w := watching(t, peaked(1000, begun))
				w.Thread(pid, 101, named("heavy", begun))
				w.Thread(pid, 102, named("third", begun))
				w.open(5)
				require.True(t, w.Read())
				time.Sleep(100 * time.Second)
				w.Thread(pid, pid, peaked(1000, seconds(tc.leader)))
				w.Thread(pid, 101, named("heavy", seconds(tc.by)))
				require.True(t, w.Read())
				before := cpu(w.group("main"))
				assert.False(t, w.Execs())

				time.Sleep(time.Second)
				w.Thread(pid, pid, tc.after)
				w.Remove("proc/100/task/101")
				if !tc.another {
					w.Remove("proc/100/task/102")
				}
				require.True(t, w.Read())
				assert.Equal(t, tc.want, cpu(w.group("main"))-before)
				assert.Equal(t, time.Duration(tc.by)*100*time.Millisecond, cpu(w.group("heavy")))
				assert.Equal(t, tc.wantExecs, w.Execs())

				// From then on it counts as any thread.
				time.Sleep(time.Second)
				next := tc.after
				next.OnCPU += uint64(time.Second)
				next.Slices++
				w.Thread(pid, pid, next)
				require.True(t, w.Read())
				assert.Equal(t, tc.want+time.Second, cpu(w.group("main"))-before)
				assert.False(t, w.Execs())
			})
		})
	}
}

// A thread that came and became another program between two reads counts in full.
func TestExecByNewThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, seconds(50))
		w.open(5)
		require.True(t, w.Read())
		time.Sleep(time.Second)
		w.Thread(pid, pid, named("after", seconds(3)))
		require.True(t, w.Read())
		assert.Equal(t, 300*time.Millisecond, cpu(w.group("main")))
		assert.True(t, w.Execs())
	})
}

// The first thread has ended before another one becomes another program under its number.
func TestExecAfterFirstThreadEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		zombie := seconds(1)
		zombie.State = "Z"
		w := watching(t, zombie)
		w.Thread(pid, 101, named("heavy", seconds(3)))
		w.open(5)
		require.True(t, w.Read())
		time.Sleep(time.Second)
		w.Remove("proc/100/task/101")
		w.Thread(pid, pid, seconds(5))
		require.True(t, w.Read())
		assert.Equal(t, 200*time.Millisecond, cpu(w.group("main")))
		assert.Equal(t, 1, w.group("main").Threads)
		assert.True(t, w.Execs())
	})
}

func peaked(kib uint64, t fakeproc.Thread) fakeproc.Thread { t.Peak = kib; return t }
