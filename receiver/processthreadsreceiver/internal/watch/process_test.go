// SPDX-License-Identifier: Apache-2.0

package watch_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pid = 100

// watched is a process of a fake /proc, with what was unread of it.
type watched struct {
	*fakeproc.Root
	*watch.Process
	t      *testing.T
	unread []string
}

func watching(t *testing.T, leader fakeproc.Thread) *watched {
	t.Helper()
	w := &watched{Root: fakeproc.New(t), t: t}
	w.Root.Process(pid, leader)
	return w
}

func (w *watched) open(start uint64) {
	w.t.Helper()
	var err error
	w.Process, err = watch.Open(w.Proc(), pid, start, func(file procfile.File, err error) {
		w.unread = append(w.unread, fmt.Sprint(file, " ", procfile.ReasonOf(err)))
	})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { assert.NoError(w.t, w.Close()) })
}

func (w *watched) group(name string) watch.Group {
	w.t.Helper()
	for _, g := range w.Groups() {
		if g.Name == name {
			return watch.Group{Name: g.Name, Threads: g.Threads, Counts: g.Counts}
		}
	}
	require.Fail(w.t, "no such group", name)
	return watch.Group{}
}

func counts(n uint64) fakeproc.Thread {
	return fakeproc.Thread{Name: "main", Start: 5, User: n, System: 2 * n, OnCPU: 3 * n, Wait: 4 * n, Slices: 5 * n, Voluntary: 6 * n, Involuntary: 7 * n}
}

func grown(n uint64) watch.Counts {
	return watch.Counts{
		Schedstat: procfile.Schedstat{OnCPU: 3 * n, Wait: 4 * n, Slices: 5 * n}, Switches: procfile.Switches{Voluntary: 6 * n, Involuntary: 7 * n}, User: n, System: 2 * n,
	}
}

func named(name string, t fakeproc.Thread) fakeproc.Thread  { t.Name = name; return t }
func begun(start uint64, t fakeproc.Thread) fakeproc.Thread { t.Start = start; return t }

// The story of a process: numbers count from the first read, threads that come count in full, and nothing falls.
func TestStory(t *testing.T) {
	w := watching(t, counts(1_000))
	w.Thread(pid, 101, named("worker-1", counts(50)))
	w.open(5)
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "main", Threads: 1}, w.group("main"), "what was before does not count")
	assert.Equal(t, watch.Group{Name: "worker", Threads: 1}, w.group("worker"))

	// Both run on, and a second worker begins.
	w.Thread(pid, pid, counts(1_010))
	w.Thread(pid, 101, named("worker-1", counts(53)))
	w.Thread(pid, 102, begun(9, named("worker-2", counts(7))))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "main", Threads: 1, Counts: grown(10)}, w.group("main"))
	assert.Equal(t, watch.Group{Name: "worker", Threads: 2, Counts: grown(3 + 7)}, w.group("worker"))

	// The first worker ends. What it has used stays.
	w.Remove("proc/100/task/101")
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "worker", Threads: 1, Counts: grown(10)}, w.group("worker"))

	// Its number goes to another thread, with smaller counts.
	w.Thread(pid, 101, begun(20, named("worker-3", counts(2))))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "worker", Threads: 2, Counts: grown(12)}, w.group("worker"))

	// And once more, between two reads: greater counts, but it is another thread.
	w.Thread(pid, 101, begun(30, named("worker-4", counts(4))))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "worker", Threads: 2, Counts: grown(16)}, w.group("worker"))

	// A thread gets another name: from now on it counts to another group.
	w.Thread(pid, 102, begun(9, named("blocking-2", counts(8))))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "worker", Threads: 1, Counts: grown(16)}, w.group("worker"))
	assert.Equal(t, watch.Group{Name: "blocking", Threads: 1, Counts: grown(1)}, w.group("blocking"))

	// The process ends.
	w.Remove("proc/100")
	assert.False(t, w.Read())
	assert.Empty(t, w.unread)
}

// Of a thread that has not run, one file is read.
func TestAsleep(t *testing.T) {
	w := watching(t, counts(1))
	w.open(5)
	require.True(t, w.Read())
	w.Remove("proc/100/task/100/stat")
	w.Remove("proc/100/task/100/status")
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "main", Threads: 1}, w.group("main"))
}

// A number that falls, as none should, does not count twice when it rises again.
func TestFall(t *testing.T) {
	w := watching(t, counts(10))
	w.open(5)
	for _, n := range []uint64{10, 12, 9, 12, 13} {
		w.Thread(pid, pid, counts(n))
		require.True(t, w.Read())
	}
	assert.Equal(t, grown(3), w.group("main").Counts)
}

// Another process that gets the number is not the one that is watched, neither at the beginning nor later.
func TestPIDReused(t *testing.T) {
	w := watching(t, counts(1))
	_, err := watch.Open(w.Proc(), pid, 4, nil)
	require.Error(t, err, "it began at another time")
	w.open(5)
	require.True(t, w.Read())
	w.Remove("proc/100")
	w.Root.Process(pid, begun(50, counts(100)))
	assert.False(t, w.Read())
}

