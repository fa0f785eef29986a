// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// second is what the kernel counts in one: milliseconds on a CPU and without one, and periods in which a quota stopped the process.
type second struct{ onCPU, wait, throttled int64 }

var (
	calm  = second{onCPU: 500}
	short = second{onCPU: 500, wait: 500}
)

// kernel tells of a process once a second.
type kernel struct {
	*cputime.History
	quota     bool
	partial   bool  // of another group of threads it tells one of the times only
	begun, at int64 // in seconds after the beginning
	sum       second
}

// newKernel looks at a process for the first time.
func newKernel(quota bool, at int64) *kernel {
	k := &kernel{History: cputime.New(cputime.Settings{Samples: 60, Far: time.Hour}), quota: quota}
	return k.again(at)
}

// again looks at it for the first time since it was started again.
func (k *kernel) again(at int64) *kernel {
	k.begun, k.at, k.sum = at, at, second{}
	k.look()
	return k
}

// until looks each second up to a time. All seconds are alike.
func (k *kernel) until(at int64, each second) *kernel {
	for k.at < at {
		k.at++
		k.sum = second{k.sum.onCPU + each.onCPU, k.sum.wait + each.wait, k.sum.throttled + each.throttled}
		k.look()
	}
	return k
}

func (k *kernel) look() {
	const periods = 10 // in a second
	r := &cputime.Reading{From: begin + k.begun*1_000*ms, At: begin + k.at*1_000*ms, Groups: map[string]cputime.Usage{"worker": {OnCPU: k.sum.onCPU * ms, Wait: k.sum.wait * ms}}}
	r.Partial = k.partial
	if k.quota {
		r.HasQuota, r.Quota = true, cputime.Quota{Periods: periods * (k.at - k.begun), Throttled: k.sum.throttled}
	}
	k.Add(r)
}

// A span may end at a time of which the kernel has not told: then it is not known whether it lacked a CPU. Its long poll is that of the code only
// if nothing that the kernel told of its process lately points to a lack.
func TestTimeOfWhichTheKernelDoesNotTell(t *testing.T) {
	const either = blocking | starvation
	for _, tt := range []struct {
		name   string
		cpu    *kernel
		blocks bool
	}{
		{"the process never lacked a CPU", newKernel(true, -100).until(0, calm), true},
		{"it lacked some lately", newKernel(false, -100).until(-20, short).until(0, calm), false},
		{"it did before all that is kept", newKernel(false, -200).until(-120, short).until(0, calm), false},
		{"a quota stopped it before all that is kept", newKernel(true, -200).until(-120, second{900, 9, 1}).until(0, calm), false},
		{"it did half an hour ago", newKernel(false, -2000).until(-1900, short).until(0, calm), true},
		{"others had the CPUs for a tenth, and its quota did not stop it", newKernel(true, -100).until(0, second{onCPU: 900, wait: 100}), true},
		{"a tenth was missing, and no quota is known", newKernel(false, -100).until(0, second{onCPU: 900, wait: 100}), false},
		{"it was looked at once", newKernel(false, -1), false},
		{"it was not looked at before", newKernel(false, 1).until(30, calm), false},
		{"it was started again meanwhile", newKernel(false, -100).until(-5, calm).again(1).until(30, calm), false},
		{"nobody has looked for minutes", newKernel(false, -400).until(-300, short), false},
		{"nobody has looked for minutes, and it never lacked a CPU", newKernel(false, -400).until(-300, calm), true},
		{"nobody looks any more", newKernel(false, -2000).until(-1900, short), true},
	} {
		s := span(func(s *Span) { stretched(s); s.Start += 200 * ms; s.CPU = tt.cpu.Recent() })
		got := new(Process).Explain(s, &limits, usually(ms/5, ms/5))
		if tt.blocks {
			assert.Equal(t, blocking, got.Found&either, tt.name)
			assert.Equal(t, blocking, got.Judged&either, "%s: whether it lacked a CPU is not known", tt.name)
		} else {
			assert.Zero(t, (got.Found|got.Judged)&blocking, tt.name)
		}
	}
}

