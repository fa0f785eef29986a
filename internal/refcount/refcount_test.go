// SPDX-License-Identifier: Apache-2.0

package refcount

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestValuesLiveAsLongAsTheirUsers(t *testing.T) {
	var all Values[string, *int]
	create := func() (*int, error) { return new(int), nil }
	acquire := func(key string) (*int, func() bool) {
		value, release, err := all.Acquire(key, create)
		require.NoError(t, err)
		return value, release
	}
	first, releaseFirst := acquire("a")
	second, releaseSecond := acquire("a")
	other, releaseOther := acquire("b")
	assert.Same(t, first, second)
	assert.NotSame(t, first, other)

	assert.False(t, releaseFirst(), "there is the second")
	assert.False(t, releaseFirst(), "a second Shutdown")
	again, releaseAgain := acquire("a")
	assert.Same(t, second, again)
	assert.False(t, releaseAgain())
	assert.True(t, releaseSecond())
	assert.False(t, releaseSecond(), "it was the last already")
	assert.True(t, releaseOther())
	assert.Empty(t, all.byKey)

	anew, releaseAnew := acquire("a")
	assert.NotSame(t, first, anew)
	assert.False(t, releaseSecond(), "of the one before")
	assert.True(t, releaseAnew())
}

func TestValueThatCannotBeMade(t *testing.T) {
	var all Values[string, int]
	no := errors.New("no")
	_, _, err := all.Acquire("a", func() (int, error) { return 0, no })
	require.ErrorIs(t, err, no)
	value, release, err := all.Acquire("a", func() (int, error) { return 1, nil })
	require.NoError(t, err)
	assert.Equal(t, 1, value)
	assert.True(t, release())
}
