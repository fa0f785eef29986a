// SPDX-License-Identifier: Apache-2.0

package audit

import "github.com/runtimelab/otelcol-runtimelab/internal/stamp"

// judgeConsistent holds a consistent probability sampler to its promise: what it kept is not below its threshold, and all that is not below has
// arrived. It reports whether a loss is no fault by itself.
func (r *RunReport) judgeConsistent(e *Expectations, s *SignalReport) bool {
	if !e.Consistent || s.Signal != Traces || !s.Final {
		return false
	}
	is, sent := r.random, r.sentRandom
	if sent == nil {
		if s.Received+s.Lost > 0 {
			r.doubt("consistent", s, "no end marker tells of random values: set trace_randomness of synthetic_load, and let end markers through")
		}
		return true
	}
	// Of an item that is counted twice the first copy may have been right.
	if is.below > 0 {
		r.add(is.below > s.twice, "consistent", s, "%s arrived whose random value rv is below the threshold th that they carry", items(is.below))
	}
	if is.without > 0 {
		r.add(is.without > s.twice, "consistent", s, "%s arrived without the random value rv that they were sent with", items(is.without))
	}
	switch {
	case s.anyway+s.doubtful > 0 || s.OverLimit > 0 || r.partial():
		r.doubt("consistent", s, "whether all arrived that should is not known: the generator gave up %s, or the audit could not see all", items(s.GivenUp))
	case is.unsampled > 0 && is.thresholds > 0:
		r.doubt("consistent", s, "%s arrived without a threshold, %d with one: what should have arrived is not known", items(is.unsampled), is.thresholds)
	case is.least != is.most:
		r.doubt("consistent", s, "thresholds from %014x to %014x: what should have arrived is not known", is.least, is.most)
	case is.parts == nil && is.without == 0 && s.offered() > 0:
		r.find("consistent", s, "nothing arrived of %s", items(s.offered()))
	default:
		r.judgeThreshold(s, is.parts, sent, is.least)
		if s.twice > 0 {
			r.doubt("consistent", s, "%s came to several verifiers: they are counted twice, and may hide as many that are lost", items(s.twice))
		}
	}
	return true
}

// judgeThreshold: of the part of the range that the threshold is in, only that not more arrived than were sent is known.
func (r *RunReport) judgeThreshold(s *SignalReport, parts, sent *stamp.Randomness, threshold uint64) {
	if parts == nil {
		return
	}
	lost, more, due := uint64(0), uint64(0), uint64(0)
	for i, n := range sent {
		if parts[i] > n {
			more += parts[i] - n
		}
		if stamp.PartBegins(i) >= threshold {
			due += n
			lost += n - min(n, parts[i])
		}
	}
	if lost > 0 {
		r.find("consistent", s, "%d of %s are lost whose random value is not below the threshold %014x; want all", lost, items(due), threshold)
	}
	if more > s.twice {
		r.find("consistent", s, "%s more arrived than were sent with their random values: these were changed", items(more))
	}
}
