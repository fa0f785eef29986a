// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestNames: who is off the list for two faults is back when both have ended. The file stays the same one, because it is mounted.
func TestNames(t *testing.T) {
	n := &names{path: filepath.Join(t.TempDir(), "hosts"), before: []byte("127.0.0.1 localhost\n"), replicas: []entry{
		{name: "b-1", domain: "b.pipelinetest.internal", address: "127.0.2.1"}, {name: "b-2", domain: "b.pipelinetest.internal", address: "127.0.2.2"},
	}}
	require.NoError(t, n.write())
	mounted, err := os.Open(n.path)
	require.NoError(t, err)
	defer func() { _ = mounted.Close() }()
	const both = "127.0.0.1 localhost\n\n127.0.2.1 b.pipelinetest.internal\n127.0.2.2 b.pipelinetest.internal\n"
	const first = "127.0.0.1 localhost\n\n127.0.2.1 b.pipelinetest.internal\n"
	read := func() string {
		text := make([]byte, 1000)
		k, _ := mounted.ReadAt(text, 0)
		return string(text[:k])
	}
	assert.Equal(t, both, read())
	for _, step := range []struct {
		gone bool
		want string
	}{{true, first}, {true, first}, {false, first}, {false, both}} {
		require.NoError(t, n.list("b-2", step.gone))
		assert.Equal(t, step.want, read())
	}
}

// received is what a part says that has received so many spans.
func received(n float64) map[string]*dto.MetricFamily {
	label, value := "receiver", "otlp"
	return map[string]*dto.MetricFamily{"otelcol_receiver_accepted_spans": {Metric: []*dto.Metric{{
		Label: []*dto.LabelPair{{Name: &label, Value: &value}}, Counter: &dto.Counter{Value: &n},
	}}}}
}

// TestUnlisting: a replica off the list has been avoided if nothing more came to it while something arrived.
func TestUnlisting(t *testing.T) {
	began := time.Now()
	for name, tc := range map[string]struct {
		got     []float64 // by the replica's readings
		arrived []uint64  // at the verifier, at the same times
		down    bool
		want    effect
	}{
		"avoided":                 {got: []float64{100, 120, 120}, arrived: []uint64{200, 300, 400}, want: something},
		"nobody looked again":     {got: []float64{100, 120, 140}, arrived: []uint64{200, 300, 400}, want: nothing},
		"nothing was sent at all": {got: []float64{100, 100, 100}, arrived: []uint64{400, 400, 400}, want: nothing},
		"never had anything":      {got: []float64{0, 0, 0}, arrived: []uint64{200, 300, 400}, want: nothing},
		"it is down":              {down: true, arrived: []uint64{1}, want: something},
		"it shows no telemetry":   {arrived: []uint64{200, 300}, want: unknown},
	} {
		t.Run(name, func(t *testing.T) {
			e := &encounter{began: began, subject: &member{up: !tc.down}, unlisted: &unlisting{}, of: proxy.Met{Unit: "processes", Came: 1, Suffered: 1}}
			for i, arrived := range tc.arrived {
				if tc.got != nil {
					e.subject.account.Set(received(tc.got[i]))
					e.subject.readAt = began.Add(time.Duration(i+1) * time.Second)
				}
				e.unlisted.look(e, arrived)
			}
			c := &course{Scenario: scenario.New(), result: &Result{Report: &verdict.Report{Verdict: scenario.Pass}}, members: []*member{{}}}
			met := e.met()
			assert.Equal(t, tc.want, c.effect(e, &met))
		})
	}
}

// TestReloaded: a part has read its configuration again if it has begun anew, and another configuration has been in force if something came.
func TestReloaded(t *testing.T) {
	began := time.Now()
	for name, tc := range map[string]struct {
		mute, other, anew bool
		after             float64
		want              effect
	}{
		"it has":                      {anew: true, want: something},
		"it has not":                  {want: nothing},
		"nobody knows":                {mute: true, want: unknown},
		"another, and something came": {anew: true, other: true, after: 5, want: something},
		"another, and nothing came":   {anew: true, other: true, want: nothing},
	} {
		t.Run(name, func(t *testing.T) {
			m := &member{up: true}
			e := &encounter{began: began, subject: m, reloads: true, other: tc.other, held: true, of: proxy.Met{Unit: "processes", Came: 1, Suffered: 1}}
			if !tc.mute {
				m.account.Set(received(100))
				if e.times = m.account.Times; tc.anew {
					m.account.Restarted()
					m.account.Set(received(tc.after))
				}
				m.readAt = began.Add(time.Second)
			}
			c := &course{Scenario: scenario.New(), result: &Result{Report: &verdict.Report{Verdict: scenario.Pass}}, members: []*member{{}}}
			met := e.met()
			assert.Equal(t, tc.want, c.effect(e, &met))
		})
	}
}
