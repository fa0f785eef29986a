// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/refusals"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden file")

// tests are one of each outcome.
func tests() []Test {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := scenario.New()
	s.Name = "lossy"
	raw := json.RawMessage(`{"schema":"load_verify/2"}`)
	failed := &run.Result{
		Outcome: run.Failed, Problems: []string{"verdict: fail; want pass", "max_loss: 30 lost"}, Began: began, Took: 12345 * time.Millisecond,
		Parts: []telemetry.Part{
			{Name: "generator", Read: true, Components: []telemetry.Component{
				{Kind: telemetry.Receiver, ID: "synthetic_load", Signal: "traces", Counts: telemetry.Counts{Offered: 1000, Received: 1000}},
				{Kind: telemetry.Exporter, ID: "otlp_grpc", Signal: "traces", Counts: telemetry.Counts{Sent: 1000}},
				{Kind: telemetry.Receiver, ID: "synthetic_load", Signal: "metrics", Counts: telemetry.Counts{Offered: 100, Received: 100}},
				{Kind: telemetry.Receiver, ID: "synthetic_load", Signal: "logs", Counts: telemetry.Counts{Received: 7}},
			}},
			{Name: "my-agent", Components: []telemetry.Component{}},
			{Name: "verifier", Read: true, Components: []telemetry.Component{
				{Kind: telemetry.Receiver, ID: "otlp", Signal: "traces", Counts: telemetry.Counts{Received: 970, Refused: 20}},
				{Kind: telemetry.Exporter, ID: "x", Signal: "traces", Counts: telemetry.Counts{SendFailed: 20, Queued: 2}, QueueUnit: "requests"},
				{Kind: telemetry.Exporter, ID: "x", Signal: "logs", Counts: telemetry.Counts{Queued: 9}},
			}},
		},
		Links: []run.LinkResult{{Link: "generator->my-agent", Counts: proxy.Counts{Requests: 1234, Connections: 2, Dropped: 3, ConnectionsCut: 1}}},
		Report: &verdict.Report{Verdict: "fail", Runs: []verdict.Run{{Signals: []verdict.Signal{
			{Signal: "traces", Counts: map[string]uint64{"sent": 1000, "received": 970, "lost": 30, "given_up": 5}},
		}}}},
		RawJSON: raw,
		Figures: []verdict.Figures{
			{Signal: "traces", From: verdict.Exact, LostFrom: verdict.Exact, Sent: 1000, Lost: 30, GivenUp: 5},
			{Signal: "metrics", From: verdict.Own, LostFrom: verdict.Own, Sent: 100, Lost: 100},
			{Signal: "logs", From: verdict.Least, LostFrom: verdict.Least, Sent: 7},
		},
		Findings: []verdict.Finding{{Expectation: verdict.Faults, Message: "kill: my-agent from 1.0s on, did nothing: my-agent was not running"}},
		Faults: []run.FaultResult{
			{Fault: "link: generator->my-agent, otlp: drop", Began: new(1.0), Ended: new(3.0), Met: &proxy.Met{Unit: "requests", Came: 1234, Suffered: 3}},
			{Fault: "link: my-agent->verifier, down: true", Began: new(0.0), Met: &proxy.Met{Unit: "connections", Came: 1200, Idle: 1200}},
			{Fault: "link: my-agent->verifier, reset: 1s", Began: new(0.0), Met: &proxy.Met{Unit: "connections", Came: 12, Suffered: 3, Idle: 4, Unsure: 5}},
			{Fault: "kill: my-agent", Began: new(1.0), Met: &proxy.Met{Unit: "processes", Came: 1}},
			{Fault: "stop: my-agent"},
		},
		Losses: map[string][]string{"traces": {"verifier: send failed by exporter x: 20"}, "logs": {"my-agent: given up"}},
		Reasons: []run.Reason{
			{Part: "my-agent", Refusal: refusals.Refusal{Component: "exporter otlp", Signal: "traces", Answer: "ResourceExhausted, HTTP 429", Lines: 3, Items: 2000, Last: "too much"}},
			{Part: "my-agent", Refusal: refusals.Refusal{Component: "exporter otlp", Signal: "logs", Answer: "Unavailable", Retried: true, Lines: 12, Last: "no"}},
			{Part: "my-agent", Refusal: refusals.Refusal{Component: "processor batch", Signal: "logs", Lines: 1, Last: "sending queue is full"}},
			{Part: "my-agent", Refusal: refusals.Refusal{Lines: 1, Last: "dropped a <b>"}},
			{Part: "verifier", Refusal: refusals.Refusal{Component: "exporter x", Signal: "traces"}},
		},
		Unchecked: []string{"my-agent: where it sends: its configuration lies at https://example.com/a.yaml and is not read before the test"},
		Notes:     []string{"my-agent: some of its telemetry cannot be true and was left out: x = NaN"},
	}
	broken := &run.Result{Outcome: run.Broken, Problems: []string{"gateway cannot be started: \x1b[31mno\x1b[0m"}, Began: began, Took: time.Second}
	report := &verdict.Report{Verdict: "pass", NotChecked: []string{"attributes", "order"}, Runs: []verdict.Run{{Signals: []verdict.Signal{
		{Signal: "traces", Counts: map[string]uint64{"sent": 1000, "received": 1000, "out_of_order": 3, "after_grace": 2}, SentKnown: true},
	}}}}
	passed := &run.Result{
		Outcome: run.Passed, Unchecked: []string{"gateway: x"}, Began: began, Took: 2 * time.Second, SeenFor: 2100 * time.Millisecond, Report: report, RawJSON: raw,
		Figures: []verdict.Figures{{Signal: "traces", From: verdict.Exact, LostFrom: verdict.Exact, Sent: 1000}},
		// What was refused has come again.
		Parts: []telemetry.Part{{Name: "verifier", Read: true, Components: []telemetry.Component{
			{Kind: telemetry.Receiver, ID: "otlp", Signal: "traces", Counts: telemetry.Counts{Received: 1000, Refused: 50}},
		}}},
	}
	unknown := &run.Result{Outcome: run.Unknown, Problems: []string{"verdict: unknown; want pass", "limits (could not be seen): 3 beyond"}, Began: began, Took: time.Second}
	return []Test{
		{Scenario: s, Repetition: 1, Of: 1, Result: failed},
		{Scenario: s, Repetition: 1, Of: 2, Result: broken},
		{Scenario: s, Repetition: 2, Of: 2, Result: passed},
		{Scenario: s, Repetition: 1, Of: 1, Result: unknown},
	}
}

