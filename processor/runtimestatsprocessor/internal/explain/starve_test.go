// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

const starvation = findings.Set(1 << findings.CPUStarved)

// step is what a task does in a poll, and what it waits for then.
type step struct{ compute, block, sleep int64 }

// operation is a kind of request.
type operation struct {
	name  string
	rate  float64 // a second
	steps []step
}

// quotaRun plays a process with one thread in a quota, and tells what is true of its spans.
type quotaRun struct {
	random       *rand.Rand
	quota, phase int64 // of each 100 ms; a quota of 100 ms is none
	operations   []operation
	now, left    int64
	next         int64 // refill
	stopped      []gap
	waits, onCPU int64
	readings     []*cputime.Reading
	spans        []*truth
	tasks        []*task
}

// truth is a span, and for how long it lacked a CPU.
type truth struct {
	Span
	operation string
	lack      int64
}

type task struct {
	*truth
	steps []step
	ready int64
}

func (q *quotaRun) refill() {
	for q.now >= q.next {
		q.left, q.next = q.quota, q.next+period
	}
}

// compute uses the CPU, and stops when the quota is used up.
func (q *quotaRun) compute(ns int64) {
	for ns > 0 {
		q.refill()
		if q.left == 0 {
			q.stopped = append(q.stopped, gap{q.now, q.next})
			q.waits += q.next - q.now
			q.now = q.next
			continue
		}
		some := min(ns, q.left, q.next-q.now)
		q.now, q.left, ns, q.onCPU = q.now+some, q.left-some, ns-some, q.onCPU+some
	}
}

// without is for how long the thread was stopped between two times.
func (q *quotaRun) without(from, to int64) (ns int64) {
	for i := len(q.stopped) - 1; i >= 0 && q.stopped[i].to > from; i-- {
		ns += max(0, min(q.stopped[i].to, to)-max(q.stopped[i].from, from))
	}
	return ns
}

// play runs for some seconds from begin on.
func (q *quotaRun) play(seconds int64) {
	q.now, q.next, q.left = begin, begin+q.phase, q.quota
	end := begin + seconds*1_000*ms
	for i := range q.operations {
		o := &q.operations[i]
		for at := float64(begin); ; {
			at += q.random.ExpFloat64() * 1e9 / o.rate
			if at > float64(end) {
				break
			}
			s := &truth{Span: *span(func(s *Span) {
				s.ID, s.Trace, s.Callsite, s.Request, s.Thread = q.random.Uint64(), q.random.Uint64(), uint64(i+1), true, 1
				s.Start, s.Busy, s.ThreadName = int64(at), 0, "main"
			}), operation: o.name}
			q.tasks = append(q.tasks, &task{truth: s, steps: o.steps, ready: int64(at)})
		}
	}
	byReady := func(a, b *task) int { return cmp.Compare(a.ready, b.ready) }
	slices.SortFunc(q.tasks, byReady)
	look := begin
	for len(q.tasks) > 0 {
		t := q.tasks[0]
		q.tasks = q.tasks[1:]
		q.now = max(q.now, t.ready)
		q.compute(10 * us) // the runtime
		from := q.now
		q.compute(t.steps[0].compute)
		q.now += t.steps[0].block
		t.Busy += q.now - from
		t.lack += q.without(t.ready, q.now)
		t.ready = q.now + t.steps[0].sleep
		if t.steps = t.steps[1:]; len(t.steps) > 0 {
			at, _ := slices.BinarySearchFunc(q.tasks, t, byReady)
			q.tasks = slices.Insert(q.tasks, at, t)
		} else {
			t.End = q.now
			t.Duration = t.End - t.Start
			t.Idle = t.Duration - t.Busy
			q.spans = append(q.spans, t.truth)
		}
		for look+1_000*ms <= q.now {
			look += 1_000 * ms
			q.readings = append(q.readings, &cputime.Reading{From: begin, At: look, Groups: map[string]cputime.Usage{"main": {OnCPU: q.onCPU, Wait: q.waits}}})
		}
	}
}

// judged counts spans that must have the finding, that have it of these, that have it, and that may; likewise of those that block.
type judged struct{ must, met, found, right, blocking, blockingWrong, judged, spans int }

