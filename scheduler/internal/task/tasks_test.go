// SPDX-License-Identifier: Apache-2.0

package task

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// TestTaskSize bounds what a live task costs, so that a million fit, and holds what polls touch to two cache lines.
func TestTaskSize(t *testing.T) {
	assert.Equal(t, uintptr(3*64), unsafe.Sizeof(Task{}))
	assert.Equal(t, uintptr(64), unsafe.Offsetof(Task{}.longestPoll))
	assert.Equal(t, uintptr(2*64), unsafe.Offsetof(Task{}.until))
}

func TestRingIsFIFOAndBounded(t *testing.T) {
	r := NewRing(4)
	assert.Zero(t, r.Pop())
	next, oldest := ID(1), ID(1)
	for range 10 { // around the ring several times
		for r.Free() > 0 {
			r.Push(next)
			next++
		}
		assert.Equal(t, 4, r.Len())
		assert.Panics(t, func() { r.Push(99) })
		for range 3 {
			assert.Equal(t, oldest, r.Pop())
			oldest++
		}
	}
}

func TestQueueIsFIFO(t *testing.T) {
	ts := New(nil, nil, nil, scheduler.Observer{})
	ts.pages = []*page{new(page)}
	var q Queue
	assert.Zero(t, q.Pop(ts))
	for round := range 3 {
		for id := ID(1); id <= 10; id++ {
			q.Push(ts, id)
		}
		assert.Equal(t, 10, q.Len(), "round %d", round)
		for id := ID(1); id <= 10; id++ {
			assert.Equal(t, id, q.Pop(ts))
		}
		assert.Zero(t, q.Pop(ts))
	}
}