// TestText compares what the console shows with a golden file.
func TestText(t *testing.T) {
	all := tests()
	var out bytes.Buffer
	for i := range all {
		require.NoError(t, Text(&out, &all[i]))
		out.WriteString("---\n")
		require.NoError(t, Line(&out, &all[i]))
		out.WriteString("---\n")
	}
	require.NoError(t, Summary(&out, all, 5*time.Second))
	golden := filepath.Join("testdata", "console.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), out.String())
}

// TestMarkdown compares what a CI server shows with a golden file.
func TestMarkdown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.md")
	require.NoError(t, Markdown(path, tests()))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	golden := filepath.Join("testdata", "summary.md")
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	assert.Error(t, Markdown(filepath.Join(path, "none"), nil), "that is no folder")
}

// TestInMarkdown: what others have written stays text.
func TestInMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"12.5 % lost, x/y":            "12&#46;5 % lost, x/y",
		"a|b\nc":                      `a\|b c`,
		"<img src=x> [a](http://x)":   `&#60;img src\=x&#62; \[a\]\(http&#58;//x\)`,
		"@team, see #12 www.x.org":    "&#64;team, see &#35;12 www&#46;x&#46;org",
		"`rm` *b* _i_ ~s~ $x$ \x1b[m": "\\`rm\\` \\*b\\* \\_i\\_ \\~s\\~ \\$x\\$ \\\\x1b\\[m",
		"&lt; 漢字 - 1) + !":            `&#38;lt; 漢字 \- 1\) \+ \!`,
	} {
		assert.Equal(t, want, inMarkdown(text))
	}
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, JSON(path, tests()))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(text, &doc))
	assert.Equal(t, []any{"pipelinetest/2", "error", 1.0, 1.0, 1.0, 1.0}, []any{doc["schema"], doc["outcome"], doc["passed"], doc["failed"], doc["errors"], doc["unknown"]})
	list := doc["tests"].([]any)
	first := list[0].(map[string]any)
	assert.Equal(t, []any{"lossy", 1.0, "failed", 12.345, "2026-01-02T03:04:05Z"},
		[]any{first["scenario"], first["repetition"], first["outcome"], first["took_s"], first["began_at"]})
	assert.Equal(t, []any{"verifier: send failed by exporter x: 20"}, first["losses"].(map[string]any)["traces"])
	assert.Equal(t, map[string]any{"signal": "metrics", "from": "generators", "lost_from": "generators", "sent": 100.0, "lost": 100.0, "given_up": 0.0}, first["figures"].([]any)[1])
	assert.Equal(t, map[string]any{"unit": "requests", "came": 1234.0, "suffered": 3.0}, first["faults"].([]any)[0].(map[string]any)["met"])
	assert.Equal(t, "faults", first["findings"].([]any)[0].(map[string]any)["expectation"])
	assert.Len(t, first["notes"], 1)
	assert.Equal(t, map[string]any{
		"part": "my-agent", "component": "exporter otlp", "signal": "traces", "answer": "ResourceExhausted, HTTP 429", "lines": 3.0, "items": 2000.0, "last": "too much",
	}, first["reasons"].([]any)[0])
	assert.Len(t, first["unchecked"], 1)
	third := list[2].(map[string]any)
	assert.Equal(t, []any{"attributes", "order", "copies that come more than 2.1s after the last arrival"}, third["not_checked"])
	assert.InDelta(t, 2.1, third["seen_for_s"], 1e-9)
	assert.Equal(t, map[string]any{}, third["losses"])
	assert.Equal(t, "load_verify/2", first["load_verify"].(map[string]any)["schema"])
	assert.EqualValues(t, 3, first["links"].([]any)[0].(map[string]any)["counts"].(map[string]any)["dropped"])
	second := list[1].(map[string]any)
	assert.Nil(t, second["load_verify"])
	assert.Equal(t, []any{}, second["parts"], "a list without elements is a list")
	assert.Error(t, JSON(filepath.Join(path, "none"), nil), "that is no folder")
}

