// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A family is there until its parent has come. One that has fallen out is not forgotten to have been.
func TestFamilies(t *testing.T) {
	random := rand.New(rand.NewPCG(71, 72))
	var all families
	assert.Nil(t, all.take(1))
	added := map[uint64]int64{}
	for end := int64(1); end <= 3*maxFamilies; end++ {
		parent := random.Uint64()
		f := all.of(parent)
		assert.Equal(t, family{requestThread: Unknown}, *f)
		f.busy, f.at = end, end
		assert.Equal(t, end, all.of(parent).busy, "the same family")
		added[parent] = end
	}
	assert.LessOrEqual(t, len(all.slots), maxFamilies)
	found := 0
	for parent, end := range added {
		f := all.take(parent)
		if f == nil {
			assert.LessOrEqual(t, end, all.lost)
			continue
		}
		found++
		assert.Equal(t, end, f.busy)
		assert.Nil(t, all.take(parent), "it was taken")
	}
	assert.Greater(t, found, maxFamilies/2)
	assert.Zero(t, all.used)
}

func TestEndings(t *testing.T) {
	var all endings
	assert.Nil(t, all.of(1))
	come := func(id, parent uint64, change func(*Span)) *Span {
		s := span(func(s *Span) { s.ID, s.Parent, s.Top = id, parent, parent == 0; change(s) })
		all.add(s, nil)
		return s
	}
	plain := func(*Span) {}
	come(1, 0, func(s *Span) { s.Duration = 7 * ms })
	come(2, 1, plain)
	child := come(3, 2, plain)
	assert.Equal(t, begin+7*ms, all.top(child).at)
	assert.Nil(t, all.of(0))
	assert.Nil(t, all.of(77))

	orphan := come(5, 4, plain)
	assert.Nil(t, all.top(orphan), "its parent has not come")
	come(4, 9, func(s *Span) { s.Request = true })
	assert.Equal(t, uint64(4), all.top(orphan).id, "a request is nobody's child")

	come(10, 11, plain)
	assert.Nil(t, all.top(come(11, 10, plain)), "spans that are each other's parents")
	for id := range uint64(10 * maxEndings) {
		come(id+1000, 0, plain)
	}
	assert.Len(t, all.slots, maxEndings)
	assert.NotNil(t, all.of(10*maxEndings+999), "the last to come")
}
