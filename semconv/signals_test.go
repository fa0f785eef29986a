// SPDX-License-Identifier: Apache-2.0

package semconv

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSignals(t *testing.T) {
	for s := range NumSignals {
		named, ok := SignalNamed(s.String())
		assert.True(t, ok)
		assert.Equal(t, s, named)
		text, err := s.MarshalText()
		assert.NoError(t, err)
		assert.Equal(t, s.String(), string(text))
	}
	_, ok := SignalNamed("profiles")
	assert.False(t, ok)
}