// Where the kernel tells of some threads only, nobody knows whether others lacked a CPU; of those that it names all is known.
func TestThreadsOfWhichTheKernelDoesNotTell(t *testing.T) {
	for _, tt := range []struct {
		thread       string
		partial      bool
		wait         int64
		found, knows bool // that it lacked a CPU
	}{
		{"worker", false, 0, false, true},
		{"worker", true, 0, false, true},
		{"main", false, 0, false, true},
		{"main", true, 0, false, false},
		{"worker", false, 500, true, true},
		{"worker", true, 500, true, true},
	} {
		h := cputime.New(cputime.Settings{Samples: 60, Far: time.Hour})
		for at := int64(-100); at < 10; at++ {
			h.Add(&cputime.Reading{From: begin - 200_000*ms, At: begin + at*1_000*ms, Partial: tt.partial, Groups: map[string]cputime.Usage{
				"worker": {OnCPU: (at + 100) * 500 * ms, Wait: (at + 100) * tt.wait * ms},
			}})
		}
		got := new(Process).Explain(span(func(s *Span) {
			stretched(s)
			s.Start, s.ThreadName, s.CPU = s.Start+200*ms, tt.thread, h.Recent()
		}), &limits, usually(ms/5, ms/5))
		assert.Equal(t, tt.found, got.Found.Has(findings.CPUStarved), "%+v", tt)
		assert.Equal(t, tt.knows, got.Judged.Has(findings.CPUStarved), "%+v", tt)
		_, covered := (&Span{Start: begin, End: begin + ms, ThreadName: tt.thread, CPU: h.Recent()}).Account()
		assert.Equal(t, tt.knows, covered, "%+v", tt)
	}
}

// Others had some of the CPUs, and the process was silent: that may have been a poll that blocks, or the first stop by its quota.
func TestSilentInATimeOfWhichTheKernelDoesNotTell(t *testing.T) {
	for _, silent := range []bool{false, true} {
		p := &Process{stops: new(stops)}
		s := span(func(s *Span) {
			stretched(s)
			s.Start += 200 * ms
			s.CPU = newKernel(true, -100).until(0, second{onCPU: 900, wait: 100}).Recent()
		})
		if silent {
			p.stops.add(gap{s.Start + ms, s.End})
		}
		got := p.Explain(s, &limits, usually(ms/5, ms/5))
		assert.Equal(t, !silent, got.Found.Has(findings.BlockingSuspected))
		assert.Equal(t, !silent, got.Judged.Has(findings.BlockingSuspected))
	}
}

// The polls of a runtime wait long on average while its process lacks a CPU, too.
func TestCrowdOfWhichTheKernelDoesNotTell(t *testing.T) {
	for _, tt := range []struct {
		before second
		want   bool
	}{{calm, true}, {short, false}} {
		cpu := newKernel(false, -100).until(-20, tt.before).until(0, calm)
		s := span(func(s *Span) {
			s.Start, s.Duration, s.ThreadName, s.MeanWait, s.Busy, s.Idle, s.CPU = s.Start+200*ms, 70*ms, "worker", 10*ms, 5*ms, 65*ms, cpu.Recent()
		})
		assert.Equal(t, tt.want, new(Process).Explain(s, &limits, usually(3*ms, ms)).Found.Has(findings.QueueStarved), "%+v", tt.before)
	}
}

