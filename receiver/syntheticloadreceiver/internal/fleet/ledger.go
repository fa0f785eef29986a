// SPDX-License-Identifier: Apache-2.0

package fleet

import "github.com/runtimelab/otelcol-runtimelab/internal/timeline"

// ledger is what the shard has offered to the pipelines, by when it happened: the end markers tell load_verify, which compares it with what
// arrives, also behind a sampler. Like the requests' pdata it belongs to the goroutine that delivers.
type ledger struct {
	offered [signals]timeline.Timeline
	spreads map[*process]*[signals]timeline.Spread
}

func (l *ledger) spread(p *process, s Signal) *timeline.Spread {
	of := l.spreads[p]
	if of == nil {
		of = &[signals]timeline.Spread{}
		if l.spreads == nil {
			l.spreads = map[*process]*[signals]timeline.Spread{}
		}
		l.spreads[p] = of
	}
	return &of[s]
}
