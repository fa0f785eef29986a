// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Where spans are lost one by one, that of the child which blocked may be among them: its parent is not accused for it.
func TestLostChildren(t *testing.T) {
	s := newService()
	lose := func(child bool) Findings { // the child or the parent of a pair
		s.now += 50 * ms
		s.next += 2
		c, p := span(busy), span(busy)
		c.ID, c.Parent, c.Trace, c.Top, c.Start, c.Callsite = s.next, s.next-1, s.next, false, s.now, 3
		p.ID, p.Trace, p.Start, p.Callsite, p.Request, p.LongestPoll = s.next-1, s.next, s.now, 4, true, p.Busy
		c.End, p.End = c.Start+c.Duration, p.Start+p.Duration
		if child {
			return s.Explain(p, &limits, nil)
		}
		return s.Explain(c, &limits, nil)
	}
	for range 30 {
		s.nested(func(_, _ *Span) {})
	}
	assert.Equal(t, blocking, lose(true).Found, "nothing was ever lost: it was the parent")
	for range 4 {
		lose(false)
	}
	s.now += overdue
	for range 2 * minRelatives {
		s.send(waiting)
	}
	got := lose(true)
	assert.Zero(t, got.Found|got.Judged&blocking)
	child, _ := s.nested(func(c, _ *Span) { c.LongestPoll = c.Busy })
	assert.Equal(t, blocking, child.Found, "a span that never had a child is not excused")
	for range 3 * maxVotes {
		s.nested(func(_, _ *Span) {})
	}
	assert.Equal(t, blocking, lose(true).Found, "nothing was lost for long")
}

// A task that outlives its parent, and comes after it, has lost nobody.
func TestParentsThatCameBefore(t *testing.T) {
	s := newService()
	for range 100 {
		s.send(waiting)
		s.now += 30 * ms
		s.send(func(x *Span) { heldFor(30 * ms)(x); x.Top, x.Request, x.Parent = false, false, s.next-1 })
	}
	s.now += 2 * overdue
	for range 2 * minRelatives {
		s.send(waiting)
	}
	assert.False(t, s.losses.some())
}

// A parent that comes hours after its children was not lost.
func TestLateParents(t *testing.T) {
	var l losses
	var f families
	for id := range uint64(10) {
		f.of(id + 1).at = begin
	}
	for range 100 {
		l.look(&f, begin+overdue)
	}
	assert.False(t, l.some(), "not overdue yet")
	for range 100 {
		l.look(&f, begin+overdue+1)
	}
	assert.True(t, l.some())
	assert.Equal(t, votes(10), l.missing)
	for id := range uint64(10) {
		l.came(f.take(id + 1))
	}
	assert.False(t, l.some())

	for id := range uint64(2 * maxFamilies) { // no place for so many
		f.of(id + 1).at = begin
	}
	l.look(&f, begin)
	assert.True(t, l.some())
}
