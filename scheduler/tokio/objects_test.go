// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
)

// Channels, mutexes and handles of Tokio (schedulers.md 1.16), on one worker, whose order of polls shows each rule.

var cancel = program.Step{Op: program.Cancel}

// ordered checks the order of polls, and that all tasks end.
func ordered(t *testing.T, want []uint64, s ...program.Step) {
	t.Helper()
	b := start(t, 1, cost.Profile{})
	b.spawn(s...)
	b.sim.Run(200 * ms)
	assert.Equal(t, want, b.order())
	assert.Zero(t, b.Live())
}

// TestAWaitingSenderSendsWhenItIsPolled: until then the channel is empty.
func TestAWaitingSenderSendsWhenItIsPolled(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 2, 1}, detach(spawn(1, send, send)), yield, receive, receive)
}

// TestAPlaceIsHandedOver to the sender that waits: nobody sends in between.
func TestAPlaceIsHandedOver(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 2, 1, 2}, detach(spawn(1, send, send, receive, receive)), yield, receive, send)
}

// TestAPlaceIsHandedOn by a sender that is dropped before it is polled.
func TestAPlaceIsHandedOn(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 3, 1, 2, 3, 1},
		send, spawn(1, send), yield, detach(spawn(1, send)), yield, // both wait
		receive, cancel, receive)
}

// TestReceiversTakeTurns: who comes while another has the turn waits, though there is a message.
func TestReceiversTakeTurns(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 3, 1, 2, 3, 4, 4, 3, 1, 4, 1},
		detach(spawn(1, receive)), yield, detach(spawn(1, receive)), yield, // both wait
		detach(spawn(1, sleep(ms), send, send)), send, receive)
}

// TestATurnEndsWithItsReceiver: the next one receives then.
func TestATurnEndsWithItsReceiver(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 3, 1, 2, 3, 1, 3},
		spawn(1, receive), yield, detach(spawn(1, receive)), yield, cancel, yield, send)
}

// TestAReceiverThatGaveUpIsWokenOnceMore, by the next message: nobody has taken its waker out of the channel.
func TestAReceiverThatGaveUpIsWokenOnceMore(t *testing.T) {
	ordered(t, []uint64{1, 2, 2, 1, 2, 1, 2},
		detach(spawn(1, concat(timeout(receive), one(sleep(10*ms)))...)), sleep(5*ms), send, sleep(2*ms))
}

// TestAMutexIsHandedOver to the task that has waited longest: who unlocks does not get it again before.
func TestAMutexIsHandedOver(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 2, 1}, lock, detach(spawn(1, lock, unlock)), yield, unlock, lock, unlock)
}

// TestWhoHasAwaitedATaskIsTold when the task ends, though it awaits the task no longer.
func TestWhoHasAwaitedATaskIsTold(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 2, 1, 1}, concat(one(spawn(1, sleep(5*ms))), timeout(join), one(sleep(20*ms)))...)
}

// TestADroppedHandleTellsNobody: it takes the waker along.
func TestADroppedHandleTellsNobody(t *testing.T) {
	ordered(t, []uint64{1, 2, 1, 2, 1}, concat(timeout(spawn(1, sleep(5*ms)), join), one(sleep(20*ms)))...)
	ordered(t, []uint64{1, 1, 1}, concat(timeout(program.Step{Op: program.File, Duration: program.Constant(5 * ms)}), one(sleep(20*ms)))...)
}

// TestATaskThatGaveWayGoesOnAtAnyPoll: here because a task that it has awaited ends.
func TestATaskThatGaveWayGoesOnAtAnyPoll(t *testing.T) {
	b := start(t, 1, cost.Profile{})
	b.spawn(concat(one(spawn(1, receive)), timeout(join), []program.Step{send, yield, compute(us), sleep(ms)})...)
	b.sim.Run(20 * ms)
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, b.order())
}