// Of an operation that has no usual time, nobody knows whether its span took longer. It lacked no CPU where none was missing.
func TestNobodyKnowsWhatIsUsual(t *testing.T) {
	const either = blocking | starvation
	judge := func(p *Process, cpu *kernel) Findings {
		return p.Explain(span(func(s *Span) { stretched(s); s.Start += 200 * ms; s.CPU = cpu.Recent() }), &limits, nil)
	}
	got := judge(new(Process), newKernel(false, -100).until(10, calm))
	assert.Equal(t, blocking, got.Found&either)
	assert.Equal(t, either, got.Judged&either)
	for _, some := range []second{short, {onCPU: 900, wait: 100}} {
		got = judge(new(Process), newKernel(false, -100).until(10, some))
		assert.Zero(t, (got.Found|got.Judged)&either, "%+v", some)
	}
	s := span(func(s *Span) {
		s.Start, s.Duration, s.Busy, s.Idle, s.CPU = s.Start+200*ms, 70*ms, ms/2, 69*ms, newKernel(false, -100).until(10, short).Recent()
	})
	assert.Zero(t, new(Process).Explain(s, &limits, nil).Judged&starvation, "it is slow by waiting")

	w := new(findings.Window)
	for range 10 {
		w.AddUsual(ms/5, Unknown, false)
	}
	s = span(func(s *Span) {
		stretched(s)
		s.Start, s.CPU = s.Start+200*ms, newKernel(true, -100).until(10, second{onCPU: 700, wait: 300}).Recent()
	})
	assert.Zero(t, new(Process).Explain(s, &limits, w).Found&either, "only how long its polls are is not known")

	for _, w := range []*findings.Window{nil, new(findings.Window)} {
		p := new(Process)
		for _, at := range []int64{-100 * ms, 200 * ms} {
			p.Explain(span(func(s *Span) {
				stretched(s)
				s.Start, s.CPU = s.Start+at, newKernel(false, -100).until(10, short).Recent()
			}), &limits, w)
		}
		onBeat, offBeat := p.stops.silence(begin, begin+1_000*ms)
		assert.Zero(t, onBeat+offBeat, "it is no evidence of a silence")
	}
}

// What ends at any time is no stop by a quota where the kernel says that none stopped the process then, whatever it did before.
func TestNoQuotaStoppedIt(t *testing.T) {
	tenth := second{onCPU: 900, wait: 100}
	for _, tt := range []struct {
		name  string
		cpu   *kernel
		beats bool
		want  bool
	}{
		{"none stopped it then, but one has before", newKernel(true, -100).until(10, tenth), true, false},
		{"none stopped it shortly before, which says nothing of that time", newKernel(true, -100).until(0, tenth), true, true},
		{"one stopped it then", newKernel(true, -100).until(10, second{900, 100, 1}), true, true},
		{"one is out of sight", newKernel(false, -100).until(10, tenth), true, true},
		{"none is known", newKernel(false, -100).until(10, tenth), false, false},
		{"others have the CPUs now and then", newKernel(true, -100).until(10, second{onCPU: 700, wait: 300}), false, false},
		{"others have the CPUs", newKernel(true, -100).until(10, second{onCPU: 450, wait: 550}), false, true},
	} {
		p := &Process{stops: new(stops)}
		for i := range int64(40) {
			if tt.beats {
				p.stops.after(60*ms, begin-begin%period-(200-i)*period)
			}
		}
		s := span(func(s *Span) {
			s.Start, s.Duration, s.Busy, s.Idle, s.ThreadName, s.CPU = begin-begin%period+270*ms, 70*ms, ms, 69*ms, "worker", tt.cpu.Recent()
		})
		p.stops.add(gap{s.Start + 5*ms, s.End})
		assert.Equal(t, tt.beats, p.stops.beats)
		assert.Equal(t, tt.want, p.Explain(s, &limits, usually(ms, ms)).Found.Has(findings.CPUStarved), tt.name)
	}
}

// No more was missing than the kernel says, if it tells of all threads.
func TestNoMoreThanWasMissing(t *testing.T) {
	for _, tt := range []struct {
		wait    int64
		partial bool
		want    bool
	}{{100, false, true}, {20, false, false}, {20, true, true}} {
		p := &Process{stops: new(stops)}
		for i := range int64(40) {
			p.stops.after(60*ms, begin-(200-i)*period)
		}
		k := newKernel(true, -100)
		k.partial = tt.partial
		s := span(func(s *Span) {
			s.Duration, s.Busy, s.Idle, s.ThreadName = 70*ms, ms, 69*ms, "worker"
			s.Start, s.CPU = begin+3*period+ms-s.Duration, k.until(10, second{100, tt.wait, 1}).Recent()
		})
		p.stops.frontier = s.Start + 5*ms
		assert.Equal(t, tt.want, p.Explain(s, &limits, usually(ms, ms)).Found.Has(findings.CPUStarved), "%+v", tt)
	}
}
