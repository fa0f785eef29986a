// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A damaged database panics when it is opened, read or written, or reads memory that is not there. It is told once, and the client is
// left alone: it may hold a lock.
func TestDamagedStorage(t *testing.T) {
	assertion := func() { panic("assertion failed: Page expected to be: 152, but self identifies as 0") }
	for name, damage := range map[string]func(*disk){
		"opened":  func(d *disk) { d.onOpen = assertion },
		"read":    func(d *disk) { d.onAccess = assertion },
		"runtime": func(d *disk) { d.onAccess = func() { _ = make([]int, 0)[len(d.files)+5] } },
		"written": func(d *disk) {
			reads := 1
			d.onAccess = func() {
				if reads--; reads < 0 {
					assertion()
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				damage(d)
				p := startOn(t, d, nil)
				p.send(t, 100)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				p.send(t, 100)
				assert.Equal(t, "normal", p.send(t, 1))
				require.Len(t, p.messages("warn"), 1)
				assert.Contains(t, p.logs.All()[0].ContextMap()["error"], "the storage is damaged: ")
				opened := len(d.open)
				require.NoError(t, p.Shutdown(t.Context()))
				assert.Len(t, d.open, opened, "not closed")
				assert.Len(t, p.messages("warn"), 1)
			})
		})
	}
}

// If opening the windows ended the process, as it does where bbolt panics in a goroutine of its own, the next start leaves them alone.
func TestStorageThatEndedTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		first := startOn(t, d, nil)
		first.send(t, 200)
		require.NoError(t, first.Shutdown(t.Context()))
		assert.Empty(t, d.marks[keyOpening])

		for generation, left := range []string{"processor_runtime_stats_", "processor_runtime_stats__1", "processor_runtime_stats__2"} {
			// What a process that ends while it opens them leaves behind.
			d.marks[keyOpening] = []byte{1}
			d.files = map[string][]byte{}

			second := startOn(t, d, nil)
			require.Len(t, second.messages("warn"), 1)
			assert.Equal(t, left, second.logs.All()[0].ContextMap()["left"])
			assert.True(t, d.open[generationName(generation+1)])
			second.send(t, 200)
			require.NoError(t, second.Shutdown(t.Context()))

			third := startOn(t, d, nil)
			assert.True(t, d.open[generationName(generation+1)])
			assert.Equal(t, []string{"Windows restored"}, third.messages("info"))
			assert.Empty(t, third.messages("warn"))
			require.NoError(t, third.Shutdown(context.WithoutCancel(t.Context())))
		}
	})
}

// A panic while they are opened leaves the mark, too: the next start does without them at once.
func TestStorageThatPanicsWhenOpened(t *testing.T) {
	d := newDisk()
	d.onOpen = func() { panic("freepages: failed to get all reachable pages") }
	first := startOn(t, d, nil)
	require.Len(t, first.messages("warn"), 1)
	require.NoError(t, first.Shutdown(t.Context()))
	assert.NotEmpty(t, d.marks[keyOpening])

	d.onOpen, d.open = nil, map[string]bool{} // in a new process
	second := startOn(t, d, nil)
	require.Len(t, second.messages("warn"), 1)
	second.send(t, 200)
	require.NoError(t, second.Shutdown(t.Context()))
	assert.Contains(t, d.content(), storedWindows)
}
