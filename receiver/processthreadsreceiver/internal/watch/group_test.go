// SPDX-License-Identifier: Apache-2.0

package watch_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/watch"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

func (w *watched) names() map[string]bool {
	names := map[string]bool{}
	for _, g := range w.Groups() {
		names[g.Name] = true
	}
	return names
}

// A thread that comes after many others have ended has a group of its own. What the forgotten groups had counted does not come again.
func TestPlacesAreGivenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, counts(1))
		opened := time.Now()
		w.open(5)
		read := func() {
			t.Helper()
			time.Sleep(time.Second)
			require.True(t, w.Read())
		}
		since := func(name string) time.Duration {
			t.Helper()
			for _, g := range w.Groups() {
				if g.Name == name {
					return g.Since.Sub(opened)
				}
			}
			require.Fail(t, "no such group", name)
			return 0
		}

		// Each second 40 threads of new names come, and end.
		read()
		for second := range 5 {
			for i := range 40 {
				w.Thread(pid, 200+40*second+i, named(fmt.Sprintf("t%dx%dx", second, i), counts(2)))
			}
			read()
			assert.LessOrEqual(t, len(w.Groups()), 101)
			for i := range 40 {
				w.Remove(fmt.Sprintf("proc/100/task/%d", 200+40*second+i))
			}
		}
		read() // all of them are told to have ended

		// One that stays comes later. Its group counts in full, since the read before: a group of this name may have been forgotten.
		w.Thread(pid, 900, named("important", counts(7)))
		read()
		assert.Equal(t, watch.Group{Name: "important", Threads: 1, Counts: grown(7)}, w.group("important"))
		assert.Equal(t, 6*time.Second+time.Second, since("important"))
		assert.Zero(t, since("main"))

		// So does one whose name was forgotten.
		require.NotContains(t, w.names(), "t0x0x")
		w.Thread(pid, 901, named("t0x0x", counts(3)))
		read()
		assert.Equal(t, watch.Group{Name: "t0x0x", Threads: 1, Counts: grown(3)}, w.group("t0x0x"))
		assert.Equal(t, 8*time.Second, since("t0x0x"), "it was told last in the first seconds")

		// A group that has threads is never forgotten.
		assert.Equal(t, watch.Group{Name: "main", Threads: 1}, w.group("main"))
	})
}

// A group is told to be empty before its place goes to another one. Meanwhile the newcomer is one of the others, which is not lost.
func TestEmptyGroupIsTold(t *testing.T) {
	w := watching(t, counts(1))
	for i := range 99 {
		w.Thread(pid, 200+i, named(fmt.Sprintf("t%dx", i), counts(1)))
	}
	w.open(5)
	require.True(t, w.Read())
	w.Remove("proc/100/task/200")
	w.Thread(pid, 900, named("new", counts(2)))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "t0x"}, w.group("t0x"))
	assert.Equal(t, watch.Group{Name: semconv.ThreadGroupOther, Threads: 1, Counts: grown(2)}, w.group(semconv.ThreadGroupOther))

	// As soon as it runs, it has the place.
	w.Thread(pid, 900, named("new", counts(5)))
	require.True(t, w.Read())
	assert.Equal(t, watch.Group{Name: "new", Threads: 1, Counts: grown(3)}, w.group("new"))
	assert.Equal(t, watch.Group{Name: semconv.ThreadGroupOther, Counts: grown(2)}, w.group(semconv.ThreadGroupOther))
	assert.NotContains(t, w.names(), "t0x")
}

// A group that has been empty for long need not be told. When its threads return it goes on from where it was.
func TestQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watching(t, counts(1))
		w.Thread(pid, 101, named("blocking-1", counts(1)))
		w.open(5)
		quiet := func(after time.Duration) bool {
			t.Helper()
			time.Sleep(after)
			require.True(t, w.Read())
			for _, g := range w.Groups() {
				if g.Name == "blocking" {
					return g.Quiet(w.At())
				}
			}
			require.Fail(t, "it is forgotten")
			return false
		}
		assert.False(t, quiet(time.Hour))
		w.Thread(pid, 101, named("blocking-1", counts(3)))
		assert.False(t, quiet(time.Hour))
		w.Remove("proc/100/task/101")
		assert.False(t, quiet(time.Hour), "nobody has been told yet")
		assert.True(t, quiet(time.Second))
		w.Thread(pid, 102, named("blocking-2", counts(4)))
		assert.False(t, quiet(time.Second))
		assert.Equal(t, watch.Group{Name: "blocking", Threads: 1, Counts: grown(2 + 4)}, w.group("blocking"))
		w.Remove("proc/100/task/102")
		assert.False(t, quiet(time.Minute))
		assert.False(t, quiet(time.Minute))
		assert.True(t, quiet(4*time.Minute))
	})
}

// A thread that is really called as the group of the others is not one of them. One without a name is in a group that has one.
func TestReservedNames(t *testing.T) {
	w := watching(t, counts(1))
	w.Thread(pid, 101, named(semconv.ThreadGroupOther, counts(1)))
	w.Thread(pid, 102, named("", counts(1)))
	w.Thread(pid, 103, named("7", counts(1)))
	w.open(5)
	require.True(t, w.Read())
	assert.Equal(t, map[string]bool{"main": true, "_OTHER#": true, "#": true}, w.names())
	assert.Equal(t, 2, w.group("#").Threads)
}
