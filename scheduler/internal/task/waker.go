// SPDX-License-Identifier: Apache-2.0

package task

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
)

// A waker is a place, the generation of what is at the place, and whether the place is that of a task or of a timeout. The generation
// moves on when a wait ends, so that an old waker wakes nobody.
const (
	generationBits                   = 31
	generationMask                   = 1<<generationBits - 1
	ofTimeout        scheduler.Waker = 1 << 63
	generationOffset                 = 32
	placeMask                        = 1<<generationOffset - 1
)

func makeWaker(place, generation uint32) scheduler.Waker {
	return scheduler.Waker(place) | scheduler.Waker(generation&generationMask)<<generationOffset
}

func placeOf(w scheduler.Waker) uint32 { return uint32(w & placeMask) }

func isOf(w scheduler.Waker, generation uint32) bool {
	return uint32(w>>generationOffset&generationMask) == generation&generationMask
}
