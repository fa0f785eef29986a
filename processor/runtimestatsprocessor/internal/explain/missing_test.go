// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/cputime"
)

// Two workers that had no CPU for 60 of 100 ms each. Which spans were they missing for?
func TestCrowdedOut(t *testing.T) {
	start := begin - begin%period
	account := func(stopped int64) *cputime.Account {
		return &cputime.Account{
			Usage: cputime.Usage{OnCPU: 60 * ms, Wait: 120 * ms}, Named: true, From: start, To: start + period,
			HasQuota: true, Quota: cputime.Quota{Periods: 1, Throttled: min(stopped, 1), Stopped: stopped},
		}
	}
	for _, tt := range []struct {
		name       string
		from, to   int64 // ms in a period whose stop ends at 50
		excess     int64
		beats      bool
		stopped    int64
		wantMillis int64
	}{
		{"others had the CPUs", 60, 90, 25, false, 0, 15},
		{"a quota stopped them, before the span began", 60, 90, 25, true, 120, 0},
		{"a quota stopped them, and the span outlived that", 10, 90, 50, true, 120, 30},
		{"a quota stopped them for a little, and others had the CPUs for the rest", 60, 90, 25, true, 20, 12},
		{"it took hardly longer than usual", 10, 90, 20, false, 0, 0},
		{"too little to tell", 60, 90, 5, false, 0, 0},
	} {
		p := &Process{stops: &stops{beat: 25 + early, beats: tt.beats}, workers: 2}
		j := &judgement{Span: span(func(s *Span) {
			s.Start, s.End = start+tt.from*ms, start+tt.to*ms
			s.Duration = s.End - s.Start
		}), limits: &limits}
		got := j.crowdedOut(j.shortageOf(p, account(tt.stopped*ms), true), tt.excess*ms)
		assert.Equal(t, tt.wantMillis, got/ms, tt.name)
	}
}

// Where it is not told for how long a quota stopped the threads, that is not taken for what others took.
func TestHowLongIsNotTold(t *testing.T) {
	start := begin - begin%period
	p := &Process{stops: &stops{beat: 25 + early, beats: true}, workers: 2}
	j := &judgement{Span: span(func(s *Span) { s.Start, s.End, s.Duration = start+60*ms, start+90*ms, 30*ms }), limits: &limits}
	for stopped, want := range map[int64]int64{-ms: 0, 0: 0, ms: 14} {
		account := &cputime.Account{
			Usage: cputime.Usage{OnCPU: 60 * ms, Wait: 120 * ms}, Named: true, From: start, To: start + period,
			HasQuota: true, Quota: cputime.Quota{Periods: 1, Throttled: 1, Stopped: stopped},
		}
		assert.Equal(t, want, j.crowdedOut(j.shortageOf(p, account, true), 25*ms)/ms, "%d", stopped)
	}
}
