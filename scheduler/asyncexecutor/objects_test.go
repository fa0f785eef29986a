// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Channels, mutexes and handles of async-channel, async-lock and async-task (schedulers.md 4.5), on one thread, whose order of polls shows
// each rule.

var (
	send    = program.Step{Op: program.Send, Count: 1}
	receive = program.Step{Op: program.Receive}
	lock    = program.Step{Op: program.Lock}
	unlock  = program.Step{Op: program.Unlock}
	cancel  = program.Step{Op: program.Cancel}
)

// gate is another channel than send's: who receives from it waits until it is told.
const gate = 1

func told() program.Step { return program.Step{Op: program.Receive, Object: gate} }
func tell() program.Step { return program.Step{Op: program.Send, Object: gate, Count: 100} }

func timeout(s ...program.Step) []program.Step {
	all := append([]program.Step{{Op: program.Timeout, Duration: program.Constant(ms)}}, s...)
	return append(all, program.Step{Op: program.EndTimeout})
}

func detached(s ...program.Step) program.Step {
	st := spawn(1, s...)
	st.Detached = true
	return st
}

// orderOf is the order of polls. All tasks must end.
func orderOf(t *testing.T, cfg Config, s ...program.Step) []uint64 {
	t.Helper()
	sc := startWith(t, cfg, 0)
	sc.spawnAt(0, s...)
	sc.sim.Run(500 * ms)
	assert.Zero(t, sc.Live())
	var order []uint64
	for _, p := range sc.Polls {
		order = append(order, p.Task)
	}
	return order
}

// smol is what differs in smol: to drop a handle cancels.
var smol = Config{CancelOnDrop: true}

// TestAWaitingSenderSendsWhenItIsPolled: until then the channel is empty, and whoever comes may have the place.
func TestAWaitingSenderSendsWhenItIsPolled(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 1, 2, 1},
		orderOf(t, Config{}, detached(send, send), yield, receive, receive))
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 2}, // 2 finds the place taken, and waits again
		orderOf(t, Config{}, detached(send, send, receive), yield, receive, send, yield, receive))
}

// TestWhoReceivesTellsTheNext: a receiver that was notified and has its message leaves the notification to the next, for nothing here.
func TestWhoReceivesTellsTheNext(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 3, 1, 2, 1, 3, 1, 3},
		orderOf(t, Config{}, detached(receive), detached(receive), yield, send, yield, yield, send))
}

// TestWhoSendsTellsTheNext: likewise.
func TestWhoSendsTellsTheNext(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 3, 1, 2, 1, 3, 1, 3, 1},
		orderOf(t, Config{}, send, detached(send), detached(send), yield, receive, yield, yield, receive, yield, receive))
}

// TestAnyPollIsAnAttempt: a receiver that was not notified, and is polled for another reason, has the message before the one that was.
func TestAnyPollIsAnAttempt(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 3, 4, 2, 1, 4, 1, 2, 3, 1, 1, 3},
		orderOf(t, Config{},
			detached(append(append([]program.Step{spawn(1, told())}, timeout(join)...), receive)...), detached(receive),
			sleep(5*ms), tell(), yield, send, yield, yield, send))
}

// TestANotifiedReceiverThatIsDroppedTellsTheNext: it is dropped before it is polled.
func TestANotifiedReceiverThatIsDroppedTellsTheNext(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 1, 3, 1, 2, 3},
		orderOf(t, smol, spawn(1, receive), yield, detached(receive), yield, send, cancel))
}

// TestWhoUnlocksMayLockAgain: the task that was notified finds the mutex locked.
func TestWhoUnlocksMayLockAgain(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 2},
		orderOf(t, Config{}, lock, detached(lock, unlock), yield, unlock, lock, yield, unlock))
}

// TestAStarvedTaskIsNext: after half a millisecond nobody locks the mutex before it.
func TestAStarvedTaskIsNext(t *testing.T) {
	hold := func(d sim.Time) []uint64 {
		return orderOf(t, Config{}, lock, detached(lock, unlock), yield, compute(d), unlock, lock, yield, unlock, lock, unlock)
	}
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 2}, hold(500*us))
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 2, 1}, hold(501*us))
}

// TestWhoMeetsAStarvedTaskIsStarved too, and waits behind it.
func TestWhoMeetsAStarvedTaskIsStarved(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 3, 1, 2, 1, 2, 1, 3, 1},
		orderOf(t, Config{},
			lock, detached(lock, yield, unlock), yield, compute(ms), unlock, lock, yield, // 2 is starved
			detached(lock, unlock), yield, unlock, yield, yield, lock, unlock)) // 2 has unlocked, and 3 is not polled yet
}

// TestANotifiedLockThatIsDroppedTellsTheNext, and one that was not tells nobody.
func TestANotifiedLockThatIsDroppedTellsTheNext(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 1, 3, 1, 2, 3},
		orderOf(t, smol, lock, spawn(1, lock, unlock), yield, detached(lock, unlock), yield, unlock, cancel))
}

// TestAnUnlockTellsOneAtATime: no second task is notified while one that was has not been polled.
func TestAnUnlockTellsOneAtATime(t *testing.T) {
	assert.Equal(t, []uint64{1, 2, 3, 1, 2, 1, 3},
		orderOf(t, Config{}, lock, detached(lock, unlock), detached(lock, unlock), yield, unlock, lock, unlock, yield))
}

// TestACancelledJobTellsItsOwner: smol cancels a job whose handle is dropped; async-std lets it run to its end, and is told then.
func TestACancelledJobTellsItsOwner(t *testing.T) {
	for _, op := range []program.Op{program.File, program.SpawnBlocking} {
		job := program.Step{Op: op, Duration: program.Constant(5 * ms)}
		steps := append(timeout(job), sleep(20*ms))
		assert.Equal(t, []uint64{1, 1, 1, 1}, orderOf(t, smol, steps...), op)
		assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, orderOf(t, Config{Delegates: true}, steps...), op)
		assert.Equal(t, []uint64{1, 2, 1, 2}, orderOf(t, Config{Delegates: true}, timeout(job)...), op)
	}
}

// TestWhoHasAwaitedATaskIsTold when the task ends, though it awaits the task no longer, and has dropped the handle even. If it cancels the
// task, it is told at once.
func TestWhoHasAwaitedATaskIsTold(t *testing.T) {
	child := spawn(1, sleep(5*ms))
	kept := append([]program.Step{child}, timeout(join)...)
	for _, cfg := range []Config{{}, smol} {
		assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, orderOf(t, cfg, append(kept, sleep(20*ms))...))
		assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, orderOf(t, cfg, append(kept, cancel, sleep(20*ms))...))
	}
	dropped := append(timeout(child, join), sleep(20*ms))
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, orderOf(t, Config{}, dropped...), "at 5 ms")
	assert.Equal(t, []uint64{1, 2, 1, 2, 1, 1}, orderOf(t, smol, dropped...), "at 1 ms")
	assert.Equal(t, []uint64{1, 2, 1, 2}, orderOf(t, Config{}, timeout(child, join)...), "it has ended")
}
