// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"math"
	"slices"
)

// oneIn: spans of a worker that wait, at least, and exceptions from what is taken for a rule, at most.
const oneIn = 20

// silence is what the threads of a callsite's long spans did while these were being polled, for all that other spans tell.
type silence struct {
	kept, broke votes // whether a thread made none for about as long

	// Had the threads been free: how many spans they would have made in the middle of these, and in how many of these any. And in how many
	// they did.
	expected, breaks, broken float32
}

// The middle of a long span: a thread that makes spans before and after, but none in there, made none for most of it.
const margin, middle = 5, 0.6 // a fifth at each end

// add counts a span in which the thread would have made so many others, had it been free.
func (s *silence) add(kept bool, others float32) {
	count(&s.kept, &s.broke, kept)
	s.expected += middle * others
	s.breaks += float32(-math.Expm1(-middle * float64(others)))
	if !kept {
		s.broken++
	}
	if s.expected > 10*convincing {
		s.expected, s.breaks, s.broken = s.expected/2, s.breaks/2, s.broken/2
	}
}

// convincing is how many spans must have been missed to believe that a thread was not free: had it been, there would have been none
// with a chance of exp(-10), if they come at random. This bound is calculated, and not from a capture.
const convincing = 10

// held reports whether the spans held their threads for about as long as they were busy.
func (s *silence) held() bool { return s.expected >= convincing && s.broken*oneIn <= s.breaks }

// unknown returns why the spans are not known to have held their threads.
func (s *silence) unknown() Reason {
	if s.expected < convincing {
		return SilenceUnknown
	}
	return NotSilent
}

// loud reports whether the threads did other things in one of four of the spans or more.
func (s *silence) loud() bool { return 4*int(s.broke) > int(s.kept)+int(s.broke) }

// silent returns the longest time from start to end in which a thread made no span, if those are when it did.
func silent(others []int64, start, end int64) (ns int64) {
	slices.Sort(others)
	for _, at := range others {
		ns, start = max(ns, at-start), at
	}
	return max(ns, end-start)
}

// lasted reports whether a thread was silent for about as long as a span was busy.
func lasted(busy, silent int64) bool { return silent >= busy-busy/margin }

// freedom compares the spans that a thread made during others that left it free with those that were expected.
type freedom struct{ made, expected float32 }

func (f *freedom) add(made, expected float32) {
	f.made, f.expected = f.made+made, f.expected+expected
	if f.expected > 10*convincing {
		f.made, f.expected = f.made/2, f.expected/2
	}
}

// share is how many of the spans that are expected come, 0 to 1.
func (f *freedom) share() float32 {
	if f.expected == 0 {
		return 0
	}
	return min(1, f.made/f.expected)
}
