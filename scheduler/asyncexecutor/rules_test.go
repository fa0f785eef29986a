// SPDX-License-Identifier: Apache-2.0

package asyncexecutor

import (
	"testing"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check/mutants"
)

// The rules of schedulers.md, sections 2 to 4 (the pool's are in package blocking), each with the tests that fail when the
// rule is removed; see package mutants.
//
// Not in the table, because nothing here could show them: the locks (`active`, the list of runners), the 500 tasks after which
// spawn_many lets go of one, catch_unwind, and the thread-local current task of async-std, which are costs; and that eventfd
// writes coalesce, because a thread that is about to wake is not woken again either.
var rules = []mutants.Rule{
	// 2.1 and 2.3 The runner.
	{"2.1 local queues hold 512", "state.go", "localCapacity = 512", "localCapacity = 1024", "TestALocalQueueHolds512"},
	{"2.3 the local queue comes first", "search.go", "if id := r.local.Pop(); id != 0 {\n\t\treturn id, scheduler.FromLocal, 0\n\t}", "", "TestGolden11HalfOfTheRest|TestFirstInFirstOut"},
	{"2.3 half of the rest of the global queue", "search.go", "min((e.global.Len()+1)/2, r.local.Free())", "min(e.global.Len(), r.local.Free())", "TestGolden11HalfOfTheRest"},
	{"2.3 rounded up", "search.go", "min((e.global.Len()+1)/2, r.local.Free())", "min(e.global.Len()/2, r.local.Free())", "TestGolden11HalfOfTheRest"},
	{"2.3 half of a victim's queue", "search.go", "min((victim.local.Len()+1)/2, r.local.Free())", "min(victim.local.Len(), r.local.Free())", "TestAThiefTakesTheOlderHalf"},
	{"2.3 rounded up, of a victim's", "search.go", "min((victim.local.Len()+1)/2, r.local.Free())", "min(victim.local.Len()/2, r.local.Free())", "TestAThiefTakesTheOlderHalf"},
	{"2.3 thieves look at all others", "search.go", "id, more = e.stealFrom(r, 0, first)", "id, more = e.stealFrom(r, 0, 0)", "TestAThiefLooksAtAllOthers"},
	{"2.3 from a random one on", "search.go", "r.rng.IntN(n)", "0*r.rng.IntN(n)", "TestThievesStartAnywhere"},
	{"2.3 not at themselves", "search.go", "if from <= r.index && r.index < before {", "if false {", "TestAThiefLooksAtAllOthers"},
	{"2.3 steals are counted", "search.go", "e.tasks.Stolen(id)", "", "FuzzRandomLoad"},
	{"2.3 a second search before the sleep", "runner.go", "e.notified = e.sleepers.isNotified()\n\t\t\tr.phase = searching", "e.notified = e.sleepers.isNotified()\n\t\t\tr.phase = pending", "TestGolden10OneTaskWakesTwo|TestARunnerSearchesTwice"},
	{"2.3 fairness every 64 tasks", "state.go", "fairInterval = 64", "fairInterval = 63", "TestFairnessEvery64Tasks"},
	{"2.3 which moves half", "runner.go", "d += e.costs.GlobalPop + e.shared + e.takeHalf(r)", "d += e.costs.GlobalPop", "TestFairnessEvery64Tasks"},
	{"2.3 a round is 200 tasks", "state.go", "runsPerRound = 200", "runsPerRound = 201", "TestGolden12LookAfter200|TestMainIsPolledOnceARound"},
	{"2.3 the future comes first", "blockon.go", "func (e *Executor) blockOn(r *runner) sim.Time {\n\tswitch r.phase {\n\tcase pending:", "func (e *Executor) blockOn(r *runner) sim.Time {\n\tr.future.ready = r.future.ready && e.global.Len() == 0\n\tswitch r.phase {\n\tcase pending:", "TestMainIsPolledOnceARound"},

	// 2.2 Where tasks go.
	{"2.2 to the tail of the global queue", "schedule.go", "e.global.Push(e.tasks, id)\n", "if by != nil && by.local.Free() > 0 {\n\t\tby.local.Push(id)\n\t} else {\n\t\te.global.Push(e.tasks, id)\n\t}\n", "TestGolden11HalfOfTheRest|TestStealingSharesAHoard|TestGolden9SpawnOrder|TestAWakeGoesToTheGlobalQueue"},
	{"2.2 a yield goes there too", "runner.go", "r.runnable = r.task\n\tr.phase = scheduling\n\treturn e.costs.Wake", "r.local.Push(r.task)\n\treturn e.costs.Wake", "TestAYieldGoesToTheTail"},
	{"2.2 and notifies", "schedule.go", "return e.shared + e.notify(by)\n", "return 0\n", "TestGolden10OneTaskWakesTwo"},

	// 2.4 Sleepers.
	{"2.4 the last sleeper is woken first", "sleepers.go", "r := s.unnotified[n-1]\n\ts.unnotified = s.unnotified[:n-1]", "r := s.unnotified[0]\n\ts.unnotified = s.unnotified[1:]", "TestGolden10OneTaskWakesTwo"},
	{"2.4 one at a time", "schedule.go", "if e.notified {\n\t\treturn 0\n\t}\n\te.notified = true\n\tr := e.sleepers.notify()", "var r *runner\n\tif n := len(e.sleepers.unnotified); n > 0 {\n\t\tr, e.sleepers.unnotified = e.sleepers.unnotified[n-1], e.sleepers.unnotified[:n-1]\n\t}", "TestOneNotificationAtATime"},
	{"2.4 a found task notifies", "runner.go", "d += e.notify(r)\n", "", "TestGolden10OneTaskWakesTwo"},
	{"2.4 who finds a task leaves the sleepers", "runner.go", "e.sleepers.remove(r)\n\t\te.notified = e.sleepers.isNotified()\n\t\td +=", "d +=", "TestOneNotificationAtATime"},
	{"2.4 and lets others be notified", "sleepers.go", "return s.count == 0 || s.count > len(s.unnotified)", "return true", "TestOneNotificationAtATime"},
	{"2.4 a futile wake sleeps again", "sleepers.go", "} else if s.find(r) >= 0 {\n\t\treturn false\n\t}", "}", "FuzzRandomLoad|TestGolden10OneTaskWakesTwo endless"},

	// 2.5 Tasks.
	{"2.5 a wake during the poll is queued after it", "runner.go", "if e.tasks.Pend(r.task) {", "if e.tasks.Pend(r.task) && false {", "TestATimeoutDuringThePoll"},
	{"2.5 a dropped handle cancels", "executor.go", "e.tasks.CancelOnDrop, e.tasks.Migration = cfg.CancelOnDrop, cfg", "_, e.tasks.Migration = cfg.CancelOnDrop, cfg", "TestADroppedHandleCancels"},

	// 2.6 Compositions.
	{"2.6 main is told", "futures.go", "r := e.runners[0]\n\tr.future.ready = true\n\treturn e.unpark(r, nil)", "r := e.runners[0]\n\tr.future.ready = true\n\treturn 0", "TestMainIsWokenFromItsSleep"},
	{"2.6 main pays for its spawns", "futures.go", "return e.costs.Spawn", "return 0", "TestMainIsWokenFromItsSleep"},
	{"2.6 a thread for each task", "futures.go", "r.cpu.Wake(e.costs.ThreadStart.Sample(&e.latency))", "r.cpu.Wake(0)", "TestEachTaskHasAThread"},
	{"2.6 its future is nobody else's", "schedule.go", "if r := e.runnerOf(id); r != nil {", "if r := e.runnerOf(id); r != nil && false {", "TestEachTaskHasAThread|FuzzRandomLoad"},
	{"2.6 the thread ends with it", "futures.go", "case !r.future.done:", "case true:", "TestEachTaskHasAThread"},
	{"2.6 what it had taken goes back", "futures.go", "for id := r.local.Pop(); id != 0; id = r.local.Pop() {", "for id := r.local.Pop(); id != 0 && false; id = r.local.Pop() {", "FuzzRandomLoad"},
	{"2.6 and its notification to another", "futures.go", "if notified {\n\t\t\te.notify(r)\n\t\t}", "_ = notified", "TestANotificationIsPassedOn"},
	{"2.6 threads are bounded", "futures.go", "case len(e.runners) < MaxThreadsPerTask:", "case true:", "TestThreadsAreBounded"},

	{"2.6 block_on on the main thread", "executor.go", "if p.BlockOn && e.composition == Pool {", "if false {", "TestBlockOnIsTheMainThreads"},
	{"2.6 which runs no tasks", "futures.go", "if r.alone {\n\t\t\tr.phase = parking", "if false {\n\t\t\tr.phase = parking", "TestBlockOnIsTheMainThreads"},
	{"2.6 and which tasks unpark", "schedule.go", "if e.pinned[id] == ofMain {\n\t\treturn e.main\n\t}", "if e.pinned[id] == ofMain {\n\t\treturn nil\n\t}", "TestBlockOnIsTheMainThreads"},
	{"2.6 one block_on after the other", "futures.go", "if e.main.phase != ended {", "if false {", "TestBlockOnIsTheMainThreads"},

	// 3 async-std.
	{"3 spawn_blocking is two tasks", "runner.go", "if e.delegates && !e.tasks.IsBlockingJob(r.task) {", "if false {", "TestADelegatedJobIsTwoTasks"},

	// 4.1 The reactor.
	{"4.1 timers before sockets", "turn.go", "t.wakers = re.timers.due(now, allTimers, t.wakers)\n\t\tt.noWait", "t.wakers = re.timers.due(now, 0, t.wakers)\n\t\tt.noWait", "TestTimersFireInOrder|FuzzRandomLoad"},
	{"4.1 timers that expire during the wait", "turn.go", "if len(t.wakers) == expired && !t.noWait {", "if len(t.wakers) < expired {", "TestATimerThatEndsTheWaitIsOfThatTurn"},
	{"4.1 not if there was I/O", "turn.go", "if len(t.wakers) == expired && !t.noWait {", "if len(t.wakers) >= expired && !t.noWait {", "TestSocketsEndASleepWithoutTimers"},
	{"4.1 1024 events a turn", "turn.go", "eventsPerTurn = 1024", "eventsPerTurn = 1 << 20", "TestATurnTakes1024Sockets"},
	{"4.1 the ticker", "turn.go", "re.ticker++", "", "TestTheTickerKeepsTheHelperAway"},

	// 4.2 Timers.
	{"4.2 a registration gets the thread out of epoll", "runner.go", "d := e.pend(r)\n\t\te.notifyPoller()\n\t\treturn d", "return e.pend(r)", "TestTimerGetsTheThreadOutOfEpoll"},
	{"4.2 in the order of deadlines", "deadlines.go", "return d.at < o.at ||", "return d.at > o.at ||", "TestTimersFireInOrder"},
	{"4.2 and of registration", "deadlines.go", "(d.at == o.at && d.id < o.id)", "(d.at == o.at && d.id > o.id)", "TestTimersFireInOrder"},
	{"4.2 a cleared timer wakes nobody", "deadlines.go", "for len(h.heap) > 0 && !h.tasks.Waited(h.heap[0].waker) {\n\t\th.removeFirst()\n\t}", "", "TestAClearedTimerEndsNoTurn"},
	{"4.2 cleared timers do not pile up", "runner.go", "e.reactor.timers.abandon()", "", "TestClearedTimersDoNotPileUp"},

	// 4.3 block_on and the async-io thread.
	{"4.3 a token means a look at the reactor", "blockon.go", "if e.tryLock(r) {\n\t\t\te.startTurn(true)", "if false && e.tryLock(r) {\n\t\t\te.startTurn(true)", "TestGolden12LookAfter200"},
	{"4.3 only with the lock", "lock.go", "if e.reactor.locked {\n\t\treturn false\n\t}", "", "TestNoLookWithoutTheLock|FuzzRandomLoad"},
	{"4.3 500 us, then the helper's", "state.go", "hogLimit = 500_000", "hogLimit = 501_000", "TestTheReactorMayBeKeptFor500us"},
	{"4.3 who leaves the reactor unparks the helper", "blockon.go", "d += e.unparkHelper()", "", "TestEventsTakeAnExtraHopThroughTheHelper|TestHoggingThreadLeavesTheReactor"},
	{"4.3 a token prevents parking", "blockon.go", "case parking:\n\t\tif r.takeToken() {", "case parking:\n\t\tif false {", "TestATokenPreventsParking"},
	{"4.3 the helper's sleeps", "helper.go", "50_000, 75_000, 100_000,", "50_000, 50_000, 100_000,", "TestTheHelpersPatience"},
	{"4.3 the helper waits while others turn the reactor", "helper.go", "case h.lastTick != e.reactor.ticker:", "case false:", "TestTheTickerKeepsTheHelperAway"},
	{"4.3 ten fruitless sleeps", "helper.go", "patience = 10", "patience = 11", "TestTheHelpersPatience"},
	{"4.3 the helper remembers an unpark", "helper.go", "if h.token {\n\t\t\th.phase = helperUnparked\n\t\t\treturn 0\n\t\t}", "", "TestHelperRemembersAnUnpark"},
	{"4.3 a released lock wakes the helper", "lock.go", "return e.wakeLockWaiter()", "return 0", "TestHelperTakesTheLockItWaitedFor"},
	{"4.3 waking a thread in epoll writes the eventfd", "schedule.go", "case r.ioBlocked && r != by:\n\t\treturn e.notifyPoller()", "", "TestGolden10OneTaskWakesTwo|TestIdleExecutorComesToRest|FuzzRandomLoad"},
	{"4.3 waking oneself is free", "schedule.go", "case r.ioBlocked && r != by:", "case r.ioBlocked:", "TestWakingOneselfIsFree"},

	// 4.5 Channels, mutexes and handles.
	{"4.5 a sender that waits tries again", "executor.go", "e.tasks.Crate = process.SmolRS", "", "TestAWaitingSenderSendsWhenItIsPolled"},
	{"4.5 a place is nobody's", "../process/channel.go", "if c.crate != SmolRS && sender != (Waiter{}) {", "if sender != (Waiter{}) {", "TestAWaitingSenderSendsWhenItIsPolled"},
	{"4.5 who has a message tells the next receiver", "../internal/task/objects.go", "return ts.wakeWaiter(c.NextReceiver())", "return Action{}, false", "TestWhoReceivesTellsTheNext"},
	{"4.5 who has sent tells the next sender", "../internal/task/objects.go", "return ts.wakeWaiter(c.NextSender())", "return Action{}, false", "TestWhoSendsTellsTheNext"},
	{"4.5 if it was notified", "../internal/task/objects.go", "another = t.ready\n", "another = true\n", "TestAnyPollIsAnAttempt"},
	{"4.5 any poll is an attempt at a channel", "../internal/task/task.go", "return t.ready || t.awaits == aChannel", "return t.ready", "TestAnyPollIsAnAttempt"},
	{"4.5 who tries in vain waits behind the others", "../internal/task/objects.go", "(!t.awaits.listens() || t.ready) {", "!t.awaits.listens() {", "TestWhoReceivesTellsTheNext"},
	{"4.5 a notified receiver that is dropped tells the next", "../internal/task/drop.go", "next = c.NextReceiver()", "", "TestANotifiedReceiverThatIsDroppedTellsTheNext"},
	{"4.5 a mutex is free after an unlock", "../process/mutex.go", "if m.crate == SmolRS {", "if false {", "TestWhoUnlocksMayLockAgain"},
	{"4.5 half a millisecond", "../internal/task/objects.go", "starves = sim.Time(500_000)", "starves = sim.Time(499_999)", "TestAStarvedTaskIsNext"},
	{"4.5 a starved task is next", "../process/mutex.go", "if m.locked || m.starved > 0 {", "if m.locked {", "TestAStarvedTaskIsNext"},
	{"4.5 who meets a starved one is starved", "../process/mutex.go", "\tm.starved++\n\treturn true\n", "\treturn false\n", "TestWhoMeetsAStarvedTaskIsStarved"},
	{"4.5 a notified lock that is dropped tells the next", "../process/mutex.go", "\tm.notified--\n\treturn m.notify()\n", "\tm.notified--\n\treturn Waiter{}\n", "TestANotifiedLockThatIsDroppedTellsTheNext"},
	{"4.5 one is notified at a time", "../process/mutex.go", "if m.notified > 0 {", "if false {", "TestAnUnlockTellsOneAtATime"},
	{"2.5 a cancelled job tells its owner", "../internal/task/drop.go", "t.woken = true // async-task", "_ = 0 // async-task", "TestACancelledJobTellsItsOwner"},
	{"3 a detached job tells its owner at its end", "../internal/task/handles.go", "awaiter.low() != t.owner {", "awaiter.low() != t.owner || !ts.Waited(t.joiner()) {", "TestACancelledJobTellsItsOwner"},
	{"2.5 a cancelled task tells its owner", "../internal/task/handles.go", "\tif cancels {\n\t\tt.woken = true\n", "\tif cancels {\n", "TestWhoHasAwaitedATaskIsTold"},
	{"2.5 a detached task tells it at its end", "../internal/task/handles.go", "c.origin, c.owner, c.sibling = forsaken, t.low(), holder", "_ = holder", "TestWhoHasAwaitedATaskIsTold"},
	{"2.5 unless it has ended", "../internal/task/handles.go", "awaiter.state == stateFree || awaiter.low() != t.owner {", "awaiter.low() == 1<<31 && t.owner != 0 {", "TestWhoHasAwaitedATaskIsTold"},

	// 8 What things cost.
	{"8 a hop for each operation", "executor.go", "e.tasks.SetHops(cfg.Costs.Hop)", "", "TestHops"},
	{"8 a wait costs more", "runner.go", "r.carry += a.Duration\n\t\treturn e.pend(r)", "return e.pend(r)", "TestHops"},
	{"8 a task that moved pays", "executor.go", "e.tasks.CancelOnDrop, e.tasks.Migration = cfg.CancelOnDrop, cfg", "e.tasks.CancelOnDrop, _ = cfg.CancelOnDrop, cfg", "TestATaskThatMovesPays"},
	{"8 others make a spawn dearer", "runner.go", "\t\treturn e.costs.Spawn + e.shared\n\tcase task.Wake, task.Cancel:", "r.phase = spawning\n\t\treturn e.costs.Spawn", "TestWhatRunnersShareCostsMore"},
	{"8 others make a push dearer", "schedule.go", "return e.shared + e.notify(by)", "return e.notify(by)", "TestWhatRunnersShareCostsMore"},
	{"8 others make a wake dearer", "schedule.go", "return e.shared + e.unpark(r, by)", "return e.unpark(r, by)", "TestWhatRunnersShareCostsMore"},
	{"8 others make a take dearer", "search.go", "e.costs.GlobalPop + e.shared + e.takeHalf(r)", "e.costs.GlobalPop + e.takeHalf(r)", "TestWhatRunnersShareCostsMore"},
	{"8 others make a steal dearer", "search.go", "e.costs.StealAttempt + e.shared +", "e.costs.StealAttempt +", "TestWhatRunnersShareCostsMore"},
	{"8 others make it dearer to leave the sleepers", "runner.go", "d += e.shared", "", "TestWhatRunnersShareCostsMore"},
	{"8 others make an end dearer", "runner.go", "r.carry = e.costs.Finish + e.shared", "r.carry = e.costs.Finish", "TestWhatRunnersShareCostsMore"},
	{"8 a runner pays for a job", "runner.go", "return d + e.pend(r)\n\tcase task.Done:", "_ = d\n\t\treturn e.pend(r)\n\tcase task.Done:", "TestTheRunnerPaysForABlockingJob"},
	{"8 a long park ends later", "schedule.go", "r.cpu.Rouse()", "0", "TestALongSleepEndsLater"},
	{"8 a long sleep in epoll ends later", "reactor.go", "idle = r.cpu.Rouse()", "_ = r.cpu", "TestALongSleepEndsLater"},
	{"8 the thread outside pays for the task", "schedule.go", "return e.costs.Spawn + e.costs.GlobalPush + e.costs.Contended(e.awake-1)", "return e.costs.Spawn + e.costs.Contended(e.awake-1)", "TestTheThreadOutsideWorks"},
	{"8 the thread outside pays for the table of tasks", "schedule.go", "return e.costs.Spawn + e.costs.GlobalPush + e.costs.Contended(e.awake-1)", "return e.costs.Spawn + e.costs.GlobalPush", "TestWhatRunnersShareCostsMore"},
	{"8 a message to main is a hop", "schedule.go", "return e.costs.Hop.Channel\n", "return 0\n", "TestTheThreadOutsideWorks"},
	{"8 who starts a thread pays for it", "futures.go", "return e.costs.ThreadCreate", "return 0", "TestTheThreadOutsideWorks"},
	{"8 those who sleep do not", "schedule.go", "e.shared = e.costs.Contended(e.awake - 1)", "e.shared = e.costs.Contended(len(e.runners) - 1)", "TestWhatRunnersShareCostsMore"},
}

func TestRules(t *testing.T) { mutants.Check(t, rules) }
