// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/plan"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
)

func newPlan(t *testing.T, set func(*plan.Request)) *plan.Plan {
	t.Helper()
	r := plan.Default()
	r.Insecure = true
	if set != nil {
		set(&r)
	}
	p, err := r.Check()
	require.NoError(t, err)
	return p
}

func TestPlan(t *testing.T) {
	assert.Equal(t, "api_gateway on tokio, 100 requests/s: traces to localhost:4317 (OTLP/gRPC, plaintext)", Plan(newPlan(t, nil)))
	assert.Equal(t, "minimal on smol, 3 instances of 0.5 requests/s: traces, logs to localhost:4318 (OTLP/HTTP, TLS)", Plan(newPlan(t, func(r *plan.Request) {
		r.Preset, r.Runtime, r.Instances, r.Rate, r.Protocol, r.Insecure = "minimal", "smol", 3, 0.5, plan.HTTP, false
		r.SignalNames = []string{"logs", "traces"}
	})))
}

func signal(name string, accepted, dropped, unconfirmed, failures int64) tally.Signal {
	return tally.Signal{Name: name, Items: tally.Items{Accepted: accepted, Dropped: dropped, Unconfirmed: unconfirmed}, Failures: failures}
}

func TestLine(t *testing.T) {
	before := tally.Snapshot{After: 10 * time.Second, Signals: []tally.Signal{signal("spans", 1000, 0, 0, 0), signal("log records", 0, 0, 0, 0)}}
	now := tally.Snapshot{After: 12 * time.Second, Signals: []tally.Signal{signal("spans", 3500, 0, 0, 0), signal("log records", 3, 0, 0, 0)}}
	assert.Equal(t, "12s of 30s: 1,250 spans/s, 1.50 log records/s, 3,503 accepted", Line(&before, &now, 30*time.Second))
	assert.Equal(t, "12s: 1,250 spans/s, 1.50 log records/s, 3,503 accepted", Line(&before, &now, 0))

	now.After = 30*time.Second + 200*time.Millisecond
	assert.Contains(t, Line(&before, &now, 30*time.Second), "30.2s of 30s: ")

	late := tally.Snapshot{After: 2500 * time.Millisecond, Lag: time.Second, Signals: []tally.Signal{signal("spans", 0, 7, 0, 1)}}
	late.Signals[0].Waiting = 400 * time.Millisecond
	assert.Equal(t, "2.5s, 1.5s past the end: 0 spans/s, 0 accepted, 1 failed attempt, 7 dropped, behind by 1.4s", Line(&tally.Snapshot{}, &late, time.Second))
}

func TestSummary(t *testing.T) {
	for _, tc := range []struct {
		name     string
		snapshot tally.Snapshot
		want     string
	}{
		{
			"all accepted",
			tally.Snapshot{
				After: 10 * time.Second, WorstLag: 4300 * time.Microsecond, Arrived: 1_000,
				Signals: []tally.Signal{signal("spans", 1_234_567, 0, 0, 0), signal("data points", 20, 0, 0, 0)},
			},
			`
                 emitted   accepted  dropped  unconfirmed  accepted/s
  spans        1,234,567  1,234,567        0            0     123,457
  data points         20         20        0            0        2.00

1,000 requests arrived in 10s.
On schedule: at most 4ms late.
The backend accepted all of it.
`,
		},
		{
			"some lost",
			tally.Snapshot{
				After: 200 * time.Second, WorstLag: 2 * time.Second, Arrived: 1, Shed: 5, SDKDropped: 7, Signals: []tally.Signal{signal("spans", 10, 3, 2, 4)},
				Trouble: "localhost:4317 has too much to do",
			},
			`
         emitted  accepted  dropped  unconfirmed  accepted/s
  spans       15        10        3            2        0.05

1 request arrived in 3m20s; the service turned 5 away.
The service's SDK dropped 7 items before they were emitted: they ended faster than it exports.
LATE: up to 2s behind schedule. Attempts to send failed, or the backend is slow.
4 attempts to send failed and were repeated.
NOT ALL of it was accepted. Of 15 items: 3 dropped (refused for good), 2 unconfirmed (no answer before the end; some may have arrived).
The last failure: localhost:4317 has too much to do.
`,
		},
		{
			"slow backend",
			tally.Snapshot{After: 20 * time.Second, WorstLag: 12 * time.Second, Arrived: 9, Signals: []tally.Signal{signal("spans", 10, 0, 0, 0)}},
			`
         emitted  accepted  dropped  unconfirmed  accepted/s
  spans       10        10        0            0        0.50

9 requests arrived in 20s.
LATE: up to 12s behind schedule. The backend, or this machine, is slower than the load.
The backend accepted all of it.
`,
		},
		{
			"no backend",
			tally.Snapshot{After: 5 * time.Second, WorstLag: 4 * time.Second, Arrived: 9, Signals: []tally.Signal{signal("spans", 0, 0, 10, 1)}, Trouble: "nobody listens at localhost:4317: start the backend", Unreached: true},
			`
         emitted  accepted  dropped  unconfirmed  accepted/s
  spans       10         0        0           10           0

9 requests arrived in 5s.
1 attempt to send failed and was repeated.
NOTHING was accepted, because nobody listens at localhost:4317: start the backend.
Of 10 items: 10 unconfirmed (never sent).
`,
		},
		{
			"nothing",
			tally.Snapshot{After: time.Second, Signals: []tally.Signal{signal("spans", 0, 0, 0, 0)}},
			`
         emitted  accepted  dropped  unconfirmed  accepted/s
  spans        0         0        0            0           0

0 requests arrived in 1s.
NOTHING was emitted: raise --rate or --duration.
`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			p := newPlan(t, nil)
			require.NoError(t, Summary(&out, p, &tc.snapshot))
			assert.Equal(t, Plan(p)+", seed 1\n"+tc.want, out.String())
		})
	}
}
