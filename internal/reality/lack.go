// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"time"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const (
	cpuStarved   = "cpu_starved"
	cpuWaitRatio = "async_runtime.cpu_wait_ratio"
	// noticed is the lack of a CPU from which on a finding may tell it, if it is a tenth of the span.
	noticed = time.Millisecond
)

// starved: a span must be called so if for most of its time nobody could poll it for want of a CPU.
func (f family) starved(s *Span) Verdict {
	switch lack := f.lack(s); {
	case lack >= grave && part(lack, s, gravePart):
		return Must
	case lack >= noticed && part(lack, s, notablePart):
		return May
	}
	return Never
}

// lack is for how long a span had no CPU. While it slept it needed none: it lacked one for no longer than it took in excess of what it would
// have taken.
func (f family) lack(s *Span) time.Duration {
	if s.Lacked == nil {
		return 0
	}
	return s.Lacked.Polled + max(0, min(s.Lacked.Idle, s.Duration()-s.Lacked.Polled-f.least(s)))
}

// queued is for how long a span waited for a worker that had a CPU.
func (s *Span) queued() time.Duration {
	if s.Lacked == nil {
		return s.QueueWait
	}
	return max(0, s.QueueWait-s.Lacked.Idle)
}

// ofTime: these findings say where a span's time went. For a span that lacked a CPU for most of it, there is a better word.
func ofTime(finding string) bool {
	switch finding {
	case semconv.FindingBlocking, semconv.FindingNeverIdle, semconv.FindingStarved, heldUp:
		return true
	}
	return false
}
