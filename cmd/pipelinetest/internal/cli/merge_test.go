// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
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

// verifier is one of two that share a run of ten log records: it gets some, and the second one the end marker.
func verifier(t *testing.T, name string, final bool, numbers ...uint64) []byte {
	t.Helper()
	return numbered(t, name, 1, final, numbers...)
}

// numbered is its state of some number.
func numbered(t *testing.T, name string, sequence uint64, final bool, numbers ...uint64) []byte {
	t.Helper()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a := audit.New(audit.DefaultLimits(), time.Second, audit.Expectations{Verifiers: 2})
	for _, n := range numbers {
		a.Audit(audit.Logs, at, []audit.Item{{Kind: audit.Numbered, Run: "nightly", Source: "s", Sequence: n}})
	}
	if name == "two" {
		a.Audit(audit.Logs, at, []audit.Item{{Kind: audit.End, Run: "nightly", Source: "s", Says: &stamp.End{Total: 10}}})
	}
	if final { // it was written later
		sequence++
	}
	state, err := a.Export(audit.Origin{
		Verifier: name, Incarnation: "1", Sequence: sequence, Started: at.Add(-time.Minute), Written: at.Add(time.Millisecond), Final: final, Clock: audit.Clock{Name: "here"}, Processes: []audit.Process{{ID: "p"}},
	}, false)
	require.NoError(t, err)
	return state
}

