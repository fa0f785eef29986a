// SPDX-License-Identifier: Apache-2.0

package find_test

import (
	"os"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/find"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFind(t *testing.T) {
	root := fakeproc.New(t)
	process := func(pid int, name string, words ...string) {
		root.Process(pid, fakeproc.Thread{Name: name, Start: uint64(pid)}, words...)
	}
	process(10, "orders", "/srv/bin/orders", "--port", "80")
	process(11, "orders", "./orders", "--port", "81")
	process(12, "a-service-with-", "/srv/bin/a-service-with-a-long-name")
	process(13, "kworker/0:1") // of the kernel: it has no command line
	process(14, "x\n) R 1", "evil\x1b[2J", "\xff")
	process(16, "x", "", "orders")              // started as nothing
	root.Write("proc/15/cmdline", "orders\x00") // ended while it was looked at
	root.Write("proc/cpuinfo", "")
	root.Write("proc/self/stat", "")

	for _, tc := range []struct {
		name string
		rule find.Rule
		want []int
	}{
		{"pid", find.Rule{PID: 11}, []int{11}},
		{"pid of none", find.Rule{PID: 99}, nil},
		{"name", find.Rule{Name: "orders"}, []int{10, 11}},
		{"name, as the program gave it", find.Rule{Name: "a-service-with-a-long-name"}, []int{12}},
		{"no part of a name", find.Rule{Name: "order"}, nil},
		{"executable", find.Rule{Executable: "orders"}, []int{10, 11}},
		{"executable with path", find.Rule{Executable: "/srv/bin/orders"}, []int{10}},
		{"executable of the kernel", find.Rule{Executable: "."}, nil},
		{"executable without a name", find.Rule{Executable: "."}, nil},
		{"command line", find.Rule{Cmdline: regexp.MustCompile(`orders .*81$`)}, []int{11}},
		{"hostile name", find.Rule{Name: "x\n) R 1"}, []int{14}},
		{"all of it", find.Rule{PID: 10, Name: "orders", Executable: "orders", Cmdline: regexp.MustCompile("80")}, []int{10}},
		{"not all of it", find.Rule{PID: 10, Name: "orders", Executable: "orders", Cmdline: regexp.MustCompile("81")}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := open(t, root.Proc(), tc.rule)
			for range 2 {
				var pids []int
				for _, m := range f.Find(none) {
					pids = append(pids, m.PID)
					assert.Equal(t, uint64(m.PID), m.Start)
				}
				assert.ElementsMatch(t, tc.want, pids)
			}
		})
	}
}

// The first rule that names a process has it.
func TestFirstRule(t *testing.T) {
	root := fakeproc.New(t)
	root.Process(10, fakeproc.Thread{Name: "orders", Start: 3}, "orders")
	f := open(t, root.Proc(), find.Rule{Name: "pages"}, find.Rule{Executable: "orders"}, find.Rule{PID: 10})
	assert.Equal(t, []find.Match{{Identity: find.Identity{PID: 10, Start: 3}, Rule: 1}}, f.Find(none))
}

func TestMalformed(t *testing.T) {
	root := fakeproc.New(t)
	root.Write("proc/10/stat", "10 (orders")
	var unread []procfile.File
	f, err := find.Open(root.Proc(), []find.Rule{{Name: "orders"}}, func(file procfile.File, err error) {
		assert.Equal(t, procfile.Malformed, procfile.ReasonOf(err))
		unread = append(unread, file)
	})
	require.NoError(t, err)
	assert.Empty(t, f.Find(none))
	assert.Equal(t, []procfile.File{procfile.FileStat}, unread)
	require.NoError(t, f.Close())
}

// The kernel's own /proc has this process.
func TestSelf(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc")
	}
	f := open(t, "/proc", find.Rule{Cmdline: regexp.MustCompile(regexp.QuoteMeta(os.Args[0])), PID: os.Getpid()})
	matches := f.Find(none)
	require.Len(t, matches, 1)
	assert.NotZero(t, matches[0].Start)
}

// A process of which no thread lives is none. One whose first thread has ended shows its command line by those that live.
func TestZombies(t *testing.T) {
	root := fakeproc.New(t)
	zombie := func(start uint64) fakeproc.Thread { return fakeproc.Thread{Name: "orders", Start: start, State: "Z"} }
	root.Process(10, zombie(1))
	root.Process(11, zombie(2))
	root.Thread(11, 12, fakeproc.Thread{Name: "work", State: "X"})
	root.Thread(11, 13, fakeproc.Thread{Name: "work", Start: 3})
	root.Write("proc/11/task/13/cmdline", "/srv/orders\x00--port\x0080\x00")
	for _, rule := range []find.Rule{
		{Name: "orders"}, {Executable: "orders"}, {Cmdline: regexp.MustCompile("--port 80")}, {PID: 11, Name: "orders", Executable: "/srv/orders"},
	} {
		assert.Equal(t, []find.Match{{Identity: find.Identity{PID: 11, Start: 2}}}, open(t, root.Proc(), rule).Find(none))
	}
	assert.Empty(t, open(t, root.Proc(), find.Rule{PID: 10}).Find(none))
}

// A process that is known stays so while what would tell otherwise cannot be read. Another one of its number is not known.
func TestKnown(t *testing.T) {
	root := fakeproc.New(t)
	root.Process(10, fakeproc.Thread{Name: "orders", Start: 3})
	was := find.Match{Identity: find.Identity{PID: 10, Start: 3}, Rule: 1}
	known := func(pid int) (find.Match, bool) { return was, pid == 10 }
	unread := 0
	f, err := find.Open(root.Proc(), []find.Rule{{PID: 9}, {Executable: "orders"}, {Cmdline: regexp.MustCompile("orders")}}, func(procfile.File, error) { unread++ })
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()

	root.Write("proc/10/cmdline", "") // as in the midst of an exec
	assert.Empty(t, f.Find(none))
	assert.Equal(t, []find.Match{was}, f.Find(known))
	again, ok := f.Again(10, known)
	assert.True(t, ok)
	assert.Equal(t, was, again)

	root.Write("proc/10/cmdline", "pages\x00")
	assert.Empty(t, f.Find(known), "it is another program")

	root.Write("proc/10/cmdline", "")
	root.Process(10, fakeproc.Thread{Name: "orders", Start: 4})
	root.Write("proc/10/cmdline", "")
	assert.Empty(t, f.Find(known), "it is another process")

	assert.Zero(t, unread)
	root.Write("proc/10/stat", "10 (orders")
	assert.Equal(t, []find.Match{was}, f.Find(known))
	assert.Equal(t, 1, unread)
	root.Remove("proc/10")
	assert.Empty(t, f.Find(known))
}

func none(int) (find.Match, bool) { return find.Match{}, false }

func open(t *testing.T, proc string, rules ...find.Rule) *find.Finder {
	t.Helper()
	f, err := find.Open(proc, rules, func(file procfile.File, err error) { assert.Fail(t, "unread", "%s: %v", file, err) })
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}
