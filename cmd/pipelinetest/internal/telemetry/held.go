// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// Held says how much of a signal was in each part that was killed, by what its neighbours say: the killed one's own counts are the least. Copies: items
// arrived more than once, so that more were in it than the difference. Where that could be both more and less, nothing is said.
func Held(parts []Part, generators int, signal string, copies bool) (said []string) {
	parts = merged(parts)
	for i := generators; i < len(parts)-1; i++ {
		p, next := &parts[i], &parts[i+1]
		first := i - 1
		if i == generators {
			first = 0
		}
		if before := parts[first:i]; p.Killed && oneWay(before, signal) && oneWay(parts[i:i+1], signal) && next.Read {
			said = append(said, held(before, p, next, signal, copies)...)
		}
	}
	return said
}

// oneWay tells whether each part has said what it sent, and sent it to one other alone.
func oneWay(parts []Part, signal string) bool {
	for i := range parts {
		if !parts[i].Read || len(parts[i].Elsewhere) > 0 || exporters(parts[i].Components, signal) > 1 {
			return false
		}
	}
	return len(parts) > 0
}

func held(before []Part, p, next *Part, signal string, copies bool) []string {
	var took uint64
	atLeast := false
	for i := range before {
		took += Sum(before[i].Components, signal).Sent
		atLeast = atLeast || before[i].Least
	}
	own, out := Sum(p.Components, signal), Sum(next.Components, signal).Received
	more := atLeast || copies
	fewer := next.Least || p.Disturbed || own.Dropped+own.SendFailed+own.EnqueueFailed+own.Queued+own.InFlight > 0
	if out >= took || more && fewer {
		return nil
	}
	bound := sign(more, ">=") + sign(fewer, "<=")
	return []string{fmt.Sprintf("%s: took %s%s, and %s%s arrived at %s: %s%s were in it when it was killed",
		p.Name, sign(atLeast, ">="), format.Grouped(took), sign(next.Least, ">="), format.Grouped(out), next.Name, bound, format.Grouped(took-out))}
}

// sign is a bound's, if there is one.
func sign(is bool, sign string) string {
	if !is {
		return ""
	}
	return sign
}
