// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestLag: batches come late by what the services' batching makes them. That is not behind; growing later than that is.
func TestLag(t *testing.T) {
	const s = time.Second
	start := time.Unix(1_700_000_000, 0)
	var l Lag
	assert.False(t, l.Behind().Known, "nothing has arrived")
	arrived := func(at, lag time.Duration) { l.Arrived(start.Add(at), start.Add(at-lag)) }
	arrived(1*s, 5*s)
	arrived(2*s, 7*s)
	assert.Equal(t, Known(time.Duration(0)), l.Behind(), "5 s are the batching")
	assert.False(t, l.Behind().Known, "nothing new")
	arrived(3*s, 9*s)
	arrived(4*s, 8*s)
	assert.Equal(t, Known(3*s), l.Behind())
	arrived(5*s, 4*s)
	assert.Equal(t, Known(time.Duration(0)), l.Behind(), "caught up")
	arrived(6*s, -s)
	arrived(7*s, s)
	assert.Equal(t, Known(time.Duration(0)), l.Behind(), "an unpaced load runs ahead")
}
