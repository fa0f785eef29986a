// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// killed is an auditor that goes on from a state that was not the last of the one before.
func killed(t *testing.T, a *Auditor) *Auditor {
	t.Helper()
	next := New(a.limits, a.grace, a.expect)
	next.served = a.served
	goOn(t, a, next, Origin{}, true)
	return next
}

// TestForgotten: an auditor that died has forgotten what came last. What it misses may be that; what it saw is certain; and what it did
// not see it cannot rule out.
func TestForgotten(t *testing.T) {
	const storage = "? storage : the audit died 1 times during the run: what it took shortly before is forgotten. That may be what is missing, and have had faults"
	f := fleet{sources: 1, shards: 1}
	end := []Item{f.marker(Traces, 0)}
	for name, tc := range map[string]struct {
		spans [][]Item
		want  Verdict
		finds []string
	}{
		"nothing is missing": {[][]Item{upTo("r", "a", 10), end}, Unknown, []string{storage}},
		"some is missing":    {[][]Item{upTo("r", "a", 8), end}, Unknown, []string{"? max_loss traces: 2 lost, 10 sent: 20 %; want at most 0 %", storage}},
		"a marker is missing": {[][]Item{upTo("r", "a", 10)}, Unknown, []string{
			"? end_marker traces: 1 of 1 end markers are lost; what was sent is known from others", storage,
		}},
		"one came twice": {[][]Item{upTo("r", "a", 10), upTo("r", "a", 1), end}, Fail, []string{
			"max_duplicates traces: 1 duplicate, 10 sent: 10 %; want at most 0 %", storage,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := serving(Expectations{})
			f.send(a, Metrics, Logs)
			a = killed(t, a)
			a.Audit(Traces, noon, join(tc.spans...))
			r := judged(t, a)
			assert.Equal(t, tc.want, r.Verdict)
			assert.Equal(t, tc.finds, messages(r.Findings))
		})
	}
}

// TestOverLimit: what could not be audited is not lost, and may have had faults.
func TestOverLimit(t *testing.T) {
	f := fleet{sources: 2, shards: 1}
	a := serving(Expectations{Sources: 2})
	a.limits.Sources = 4 // of six: three signals of two sources
	f.send(a, Traces, Metrics, Logs)
	r := judged(t, a)
	assert.Equal(t, Unknown, r.Verdict)
	assert.Equal(t, []string{
		"? max_loss logs: 12 lost, 12 sent: 100 %; want at most 0 %",
		"? end_marker logs: 2 of 2 end markers are lost; what was sent is known from others",
		"? sources logs: 0 sources; want 2",
		"? limits logs: 14 items not audited: too many sources, or too much is missing",
	}, messages(r.Findings))

	// More are lost than could not be audited.
	a = serving(Expectations{})
	a.limits.Sources = 2
	a.Audit(Traces, noon, upTo("r", "a", 3))
	f.send(a, Metrics) // one of them is over the limit
	r = judged(t, a)
	assert.Equal(t, Fail, r.Verdict)
	assert.Contains(t, messages(r.Findings), "max_loss traces: 17 lost, 20 sent: 85 %; want at most 0 %")

	// There are too many runs: of what belongs to none, nothing can be said.
	a = serving(Expectations{})
	a.limits.Runs = 1
	f.send(a, Traces, Metrics, Logs)
	a.Audit(Traces, noon, upTo("another", "a", 1))
	report := a.Report(noon.Add(time.Minute), true)
	assert.Equal(t, Unknown, report.Verdict)
	assert.Equal(t, []string{"? limits : 1 item not audited: too many runs or sources"}, messages(report.Findings))
}

// TestLatencyUnknown: items whose latency is not known may have been late.
func TestLatencyUnknown(t *testing.T) {
	f := fleet{sources: 1, shards: 1}
	for name, tc := range map[string]struct {
		after time.Duration // that items happened, by the clock of the generator
		want  Verdict
	}{"in time": {time.Second, Pass}, "late": {3 * time.Second, Fail}, "from the future": {-time.Second, Unknown}} {
		t.Run(name, func(t *testing.T) {
			a := serving(Expectations{LatencyP99: 2 * time.Second})
			for signal := range Signals {
				items := upTo("r", "a", fleetSends[signal])
				for i := range items {
					items[i].At = noon.Add(-tc.after).UnixNano()
				}
				a.Audit(signal, noon, append(items, f.marker(signal, 0)))
			}
			r := judged(t, a)
			assert.Equal(t, tc.want, r.Verdict)
		})
	}
}

// TestNothingSent: a run of end markers alone proves nothing.
func TestNothingSent(t *testing.T) {
	a := serving(Expectations{})
	m := marker("r", "s", 0, 0)
	m.Says.Sources, m.Says.Sends[Logs] = 1, true
	a.Audit(Logs, noon, []Item{m})
	r := judged(t, a)
	assert.Equal(t, Unknown, r.Verdict)
	assert.Equal(t, []string{"? runs : the run sent nothing"}, messages(r.Findings))
}

// TestNothingOfASignal: a signal of which only end markers come is not tested, however well the others do.
func TestNothingOfASignal(t *testing.T) {
	a := serving(Expectations{})
	for signal, n := range []uint64{2, 0, 0} {
		m := marker("r", "s", n, 0)
		m.Says.Sources, m.Says.Sends = 1, [Signals]bool{true, true}
		m.Says.Process[Traces] = stamp.Totals{Numbered: 2}
		if m.Says.Sends[signal] { // the run has no logs
			a.Audit(Signal(signal), noon, append(upTo("r", "s", n), m))
		}
	}
	r := judged(t, a)
	assert.Equal(t, Unknown, r.Verdict)
	assert.Equal(t, []string{
		"? runs metrics: nothing was sent of metrics, so nothing is known of their way: let the generator's services send some, or take the signal out of its pipelines",
	}, messages(r.Findings))
}

// TestFaultOfNothing: where nothing was sent, a fault is not said to be a share of that.
func TestFaultOfNothing(t *testing.T) {
	a := serving(Expectations{})
	m := marker("r", "s", 0, 0)
	corrupt := m
	corrupt.Corrupt = true
	a.Audit(Logs, noon, []Item{m, corrupt})
	r := judged(t, a)
	assert.Equal(t, Fail, r.Verdict)
	assert.Contains(t, messages(r.Findings), "max_corrupt logs: 1 corrupt, though nothing was sent; want none")
}

// TestForgottenRuns: what could not be judged of a run that made room is not forgotten.
func TestForgottenRuns(t *testing.T) {
	a := serving(Expectations{})
	a.limits.Runs = 1
	a.Audit(Logs, noon, []Item{marker("nothing", "s", 0, 0)})
	a.Audit(Logs, noon.Add(time.Hour), upTo("r", "s", 1))
	report := restarted(t, a).Report(noon.Add(time.Hour), false)
	assert.Equal(t, Forgotten{Runs: 1, Unknown: 1}, report.Forgotten)
	assert.Equal(t, []string{"? forgotten_runs : 1 of 1 runs that are held no more could not be judged"}, messages(report.Findings))
}

// TestVerdictOfSeveral: while one runs, all do; then the worst counts.
func TestVerdictOfSeveral(t *testing.T) {
	for i, worst := range []Verdict{Pass, Unknown, Fail, Running} {
		for _, other := range []Verdict{Pass, Unknown, Fail, Running}[:i+1] {
			assert.Equal(t, worst, worst.worse(other))
			assert.Equal(t, worst, other.worse(worst))
		}
	}
}