// A kernel that counts nothing writes zeros. They are not known times; the rest is.
func TestNoSchedstat(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		without    func(*watched, fakeproc.Thread) fakeproc.Thread
	}{
		{"zeros", "schedstat absent", func(_ *watched, t fakeproc.Thread) fakeproc.Thread {
			t.OnCPU, t.Wait, t.Slices = 0, 0, 0
			return t
		}},
		{"no file", "schedstat absent", func(_ *watched, t fakeproc.Thread) fakeproc.Thread { return t }},
		{"nonsense", "schedstat malformed", func(_ *watched, t fakeproc.Thread) fakeproc.Thread { return t }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := watching(t, tc.without(nil, counts(1)))
			write := func(n uint64) {
				w.Thread(pid, pid, tc.without(w, counts(n)))
				switch tc.name {
				case "no file":
					w.Remove("proc/100/task/100/schedstat")
				case "nonsense":
					w.Write("proc/100/task/100/schedstat", "no numbers\n")
				}
			}
			write(1)
			w.open(5)
			for n := range uint64(3) {
				write(n + 1)
				require.True(t, w.Read())
				assert.False(t, w.HasSchedstat())
				assert.True(t, w.HasCPUTime())
				assert.True(t, w.HasSwitches())
			}
			want := grown(2)
			want.Schedstat = procfile.Schedstat{}
			assert.Equal(t, want, w.group("main").Counts)
			assert.Equal(t, []string{tc.want}, w.unread, "told once")
			w.Retry()
			require.True(t, w.Read())
			assert.Len(t, w.unread, 2, "and once more at each search")
		})
	}
}

// A container that does not write context switches tells the rest. When they come, they count from then on.
func TestNoSwitches(t *testing.T) {
	w := watching(t, counts(1))
	w.Write("proc/100/task/100/status", "Name:\tmain\n")
	w.open(5)
	require.True(t, w.Read())
	assert.False(t, w.HasSwitches())
	assert.True(t, w.HasSchedstat())
	assert.Equal(t, []string{"status malformed"}, w.unread)
	w.Thread(pid, pid, counts(4))
	w.Retry()
	require.True(t, w.Read())
	assert.True(t, w.HasSwitches())
	want := grown(3)
	want.Switches = procfile.Switches{}
	assert.Equal(t, want, w.group("main").Counts)
}

// However many names a process gives, the groups are bounded, and each thread is in one.
func TestGroups(t *testing.T) {
	w := watching(t, counts(1))
	for i := range 300 {
		w.Thread(pid, 200+i, named(fmt.Sprintf("t%dx", i), counts(1)))
	}
	w.open(5)
	require.True(t, w.Read())
	assert.Len(t, w.Groups(), 101)
	threads := 0
	for _, g := range w.Groups() {
		threads += g.Threads
	}
	assert.Equal(t, 301, threads)
	assert.Equal(t, 201, w.group(semconv.ThreadGroupOther).Threads)
}

// What else is in task/ is no thread.
func TestNoThread(t *testing.T) {
	w := watching(t, counts(1))
	for _, name := range []string{"x", "-1", "0", "1e3", "99999999999999999999"} {
		w.Write("proc/100/task/"+name+"/stat", fakeproc.Stat(1, counts(1)))
	}
	w.open(5)
	require.True(t, w.Read())
	assert.Len(t, w.Groups(), 1)
	assert.Empty(t, w.unread)
}

// A thread that has ended is none, though it is listed. The process lives as long as one thread does, and ends with the last.
func TestZombies(t *testing.T) {
	w := watching(t, counts(1))
	w.Thread(pid, 101, named("worker-1", counts(1)))
	w.open(5)
	require.True(t, w.Read())

	// The first thread ends, and the kernel keeps it for the process's sake. What it has used since counts.
	zombie := counts(3)
	zombie.State = "Z"
	w.Thread(pid, pid, zombie)
	for range 2 {
		require.True(t, w.Read())
		assert.Equal(t, watch.Group{Name: "main", Counts: grown(2)}, w.group("main"))
		assert.Equal(t, watch.Group{Name: "worker", Threads: 1}, w.group("worker"))
	}

	// So does the last one. Nobody asks how it ended.
	zombie.Name, zombie.State = "worker-1", "X"
	w.Thread(pid, 101, zombie)
	for range 2 {
		assert.False(t, w.Read())
		assert.Zero(t, w.group("worker").Threads)
	}
	assert.Empty(t, w.unread)
}

// Nothing of a process that had ended before it was first read lives.
func TestZombie(t *testing.T) {
	zombie := counts(3)
	zombie.State = "Z"
	w := watching(t, zombie)
	w.open(5)
	assert.False(t, w.Read())
}
