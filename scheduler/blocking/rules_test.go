// SPDX-License-Identifier: Apache-2.0

package blocking

import (
	"testing"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/internal/check/mutants"
)

// The rules of schedulers.md 1.13 and 4.4, each with the tests that fail when the rule is removed; see package mutants.
//
// Not in the table: a thread that the system refuses, which lowers the crate's limit; Tokio's sharded queue, an
// opt-in; and that growth wakes the idle threads, which the submits before it have woken already.
var rules = []mutants.Rule{
	{"1.13 a thread for each job that finds none idle", "pool.go", "case p.idle > 0:", "case p.live > 0:", "TestGolden13Tokio"},
	{"1.13 an idle thread takes the job", "pool.go", "p.idle-- // the job", "_ = 0 // the job", "TestGolden13Tokio|TestRandomBursts"},
	{"1.13 512 threads", "pool.go", "Rule: Tokio, Limit: 512", "Rule: Tokio, Limit: 513", "TestDefaults"},
	{"1.13 first in, first out", "pool.go", "j := p.queue[p.head]\n", "p.queue[p.head], p.queue[len(p.queue)-1] = p.queue[len(p.queue)-1], p.queue[p.head]\n\t\tj := p.queue[p.head]\n", "TestTokioQueuesBeyondItsLimitInOrder"},
	{"1.13 10 s of keep-alive", "pool.go", "sim.Time(10 * time.Second)", "sim.Time(11 * time.Second)", "TestDefaults"},
	{"1.13 a thread is started with its latency", "pool.go", "t.cpu.Wake(p.cfg.Costs.ThreadStart.Sample(&p.rand))", "t.cpu.Wake(0)", "TestGolden13Tokio|TestCrateGrowsAsAChain"},
	{"1.13 dropped jobs are run", "pool.go", "case p.cfg.Abandoned == nil || !p.cfg.Abandoned(j.waker):", "case p.cfg.Abandoned == nil && false || !p.cfg.Abandoned(j.waker):", "TestGolden13Tokio"},

	{"4.4 500 threads", "pool.go", "Rule: Crate, Limit: 500", "Rule: Crate, Limit: 501", "TestDefaults"},
	{"4.4 threads stay", "pool.go", "if p.cfg.KeepAlive == 0 {\n\t\treturn\n\t}\n", "", "TestThreadsOfTheCrateStay"},
	{"4.4 500 ms of keep-alive before 1.7", "pool.go", "sim.Time(500 * time.Millisecond)", "sim.Time(600 * time.Millisecond)", "TestDefaults"},
	{"4.4 five jobs an idle thread", "pool.go", "jobsPerIdle = 5", "jobsPerIdle = 6", "TestCrateGrowsAsAChain"},
	{"4.4 growth at each submit", "pool.go", "spent += p.grow()\n\tcase", "if p.live == 0 {\n\t\t\tspent += p.grow()\n\t\t}\n\tcase", "TestCrateGrowsAsAChain"},
	{"4.4 growth at each job taken", "pool.go", "if p.cfg.Rule == Crate {\n\t\t\tgrown += p.grow()\n\t\t}", "", "TestCrateGrowsAsAChain"},
	{"4.4 a thread that starts counts as idle", "pool.go", "p.idle++\n\t\tfor len(p.waiting) > 0 {", "for len(p.waiting) > 0 {", "TestCrateGrowsAsAChain|TestRandomBursts"},
	{"4.4 a limit", "pool.go", "p.Queued() > p.idle*jobsPerIdle && p.live < p.cfg.Limit", "p.Queued() > p.idle*jobsPerIdle", "TestCrateStopsAtItsLimit"},
	{"4.4 an abandoned job is not run", "pool.go", "case p.cfg.Abandoned == nil || !p.cfg.Abandoned(j.waker):", "case true:", "TestTheCrateSkipsAbandonedJobs"},

	{"8 a push costs who submits", "pool.go", "spent = p.cfg.Costs.BlockingSubmit", "", "TestWhoSubmitsPays"},
	{"8 the wake of a thread costs who submits", "pool.go", "return p.cfg.Costs.Unpark.Sample(&p.rand)", "return 0", "TestWhoSubmitsPays"},
	{"8 a thread's creation costs who submits", "pool.go", "return p.cfg.Costs.ThreadCreate", "return 0", "TestWhoSubmitsPays"},
	{"8 a thread of the crate pays for the next", "pool.go", "if !spend(grown + j.d) {", "if !spend(j.d) {", "TestAThreadOfTheCratePaysForTheNext"},
}

func TestRules(t *testing.T) { mutants.Check(t, rules) }
