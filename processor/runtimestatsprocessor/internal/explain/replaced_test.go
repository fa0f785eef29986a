// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// told is what the kernel says of the minute around the beginning: in each second the workers have a CPU for so many milliseconds, and want one for
// so many in vain.
func told(onCPU, wait int64) *cputime.Recent {
	h := cputime.New(cputime.Settings{Samples: 100, Far: time.Hour})
	for second := range int64(61) {
		h.Add(&cputime.Reading{From: begin - 40_000*ms, At: begin - 30_000*ms + second*1_000*ms, Groups: map[string]cputime.Usage{
			"worker": {OnCPU: second * onCPU * ms, Wait: second * wait * ms},
		}})
	}
	return h.Recent()
}

// usually is a key whose spans take so long, and their polls, when nothing is amiss.
func usually(duration, poll int64) *findings.Window {
	w := new(findings.Window)
	for range 10 {
		w.AddUsual(duration, poll, false)
	}
	return w
}

// stretched is a poll of 70 ms.
func stretched(s *Span) {
	s.Duration, s.Busy, s.Idle, s.LongestPoll, s.Polls, s.ThreadName = 70*ms, 70*ms-us, us, 70*ms-us, 1, "worker"
}

// A long poll is of the code, of the kernel, or it is not known whose.
func TestWhoseIsTheLongPoll(t *testing.T) {
	const either = blocking | starvation
	for _, tt := range []struct {
		name          string
		cpu           *cputime.Recent
		usual         *findings.Window
		found, judged findings.Set
	}{
		{"nobody tells", nil, usually(ms/5, ms/5), blocking, blocking},
		{"nothing was missing", told(500, 0), usually(ms/5, ms/5), blocking, either},
		{"some percent were missing", told(490, 10), usually(ms/5, ms/5), blocking, either},
		{"half was missing", told(500, 500), usually(ms/5, ms/5), starvation, either},
		{"half was missing, and it always takes that long", told(500, 500), usually(70*ms, 70*ms), blocking, either},
		{"half was missing, and it always takes 25 ms", told(500, 500), usually(25*ms, 25*ms), either, either},
		{"hardly as much was missing as it took longer", told(60, 60), usually(ms/5, ms/5), 0, 0},
		{"far less was missing", told(60, 10), usually(ms/5, ms/5), blocking, blocking},
		{"an eighth was missing, and the process was not silent", told(700, 100), usually(ms/5, ms/5), blocking, blocking},
		{"half was missing, and nobody knows how long it usually takes", told(500, 500), nil, 0, 0},
	} {
		got := new(Process).Explain(span(func(s *Span) { stretched(s); s.CPU = tt.cpu }), &limits, tt.usual)
		assert.Equal(t, tt.found, got.Found&either, tt.name)
		assert.Equal(t, tt.judged, got.Judged&either, tt.name)
	}
}

// The kernel's word comes later than the span, or has ceased to come.
func TestWhenTheKernelTells(t *testing.T) {
	at := func(seconds int64) Findings {
		return new(Process).Explain(span(func(s *Span) { stretched(s); s.Start += seconds * 1_000 * ms; s.CPU = told(500, 500) }), &limits, usually(ms/5, ms/5))
	}
	assert.Equal(t, starvation, at(10).Found)
	assert.Equal(t, starvation, at(31).Found, "it is as it was shortly before")
	late := at(40)
	assert.Zero(t, (late.Found|late.Judged)&(blocking|starvation), "it is not known yet")
	late = at(100)
	assert.Zero(t, (late.Found|late.Judged)&(blocking|starvation), "nor will it be, but it lacked some shortly before")
	ceased := at(700)
	assert.Equal(t, blocking, ceased.Found, "as if nobody told")
	assert.Zero(t, ceased.Judged&starvation)
}

// What a span lacked a CPU for is taken off before it is called anything else.
func TestWhatElseItWouldBe(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Span)
		kind   findings.Kind
	}{
		{"queued", func(s *Span) { s.Wait, s.Busy, s.Idle, s.LongestPoll = 60*ms, 5*ms, 65*ms, 5*ms }, findings.QueueStarved},
		{"in a crowd", func(s *Span) {
			s.MeanWait, s.Busy, s.Idle, s.LongestPoll, s.Polls = 10*ms, 5*ms, 65*ms, Unknown, Unknown
		}, findings.QueueStarved},
		{"on an overloaded worker", func(s *Span) { s.Wait, s.Busy, s.Idle, s.LongestPoll, s.SkewedWorker = 60*ms, 5*ms, 65*ms, 5*ms, true }, findings.WorkerSkew},
		{"never idle", func(s *Span) { s.Busy, s.Idle, s.LongestPoll, s.Polls = 70*ms, 0, 14*ms, 8 }, findings.NeverIdle},
		{"open after its last poll", func(s *Span) { s.Busy, s.Idle, s.LongestPoll, s.Polls = 2*ms, ms, 2*ms, 1 }, findings.HeldAfterCompletion},
	} {
		s := span(func(s *Span) { s.Duration, s.ThreadName, s.Polls = 70*ms, "worker", 2; tt.change(s) })
		assert.True(t, new(Process).Explain(s, &limits, usually(3*ms, ms)).Found.Has(tt.kind), "%s, and nobody tells", tt.name)
		s.CPU = told(100, 950)
		got := new(Process).Explain(s, &limits, usually(3*ms, ms)).Found
		assert.True(t, got.Has(findings.CPUStarved), tt.name)
		assert.False(t, got.Has(tt.kind), tt.name)
		s.CPU = told(500, 0)
		assert.True(t, new(Process).Explain(s, &limits, usually(3*ms, ms)).Found.Has(tt.kind), "%s, and nothing was missing", tt.name)
	}
}

// A poll that had no CPU holds nobody up: the same stop did.
func TestStoppedPollsHoldNobodyUp(t *testing.T) {
	for _, cpu := range []*cputime.Recent{nil, told(100, 950)} {
		s := newService()
		s.now = begin + 2_000*ms
		for i := range s.threads {
			if s.threads[i] != nil && s.threads[i].id == 2 {
				s.threads[i] = nil // one worker
			}
		}
		s.workers, s.alike = 1, 1
		for range 2 * settled {
			s.send(func(x *Span) { waiting(x); x.CPU = cpu })
		}
		s.now += 80 * ms
		culprit := s.Explain(span(func(x *Span) {
			stretched(x)
			x.CPU, x.Thread, x.Trace, x.ID, x.Name = cpu, 1, 7, 7, called("GET /fast")
			x.Start = s.now - x.Duration
		}), &limits, usually(ms/5, ms/5))
		victim := s.Explain(span(func(x *Span) {
			x.Duration, x.Busy, x.Idle, x.Thread, x.Trace, x.ID, x.Callsite, x.CPU, x.ThreadName = 70*ms, ms/2, 69*ms, 1, 8, 8, 20, cpu, "worker"
			x.Start = s.now - x.Duration + ms
		}), &limits, usually(ms, ms/2))
		assert.Equal(t, cpu == nil, culprit.Found&blocking != 0)
		assert.Equal(t, cpu == nil, victim.Found&heldUp != 0)
		assert.Equal(t, cpu != nil, victim.Found&starvation != 0)
	}
}