// merging runs the command.
func merging(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(append([]string{"merge"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// TestMerge: exit codes, console, JSON and JUnit agree, whatever the verdict.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	one, two := file("one", verifier(t, "one", true, 0, 2, 4, 6, 8)), file("two", verifier(t, "two", true, 1, 3, 5, 7, 9))
	lossy, copies := file("lossy", verifier(t, "two", true, 1, 3, 5)), file("copies", verifier(t, "two", true, 0, 1, 3, 5, 7, 9))
	running := file("running", verifier(t, "two", false, 1, 3, 5))
	both := filepath.Join(dir, "both")
	for _, tc := range []struct {
		name    string
		args    []string
		code    int
		verdict string
		console string
		junit   string
	}{
		{"all is well", []string{one, two}, exitPassed, "pass", "run nightly  PASS", `tests="1" failures="0" errors="0"`},
		{"kept for later", []string{"-o", both, one, two, one}, exitPassed, "pass", "run nightly  PASS", `tests="1" failures="0" errors="0"`},
		{"merged again", []string{both, two}, exitPassed, "pass", "out of order                        ?", `tests="1" failures="0" errors="0"`},
		{"a loss", []string{one, lossy}, exitFailed, "fail", "max_loss, logs: 2 lost, 10 sent: 20 %", `tests="1" failures="1" errors="0"`},
		{"a copy", []string{one, copies}, exitFailed, "fail", "max_duplicates, logs: 1 duplicate, 10 sent", `tests="1" failures="1" errors="0"`},
		{"one is missing", []string{two}, exitBroken, "unknown", "the states of 1 of 2 verifiers are missing", `tests="1" failures="0" errors="1"`},
		{"one is missing, by name", []string{"--verifiers", "one, two,three", one, two}, exitBroken, "unknown", `the state of verifier "three" is missing`, `tests="1" failures="0" errors="1"`},
		{"one goes on", []string{one, running}, exitBroken, "running", "run nightly  RUNNING", `tests="1" failures="0" errors="1"`},
		{"one goes on, and is taken as it is", []string{"--final", one, running}, exitBroken, "unknown", "run nightly  UNKNOWN", `tests="1" failures="0" errors="1"`},
		{"a run of several", []string{"--run", "nightly", one, two}, exitPassed, "pass", "run nightly  PASS", `tests="1" failures="0" errors="0"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			report, junit := filepath.Join(t.TempDir(), "r.json"), filepath.Join(t.TempDir(), "r.xml")
			code, stdout, stderr := merging(append([]string{"--json", report, "--junit", junit}, tc.args...)...)
			assert.Equal(t, tc.code, code, stderr)
			assert.Empty(t, stderr)
			assert.Contains(t, stdout, tc.console)
			assert.Contains(t, stdout, `verifier "two", incarnation 1, state `)
			text, err := os.ReadFile(report)
			require.NoError(t, err)
			var read struct {
				Schema, Verdict string
				States          []audit.Origin
				Runs            []struct {
					Signals []struct {
						OutOfOrder *uint64 `json:"out_of_order"`
					}
				}
			}
			require.NoError(t, json.Unmarshal(text, &read))
			assert.Equal(t, tc.verdict, read.Verdict)
			assert.Equal(t, audit.Schema, read.Schema)
			assert.NotEmpty(t, read.States)
			assert.Equal(t, len(read.States) > 1, read.Runs[0].Signals[0].OutOfOrder == nil, "not known if there are several")
			text, err = os.ReadFile(junit)
			require.NoError(t, err)
			assert.Contains(t, string(text), tc.junit)
		})
	}
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"nothing":           {nil, "there is no state; want files or URLs"},
		"no file":           {[]string{filepath.Join(dir, "none")}, "none: no such file"},
		"no state":          {[]string{file("text", []byte("hello")), one}, `text: this is no state of load_verify: it begins with "hello"`},
		"cut off":           {[]string{file("cut", verifier(t, "one", true, 1)[:100])}, "cut: state 1 of 1: byte 100: the state is cut off"},
		"older":             {[]string{file("older", []byte("load_verify state 6 0123456789abcdef\n{}"))}, "older: the state has version 6, which is older than this program: it reads version 7"},
		"another of a name": {[]string{one, file("other", verifier(t, "one", true, 1))}, `other: verifier "one", incarnation 1, state 2 is there twice, and the two differ`},
		"no such run":       {[]string{"--run", "daily", one, two}, `--run: no state has a run "daily"`},
		"no verifiers":      {[]string{"--verifiers", "0", one}, "--verifiers: 0 is not allowed; want 1 or more, or names"},
		"no names":          {[]string{"--verifiers", "a,,b", one}, `--verifiers: "a,,b" is not allowed; want a number, or names with commas between them`},
		"nobody there":      {[]string{"http://localhost:1"}, "connect"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := merging(tc.args...)
			assert.Equal(t, exitBroken, code)
			assert.Empty(t, stdout)
			assert.Contains(t, stderr, tc.want)
		})
	}
}

// TestMergeServed: states come over HTTP, and are collected again until the run has ended.
func TestMergeServed(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case r.URL.Path != "/state":
			w.WriteHeader(http.StatusNotFound)
		case n == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case n == 2:
			_, _ = w.Write(verifier(t, "two", false, 1, 3))
		default:
			_, _ = w.Write(numbered(t, "two", 2, true, 1, 3, 5, 7, 9))
		}
	}))
	defer server.Close()
	one := filepath.Join(t.TempDir(), "one")
	require.NoError(t, os.WriteFile(one, verifier(t, "one", true, 0, 2, 4, 6, 8), 0o600))
	code, _, stderr := merging(one, server.URL)
	assert.Equal(t, exitBroken, code)
	assert.Contains(t, stderr, fmt.Sprintf("%s/state: 503 Service Unavailable; want 200 OK", server.URL))
	code, stdout, stderr := merging("--wait", "10m", one, server.URL)
	assert.Equal(t, exitPassed, code, stderr)
	assert.Contains(t, stdout, "run nightly  PASS")
	assert.EqualValues(t, 3, asked.Load())
	code, _, stderr = merging(one, server.URL+"/elsewhere")
	assert.Equal(t, exitBroken, code)
	assert.Contains(t, stderr, "404 Not Found")
}

// serving serves states one after the other, and the last one again and again.
func serving(t *testing.T, states ...[]byte) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(states[min(int(asked.Add(1)), len(states))-1])
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// shard is a verifier that got all of a run's first source, of a generator that is one of two, and if wanted the second one's, too.
func shard(t *testing.T, both bool) []byte {
	t.Helper()
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	a := audit.New(audit.DefaultLimits(), 0, audit.Expectations{Verifiers: 1})
	for i, source := range []string{"a", "b"} {
		if i == 1 && !both {
			break
		}
		says := &stamp.End{Total: 1, Sources: 2, Sends: [audit.Signals]bool{audit.Logs: true}, Shard: &stamp.Shard{Index: uint64(i), Total: 2}}
		says.Process[audit.Logs] = stamp.Totals{Numbered: 1, Squares: 1}
		says.Shard.Offered[audit.Logs].Add(at.UnixNano(), 1)
		a.Audit(audit.Logs, at, []audit.Item{
			{Kind: audit.Numbered, Run: "nightly", Source: source, Sequence: 0},
			{Kind: audit.End, Run: "nightly", Source: source, Says: says},
		})
	}
	state, err := a.Export(audit.Origin{
		Verifier: "one", Incarnation: "1", Sequence: uint64(len(a.Report(at, false).Runs[0].Signals[0].BySource)), Started: at.Add(-time.Minute), Written: at.Add(time.Minute),
		Clock: audit.Clock{Name: "here"}, Processes: []audit.Process{{ID: "p"}},
	}, false)
	require.NoError(t, err)
	return state
}

// TestMergeWaitsForShards: of a run whose generators do not begin at once, the first one's end is not the run's.
func TestMergeWaitsForShards(t *testing.T) {
	code, stdout, stderr := merging(must(serving(t, shard(t, false))))
	assert.Equal(t, exitBroken, code, stderr)
	assert.Contains(t, stdout, "1 of 2 sources without an end marker")
	assert.Contains(t, stdout, `verifier "one" began to listen when the run had begun, or may have`, "nobody knows when the other generator began")
	url, asked := serving(t, shard(t, false), shard(t, false), shard(t, true))
	code, stdout, stderr = merging("--wait", "10m", url)
	assert.Equal(t, exitPassed, code, stdout+stderr)
	assert.EqualValues(t, 3, asked.Load())
}

func must(url string, _ *atomic.Int32) string { return url }

// TestMergeFresh: a run that is there at the first look is of an earlier test, and its verdict says nothing about this one.
func TestMergeFresh(t *testing.T) {
	code, stdout, stderr := merging("--fresh", "--wait", "10m", must(serving(t, shard(t, true))))
	assert.Equal(t, exitBroken, code)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, `the verifiers had run "nightly" when merge first looked`)
	empty, err := audit.New(audit.DefaultLimits(), 0, audit.Expectations{Verifiers: 1}).Export(audit.Origin{
		Verifier: "one", Incarnation: "1", Sequence: 0, Started: time.Date(2026, 1, 1, 11, 59, 0, 0, time.UTC), Written: time.Date(2026, 1, 1, 11, 59, 1, 0, time.UTC),
		Clock: audit.Clock{Name: "here"}, Processes: []audit.Process{{ID: "p"}},
	}, false)
	require.NoError(t, err)
	code, stdout, stderr = merging("--fresh", "--wait", "10m", must(serving(t, empty, shard(t, true))))
	assert.Equal(t, exitPassed, code, stdout+stderr)
}

// TestMergeRemembers: a verifier that lost its storage does not know who was before it. Who looked before does, and else nobody.
func TestMergeRemembers(t *testing.T) {
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	life := func(incarnation string, started time.Time, items ...audit.Item) []byte {
		a := audit.New(audit.DefaultLimits(), time.Second, audit.Expectations{Verifiers: 1})
		a.Audit(audit.Logs, started.Add(time.Second), items)
		state, err := a.Export(audit.Origin{
			Verifier: "one", Incarnation: incarnation, Sequence: 1, Started: started, Written: started.Add(5 * time.Second), Clock: audit.Clock{Name: "here"},
			Processes: []audit.Process{{ID: incarnation, Started: started}},
		}, false)
		require.NoError(t, err)
		return state
	}
	item := func(n uint64) audit.Item {
		return audit.Item{Kind: audit.Numbered, Run: "nightly", Source: "s", Sequence: n}
	}
	end := audit.Item{Kind: audit.End, Run: "nightly", Source: "s", Says: &stamp.End{Total: 3}}
	before, after := life("1", at, item(0)), life("2", at.Add(10*time.Second), item(2), end)
	code, stdout, _ := merging("--wait", "10m", must(serving(t, after)))
	assert.Equal(t, exitBroken, code, stdout)
	assert.Contains(t, stdout, `verifier "one" began to listen when the run had begun`)
	code, stdout, _ = merging("--wait", "10m", must(serving(t, before, after)))
	assert.Equal(t, exitBroken, code, stdout)
	assert.Contains(t, stdout, `verifier "one" died, and what it took shortly before is in no state`)
}

// TestMergeReady answers 503 until all states have been had, and 200 then.
func TestMergeReady(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // the test only wants a free port
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	var answers []int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		response, err := http.Get("http://" + address) //nolint:noctx // as a probe does
		if !assert.NoError(t, err) {
			return
		}
		assert.NoError(t, response.Body.Close())
		answers = append(answers, response.StatusCode)
		_, _ = w.Write(shard(t, len(answers) > 1))
	}))
	defer server.Close()
	code, stdout, stderr := merging("--ready", address, "--wait", "10m", "--json", "-", server.URL)
	assert.Equal(t, exitPassed, code, stderr)
	assert.Equal(t, []int{http.StatusServiceUnavailable, http.StatusOK}, answers)
	_, text, found := strings.Cut(stdout, "its last\n")
	if !found {
		_, text, found = strings.Cut(stdout, "12:01:00\n")
	}
	require.True(t, found, stdout)
	var read struct{ Verdict string }
	require.NoError(t, json.Unmarshal([]byte(text), &read))
	assert.Equal(t, "pass", read.Verdict)
	code, _, stderr = merging("--ready", "nowhere", server.URL)
	assert.Equal(t, exitBroken, code)
	assert.Contains(t, stderr, `--ready: "nowhere" cannot be served`)
}

// TestMergeWant: what a scenario wants of the counts decides, too, and console, exit code and reports agree.
func TestMergeWant(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	require.NoError(t, os.WriteFile(state, shard(t, true), 0o600))
	want, report, junit := filepath.Join(dir, "want.yaml"), filepath.Join(dir, "report.json"), filepath.Join(dir, "junit.xml")
	for text, tc := range map[string]struct {
		code    int
		console string
	}{
		"want: {verdict: pass, runs: 1, logs: {received: 2}}": {exitPassed, "merged  whole time, runs: 1  PASS"},
		"want: {logs: {received: {min: 3}}}":                  {exitFailed, "want: logs received: 2; want {min: 3}"},
		"want: {runs: 2}":                                     {exitFailed, "want: runs: 1; want 2"},
	} {
		require.NoError(t, os.WriteFile(want, []byte(text), 0o600))
		code, stdout, stderr := merging("--want", want, "--json", report, "--junit", junit, state)
		assert.Equal(t, tc.code, code, stderr)
		assert.Contains(t, stdout, tc.console)
		written, err := os.ReadFile(report)
		require.NoError(t, err)
		assert.Contains(t, string(written), map[int]string{exitPassed: `"verdict": "pass"`, exitFailed: `"verdict": "fail"`}[tc.code])
		written, err = os.ReadFile(junit)
		require.NoError(t, err)
		assert.Equal(t, tc.code == exitFailed, strings.Contains(string(written), "<failure"), string(written))
	}
	for text, message := range map[string]string{
		"want: {verdict: fail, logs: {lost: some}}": "--want: want.verdict: fail is not allowed; want pass",
		"wants: {}": "--want: ",
	} {
		require.NoError(t, os.WriteFile(want, []byte(text), 0o600))
		code, _, stderr := merging("--want", want, state)
		assert.Equal(t, exitBroken, code)
		assert.Contains(t, stderr, message)
	}
}
