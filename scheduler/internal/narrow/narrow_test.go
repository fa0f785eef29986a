// SPDX-License-Identifier: Apache-2.0

package narrow

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatFitsIsKept(t *testing.T) {
	assert.EqualValues(t, math.MaxInt16, Int16(math.MaxInt16))
	assert.EqualValues(t, math.MinInt16, Int16(math.MinInt16))
	assert.EqualValues(t, math.MaxInt32, Int32(math.MaxInt32))
	assert.EqualValues(t, math.MinInt32, Int32(math.MinInt32))
	assert.EqualValues(t, math.MaxUint32, Uint32(math.MaxUint32))
	assert.EqualValues(t, math.MaxInt64, Uint64(int64(math.MaxInt64)))
	assert.Equal(t, math.MaxInt, Int(math.MaxInt))
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	for name, convert := range map[string]func(){
		"Int16 above":  func() { Int16(math.MaxInt16 + 1) },
		"Int16 below":  func() { Int16(math.MinInt16 - 1) },
		"Int32 above":  func() { Int32(math.MaxInt32 + 1) },
		"Int32 below":  func() { Int32(math.MinInt32 - 1) },
		"Int32 uint32": func() { Int32(uint32(math.MaxInt32 + 1)) },
		"Uint32 above": func() { Uint32(math.MaxUint32 + 1) },
		"Uint32 below": func() { Uint32(int32(-1)) },
		"Uint64 below": func() { Uint64(-1) },
		"Int above":    func() { Int(math.MaxInt + 1) },
	} {
		assert.PanicsWithValue(t, message, convert, name)
	}
}
