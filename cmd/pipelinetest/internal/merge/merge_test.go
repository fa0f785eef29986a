// SPDX-License-Identifier: Apache-2.0

package merge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// state is that of the only verifier of a run, all of which came.
func state(t *testing.T) []byte {
	t.Helper()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a := audit.New(audit.DefaultLimits(), time.Second, audit.Expectations{})
	a.Audit(audit.Logs, at, []audit.Item{
		{Kind: audit.Numbered, Run: "nightly", Source: "s"}, {Kind: audit.End, Run: "nightly", Source: "s", Says: &stamp.End{Total: 1}},
	})
	text, err := a.Export(audit.Origin{
		Verifier: "one", Incarnation: "1", Sequence: 1, Started: at.Add(-time.Minute), Written: at.Add(time.Millisecond), Final: true, Clock: audit.Clock{Name: "here"}, Processes: []audit.Process{{ID: "p"}},
	}, false)
	require.NoError(t, err)
	return text
}

// hanging serves nothing, or the beginning of a state, and then hangs until the client goes away. Asked is called with how often it was asked.
func hanging(t *testing.T, first []byte, asked func(n int32)) string {
	t.Helper()
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(first) > 0 {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(first)
			_ = http.NewResponseController(w).Flush()
		}
		asked(n.Add(1))
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// impatient is a fetcher that gives up a URL from which nothing comes.
func impatient(after time.Duration) *fetcher {
	f := newFetcher()
	f.stalled = after
	return f
}

// TestDrips: a verifier that always sends something, but never all, holds up neither the others nor the end of patience.
func TestDrips(t *testing.T) {
	file := filepath.Join(t.TempDir(), "one.state")
	require.NoError(t, os.WriteFile(file, state(t), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("load_verify state 7 1\n"))
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
		}
	}))
	defer server.Close()
	slow := newFetcher()
	slow.slowest = 50 * time.Millisecond
	_, err := collect(t.Context(), []string{server.URL, file}, audit.Asked{}, Patience{}, slow)
	require.ErrorContains(t, err, server.URL+"/state: not all of it came within 50ms")

	result, err := collect(t.Context(), []string{server.URL, file}, audit.Asked{}, Patience{Wait: 50 * time.Millisecond}, newFetcher())
	require.ErrorContains(t, err, "--wait is over")
	require.NotNil(t, result)
	assert.Equal(t, audit.Unknown, result.Report.Verdict)
	assert.Len(t, result.Report.States, 1, "the other is there")
}

// TestTooMuch: what is no state is given up at its first line, and one that does not end when it is longer than any.
func TestTooMuch(t *testing.T) {
	for name, tc := range map[string]struct {
		first, encoding, want string
	}{
		"no state": {strings.Repeat("x", 100), "", "this is no state of load_verify"},
		"packed":   {"\x1f\x8b\x08" + strings.Repeat("x", 100), "gzip", "this is no state of load_verify"},
		"no end":   {"load_verify state 7 1\n", "", "more than 1000000 bytes; want a state"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.encoding != "" {
					w.Header().Set("Content-Encoding", tc.encoding)
				}
				_, _ = w.Write([]byte(tc.first))
				for r.Context().Err() == nil {
					_, _ = w.Write(make([]byte, 1<<16))
				}
			}))
			defer server.Close()
			f := newFetcher()
			f.longest = 1_000_000
			_, err := collect(t.Context(), []string{server.URL}, audit.Asked{}, Patience{}, f)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// TestNothingComes: a verifier that does not answer, or stops in the middle, is given up, and so named.
func TestNothingComes(t *testing.T) {
	for name, first := range map[string][]byte{"no answer": nil, "half of one": []byte("load_verify state 7 1\n")} {
		t.Run(name, func(t *testing.T) {
			place := hanging(t, first, func(int32) {})
			result, err := collect(t.Context(), []string{place}, audit.Asked{}, Patience{}, impatient(50*time.Millisecond))
			require.ErrorContains(t, err, place+"/state: nothing came for 50ms")
			assert.Nil(t, result)
		})
	}
}

// TestInterrupted: who does not want to wait any more gets what is known. That it is not all makes it unknown.
func TestInterrupted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "one.state")
	require.NoError(t, os.WriteFile(file, state(t), 0o600))
	ctx, interrupt := context.WithCancel(t.Context())
	place := hanging(t, nil, func(int32) { interrupt() })
	result, err := collect(ctx, []string{file, place}, audit.Asked{}, Patience{Wait: time.Hour}, impatient(time.Hour))
	require.ErrorContains(t, err, "interrupted")
	require.NotNil(t, result)
	assert.Equal(t, audit.Unknown, result.Report.Verdict, "another place may have more")
	assert.Contains(t, result.Text(), "not all states could be had")
	require.NotEmpty(t, result.State)

	// Without the other its verdict is out at once.
	result, err = collect(t.Context(), []string{file}, audit.Asked{}, Patience{Wait: time.Hour}, impatient(time.Hour))
	require.NoError(t, err)
	assert.Equal(t, audit.Pass, result.Report.Verdict)

	// Where nothing is known, nothing is shown.
	place = hanging(t, nil, func(int32) {})
	ctx, interrupt = context.WithCancel(t.Context())
	interrupt()
	result, err = collect(ctx, []string{place}, audit.Asked{}, Patience{Wait: time.Hour}, impatient(time.Hour))
	require.ErrorContains(t, err, "interrupted")
	assert.Nil(t, result)
}
