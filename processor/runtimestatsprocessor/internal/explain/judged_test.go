// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// What is known of a span, whether or not it has a finding: the coverage rests on it.
func TestJudged(t *testing.T) {
	const (
		starved = findings.Set(1 << findings.QueueStarved)
		never   = findings.Set(1 << findings.NeverIdle)
		held    = findings.Set(1 << findings.HeldAfterCompletion)
	)
	worker := func(x *Span) { x.Thread, x.Request = 1, true }
	for _, tt := range []struct {
		name   string
		change func(*Span)
		want   findings.Set
	}{
		{"no times", func(*Span) {}, outlives},
		{"busy time", func(x *Span) { x.Busy = 1 * ms }, outlives | never | guard | blocking},
		{"and idle time", func(x *Span) { x.Busy, x.Idle = 1*ms, 19*ms }, outlives | never | guard | blocking | held},
		{"busy for long, nobody counted its polls", func(x *Span) { x.Busy, x.Idle = 20*ms, 0 }, outlives | held},
		{"though not in one poll", func(x *Span) { x.Busy, x.Idle = 17*ms, 3*ms }, outlives | held | guard | never},
		{"polls counted", func(x *Span) { x.Busy, x.Idle, x.Polls = 20*ms, 0, 9 }, outlives | held | guard | blocking | never},
		{"one poll", func(x *Span) { x.Busy, x.Idle, x.Polls = 20*ms, 0, 1 }, outlives | held | guard | blocking | never},
		{"on a thread that is there to block", func(x *Span) { x.Busy, x.Idle, x.Blockable = 20*ms, 0, true }, outlives | held | guard | blocking},
		{"a queue wait", func(x *Span) { x.Wait = 0 }, outlives | starved},
		{"of the runtime", func(x *Span) { x.MeanWait = 1 * ms }, outlives},
		{"on a worker", func(x *Span) { worker(x); x.Busy, x.Idle = 20*ms, 0 }, outlives | held | guard | blocking},
		{"of a thread that runs alone", func(x *Span) { x.Thread, x.Arbiter, x.Busy, x.Idle = 1, true, 1*ms, 19*ms }, outlives | never | guard | blocking | held | heldUp},
	} {
		assert.Equal(t, tt.want, new(Process).Explain(span(tt.change), &limits, nil).Judged, tt.name)
	}
}

// What a parent's word says of its child that was longest entered, and of the thread that polls both.
func TestTellChildren(t *testing.T) {
	for _, tt := range []struct {
		name                              string
		change                            func(child *family, parent *Span)
		polled, unpolled, here, elsewhere votes
	}{
		{"polled as long", func(*family, *Span) {}, 1, 0, 1, 0},
		{"nearly", func(_ *family, p *Span) { p.Busy = 9 * ms }, 1, 0, 1, 0},
		{"by another thread", func(c *family, _ *Span) { c.stretch.thread = 2 }, 1, 0, 0, 1},
		{"hardly", func(_ *family, p *Span) { p.Busy = 5*ms - 1 }, 0, 1, 0, 0},
		{"half of it", func(_ *family, p *Span) { p.Busy = 5 * ms }, 0, 0, 0, 0},
		{"hardly, as another thread ran it", func(c *family, p *Span) { p.Busy, c.stretch.thread = ms, 2 }, 0, 0, 0, 0},
		{"hardly, and it was entered later", func(c *family, p *Span) { p.Busy, c.stretch.idle = ms, entering+1 }, 0, 0, 0, 0},
		{"the child was there before", func(c *family, _ *Span) { c.stretch.start-- }, 0, 0, 0, 0},
		{"and after", func(c *family, _ *Span) { c.stretch.end += 10*ms + entering + 1 }, 0, 0, 0, 0},
		{"too short to matter", func(c *family, p *Span) { c.stretch.busy, p.Busy = ms-1, ms }, 0, 0, 1, 0},
		{"never polled", func(c *family, p *Span) { c.stretch.busy, p.Busy = 0, ms }, 0, 0, 0, 0},
		{"an older layer", func(_ *family, p *Span) { p.Layered = true }, 0, 0, 1, 0},
		{"no busy time", func(_ *family, p *Span) { p.Busy = Unknown }, 0, 0, 0, 0},
		{"no such child", func(c *family, _ *Span) { c.stretch.site = nil }, 0, 0, 0, 0},
	} {
		site := new(callsite)
		parent := span(func(x *Span) { x.Busy, x.Idle, x.Thread = 10*ms, 10*ms, 1 })
		j := judgement{Span: parent, limits: &limits, site: new(callsite)}
		j.family.stretch = stretch{begin, begin + 10*ms, 10 * ms, 0, 1, site}
		tt.change(&j.family, parent)
		j.tellChildren()
		assert.Equal(t, [...]votes{tt.polled, tt.unpolled, tt.here, tt.elsewhere},
			[...]votes{site.polled, site.unpolled, j.site.here, j.site.elsewhere}, tt.name)
	}
}
