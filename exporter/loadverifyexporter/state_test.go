// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exportertest"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// merge merges what files or bodies have.
func merge(t *testing.T, asked audit.Asked, states ...[]byte) audit.Report {
	t.Helper()
	m := audit.NewMerge()
	for _, text := range states {
		of, err := audit.ReadStates(text)
		require.NoError(t, err)
		require.NoError(t, m.Add(of...))
	}
	report, err := m.Report(asked)
	require.NoError(t, err)
	return report
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

// TestStates: two verifiers share a run. Neither can give a verdict, both together can.
func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		path := func(name string) string { return filepath.Join(dir, name) }
		share := func(name string) func(*Config) {
			return func(c *Config) {
				c.Expect.Verifiers, c.State.Verifier, c.State.File = 2, name, path(name)
			}
		}
		ctx := t.Context()
		one := newRig(t, exportertest.NewNopSettings(metadata.Type), newHost(), share("one"))
		two := newRig(t, exportertest.NewNopSettings(metadata.Type), newHost(), share("two"))
		one.start(t)
		two.start(t)
		report := merge(t, audit.Asked{}, readFile(t, path("one")), readFile(t, path("two")))
		assert.Equal(t, audit.Running, report.Verdict, "a state is there from the beginning")

		s := source{run: "r", name: "s", at: time.Now()}
		require.NoError(t, one.traces.ConsumeTraces(ctx, s.traces(0, 2, 3)))
		require.NoError(t, two.traces.ConsumeTraces(ctx, s.traces(1, 5)))
		time.Sleep(3 * time.Second)
		require.NoError(t, two.traces.ConsumeTraces(ctx, s.tracesEnd(6, 0)))
		time.Sleep(3 * time.Second) // states are written each 5 s
		synctest.Wait()
		early := [][]byte{readFile(t, path("one")), readFile(t, path("two"))}
		report = merge(t, audit.Asked{}, early...)
		assert.Equal(t, audit.Running, report.Verdict, "item 4 may come")

		require.NoError(t, one.traces.ConsumeTraces(ctx, s.traces(4)))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		late := [][]byte{readFile(t, path("one")), readFile(t, path("two"))}
		report = merge(t, audit.Asked{}, append(early, late...)...)
		assert.Equal(t, audit.Pass, report.Verdict, "it has come, and the states say that the grace period is over")
		assert.EqualValues(t, 6, report.Runs[0].Signals[0].Received)

		// A copy that comes to the other verifier is a duplicate that neither of them sees.
		require.NoError(t, two.traces.ConsumeTraces(ctx, s.traces(0)))
		one.shutdown(t)
		two.shutdown(t)
		for _, r := range []*rig{one, two} {
			of := at(t, r.report(t), "runs", 0)
			assert.Equal(t, "unknown", at(t, of, "verdict"))
			assert.EqualValues(t, 0, at(t, of, "signals", 0, "duplicate"))
		}
		last := [][]byte{readFile(t, path("one")), readFile(t, path("two"))}
		report = merge(t, audit.Asked{}, append(last, early...)...)
		assert.Equal(t, audit.Fail, report.Verdict)
		assert.EqualValues(t, 1, report.Runs[0].Signals[0].Duplicate)

		report = merge(t, audit.Asked{Final: true}, late[1])
		assert.Equal(t, audit.Unknown, report.Verdict, "one is missing")
	})
}

// TestStateOfItsClock: a state says how far the clock is off when it is written. It was not yet right when the verifier began.
func TestStateOfItsClock(t *testing.T) {
	off := time.Hour
	l := ledger{
		auditor: audit.New(audit.DefaultLimits(), time.Second, audit.Expectations{}), origin: newOrigin("one", component.MustNewID("load_verify"), time.Now()),
		clock: func() audit.Clock { return audit.Clock{Name: "here", Error: off} },
	}
	for _, off = range []time.Duration{time.Minute, time.Second} {
		text, _, err := l.export(false, false)
		require.NoError(t, err)
		states, err := audit.ReadStates(text)
		require.NoError(t, err)
		assert.Equal(t, audit.Clock{Name: "here", Error: off}, states[0].Clock)
	}
}

// TestStateOfRestart: what a verifier stored and went on from is one account. What it took before it died is not known.
func TestStateOfRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state")
		d := &disk{values: map[string][]byte{}}
		s := source{run: "r", name: "s", at: time.Now()}
		ctx := t.Context()
		begin := func() *rig {
			h, configure := withDisk(d)
			r := newRig(t, exportertest.NewNopSettings(metadata.Type), h, func(c *Config) {
				configure(c)
				c.State.File = path
			})
			r.start(t)
			return r
		}
		first := begin()
		require.NoError(t, first.traces.ConsumeTraces(ctx, s.traces(0, 1)))
		first.shutdown(t)
		before := readFile(t, path)
		second := begin()
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.traces(2)))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		killed := d.values[stateKey]
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.traces(3)))
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.tracesEnd(4, 0)))
		second.shutdown(t)
		report := merge(t, audit.Asked{}, readFile(t, path), before)
		assert.Equal(t, audit.Pass, report.Verdict)
		assert.Len(t, report.States, 1, "one incarnation")

		// Had it been killed, the third would not know of item 3, nor the merge, though the state of the second does.
		later := readFile(t, path)
		d.values[stateKey] = killed
		third := begin()
		require.NoError(t, third.traces.ConsumeTraces(ctx, s.tracesEnd(4, 0)))
		third.shutdown(t)
		report = merge(t, audit.Asked{}, readFile(t, path), later)
		assert.Equal(t, audit.Unknown, report.Verdict)
		assert.Len(t, report.States, 2, "one did not lead to the other")

		h, configure := withDisk(d)
		other := newRig(t, exportertest.NewNopSettings(metadata.Type), h, func(c *Config) {
			configure(c)
			c.State.Verifier = "other"
		})
		require.ErrorContains(t, other.traces.Start(ctx, h), "want that in state.verifier, or another storage")
		other.shutdown(t)
	})
}

// TestStateServed: the state can be had over HTTP while the verifier runs.
func TestStateServed(t *testing.T) {
	free, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	serve := func(c *Config) {
		c.State.Verifier = "one"
		require.NoError(t, c.State.HTTP.Unmarshal(confmap.NewFromStringMap(map[string]any{"endpoint": address})))
	}
	r := newRig(t, exportertest.NewNopSettings(metadata.Type), newHost(), serve)
	r.start(t)
	s := source{run: "r", name: "s", at: time.Now()}
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), s.traces(0, 1)))
	get := func(method, path string) (status int, body []byte) {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err = io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode, body
	}
	for sequence := range uint64(2) {
		status, body := get(http.MethodGet, statePath)
		assert.Equal(t, http.StatusOK, status)
		report := merge(t, audit.Asked{}, body)
		assert.Equal(t, audit.Running, report.Verdict)
		assert.EqualValues(t, 2, report.Runs[0].Signals[0].Received)
		assert.Equal(t, "one", report.States[0].Verifier)
		assert.Equal(t, sequence+1, report.States[0].Sequence)
	}
	status, _ := get(http.MethodPost, statePath)
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	status, _ = get(http.MethodGet, "/")
	assert.Equal(t, http.StatusNotFound, status)

	taken := newRig(t, exportertest.NewNopSettings(metadata.Type), newHost(), serve)
	require.ErrorContains(t, taken.traces.Start(t.Context(), componenttest.NewNopHost()), "state.http: ")
	taken.shutdown(t)
	r.shutdown(t)
	_, err = net.Dial("tcp", address)
	require.Error(t, err, "it serves no more")
}