func TestJUnit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "junit.xml")
	all := tests()
	require.NoError(t, JUnit(path, all))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var suites junit.Testsuites
	require.NoError(t, xml.Unmarshal(text, &suites))
	assert.Equal(t, []int{4, 1, 2}, []int{suites.Tests, suites.Failures, suites.Errors})
	cases := suites.Suites[0].Testcases
	assert.Equal(t, []string{"lossy", "lossy (1 of 2)", "lossy (2 of 2)", "lossy"}, []string{cases[0].Name, cases[1].Name, cases[2].Name, cases[3].Name})
	assert.Equal(t, "verdict: fail; want pass", cases[0].Failure.Message)
	assert.Contains(t, cases[0].Failure.Data, "my-agent: exporter otlp got ResourceExhausted, HTTP 429, and gave up 2,000 spans or more")
	assert.Equal(t, "12.345", cases[0].Time)
	assert.Equal(t, `gateway cannot be started: \x1b[31mno\x1b[0m`, cases[1].Error.Message, "XML has no escape characters")
	assert.Equal(t, "verdict: unknown; want pass", cases[3].Error.Message)
	assert.Contains(t, cases[2].SystemOut.Data, "load_verify does not look at: attributes, order")
	assert.Nil(t, cases[2].Failure)
	var console bytes.Buffer
	require.NoError(t, Text(&console, &all[0]))
	assert.Equal(t, console.String(), cases[0].SystemOut.Data)
}

// TestNotes: of a test that has passed among others, what weakens that stands below its line; of one that was to fail, it does not matter.
func TestNotes(t *testing.T) {
	r := &verdict.Report{Verdict: "pass"}
	test := &Test{Scenario: scenario.New(), Result: &run.Result{Outcome: run.Passed, Report: r, Notes: []string{"settle \x1b[31mended it", "second"}}}
	var out bytes.Buffer
	require.NoError(t, Notes(&out, test))
	assert.Equal(t, "         settle \\x1b[31mended it\n         second\n", out.String())
	out.Reset()
	r.Verdict = "fail"
	require.NoError(t, Notes(&out, test))
	assert.Empty(t, out.String())
}
