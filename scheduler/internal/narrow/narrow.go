// SPDX-License-Identifier: Apache-2.0

// Package narrow converts integers to types that hold fewer values. Where a value does not fit, which says that a bound elsewhere is
// broken, the functions panic: a wrapped index or thread number would be a wrong result that nobody sees. The engine and the models
// use it; a conversion costs a comparison.
package narrow

import "math"

const message = "scheduler: a number is out of the range of its type"

// Int16 converts an index of a worker.
func Int16(n int) int16 {
	if n < math.MinInt16 || n > math.MaxInt16 {
		panic(message)
	}
	return int16(n)
}

// Int32 converts a length or an index.
func Int32[N int | uint32](n N) int32 {
	if int64(n) < math.MinInt32 || int64(n) > math.MaxInt32 {
		panic(message)
	}
	return int32(n)
}

// Uint32 converts a length, an index or the number of a timer.
func Uint32[N int | int32](n N) uint32 {
	if n < 0 || int64(n) > math.MaxUint32 {
		panic(message)
	}
	return uint32(n)
}

// Uint64 converts an index or a time that is not negative.
func Uint64[N ~int | ~int64](n N) uint64 {
	if n < 0 {
		panic(message)
	}
	return uint64(n)
}

// Int converts an index or a count.
func Int(n uint64) int {
	if n > math.MaxInt {
		panic(message)
	}
	return int(n)
}
