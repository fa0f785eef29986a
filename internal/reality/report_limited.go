// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// LimitedResult is what a run with a limit is worth: the judgement of the service, that of the healthy one beside it, and that of the service
// when the processor is not told what the kernel counts.
type LimitedResult struct {
	Limited              *Limited
	Run, Beside, Without *Judgement
	Quota                *cpuquota.Stat // nil: it was not kept
}

// JudgeLimited judges a run.
func JudgeLimited(l *Limited, run LimitedRun) LimitedResult {
	return LimitedResult{l, Judge(run.Spans, l.Named), Judge(run.Beside, l.Named), Judge(run.Without, l.Named), &run.Quota}
}

// Results are the judgements of the services, for tables that know no limit.
func Results(limited []LimitedResult) (results []Result) {
	for _, l := range limited {
		results = append(results, Result{&l.Limited.Service, l.Run, l.Beside})
	}
	return results
}

// Limits is a row for each service: how much it lacked a CPU, and what the processor makes of that with and without the kernel's metrics.
func Limits(results []LimitedResult) Table {
	t := Table{Head: []string{
		"service", "limit", "periods stopped", "spans", "lacked a CPU", "its wait known", "wrong `blocking_suspected`: without", "with",
		"other wrong findings: without", "with", "beside: spans", "lacked a CPU", "`cpu_starved`", "other wrong findings",
	}}
	sums := map[bool][4]int{}
	for _, r := range results {
		stopped := ""
		if r.Quota != nil && r.Limited.CPUs > 0 {
			stopped = percent(int(r.Quota.Throttled), int(r.Quota.Periods))
		}
		wrong := [4]int{r.Without.wrongBlocking(), r.Run.wrongBlocking(), r.Without.wrongOthers(), r.Run.wrongOthers()}
		of := sums[r.Limited.HeldOut]
		for i := range wrong {
			of[i] += wrong[i]
		}
		sums[r.Limited.HeldOut] = of
		earned := r.Run.Scores[cpuStarved].Earned
		t.Rows = append(t.Rows, []string{
			r.Limited.label(), r.Limited.limit(), stopped, number(r.Run.Spans), number(earned), percent(r.Run.Joined, earned),
			number(wrong[0]), number(wrong[1]), number(wrong[2]), number(wrong[3]),
			number(r.Beside.Spans), number(r.Beside.Scores[cpuStarved].Earned), number(r.Beside.Scores[cpuStarved].Found),
			number(r.Beside.wrongBlocking() + r.Beside.wrongOthers()),
		})
	}
	for _, heldOut := range []bool{false, true} {
		if s, there := sums[heldOut]; there {
			name := "**all**"
			if heldOut {
				name = "**all held out**"
			}
			t.Rows = append(t.Rows, []string{name, "", "", "", "", "", number(s[0]), number(s[1]), number(s[2]), number(s[3]), "", "", "", ""})
		}
	}
	return t
}

func (l *Limited) limit() string {
	if l.Hogs > 0 {
		return fmt.Sprintf("%d hogs", l.Hogs)
	}
	return fmt.Sprintf("%v CPUs", l.CPUs)
}

func (j *Judgement) wrongBlocking() int {
	s := j.Scores[semconv.FindingBlocking]
	return s.Found - s.Right
}

func (j *Judgement) wrongOthers() (n int) {
	for finding, s := range j.Scores {
		if finding != semconv.FindingBlocking && finding != cpuStarved {
			n += s.Found - s.Right
		}
	}
	return n
}
