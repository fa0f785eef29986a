// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"testing"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check/mutants"
)

// The rules of schedulers.md, each with the test that fails when the rule is removed. TestRules checks the table;
//
//	go test ./scheduler/tokio -run TestRules -mutants -v -timeout 30m
//
// removes the rules one by one, in a copy, and runs the tests: none may survive.
//
// Not in the table, because nothing here could show them: the batches of 32 wakers (a turn is an instant), the
// metrics published at park and maintenance except busy time, and the shards of the list of tasks.
var rules = []mutants.Rule{
	// 1.3 Worker loop.
	{"1.3 maintenance every 61 ticks", "config.go", "defaultEventInterval = 61", "defaultEventInterval = 60", "TestABusyWorkerLooksAtTheDriverEvery61Ticks"},
	{"1.3 event_interval", "config.go", "if event == 0 {", "if true {", "TestABusyWorkerLooksAtTheDriverEvery61Ticks"},
	{"1.3 maintenance skips a driver in use", "driver.go", "if d.holder != noHolder {\n\t\treturn 0\n\t}", "", "TestAWorkerWithoutTheDriverLeavesItAlone"},
	{"1.3 maintenance comes before the inject queue", "tick.go", "if w.tick%rt.eventInterval == 0 {", "if w.tick%rt.eventInterval == 0 && w.tick%w.tuning.gqi != 0 {", "TestGolden8InjectAndTuning"},
	{"1.3 maintenance wakes the deferred", "engine.go", "for _, w := range slices.Backward(p.deferred) {", "for _, w := range slices.Backward(p.deferred[:len(p.deferred)*(p.budget%2)]) {", "TestAYieldedTaskWaitsForALookAtTheDriver"},
	{"1.3 two tasks after maintenance wake a worker", "worker.go", "if w.localTasks() > 1 {", "if w.localTasks() > 2 {", "TestMaintenanceSharesWhatItFinds"},
	{"1.3 one task after maintenance wakes nobody", "worker.go", "if w.localTasks() > 1 {", "if w.localTasks() > 0 {", "TestMaintenanceSharesWhatItFinds"},
	{"1.3 no park while tasks are deferred", "worker.go", "if len(w.deferred) > 0 {", "if len(w.deferred) > 1 {", "TestAWorkerNeverParksOnTasksThatGaveWay"},
	{"1.3 who looks for the deferred still looks at the driver", "worker.go", "w.phase = phaseGaveWay\n\t\t\treturn rt.driver.look(w.index)", "w.phase = phaseGaveWay\n\t\t\treturn rt.costs.DriverPoll", "TestARefusedOperationKeepsItsTime"},

	// 1.4 The next task.
	{"1.4 inject queue first every gqi ticks", "tick.go", "if w.tick%w.tuning.gqi == 0 {", "if w.tick == 0 {", "TestGolden8InjectAndTuning"},
	{"1.4 one task at such a tick", "tick.go", "w.tuning.retune()\n\t\tif id := rt.inject.Pop(rt.tasks); id != 0 {", "w.tuning.retune()\n\t\tif id := rt.takeBatch(w); id != 0 {", "TestTheInjectQueueComesFirstEveryGQITicks"},
	{"1.4 LIFO slot before run queue", "tick.go", "if id := w.lifo; id != 0 {", "if id := w.lifo; id != 0 && w.queue.Len() == 0 {", "TestATurnWakesSocketsThenTimersThenTheDeferred"},
	{"1.4 a share of the inject queue", "tick.go", "(rt.inject.Len()+1)/len(rt.workers)+1", "rt.inject.Len()+1", "TestGolden5InjectBatch"},
	{"1.4 at most half a queue", "tick.go", "w.queue.Free()-w.leaving(rt.sim.Now()), queueCapacity/2)", "w.queue.Free()-w.leaving(rt.sim.Now()), queueCapacity)", "TestGolden5InjectBatch"},
	{"1.4 the batch is in order", "tick.go", "first := rt.inject.Pop(rt.tasks)\n\tif first == 0 {", "first := rt.inject.Pop(rt.tasks)\n\trt.inject.Push(rt.tasks, first)\n\tfirst = rt.inject.Pop(rt.tasks)\n\tif first == 0 {", "TestGolden5InjectBatch"},

	// 1.5 A tick.
	{"1.5 the last searcher that finds work wakes another", "tick.go", "if rt.searching == 0 {\n\t\t\tspent += rt.notifyOne()", "if rt.searching < 0 {\n\t\t\tspent += rt.notifyOne()", "TestGolden6RemoteSpawnWakesTwo"},
	{"1.5 only the last", "tick.go", "if rt.searching == 0 {\n\t\t\tspent += rt.notifyOne()\n\t\t}", "rt.searching = 0\n\t\tspent += rt.notifyOne()", "TestRandomPrograms"},
	{"1.5 a fresh budget a tick", "tick.go", "w.budget = coopBudget", "w.budget = max(w.budget, 1)", "TestCoopBudgetBoundsReadyHandles"},
	{"1.5 LIFO polls in the same tick", "tick.go", "w.phase = phaseTick\n\tid := w.lifo\n\tif id == 0 {", "w.phase = phaseTick\n\tid := w.lifo\n\tif id != 0 {\n\t\treturn 0\n\t}\n\tif id == 0 {", "TestGolden1SpawnOrder"},
	{"1.5 three LIFO polls", "state.go", "maxLIFOPolls  = 3", "maxLIFOPolls  = 4", "TestThreeLIFOPollsInATick"},
	{"1.5 the slot is off during the third", "tick.go", "w.lifoEnabled = false", "", "TestThreeLIFOPollsInATick"},
	{"1.5 and on again", "tick.go", "w.lifoEnabled = rt.lifoEnabled", "", "TestThreeLIFOPollsInATick"},
	{"1.5 the count starts anew with a tick", "tick.go", "\tw.lifoPolls = 0\n", "", "TestThreeLIFOPollsInATick"},
	{"1.5 LIFO polls share the budget", "tick.go", "w.counters.LIFOPolls++", "w.counters.LIFOPolls++\n\tw.budget = coopBudget", "TestLIFOPollsShareTheBudget"},
	{"1.5 without budget the LIFO task is queued", "tick.go", "if w.budget == 0 {\n\t\treturn rt.pushBack(w, id)\n\t}", "if w.budget == 0 {\n\t\tw.budget = 1\n\t}", "TestLIFOPollsShareTheBudget"},
	{"1.5 LIFO polls are no polls", "tick.go", "w.counters.LIFOPolls++", "w.counters.LIFOPolls++\n\tw.counters.Polls++", "TestGolden1SpawnOrder"},
	{"1.5 nor polls of the batch", "tick.go", "w.counters.LIFOPolls++", "w.counters.LIFOPolls++\n\tw.tuning.batchPolls++", "TestLIFOPollsAreNotPollsOfTheBatch"},
	{"1.5 the slot is not stealable", "version.go", "{name: DefaultVersion}", "{name: DefaultVersion, lifoStealable: true}", "TestTheLIFOSlotIsNotStealable"},
	{"1.5 disable_lifo_slot", "runtime.go", "lifoEnabled:   !cfg.DisableLIFOSlot", "lifoEnabled:   true", "TestDisabledLIFOSlot"},

	// 1.6 Scheduling and stealing.
	{"1.6 the newest takes the slot", "tick.go", "id, w.lifo = w.lifo, id\n\t}", "if w.lifo == 0 {\n\t\t\tid, w.lifo = w.lifo, id\n\t\t}\n\t}", "TestGolden1SpawnOrder"},
	{"1.6 an empty slot wakes nobody", "tick.go", "} else if !rt.version.lifoStealable {", "} else if rt.version.lifoStealable {", "TestAnEmptySlotWakesNobody"},
	{"1.6 a displaced task wakes a worker", "tick.go", "if w.inTurn {\n\t\treturn spent\n\t}\n\treturn spent + rt.notifyOne()", "return spent", "TestAnEmptySlotWakesNobody"},
	{"1.6 not inside the driver", "worker.go", "w.inTurn = true", "w.inTurn = false", "TestAnIOTaskCostsOneWake"},
	{"1.6 a remote schedule wakes a worker", "runtime.go", "notify() sim.Time { return rt.notifyOne() }", "notify() sim.Time { return 0 }", "TestGolden6RemoteSpawnWakesTwo"},
	{"1.6 overflow keeps the oldest half", "tick.go", "if !rt.version.overflowOldest {", "if rt.version.overflowOldest {", "TestGolden3Overflow"},
	{"1.6 before 1.52.0 the oldest overflow", "version.go", "{name: \"1.50\", overflowOldest: true}", "{name: \"1.50\"}", "TestGolden3Overflow"},
	{"1.6 overflow moves half", "tick.go", "for range queueCapacity / 2 {\n\t\t\trt.inject", "for range queueCapacity / 4 {\n\t\t\trt.inject", "TestGolden3Overflow"},
	{"1.6 the new task comes last", "tick.go", "for range queueCapacity / 2 {\n\t\t\trt.inject.Push(rt.tasks, w.queue.Pop())\n\t\t}\n\t\trt.inject.Push(rt.tasks, id)", "rt.inject.Push(rt.tasks, id)\n\t\tfor range queueCapacity / 2 {\n\t\t\trt.inject.Push(rt.tasks, w.queue.Pop())\n\t\t}", "TestGolden3Overflow"},
	{"1.6 while a thief copies the task alone overflows", "tick.go", "case leaving > 0:", "case leaving > queueCapacity:", "TestPushWhileAThiefCopies"},
	{"1.6 tasks being copied fill their slots", "steal.go", "v.stolenUntil, v.stolen = until, n", "v.stolenUntil, v.stolen = until, 0", "TestPushWhileAThiefCopies"},
	{"1.6 at most half of the workers search", "steal.go", "if 2*rt.searching >= len(rt.workers) {", "if false {", "TestAtMostHalfOfTheWorkersSearch"},
	{"1.6 one worker may search", "steal.go", "if 2*rt.searching >= len(rt.workers) {", "if 2*rt.searching+1 >= len(rt.workers) {", "TestAtMostHalfOfTheWorkersSearch"},
	{"1.6 a random start", "steal.go", "w.rand.IntN(len(rt.workers))", "w.rand.IntN(1)", "TestASearcherVisitsEveryOtherWorkerOnce"},
	{"1.6 one pass", "steal.go", "w.victimsLeft = len(rt.workers)", "w.victimsLeft = 2 * len(rt.workers)", "TestASearcherVisitsEveryOtherWorkerOnce endless"},
	{"1.6 half, rounded up", "steal.go", "v.queue.Len()-v.queue.Len()/2", "(v.queue.Len() + 2) / 3", "TestGolden4Steal"},
	{"1.6 the newest of them runs", "steal.go", "\t\tid = v.queue.Pop()\n", "\t\tw.queue.Push(v.queue.Pop())\n\t\tid = w.queue.Pop()\n", "TestGolden4Steal"},
	{"1.6 steal counters", "steal.go", "w.counters.Steals += uint64(n)", "w.counters.Steals += uint64(1)", "TestGolden4Steal"},
	{"1.6 no victim of another thief", "steal.go", "|| v.stolenUntil > now", "", "TestPushWhileAThiefCopies"},
	{"1.6 a thief's tasks show when copied", "steal.go", "w.stolenUntil, w.stolen = until, 0", "", "TestPushWhileAThiefCopies"},
	{"1.6 no thief with half a queue", "steal.go", "> queueCapacity/2 {", "> queueCapacity {", "TestAThiefNeedsHalfItsQueue"},
	{"1.6 at last one from the inject queue", "steal.go", "id := rt.inject.Pop(rt.tasks)\n\t\tif id == 0 {", "id := rt.takeBatch(w)\n\t\tif id == 0 {", "TestASearcherVisitsEveryOtherWorkerOnce"},
	{"1.6 a thief searches until it has copied", "steal.go", "w.phase = phaseStolen // the thief searches until it has copied", "w.phase = phaseStolen\n\t\tw.searching = false\n\t\trt.searching--", "TestGolden6RemoteSpawnWakesTwo|TestNoWakeWhileAWorkerSearches"},
	{"1.51.0 the slot after the run queue", "steal.go", "if n == 0 || v", "if (rt.version.lifoStealable && v.lifo != 0) || n == 0 || v", "TestTheStealableSlotComesAfterTheRunQueue"},
	{"1.51.0 the slot is stealable", "version.go", "overflowOldest: true, lifoStealable: true", "overflowOldest: true", "TestTheLIFOSlotIsNotStealable"},
	{"1.51.0 the slot counts as pending work", "idle.go", "|| (rt.version.lifoStealable && w.lifo != 0)", "", "TestTheLastSearcherLooksBack"},

	// 1.7 Waking.
	{"1.7 no wake while one searches", "idle.go", "if rt.searching > 0 || rt", "if rt", "TestNoWakeWhileAWorkerSearches"},
	{"1.7 the woken one is counted as searching", "idle.go", "rt.searching++\n\trt.countUnparked(1)", "rt.countUnparked(1)", "TestNoWakeWhileAWorkerSearches"},
	{"1.7 the most recently parked is woken", "idle.go", "w := rt.sleepers[len(rt.sleepers)-1]\n\trt.sleepers = rt.sleepers[:len(rt.sleepers)-1]", "w := rt.sleepers[0]\n\trt.sleepers = rt.sleepers[1:]", "TestGolden6RemoteSpawnWakesTwo"},

	// 1.8 Parking.
	{"1.8 the last searcher looks at run queues", "idle.go", "|| w.queue.Len() > 0", "", "TestTheLastSearcherLooksBack"},
	{"1.8 the last searcher looks at the inject queue", "idle.go", "pending := rt.inject.Len() > 0", "pending := false", "TestTheLastSearcherLooksBack"},
	{"1.8 only a searcher does", "idle.go", "last = rt.searching == 0", "last = false", "TestTheLastSearcherLooksBack"},
	{"1.8 the first to park sleeps in the driver", "idle.go", "if rt.driver.holder != noHolder {", "if rt.driver.holder == noHolder && len(rt.workers) > 1 && w.index == 0 {", "TestGolden6RemoteSpawnWakesTwo"},
	{"1.8 a token ends the next sleep", "idle.go", "if w.token {\n\t\tw.token = false", "if w.token {\n\t\tw.token = true", "TestWorkerMayNotifyItself endless"},
	{"1.8 who got tasks in the driver is no searcher", "idle.go", "rt.countUnparked(1)\n\tdefault:", "rt.countUnparked(1)\n\t\tw.searching = true\n\t\trt.searching++\n\tdefault:", "TestAnIOTaskCostsOneWake"},
	{"1.8 it leaves the sleepers by a swap", "idle.go", "rt.sleepers[sleeper] = rt.sleepers[last]\n", "copy(rt.sleepers[sleeper:], rt.sleepers[sleeper+1:])\n", "TestTheDriversWorkerLeavesTheSleepersBySwap"},
	{"1.8 who was woken searches", "idle.go", "w.searching = true\n\tcase", "rt.searching--\n\tcase", "TestGolden6RemoteSpawnWakesTwo"},
	{"1.8 a wake for nothing is a noop park", "idle.go", "p.pollsAtPark = p.counters.Polls", "", "TestLongTimersWakeTheDriverOnTheirWay"},
	{"1.8 1024 events a turn", "driver.go", "maxEventsPerTurn = 1024", "maxEventsPerTurn = 2048", "TestADriverTurnTakes1024Events"},
	{"1.8 sockets before timers", "driver.go", "d.due = append(d.due[:0], d.ready[:events]...)\n\td.ready = append(d.ready[:0], d.ready[events:]...)\n\td.due = d.timers.expire(floorTick(d.sim.Now()), d.due)", "d.due = d.timers.expire(floorTick(d.sim.Now()), d.due[:0])\n\td.due = append(d.due, d.ready[:events]...)\n\td.ready = append(d.ready[:0], d.ready[events:]...)", "TestATurnWakesSocketsThenTimersThenTheDeferred"},

	// 1.9 Tuning.
	{"1.9 the target", "tuning.go", "targetInterval = 200_000.0", "targetInterval = 210_000.0", "TestTuning"},
	{"1.9 at least 2", "tuning.go", "minGQI         = 2", "minGQI         = 1", "TestTuning"},
	{"1.9 at most 127", "tuning.go", "maxGQI         = 127", "maxGQI         = 128", "TestTuning"},
	{"1.9 the weight of a poll", "tuning.go", "ewmaKeep       = 0.9 ", "ewmaKeep       = 0.99 ", "TestTuning"},
	{"1.9 the first interval", "tuning.go", "initialGQI     = 61", "initialGQI     = 31", "TestTuning"},
	{"1.9 differences of 2 are ignored", "tuning.go", "min(next, t.gqi) > 2", "min(next, t.gqi) > 0", "TestTuning"},
	{"1.9 an empty batch teaches nothing", "tuning.go", "if t.batchPolls > 0 {", "if true {", "TestTuning"},
	{"1.9 a configured interval is not tuned", "tuning.go", "if t.configured {", "if false {", "TestTheInjectQueueComesFirstEveryGQITicks"},

	// 1.10 Giving way.
	{"1.10 yield_now waits for the driver", "engine.go", "p.deferred = append(p.deferred, e.tasks.Waker(p.task))\n\t\t\treturn e.pend(p, 0)", "id := e.tasks.Waker(p.task)\n\t\t\te.pend(p, 0)\n\t\t\treturn e.wakeLocal(p, id), true", "TestAYieldedTaskWaitsForALookAtTheDriver"},
	{"1.10 the deferred are a stack", "engine.go", "for _, w := range slices.Backward(p.deferred) {", "for _, w := range slices.All(p.deferred) {", "TestYieldedTasksRunInTheOrderOfTheDeferStack"},
	{"1.10 128 units", "engine.go", "coopBudget = 128", "coopBudget = 127", "TestOperationsSpendTheBudget"},
	{"1.10 a ready socket or timer spends", "../internal/task/step.go", "if t.sends() || !ts.spend() {", "if t.sends() {", "TestOperationsSpendTheBudget"},
	{"1.10 a socket or timer ready at once spends", "../internal/task/step.go", "if !t.resuming || ts.spend() {", "if true {", "TestOperationsSpendTheBudget"},
	{"1.10 a ready handle spends", "../internal/task/step.go", "\t\tts.spend()\n\t\tdone := t.firstHandle", "\t\tdone := t.firstHandle", "TestCoopBudgetBoundsReadyHandles"},
	{"1.10 what is not ready gives back", "../internal/task/budget.go", "*ts.Budget == 1 {\n", "*ts.Budget == 1 {\n\t\t*ts.Budget = 0\n", "TestWhatIsNotReadyGivesItsUnitBack"},
	{"1.10 and counts all the same", "../internal/task/budget.go", "if ts.Budget != nil && *ts.Budget == 1 {", "if false {", "TestWhatIsNotReadyGivesItsUnitBack"},
	{"1.10 at 0 a handle gives way", "../internal/task/step.go", "for t.firstHandle != 0 && !ts.exhausted() {", "for t.firstHandle != 0 {", "TestCoopBudgetBoundsReadyHandles"},
	{"1.10 at 0 a socket or timer gives way", "../internal/task/step.go", "if ts.exhausted() { // the time", "if false { // the time", "TestOperationsSpendTheBudget"},
	{"1.10 the deadline does not wait for the budget", "../internal/task/step.go", "if !t.begun {", "if true {", "TestARefusedOperationKeepsItsTime"},
	{"1.10 a budget that reaches 0 is counted", "../internal/task/budget.go", "\t*ts.Budget--\n\tif *ts.Budget == 0 {", "\t*ts.Budget--\n\tif *ts.Budget < 0 {", "TestOperationsSpendTheBudget"},
	{"1.5 golden trace 2: the slot is off for the third LIFO poll of a ping-pong", "state.go", "maxLIFOPolls  = 3", "maxLIFOPolls  = 5", "TestGolden2PingPong"},
	{"1.13 the end of a blocking job wakes its task from outside", "engine.go", "default:\n\t\te.scheduleRemote(id)\n\t\te.flavor.notify()", "default:\n\t\te.scheduleRemote(id)", "TestRandomPrograms"},

	// 1.16 Channels, mutexes and handles.
	{"1.16 a sender that waits sends when it is polled", "../internal/task/step.go", "if t.sends() {\n\t\t\t\t\tif", "if false {\n\t\t\t\t\tif", "TestAWaitingSenderSendsWhenItIsPolled"},
	{"1.16 its place is its own", "../process/channel.go", "c.messages+c.promised >= capacity", "c.messages >= capacity", "TestAPlaceIsHandedOver"},
	{"1.16 or the next sender's", "../process/channel.go", "\tc.promised--\n\treturn c.free()", "\tc.promised--\n\treturn Waiter{}", "TestAPlaceIsHandedOn"},
	{"1.16 receivers take turns", "../process/channel.go", "c.turn != (Waiter{}) && !c.turn.same(by) {", "false {", "TestReceiversTakeTurns"},
	{"1.16 the next turn begins", "../internal/task/objects.go", "another = st.Op == program.Receive && c.HasTurn(w)", "another = false", "TestReceiversTakeTurns"},
	{"1.16 also after one that gave up", "../process/channel.go", "if c.HasTurn(w) {", "if c.HasTurn(w) && false {", "TestATurnEndsWithItsReceiver"},
	{"1.16 a waker is left in the channel", "../process/channel.go", "\tc.turn = c.receivers.pop()\n", "\tc.turn, c.first = c.receivers.pop(), Waiter{}\n", "TestAReceiverThatGaveUpIsWokenOnceMore"},
	{"1.16 which says nothing of what the task waits for then", "../internal/task/objects.go", "t.ready = t.ready || ts.Waited(w.Waker)", "t.ready = true", "TestAReceiverThatGaveUpIsWokenOnceMore"},
	{"1.16 a mutex is handed over", "../process/mutex.go", "m.locked = next != Waiter{}", "m.locked = false", "TestAMutexIsHandedOver"},
	{"1.16 a waker is left in a handle", "../internal/task/poll.go", "case t.origin == awaited:", "case t.origin == awaited && ts.Get(t.owner).awaits == aHandle:", "TestWhoHasAwaitedATaskIsTold"},
	{"1.16 but not in one that is dropped", "../internal/task/handles.go", " || ts.Crate != process.SmolRS {", " || ts.Crate == process.Unused {", "TestADroppedHandleTellsNobody"},
	{"1.10 any poll ends a yield", "../internal/task/step.go", ", t.awaits == aTurn:", ":", "TestATaskThatGaveWayGoesOnAtAnyPoll"},

	// 1.11 Timers.
	{"1.11 deadlines are rounded up", "driver.go", "int64((t + tickLength - 1) / tickLength)", "int64(t / tickLength)", "TestSleepFiresAtTheNextTick"},
	{"1.11 epoll's timeout is whole milliseconds", "driver.go", "timeout := sim.Time(d.nextWake-now) * tickLength", "timeout := sim.Time(d.nextWake)*tickLength - d.sim.Now()", "TestGolden7Timer"},
	{"1.11 6 levels", "wheel.go", "wheelLevels = 6", "wheelLevels = 7", "TestTimerLevels"},
	{"1.11 a level is the highest digit that differs", "wheel.go", "differ := narrow.Uint64(elapsed^tick)", "differ := narrow.Uint64(tick-elapsed)", "TestTimerLevels"},
	{"1.11 64 slots", "wheel.go", "slotBits    = 6", "slotBits    = 5", "TestTimerLevels"},
	{"1.11 upper slots wake the driver", "wheel.go", "_, _, tick := w.nextSlot()", "tick := noTick\n\tfor i := range w.entries {\n\t\tif t := w.entries[i].tick; t > w.elapsed {\n\t\t\ttick = min(tick, t)\n\t\t}\n\t}", "TestLongTimersWakeTheDriverOnTheirWay"},
	{"1.11 slots are FIFO", "wheel.go", "t.next, t.previous = 0, l.tail\n", "t.next, t.previous = 0, l.tail\n\tif level == 0 && l.head != 0 {\n\t\tt.next, t.previous = l.head, 0\n\t\tw.entries[l.head].previous, l.head = i, i\n\t\treturn\n\t}\n", "TestTimersOfATickFireInTheOrderOfInsertion"},
	{"1.11 an earlier timer writes the eventfd", "driver.go", "if waits && tick < d.nextWake {", "if false {", "TestAnEarlierTimerWakesTheDriver"},
	{"1.11 a later one does not", "driver.go", "if waits && tick < d.nextWake {", "if waits {", "TestAnEarlierTimerWakesTheDriver"},
	{"1.11 an elapsed tick is ready at once", "wheel.go", "if tick <= w.elapsed {\n\t\treturn 0, false", "if tick < w.elapsed {\n\t\treturn 0, false", "TestSleepFiresAtTheNextTick"},
	{"1.11 entries are reused", "wheel.go", "w.entries[i].next, w.free = w.free, i", "", "TestWheelDoesNotAllocate"},
	{"1.11 beyond the range: the top level", "wheel.go", "if differ >= uint64(wheelRange) {\n\t\treturn wheelLevels - 1", "if differ >= uint64(wheelRange) {\n\t\treturn wheelLevels - 2", "TestTimerLevels"},

	// 1.12 Sockets.
	{"1.12 a ready socket ends epoll_wait", "driver.go", "d.ready = append(d.ready, w)\n\td.endSleep()", "d.ready = append(d.ready, w)", "TestIOWakesTheDriver"},
	{"1.12 in the order of readiness", "driver.go", "d.ready = append(d.ready, w)\n", "d.ready = append([]scheduler.Waker{w}, d.ready...)\n", "TestIOWakesInTheOrderOfReadiness"},
	{"1.12 on the worker that polled", "engine.go", "if e.driver.holder == p.index {", "if e.driver.holder != noHolder {", "TestNobodyTakesOverTheDriver|TestRandomPrograms"},

	// 1.14 current_thread.
	{"1.14 a FIFO", "current_thread.go", "rt.queue.Push(rt.tasks, id)", "if first := rt.queue.Pop(rt.tasks); first != 0 {\n\t\trt.queue.Push(rt.tasks, first)\n\t}\n\trt.queue.Push(rt.tasks, id)", "TestCurrentThreadIsFIFO"},
	{"1.14 the inject queue first every 31 ticks", "current_thread.go", "currentThreadGQI = 31", "currentThreadGQI = 61", "TestCurrentThreadTakesLocalTasksFirst"},
	{"1.14 else the run queue first", "current_thread.go", "if rt.tick%rt.gqi == 0 {", "if true {", "TestCurrentThreadTakesLocalTasksFirst"},
	{"1.6 a queue that fills ends the skip before it", "skip.go", "if look > 0 && look < w.skip.looks && ", "if false && ", "TestSkippedLooksChangeNothing"},
	{"1.6 searches that look at the same times keep their order", "skip.go", "if rt.sim.From() >= now-rt.costs.StealAttempt {", "if true {", "TestSkippedLooksChangeNothing"},
	{"1.6 a skip takes as long as its looks", "skip.go", "end := w.skip.start + sim.Time(looks)*", "end := w.skip.start + ", "TestSkippedLooksChangeNothing"},
	{"1.14 global_queue_interval", "current_thread.go", "rt.gqi = settled.globalQueueInterval", "", "TestCurrentThreadTakesLocalTasksFirst"},
	{"1.14 a look at the driver after 61 ticks", "current_thread.go", "if rt.round == rt.eventInterval {", "if rt.round == rt.eventInterval+1 {", "TestCurrentThreadLooksAtTheDriverAfter61Tasks"},
	{"1.14 a round begins anew after a park", "current_thread.go", "rt.round = 0\n", "if rt.round >= rt.eventInterval {\n\t\t\trt.round = 0\n\t\t}\n", "TestCurrentThreadLooksAtTheDriverAfter61Tasks"},
	{"1.14 no park while tasks are deferred", "current_thread.go", "if len(p.deferred) > 0 {", "if false {", "TestCurrentThreadDefersTasksThatGiveWay"},
	{"1.14 a spawn from outside writes the eventfd", "current_thread.go", "return rt.driver.poke() }", "return 0 }", "TestSpawnsFromOutsideWriteTheEventfd"},
	{"1.14 even if nobody sleeps", "driver.go", "d.poked = true", "", "TestSpawnsFromOutsideWriteTheEventfd"},
	{"1.14 epoll_wait empties the eventfd", "driver.go", "d.poked = false", "", "TestSpawnsFromOutsideWriteTheEventfd endless"},
	{"1.14 a budget a poll", "current_thread.go", "p.budget = coopBudget", "p.budget = max(coopBudget-int(p.counters.Polls)/2, 1)", "TestCurrentThreadBudgetIsPerPoll"},
	{"1.14 parks and noops", "current_thread.go", "rt.poller.countPark()", "", "TestSpawnsFromOutsideWriteTheEventfd"},

	// 1.17 Thread per core.
	{"1.17 a connection has a core", "per_core.go", "rt.cores[scheduler.CoreOf(connection, len(rt.cores))].Spawn", "rt.cores[0].Spawn", "TestARequestStaysOnTheCoreOfItsConnection|TestUnevenClients"},
	{"1.17 without a connection in turn", "per_core.go", "rt.next++", "", "TestRequestsWithoutAConnectionGoToTheCoresInTurn"},
	{"1.17 a core is a worker", "current_thread.go", "rt.poller.index = core", "rt.poller.index = 0", "TestARequestStaysOnTheCoreOfItsConnection"},
	{"1.17 a core holds its own driver", "current_thread.go", "rt.driver.wait(rt.poller.index)", "rt.driver.wait(0)", "TestARequestStaysOnTheCoreOfItsConnection endless"},
	{"1.17 choices of their own", "per_core.go", "of.Seed += narrow.Uint64(i)", "", "TestCoresAreCurrentThreadRuntimes"},
	{"1.17 one process", "per_core.go", "of := cfg\n", "of := cfg\n\t\tof.Process = &process.Process{Host: cfg.Process.Host}\n", "TestCoresShareTheProcess|TestCoresAreCurrentThreadRuntimes"},
	{"1.17 an answer finds its core", "per_core.go", "asked{rt.cores[core], r.Waker}", "asked{rt.cores[0], r.Waker}", "TestAnAnswerFindsItsCore"},
	{"1.17 an answer gives its place back", "per_core.go", "rt.free = append(rt.free, place)", "", "TestAnAnswerFindsItsCore"},
	{"1.17 tasks are numbered together", "per_core.go", "core.tasks.Share(&numbers)", "_ = &numbers", "TestPerCoreConserves"},
	{"1.17 threads are numbered together", "per_core.go", "len(rt.cores) + rt.started", "len(rt.cores) + len(live)", "TestThreadsOfPools"},
	{"1.17 so are the threads of jobs", "per_core.go", "rt.job.Thread = rt.threads[core][j.Thread]", "", "TestThreadsOfPools"},
	{"1.17 what waits for a core is in its queue", "per_core.go", "all.Workers[i].LocalQueue += c.GlobalQueue", "all.GlobalQueue += c.GlobalQueue", "TestUnevenClients"},

	// 1.10 block_in_place.
	{"1.10 block_in_place: the worker goes on elsewhere", "inplace.go", "spent += rt.pool.SubmitWorker(p.index)", "", "TestTheWorkerGoesOnElsewhere"},
	{"1.10 block_in_place: the LIFO task can be stolen", "inplace.go", "w.lifo = 0\n\t\tspent += rt.pushBack(w, id)", "_ = id", "TestWhatTheWorkerHoldsCanBeStolen"},
	{"1.10 block_in_place: wakes the deferred", "inplace.go", "spent := rt.wakeDeferred(p)", "spent := sim.Time(0)", "TestBlockingInPlaceWakesTheDeferred"},
	{"1.10 block_in_place: takes the worker back", "inplace.go", "w := &rt.workers[l.index]; w.phase == phaseNoThread {", "w := &rt.workers[l.index]; w.phase == phaseNoThread && false {", "TestAShortBlockTakesTheWorkerBack|TestTheWorkerGoesOnElsewhere"},
	{"1.10 block_in_place: only if nobody has it", "inplace.go", "w := &rt.workers[l.index]; w.phase == phaseNoThread {", "w := &rt.workers[l.index]; w.phase != phaseTick {", "TestRandomPrograms|TestTheWorkerGoesOnElsewhere|TestWithoutAWorkerTasksGoToTheInjectQueue"},
	{"1.10 block_in_place: a late thread finds no worker", "inplace.go", "if w.phase != phaseNoThread {\n\t\treturn false", "if w.phase == phaseVictim {\n\t\treturn false", "TestAShortBlockTakesTheWorkerBack|TestRandomPrograms"},
	{"1.10 block_in_place: without a worker to the inject queue", "engine.go", "if p.inPlace {\n\t\te.scheduleRemote(id)", "if false {\n\t\te.scheduleRemote(id)", "TestWithoutAWorkerTasksGoToTheInjectQueue"},
	{"1.10 block_in_place: nobody to give way to", "engine.go", "if p.inPlace { // there is", "if false { // there is", "TestWithoutAWorkerTasksGoToTheInjectQueue"},
	{"1.10 block_in_place: the thread is the pool's at the end", "inplace.go", "rt.pool.Leave(l.thread)", "", "TestTheWorkerGoesOnElsewhere"},
	{"1.10 block_in_place: the budget is the task's", "inplace.go", "budget: p.budget, inPlace", "budget: coopBudget, inPlace", "TestTheBudgetIsThatOfTheTask"},
	{"1.10 block_in_place: again, on the same thread", "engine.go", "if p.inPlace {\n\t\t\t\tp.blocks = true\n\t\t\t\treturn a.Duration, false\n\t\t\t}\n", "", "TestBlockingAgainKeepsTheThread"},

	// 8 What tasks exchange.
	{"8 a hop for each operation", "engine.go", "e.tasks.SetHops(cfg.Costs.Hop)", "", "TestHops"},
	{"8 a hop for a handle that is ready", "../internal/task/step.go", "hops += ts.hops[program.Join]", "", "TestHops"},
	{"8 a wait costs more", "engine.go", "p.carry += a.Duration", "", "TestAWaitCosts"},
	{"8 a message costs a hop once", "../internal/task/objects.go", "t.awaits, t.begun = aMessage, true", "t.awaits = aMessage", "TestHops"},
	{"8 a hop for a channel or a mutex", "../internal/task/objects.go", "if a, passed := ts.hop(t, st.Op); !passed {", "if a, passed := ts.hop(t); !passed && false {", "TestHops"},
	{"8 a hop for each step", "../internal/task/hop.go", "if t.begun || ts.hops[op] == 0 {\n\t\tt.begun = false\n", "if t.begun || ts.hops[op] == 0 {\n", "TestHops"},
	{"8 a task that moved pays", "engine.go", "p.takeCarry() + e.tasks.Moving(p.task, p.index)", "p.takeCarry()", "TestATaskThatMovesPays"},
	{"8 a task is at home where it was made", "../internal/task/spawn.go", "c.spawner, c.worker = t.thread, t.worker\n\tif st", "c.spawner, c.worker = t.thread, -1\n\tif st", "TestATaskThatMovesPays"},
	{"8 a task from outside is nowhere at home", "../internal/task/spawn.go", "t.origin, t.spawner, t.worker = root, scheduler.Outside, scheduler.Outside", "t.origin, t.spawner = root, scheduler.Outside", "TestATaskThatMovesPays"},
	{"8 others make a spawn dearer", "engine.go", "e.costs.Spawn + e.shared +", "e.costs.Spawn +", "TestWhatWorkersShareCostsMore"},
	{"8 others make an end dearer", "engine.go", "p.carry = e.costs.Finish + e.shared", "p.carry = e.costs.Finish", "TestWhatWorkersShareCostsMore"},
	{"8 others make a steal dearer", "steal.go", "return id, contended +", "return id,", "TestWhatWorkersShareCostsMore"},
	{"8 others make a take from the inject queue dearer", "tick.go", "if id := rt.takeBatch(w); id != 0 {\n\t\treturn rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop+rt.shared)", "if id := rt.takeBatch(w); id != 0 {\n\t\treturn rt.runTask(w, id, scheduler.FromGlobal, spent+rt.costs.GlobalPop)", "TestWhatWorkersShareCostsMore"},
	{"8 a worker pays for a job", "engine.go", "return e.wait(p, e.pool.Submit(e.tasks.Waker(p.task), max(a.Duration, 0), a.Kind == task.File))", "e.pool.Submit(e.tasks.Waker(p.task), max(a.Duration, 0), a.Kind == task.File)\n\t\t\treturn e.wait(p, 0)", "TestTheWorkerPaysForABlockingJob"},
	{"8 a task pays for another thread of its worker", "inplace.go", "spent += rt.pool.SubmitWorker(p.index)", "rt.pool.SubmitWorker(p.index)", "TestTheWorkerPaysForABlockingJob"},
	{"8 a long sleep on a condvar ends later", "idle.go", "w.cpu.Rouse()", "0", "TestALongSleepEndsLater"},
	{"8 a long sleep in the driver ends later", "driver.go", "d.thread(d.holder).Rouse()", "0", "TestALongSleepEndsLater"},
	{"8 a long sleep of the pool ends later", "../blocking/pool.go", "cpu.Rouse()", "0", "TestALongSleepEndsLater"},
	{"8 a short sleep does not", "../cost/cost.go", "if slept <= d.After || d.After == 0 {", "if false {", "TestALongSleepEndsLater"},
	{"8 the thread outside makes one task after the other", "../internal/task/outside.go", "o.free = o.sim.Now() + o.tasks", "_ = o.tasks", "TestTheThreadOutsideWorks"},
	{"8 the thread outside pays for the task", "../internal/task/outside.go", "max(o.free, o.sim.Now()) + o.price()", "max(o.free, o.sim.Now())", "TestTheThreadOutsideWorks"},
	{"8 the thread outside pays for the queue", "engine.go", "return e.costs.Spawn + e.priceOfPush()", "return e.costs.Spawn", "TestTheThreadOutsideWorks"},
	{"8 workers make the thread outside slower", "engine.go", "return e.costs.GlobalPush + e.costs.Contended(e.unparked-1)", "return e.costs.GlobalPush", "TestWhatWorkersShareCostsMore"},
	{"8 those who sleep do not", "engine.go", "e.shared = e.costs.Contended(e.unparked - 1)", "e.shared = e.costs.Contended(len(e.tasks.Threads) - 1)", "TestWhatWorkersShareCostsMore"},

	// 1.1 block_on.
	{"1.1 block_on: the future is polled by no worker", "runtime.go", "if p.BlockOn {", "if false {", "TestBlockOnIsTheMainThreads"},
	{"1.1 block_on: who wakes it unparks the main thread", "engine.go", "if id == e.mainTask {", "if false {", "TestBlockOnIsTheMainThreads"},
	{"1.1 block_on: on a condvar of its own", "blockon.go", "rt.costs.Rise(rt.costs.WakeLatency, m.cpu.Rouse()", "rt.costs.Rise(rt.costs.WakeDriverLatency, m.cpu.Rouse()", "TestBlockOnIsTheMainThreads"},
	{"1.1 block_on: one future after the other", "blockon.go", "if m.phase == blockOnIdle {", "if true {", "TestBlockOnComesOneAfterTheOther"},
	{"1.1 block_on: a budget a poll", "blockon.go", "m.budget = coopBudget", "m.budget = max(m.budget, coopBudget-int(m.carry)+72)", "TestTheMainFutureHasABudgetAPoll"},
	{"1.1 block_on: woken in its own poll", "blockon.go", "if m.woken {\n\t\t\tm.phase = blockOnBegin\n\t\t\treturn 0\n\t\t}\n\t\tm.phase = blockOnPark", "m.phase = blockOnPark", "TestTheMainFutureHasABudgetAPoll"},
	{"1.1 block_on: it pays for the inject queue", "engine.go", "return e.priceOfPush() + e.flavor.notify()", "return e.flavor.notify()", "TestWhatSpawnsOnTheMainThreadPays"},

	// 1.1 and 1.13 Threads.
	{"1.1 max_blocking_threads", "engine.go", "pool.Limit = cfg.MaxBlockingThreads", "", "TestMaxBlockingThreads"},
	{"1.1 the workers' threads are beside them", "engine.go", "pool.Limit += workers", "", "TestMaxBlockingThreads"},
	{"1.1 on_thread_start and on_thread_stop", "engine.go", "if o.Thread != nil {", "if false {", "TestThreadsAreTold"},

	// 1.6 and 1.11 Wakes during the poll, timers dropped.
	{"1.6 a task woken in its own poll goes to the back", "tick.go", "if w.lifoEnabled && !again {", "if w.lifoEnabled {", "TestATaskWokenInItsPollGoesToTheBack"},
	{"1.6 and is queued after it", "engine.go", "if e.tasks.Pend(p.task) {", "if e.tasks.Pend(p.task) && false {", "TestATaskWokenInItsPollGoesToTheBack"},
	{"1.11 a dropped timer leaves the wheel", "engine.go", "e.driver.timers.remove(a.Timer())", "", "TestADroppedTimerWakesNobody|TestRandomPrograms"},
	{"1.11 dropping costs what inserting does", "engine.go", "default: // Sleep, SetTimer, ClearTimer\n\t\treturn e.costs.TimerInsert", "case task.ClearTimer:\n\t\treturn 0\n\tdefault:\n\t\treturn e.costs.TimerInsert", "TestADroppedTimerWakesNobody"},
	{"1.11 a process costs its start", "engine.go", "return e.costs.ProcessStart", "return 0", "TestAProcessCostsItsStart"},
}

func TestRules(t *testing.T) { mutants.Check(t, rules) }
