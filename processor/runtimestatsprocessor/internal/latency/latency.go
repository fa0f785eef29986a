// SPDX-License-Identifier: Apache-2.0

// Package latency says how slow a span is among the recent spans of its key.
//
// A key is one operation of one service: what the configuration names, by default service.name, span.name, span.kind and http.route.
// Each key owns a window: a histogram of durations (the buckets of package histogram) from which old spans fade away
// exponentially or slide out, and what follows from it, rebuilt by every [Windows.Tick], once a second:
//
//	             Observe                                Tick (1/s)
//	duration ──► bucket index ──┬─► counts[i] += unit ──► fade or slide, ──┬─► ranks[i]   percentile, mid-rank of bucket i
//	                            ├─◄ ranks[i] ◄──────────  add up           │
//	                            └─◄ baseline ◄─────────────────────────────┴─► baseline   p50, p90, p99, count, class limits
//
// So a span costs an index, two loads and one atomic addition, and is judged by the spans before it, never by itself. A key
// below MinCount spans is warming up and judges nothing; the span that reaches MinCount builds the first tables, so a new
// key does not wait for the tick.
//
// # Fading
//
// Every tick multiplies all counts by exp(-elapsed/Length). In the steady state a key that receives r spans a second holds
// r*Length of them, and their mean age is Length. Counts are integers of 1/256 span. Cutting off the fraction at every tick
// would let a bucket with one span fade up to a fifth faster than a full one and so thin out the tail, the very part that
// matters; therefore the fraction is rounded up or down by a dither sequence, and the expected count is exact (window.fade).
//
// # Sliding
//
// A sliding window consists of six slices, each a sixth of Length. Observe adds to the sum of all slices, so it costs the
// same as with fading. When a slice ends (window.settle), what was added to the sum since the last one ended becomes a
// settled slice, and the oldest one is subtracted: every span counts in full until it leaves, and none is older than
// Length. Settled slices are kept in a compact form (sparse), 2 bytes for each bucket in use.
//
// # Rare operations
//
// An operation of a few spans a minute never has MinCount spans in a Length of a minute. Therefore a window gives up spans
// only as far as MinCount are left; nothing older than an hour counts, however few are left. A sliding window keeps its
// oldest slices for as long (window.slide). A fading one stops to fade, and what is beyond MinCount goes from the oldest
// end: for this it settles slices, too, as long as it is small (window.hold). So a rare operation is compared with its last
// hundred spans, in full, and one that pauses with what was before the pause.
//
// # Class limits
//
// The quantile that separates two classes falls inside some bucket. If this bucket is light, it is divided in proportion
// and the flagged share comes out right for any smooth distribution. If it holds more than half of the share to be flagged
// (many spans of about the same duration: a timeout, a coarse clock, a constant), dividing it would flag all or none of
// them by chance; then the limit is the bucket's upper end, and none is flagged. So a class never takes more than one and
// a half times its share, however the durations fall (limit). Of few spans a limit is a guess; it is made such that the
// share is right on average.
//
// # Place
//
// The package stands in the middle of the runtime_stats processor: on package histogram for the buckets, on package findings
// for the other window of each key, and on package semconv for the names of the classes. Only the processor uses it: it makes
// one [Windows] for each traces pipeline, asks it for each span, ticks it, and stores its snapshots.
package latency

import "time"

// Settings are the sizes and limits of all windows.
type Settings struct {
	MaxKeys  int           // how many keys may have a window at a time
	Mode     Mode          // how spans leave a window
	Length   time.Duration // Decay: time constant of the fading; Sliding: how long a span stays
	MinCount int           // spans a window must hold before it judges; while it has no more, they stay longer than Length says, up to an hour
	Classes  Classes
}

// Mode says how spans leave a window.
type Mode uint8

const (
	// Decay lets spans fade: one that is t old counts exp(-t/Length).
	Decay Mode = iota
	// Sliding counts every span in full, and drops it Length to Length*5/6 after it came.
	Sliding
)

// Kind is the kind of a span, as OTLP numbers it.
type Kind uint8

// numKinds is how many kinds OTLP has, the unspecified one included.
const numKinds = 6

// KindOf returns the kind of a number. One that OTLP does not know counts as unspecified.
func KindOf(number int32) Kind {
	if number < 0 || number >= numKinds {
		return 0
	}
	return Kind(number)
}
