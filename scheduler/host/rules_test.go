// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check/mutants"
)

// The rules of schedulers.md 8.1 and 8.2, each with the tests that fail when the rule is removed; see package mutants.
var rules = []mutants.Rule{
	{"8.1 a period of 100 ms", "bandwidth.go", "DefaultPeriod = sim.Time(100 *", "DefaultPeriod = sim.Time(101 *", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 portions of 5 ms", "bandwidth.go", "portion      = sim.Time(5 *", "portion      = sim.Time(4 *", "TestPortions"},
	{"8.1 a portion, not all", "bandwidth.go", "fetched := min(b.pool, upTo-b.local[cpu])", "fetched := b.pool", "TestPortions"},
	{"8.1 not more than there is", "bandwidth.go", "fetched := min(b.pool, upTo-b.local[cpu])", "fetched := upTo - b.local[cpu]", "TestPortions|TestAgainstTheOracle"},
	{"8.1 a CPU that owes too much is throttled", "bandwidth.go", "if b.fetch(cpu, portion) {", "if b.fetch(cpu, portion) || true {", "TestPortions|TestAgainstTheOracle"},
	{"8.1 who ran out first is served first", "bandwidth.go", "cpu = b.throttled[0]\n\tif !b.fetch(cpu, enough) {\n\t\treturn 0, false\n\t}\n\tb.throttled = append(b.throttled[:0], b.throttled[1:]...)", "cpu = b.throttled[len(b.throttled)-1]\n\tif !b.fetch(cpu, enough) {\n\t\treturn 0, false\n\t}\n\tb.throttled = b.throttled[:len(b.throttled)-1]", "TestWhoRanOutFirst"},
	{"8.1 a CPU pays what it owes before it runs", "bandwidth.go", "if !b.fetch(cpu, enough) {\n\t\treturn 0, false\n\t}", "b.local[cpu] = enough", "TestACPUOwesWhatItRanTooLong"},
	{"8.1 and has a nanosecond more", "bandwidth.go", "enough = sim.Time(1)", "enough = sim.Time(0)", "TestACPUOwesWhatItRanTooLong|TestAThreadStopsUntilTheNextPeriod endless"},
	{"8.1 a CPU sees at a tick that it ran out", "bandwidth.go", "return nextTick(now + max(b.local[cpu], 1))", "return now + max(b.local[cpu], 1)", "TestTicks"},
	{"8.1 a tick of 4 ms", "bandwidth.go", "tick = sim.Time(4 *", "tick = sim.Time(5 *", "TestTicks|TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 an idle CPU gives back", "bandwidth.go", "b.pool += more", "", "TestAnIdleCPUKeepsAMillisecond"},
	{"8.1 all but 1 ms", "bandwidth.go", "keptIdle     = sim.Time(time.Millisecond)", "keptIdle     = sim.Time(2 * time.Millisecond)", "TestAnIdleCPUKeepsAMillisecond|TestAgainstTheOracle"},
	{"8.1 slack is shared out after 5 ms", "bandwidth.go", "slackDelay   = sim.Time(5 *", "slackDelay   = sim.Time(4 *", "TestSlackIsSharedOut"},
	{"8.1 if it is more than a portion", "bandwidth.go", "b.pool > portion && len(b.throttled) > 0", "b.pool > 0 && len(b.throttled) > 0", "TestSlackIsSharedOut"},
	{"8.1 not just before a refill", "bandwidth.go", "refillIsNear = sim.Time(2 *", "refillIsNear = sim.Time(1 *", "TestNoSlackBeforeARefill"},
	{"8.1 what is left is carried over as burst", "bandwidth.go", "min(b.pool+b.quota, b.quota+b.burst)", "b.quota", "TestBurst"},
	{"8.1 no more than the burst", "bandwidth.go", "min(b.pool+b.quota, b.quota+b.burst)", "b.pool + b.quota", "TestBurst|TestAgainstTheOracle"},
	{"8.1 an unused period stops the timer", "bandwidth.go", "b.timer = false", "", "TestUnusedPeriodsAreNotCounted"},
	{"8.1 after a whole one", "bandwidth.go", "b.unused = true", "b.timer = false", "TestUnusedPeriodsAreNotCounted"},
	{"8.1 the timer keeps its times", "bandwidth.go", "b.next += ((now-b.phase)/b.period + 1) * b.period", "b.next = now + b.period", "TestUnusedPeriodsAreNotCounted|TestBurst"},
	{"8.1 a phase", "bandwidth.go", "phase: q.Phase, ", "", "TestThePeriodAndItsPhase"},
	{"8.1 a throttled CPU fetches nothing", "bandwidth.go", "if b.out[cpu] {\n\t\treturn false\n\t}", "", "TestAThrottledCPUFetchesNothing"},
	{"8.1 a wake on a throttled CPU waits", "dispatch.go", "h.occupy(t)\n\treturn h.funds(t)", "h.occupy(t)\n\treturn true", "TestAThrottledCPUWaits"},
	{"8.1 an idle CPU without runtime is throttled", "dispatch.go", "if now := h.sim.Now(); h.fund(cpu) && h.bandwidth", "if now := h.sim.Now(); h.bandwidth", "TestAnIdleCPUIsThrottledToo"},
	{"8.1 throttled time is counted", "dispatch.go", "h.stats.Throttled += now - c.halted", "", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 that of each thread, too", "dispatch.go", "h.stats.Stopped += now - t.since", "", "TestAllThreadsOfAThrottledCPUStop"},
	{"8.1 all threads of a throttled CPU stop", "dispatch.go", "c.waiting = c.waiting[:0]\n\tc.since = now\n}", "}", "TestAllThreadsOfAThrottledCPUStop"},
	{"8.1 throttled periods are counted", "bandwidth.go", "b.throttledPeriods++", "", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 what runs out of runtime stops", "compute.go", "kind, after = eventRanOut, left", "_ = eventRanOut", "TestAQuotaIsKept|TestCPUsShareTheQuota"},
	{"8.2 a thread wakes where it ran last", "runqueues.go", "if q.idle(first) {\n\t\treturn first\n\t}", "", "TestAThreadWakesWhereItRanLast"},
	{"8.2 or on the next idle CPU", "runqueues.go", "(int(first) + i) % n", "(int(first) + n - i) % n", "TestAThreadFindsAnotherIdleCPU"},
	{"8.2 on a busy machine the kernel looks at fewer", "runqueues.go", "(1-excess*excess*x*x)", "(1-0*x)", "TestOnABusyMachineItLooksAtFewCPUs"},
	{"8.2 a load halves in 32 ms", "runqueues.go", "halfLife = 32 *", "halfLife = 64 *", "TestLoad"},
	{"8.2 threads take turns at ticks", "dispatch.go", "h.contended(t) && t.need > left", "h.contended(t) && t.need < left", "TestTicksTakeTurns"},
	{"8.2 after a slice", "dispatch.go", "|| now-t.dispatched < h.slice", "", "TestTicksTakeTurns"},
	{"8.2 a woken thread takes the CPU from one that has had its slice", "dispatch.go", "case now-r.dispatched >= h.slice:", "case false:", "TestAWokenThreadPreempts"},
	{"8.2 slices go by the CPUs", "dispatch.go", "bits.Len(uint(min(cpus, 8)))", "bits.Len(uint(cpus))", "TestBaseSlice"},
	{"8.2 an idle CPU fetches a thread", "dispatch.go", "t := q.cold(cpu, now)\n", "t := (*Thread)(nil)\n", "TestAnIdleCPUFetchesAThread"},
	{"8.2 none that ran within 0.5 ms", "runqueues.go", "hot      = sim.Time(500 *", "hot      = sim.Time(400 *", "TestAnIdleCPUFetchesAThread"},
	{"8.2 a throttled CPU fetches none", "dispatch.go", "if h.bandwidth.out[cpu] {", "if false {", "TestAThrottledCPUFetchesNoThread"},
	{"8.2 nor at a tick", "dispatch.go", "h.bandwidth.out[to] || !q.idle(to)", "!q.idle(to)", "TestAThrottledCPUFetchesNoThread"},
	{"8.2 ticks move threads", "dispatch.go", "q.move(t, to, now)\n\t\th.start(t)", "at.waiting = append(at.waiting, t)", "TestATickMovesAThread"},
	{"8.2 those that just ran after two tries", "runqueues.go", "retries  = 1", "retries  = 2", "TestATickMovesAThread"},
	{"8.2 a visitor stays on its CPU", "dispatch.go", "q.visitor, q.free = c, true", "q.free = true", "TestAVisitorHasACPU"},
	{"8.2 the visitor's CPU goes to whom it wakes", "runqueues.go", "q.free = false\n\treturn q.visitor, true", "return t.cpu, false", "TestAVisitorHasACPU"},
	{"8.2 if there is less load", "runqueues.go", "if q.visitor != t.cpu && here", "if false && here", "TestAVisitorsThreadIsFetched"},
	{"8.2 a load moves with its thread", "runqueues.go", "to.share += own", "", "TestALoadMovesWithItsThread"},
	{"8.2 the visitor's CPU fetches whom it woke", "dispatch.go", "t.placed, t.roused, c.held = false, true, true", "", "TestAVisitorsThreadIsFetched"},
	{"8.2 but not one that ran within 0.5 ms", "dispatch.go", "if now-t.ranLast < hot || r == nil ||", "if r == nil ||", "TestAVisitorsThreadIsFetched"},
	{"8.2 nor if that takes its CPU", "dispatch.go", "|| now-r.dispatched >= h.slice {", "{", "TestAVisitorsThreadIsFetched"},
	{"8.2 a CPU looks for threads as often as that succeeds", "runqueues.go", "if f.dice.IntN(sides) > weight {", "if false {", "TestAnIdleCPULooksAsOftenAsThatSucceeds|TestAVisitorsThreadIsFetched"},
	{"8.2 each look stands for those that were left out", "runqueues.go", "return (sides + weight/2) / weight, true", "return 1, true", "TestAnIdleCPULooksAsOftenAsThatSucceeds"},
	{"8.2 a thread that had more than others lingers", "shared.go", "t.ahead = h.contended(t)", "t.ahead = false", "TestAThreadThatHadMoreLingers"},
	{"8.2 until a tick", "runqueues.go", "&& now < nextTick(t.ranLast+1)", "", "TestAThreadThatHadMoreLingers"},
}

func TestRules(t *testing.T) { mutants.Check(t, rules) }
