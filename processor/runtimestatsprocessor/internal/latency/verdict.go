// SPDX-License-Identifier: Apache-2.0

package latency

// State says whether a span could be judged.
type State uint8

const (
	// Warming means that the key's window holds too few spans.
	Warming State = iota
	// Judged means that the verdict holds.
	Judged
	// Overflow means that the key has no window because MaxKeys others have one; the span left no trace.
	Overflow
)

// maxRank is the rank of a span slower than all others; one step is a hundredth of a percent.
const maxRank = 10_000

// Verdict is what a window says about one span. Fields other than State are set when State is Judged. A verdict has
// no more than four fields, so that it travels in registers.
type Verdict struct {
	Baseline *Baseline // what the span was compared with; read-only
	Rank     uint16    // mid-rank among the spans of the key, 0 to 10,000
	Class    Class
	State    State
}

// Percentile is the rank in percent, 0 to 100.
func (v Verdict) Percentile() float64 {
	return float64(v.Rank) / (maxRank / 100)
}
