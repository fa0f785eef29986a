// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestLatencyOfThePast: items that were sent long after they happened, on purpose, have no latency. What is live alone is judged; where nothing
// is, it is not known.
func TestLatencyOfThePast(t *testing.T) {
	f := fleet{sources: 1, shards: 1}
	for name, tc := range map[string]struct {
		after time.Duration // that live items happened; the others an hour
		past  func(i int) bool
		want  Verdict
		says  []string
	}{
		"some, the rest in time":         {time.Second, func(i int) bool { return i > 0 }, Pass, nil},
		"some, the rest late":            {3 * time.Second, func(i int) bool { return i > 0 }, Fail, nil},
		"some, the rest from the future": {-time.Second, func(i int) bool { return i > 0 }, Unknown, nil},
		"none":                           {time.Second, func(int) bool { return false }, Pass, nil},
		"all": {
			time.Second, func(int) bool { return true }, Unknown,
			[]string{"? latency_p99 traces: not known: all 10 that arrived were sent long after they happened, by backfill"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := serving(Expectations{LatencyP99: 2 * time.Second})
			past := uint64(0)
			for signal := range Signals {
				items := upTo("r", "a", fleetSends[signal])
				for i := range items {
					items[i].At = noon.Add(-tc.after).UnixNano()
					if items[i].Past = tc.past(i); items[i].Past {
						items[i].At = noon.Add(-time.Hour).UnixNano()
						past++
					}
				}
				a.Audit(signal, noon, append(items, f.marker(signal, 0)))
			}
			r := judged(t, a)
			assert.Equal(t, tc.want, r.Verdict)
			for _, message := range tc.says {
				assert.Contains(t, messages(r.Findings), message)
			}
			for _, s := range r.Signals {
				past -= s.Latency.Past
				assert.Equal(t, s.Received, s.Latency.Count+s.Latency.Past+s.Latency.Skewed)
			}
			assert.Zero(t, past)

			again := serving(Expectations{LatencyP99: 2 * time.Second})
			goOn(t, a, again, Origin{Final: true}, false)
			assert.Equal(t, r.Signals[0].Latency, judged(t, again).Signals[0].Latency, "it outlives a restart")
		})
	}
}
