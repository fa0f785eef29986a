// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const ms = time.Millisecond

var epoch = time.Unix(1_800_000_000, 0)

func id(n byte) pcommon.SpanID { return pcommon.SpanID{n} }

// lasting is a span from one millisecond to another.
func lasting(n, parent byte, from, to time.Duration) Span {
	return Span{ID: id(n), Parent: id(parent), Start: epoch.Add(from * ms), End: epoch.Add(to * ms), Idle: (to - from) * ms}
}

func TestVerdicts(t *testing.T) {
	with := func(s Span, change func(*Span)) Span {
		change(&s)
		return s
	}
	held := func(d time.Duration) func(*Span) { return func(s *Span) { s.HeldUp = d } }
	earns := func(finding string) func(*Span) { return func(s *Span) { s.Earns = finding } }
	for name, test := range map[string]struct {
		spans   []Span // the first is judged
		finding string
		want    Verdict
	}{
		"the span that blocks":             {[]Span{with(lasting(1, 0, 0, 20), earns(semconv.FindingBlocking))}, semconv.FindingBlocking, Must},
		"its parent":                       {[]Span{lasting(1, 0, 0, 20), with(lasting(2, 1, 0, 20), earns(semconv.FindingBlocking))}, semconv.FindingBlocking, Never},
		"never idle is not blocking":       {[]Span{with(lasting(1, 0, 0, 20), earns(semconv.FindingNeverIdle))}, semconv.FindingBlocking, Never},
		"held up for most of it":           {[]Span{with(lasting(1, 0, 0, 20), held(15*ms))}, heldUp, Must},
		"held up for a quarter":            {[]Span{with(lasting(1, 0, 0, 20), held(5*ms))}, heldUp, May},
		"held up for too little":           {[]Span{with(lasting(1, 0, 0, 20), held(1*ms))}, heldUp, Never},
		"it would have slept anyway":       {[]Span{with(with(lasting(1, 0, 0, 32), held(20*ms)), func(s *Span) { s.Name = "left_behind" })}, heldUp, Never},
		"the parent of that":               {[]Span{with(lasting(1, 0, 0, 32), held(20*ms)), with(with(lasting(2, 1, 0, 31), held(20*ms)), func(s *Span) { s.Name = "guarded" })}, heldUp, Never},
		"it slept for 5 ms":                {[]Span{with(with(lasting(1, 0, 0, 24), held(20*ms)), func(s *Span) { s.Name = "victim" })}, heldUp, Must},
		"the parent of one held up":        {[]Span{with(lasting(1, 0, 0, 20), held(15*ms)), with(lasting(2, 1, 0, 20), held(14*ms))}, heldUp, May},
		"the parent of one held up less":   {[]Span{with(lasting(1, 0, 0, 20), held(15*ms)), with(lasting(2, 1, 0, 5), held(4*ms))}, heldUp, Must},
		"a stranger below a guard":         {[]Span{lasting(1, 2, 5, 10), with(lasting(2, 0, 0, 30), earns(guardAcrossAwait))}, guardAcrossAwait, May},
		"a stranger's child below a guard": {[]Span{lasting(1, 2, 5, 9), lasting(2, 3, 5, 10), with(lasting(3, 0, 0, 30), earns(guardAcrossAwait))}, guardAcrossAwait, May},
		"a root beside a guard":            {[]Span{lasting(1, 0, 5, 10), with(lasting(2, 0, 0, 30), earns(guardAcrossAwait))}, guardAcrossAwait, Never},
		"ends after its parent":            {[]Span{lasting(1, 2, 0, 30), lasting(2, 0, 0, 20)}, outlivesParent, May},
		"is left behind":                   {[]Span{with(lasting(1, 2, 0, 30), earns(outlivesParent)), lasting(2, 0, 0, 20)}, outlivesParent, Must},
		"ends just after its parent":       {[]Span{with(lasting(1, 2, 0, 20), func(s *Span) { s.End = s.End.Add(50 * time.Microsecond) }), lasting(2, 0, 0, 20)}, outlivesParent, Never},
		"queued, and says so":              {[]Span{with(lasting(1, 0, 0, 20), func(s *Span) { s.TaskFields, s.QueueWait = true, 8*ms })}, semconv.FindingStarved, Must},
		"queued, and cannot say so":        {[]Span{with(lasting(1, 0, 0, 20), func(s *Span) { s.QueueWait = 8 * ms })}, semconv.FindingStarved, May},
		"open after its last poll":         {[]Span{with(lasting(1, 0, 0, 20), func(s *Span) { s.Idle = 10 * ms })}, semconv.FindingHeld, May},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, familyOf(test.spans).verdict(&test.spans[0], test.finding))
		})
	}
}