func (j *judged) add(o judged) {
	j.must, j.met, j.found, j.right = j.must+o.must, j.met+o.met, j.found+o.found, j.right+o.right
	j.blocking, j.blockingWrong, j.judged, j.spans = j.blocking+o.blocking, j.blockingWrong+o.blockingWrong, j.judged+o.judged, j.spans+o.spans
}

// judge sends the spans in batches, each after so long, and the readings when they come.
func (q *quotaRun) judge(batch int64, kernel bool) (j judged) {
	p, windows := new(Process), map[string]*findings.Window{}
	history := cputime.New(cputime.Settings{Samples: 60, Far: time.Hour})
	for _, o := range q.operations {
		windows[o.name] = new(findings.Window)
	}
	last, sent := begin, 0
	for _, s := range q.spans {
		if s.End > last+batch {
			last = s.End
		}
		for sent < len(q.readings) && q.readings[sent].At <= last+batch {
			history.Add(q.readings[sent])
			sent++
		}
		if s.CPU = nil; kernel {
			s.CPU = history.Recent()
		}
		found := p.Explain(&s.Span, &limits, windows[s.operation])
		if s.Start < begin+30_000*ms { // it is still learning
			continue
		}
		j.spans++
		if found.Judged&starvation != 0 {
			j.judged++
		}
		if s.lack >= 5*ms && 2*s.lack >= s.Duration {
			j.must++
			if found.Found&starvation != 0 {
				j.met++
			}
		}
		if found.Found&starvation != 0 {
			j.found++
			if s.lack >= ms && 10*s.lack >= s.Duration {
				j.right++
			}
		}
		if found.Found&blocking != 0 {
			j.blocking++
			if s.operation != "blocks" {
				j.blockingWrong++
			}
		}
	}
	return j
}

var (
	fast     = operation{"fast", 150, []step{{compute: 300 * us}}}
	sleeps   = operation{"sleeps", 50, []step{{compute: 100 * us, sleep: 5 * ms}, {compute: 100 * us}}}
	computes = operation{"computes", 10, []step{{compute: 5 * ms}}}
	blocks   = operation{"blocks", 3, []step{{compute: 100 * us, block: 20 * ms}}}
)

// One thread in a quota: who was stopped is found, whoever blocks is told apart, and one that is not stopped bears nothing.
func TestOneThreadInAQuota(t *testing.T) {
	for _, tt := range []struct {
		name       string
		quota      int64
		operations []operation
		precision  float64
	}{
		{"hardly enough", 12 * ms, []operation{fast, sleeps, computes}, 0.95},
		{"hardly enough, and some block", 12 * ms, []operation{fast, sleeps, computes, blocks}, 0.9},
		{"now and then", 18 * ms, []operation{fast, sleeps, computes, blocks}, 0.85}, // it is mostly those who block that make others wait
		{"enough", 100 * ms, []operation{fast, sleeps, computes, blocks}, 1},
	} {
		for _, batch := range []int64{5_000 * ms, 500 * ms} {
			var with, without judged
			for seed := range uint64(3) {
				q := &quotaRun{random: rand.New(rand.NewPCG(seed, 7)), quota: tt.quota, phase: int64(seed) * 31 * ms, operations: tt.operations}
				q.play(90)
				with.add(q.judge(batch, true))
				without.add(q.judge(batch, false))
			}
			name := fmt.Sprintf("%s, batches of %v: with what the kernel tells %+v, without %+v", tt.name, time.Duration(batch), with, without)
			assert.Zero(t, without.found+without.judged, name)
			if tt.quota == period {
				assert.Zero(t, with.found, name)
				assert.Equal(t, without.blocking, with.blocking, name)
				continue
			}
			assert.GreaterOrEqual(t, float64(with.right), tt.precision*float64(with.found), name)
			assert.GreaterOrEqual(t, float64(with.met), 0.8*float64(with.must), name)
			assert.GreaterOrEqual(t, float64(with.judged), 0.8*float64(with.spans), name)
			assert.LessOrEqual(t, 10*with.blockingWrong, without.blockingWrong, name)
		}
	}
}
