// SPDX-License-Identifier: Apache-2.0

package aggregate

import "github.com/runtimelab/otelcol-runtimelab/semconv"

// lacked counts spans that lacked a CPU by who took it, if they say that.
type lacked struct{ throttled, crowded uint64 }

var starved = FindingNamed(semconv.FindingCPUStarved)

func (l *lacked) add(s *Span) {
	switch {
	case s.Findings&starved == 0 || !s.Throttled.Known:
	case s.Throttled.Number:
		l.throttled++
	default:
		l.crowded++
	}
}