// Of a span that was held up and does not say so: whether its culprit could be known by then.
func TestCulpritLater(t *testing.T) {
	culprit := func(n byte, name string, from, to time.Duration) Span {
		s := lasting(n, 0, from, to)
		s.Name, s.Earns, s.Busy = name, semconv.FindingBlocking, 20*ms
		return s
	}
	victim := lasting(9, 0, 0, 30)
	victim.HeldUp, victim.HeldUpBy = 20*ms, "hash /login"
	for name, test := range map[string]struct {
		spans []Span
		want  bool
	}{
		"before":               {[]Span{culprit(1, "hash", 0, 20), victim}, false},
		"after":                {[]Span{victim, culprit(1, "hash", 0, 32)}, true},
		"another operation":    {[]Span{culprit(1, "hash", 0, 20), victim, culprit(2, "parse", 0, 40)}, false},
		"the longer one":       {[]Span{culprit(1, "hash", 0, 5), victim, culprit(2, "hash", 10, 32)}, true},
		"long ago":             {[]Span{culprit(1, "hash", -30, -10), victim}, false},
		"none that blocks":     {[]Span{victim, lasting(1, 0, 0, 32)}, false},
		"the one after is new": {[]Span{culprit(1, "hash", 0, 20), victim, culprit(2, "hash", 31, 51)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := Judge(test.spans, func(*Span) bool { return true })
			var later []bool
			for _, miss := range j.Misses {
				if miss.Finding == heldUp {
					later = append(later, miss.CulpritLater)
				}
			}
			assert.Equal(t, []bool{test.want}, later)
		})
	}
}

func TestJudge(t *testing.T) {
	blocks := lasting(1, 0, 0, 20)
	blocks.Earns, blocks.Found = semconv.FindingBlocking, []string{semconv.FindingBlocking}
	unseen := lasting(2, 0, 0, 20)
	unseen.Earns = semconv.FindingBlocking
	accused := lasting(3, 0, 0, 20)
	accused.Name, accused.Found = "innocent", []string{semconv.FindingBlocking}
	preempted := accused
	preempted.ID, preempted.CPUWait = id(4), 3*ms
	victim := lasting(5, 0, 0, 20)
	victim.HeldUp, victim.HeldUpBy, victim.Found, victim.Culprit = 15*ms, "block", []string{heldUp}, "block"
	misled := victim
	misled.ID, misled.Culprit = id(6), "fast"

	j := Judge([]Span{blocks, unseen, accused, preempted, victim, misled}, func(*Span) bool { return true })
	assert.Equal(t, Score{Earned: 2, Found: 2, Right: 1, Met: 1}, j.Scores[semconv.FindingBlocking])
	assert.Equal(t, Score{Found: 1}, j.ApartScores[semconv.FindingBlocking])
	assert.Equal(t, Score{Earned: 2, Found: 2, Right: 2, Met: 2, Named: 1}, j.Scores[heldUp])
	assert.Equal(t, map[string]int{"innocent: blocking_suspected": 1}, j.Wrong)
	assert.Equal(t, 1, j.Apart)
	assert.Equal(t, 4, j.WithFinding)

	results := []Result{{Service: &Services[0], Run: j}}
	assert.Equal(t, []string{
		"blocking_suspected: precision 0.500; want 0.95 or more",
		"blocking_suspected: recall 0.500; want 0.90 or more",
	}, Misses(results, semconv.FindingBlocking, heldUp))
}
