// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestSeparate: what is of another run is in no count of the test, and is not forgotten either.
func TestSeparate(t *testing.T) {
	run := func(name string, received uint64) Run {
		return Run{Name: name, Signals: []Signal{{Signal: "logs", Counts: map[string]uint64{"received": received, "sent": received}}}}
	}
	r := &Report{Verdict: "pass", Runs: []Run{run("a", 1), run("old", 10), run("b", 100), run("older", 1000)}}
	r.Separate(func(run string) bool { return len(run) == 1 })
	assert.EqualValues(t, 101, r.Sum("logs", "sent"))
	assert.EqualValues(t, 1010, r.Others().Heard("logs"))
	assert.EqualValues(t, 10, r.Others().Runs[0].Items())
}

// TestOldest: the signal with the oldest item counts, and only those whose latency is known.
func TestOldest(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	of := func(signal string, count uint64, most time.Duration) Signal {
		return Signal{Signal: signal, Latency: Latency{Count: count, Max: most}}
	}
	run := &Run{Last: noon, Signals: []Signal{of("traces", 1, time.Second), of("metrics", 0, time.Hour), of("logs", 1, time.Minute)}}
	oldest, signal := run.Oldest()
	assert.Equal(t, "logs", signal)
	assert.Equal(t, noon.Add(-time.Minute), oldest)
	_, signal = (&Run{Last: noon}).Oldest()
	assert.Empty(t, signal)
}

// TestExceeding: load_verify cannot have more for sent than the generators, all of which have said to their end what they handed on.
func TestExceeding(t *testing.T) {
	r := &Report{Runs: []Run{{Signals: []Signal{{Signal: "traces", Counts: map[string]uint64{"sent": 100}}}}}}
	for n, offered := range map[int]Offered{
		0: {Read: true, Whole: true, Items: 100}, 1: {Read: true, Items: 50}, 2: {Read: true, Whole: true, Least: true, Items: 50},
	} {
		assert.Empty(t, r.Exceeding("traces", offered), "%d", n)
	}
	assert.Contains(t, r.Exceeding("traces", Offered{Read: true, Whole: true, Items: 54}),
		"100 were sent by load_verify's account, and the generators have handed on no more than 54, end markers included")
}
