// SPDX-License-Identifier: Apache-2.0

package host

import (
	"testing"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check/mutants"
)

// The rules of schedulers.md 8.1, each with the tests that fail when the rule is removed; see package mutants.
var rules = []mutants.Rule{
	{"8.1 a period of 100 ms", "bandwidth.go", "DefaultPeriod = sim.Time(100 *", "DefaultPeriod = sim.Time(101 *", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 portions of 5 ms", "bandwidth.go", "portion      = sim.Time(5 *", "portion      = sim.Time(4 *", "TestPortions"},
	{"8.1 a portion, not all", "bandwidth.go", "min(b.pool, portion-b.local[cpu])", "b.pool", "TestPortions"},
	{"8.1 not more than there is", "bandwidth.go", "min(b.pool, portion-b.local[cpu])", "portion - b.local[cpu]", "TestPortions|TestAgainstTheOracle"},
	{"8.1 who ran out first is served first", "bandwidth.go", "cpu = b.throttled[0]\n\tb.throttled = append(b.throttled[:0], b.throttled[1:]...)", "cpu = b.throttled[len(b.throttled)-1]\n\tb.throttled = b.throttled[:len(b.throttled)-1]", "TestPortions"},
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
	{"8.1 a wake on a throttled CPU waits", "thread.go", "return h.funds(t)", "return true", "TestAThrottledCPUWaits"},
	{"8.1 an idle CPU without runtime is throttled", "host.go", "if now := h.sim.Now(); h.fund(cpu) && h.bandwidth", "if now := h.sim.Now(); h.bandwidth", "TestAnIdleCPUIsThrottledToo"},
	{"8.1 a time slice is CPU time", "host.go", "t.dispatched += now - t.since", "", "TestATimeSliceIsCPUTime"},
	{"8.1 throttled time is counted", "host.go", "h.stats.Throttled += now - t.since", "", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 a wait behind a throttled CPU is because of the quota", "host.go", "h.stats.WaitedForQuota += h.halts.until(h.sim.Now()) - next.halted", "", "TestBehindAThrottledCPU"},
	{"8.1 until that goes on", "host.go", "h.halts.end(now)", "", "TestBehindAThrottledCPU"},
	{"8.1 throttled periods are counted", "bandwidth.go", "b.throttledPeriods++", "", "TestAThreadStopsUntilTheNextPeriod"},
	{"8.1 what runs out of runtime stops", "host.go", "kind, after = eventRanOut, b.local[t.cpu]", "_ = eventRanOut", "TestAQuotaIsKept|TestCPUsShareTheQuota"},
}

func TestRules(t *testing.T) { mutants.Check(t, rules) }
