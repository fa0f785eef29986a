package histogram

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What All yields is enough to make the same histogram again.
func TestAllAndAdd(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var h, again Histogram
	for range 10_000 {
		h.Record(random.Int64N(1 << random.IntN(50)))
	}
	last := -1
	for i, n := range h.All() {
		assert.Greater(t, i, last)
		assert.NotZero(t, n)
		last = i
		again.Add(i, n)
	}
	assert.Equal(t, h, again)

	for range (&Histogram{}).All() {
		t.Fatal("an empty histogram has no buckets in use")
	}
}
