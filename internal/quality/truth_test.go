// SPDX-License-Identifier: Apache-2.0

package quality

import (
	"slices"
	"time"
)

// A time is trouble if it is several times what all but one in a hundred spans of the operation have without it, long enough
// for anyone to notice, and of all but polls also one part in so many of the span.
const (
	worse     = 5
	leastPoll = time.Millisecond
	leastWait = 500 * time.Microsecond
	part      = 10
)

// alwaysReady is the operation that never waits, of the preset no_budget, with or without a budget.
const alwaysReady = "drain"

// truth tells which spans a finding is right about, given those of the cured service.
func truth(finding string, well []played) func(*played) bool {
	switch finding {
	case blocking:
		p99 := usual(well, func(p *played) time.Duration { return p.longestPoll })
		return func(p *played) bool { return p.longestPoll >= max(worse*p99[p.operation], leastPoll) }
	case starved:
		p99 := usual(well, func(p *played) time.Duration { return p.queueWait })
		return func(p *played) bool {
			return p.queueWait >= worse*p99[p.operation] && notable(p.queueWait, p)
		}
	default:
		return evident[finding]
	}
}

// evident are those for which no cure needs to be known.
var evident = map[string]func(*played) bool{
	skewed:    func(p *played) bool { return p.overloaded && notable(p.queueWait, p) },
	neverIdle: func(p *played) bool { return p.operation == alwaysReady },
	held:      func(p *played) bool { return notable(p.held, p) },
}

func notable(d time.Duration, p *played) bool { return d >= leastWait && d*part >= p.duration }

func nothing(*played) bool { return false }

// usual is the 99th percentile of each operation.
func usual(spans []played, of func(*played) time.Duration) map[string]time.Duration {
	byOperation := map[string][]time.Duration{}
	for i := range spans {
		byOperation[spans[i].operation] = append(byOperation[spans[i].operation], of(&spans[i]))
	}
	p99 := map[string]time.Duration{}
	for operation, values := range byOperation {
		slices.Sort(values)
		p99[operation] = values[(len(values)-1)*99/100]
	}
	return p99
}
