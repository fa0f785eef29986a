// SPDX-License-Identifier: Apache-2.0

package find

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// A command line that the kernel does not answer for blocks no search. It is asked for once, and again when it has answered.
func TestBlocked(t *testing.T) {
	root := fakeproc.New(t)
	for pid := 10; pid < 13; pid++ {
		root.Process(pid, fakeproc.Thread{Name: "orders", Start: uint64(pid)}, "orders")
	}
	hung := filepath.Join(root.Proc(), "11", "cmdline")
	require.NoError(t, os.Remove(hung))
	require.NoError(t, unix.Mkfifo(hung, 0o600)) // who opens it waits for somebody who writes

	unread := 0
	f, err := Open(root.Proc(), []Rule{{Executable: "orders"}}, func(file procfile.File, err error) {
		unread++
		assert.Equal(t, procfile.FileCmdline, file)
		assert.ErrorIs(t, err, errBlocked)
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()
	pids := func(known ...int) (pids []int) {
		for _, m := range f.Find(func(pid int) (Match, bool) {
			return Match{Identity: Identity{PID: pid, Start: uint64(pid)}}, slices.Contains(known, pid)
		}) {
			pids = append(pids, m.PID)
		}
		return pids
	}

	f.cmdlines.patience = 10 * time.Millisecond
	require.Eventually(t, func() bool {
		pids()
		return len(f.cmdlines.asked) == 1 // the others answer
	}, 2*time.Minute, 10*time.Millisecond)
	unread = 0
	f.cmdlines.patience = time.Hour // from now on nobody waits for it
	for range 3 {
		assert.ElementsMatch(t, []int{10, 12}, pids())
		assert.ElementsMatch(t, []int{10, 11, 12}, pids(11), "what is known stays")
	}
	assert.Len(t, f.cmdlines.asked, 1)
	assert.Equal(t, 6, unread)

	// The kernel answers.
	answer, err := os.OpenFile(hung, os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, answer.Close())
	require.NoError(t, os.Remove(hung))
	root.Write("proc/11/cmdline", "orders\x00")
	require.Eventually(t, func() bool { return len(pids()) == 3 }, 2*time.Minute, 10*time.Millisecond)
	assert.Empty(t, f.cmdlines.asked)
}

// A process that ends while the kernel is asked for its command line is never asked again. It takes none of the places of those that block.
func TestBlockedAndGone(t *testing.T) {
	root := fakeproc.New(t)
	root.Process(11, fakeproc.Thread{Name: "orders", Start: 11}, "orders")
	hung := filepath.Join(root.Proc(), "11", "cmdline")
	require.NoError(t, os.Remove(hung))
	require.NoError(t, unix.Mkfifo(hung, 0o600))
	f, err := Open(root.Proc(), []Rule{{Executable: "orders"}}, func(procfile.File, error) {})
	require.NoError(t, err)
	defer func() { assert.NoError(t, f.Close()) }()
	find := func() { f.Find(func(int) (Match, bool) { return Match{}, false }) }
	f.cmdlines.patience = 10 * time.Millisecond
	find()
	require.Len(t, f.cmdlines.asked, 1)

	answer, err := os.OpenFile(hung, os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, answer.Close())
	require.NoError(t, os.RemoveAll(filepath.Join(root.Proc(), "11")))
	require.Eventually(t, func() bool { find(); return len(f.cmdlines.asked) == 0 }, 2*time.Minute, 10*time.Millisecond)
}
