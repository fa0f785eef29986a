// SPDX-License-Identifier: Apache-2.0

package run

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestEffect: a fault has done something only if telemetry was disturbed; what cannot be known is unknown.
func TestEffect(t *testing.T) {
	killed := proxy.Met{Unit: "processes", Came: 1, Suffered: 1}
	idle := proxy.Met{Unit: "connections", Came: 2, Idle: 2}
	opaque := proxy.Met{Unit: "connections", Came: 2, Unsure: 2}
	onLink := []*proxy.Disturbance{nil}
	const all = 30 // of three signals, ten each
	for name, tc := range map[string]struct {
		e       encounter
		met     proxy.Met
		verdict string
		lost    uint64
		want    effect
	}{
		"killed when all had arrived":                                        {encounter{before: all}, killed, scenario.Pass, 0, nothing},
		"killed, and more arrived":                                           {encounter{before: 10, soon: new(uint64(12))}, killed, scenario.Pass, 0, something},
		"killed under load":                                                  {encounter{before: 10, loading: true, fresh: true}, killed, scenario.Pass, 0, something},
		"killed under load, by a report of long ago":                         {encounter{before: 10, loading: true, soon: new(uint64(all))}, killed, scenario.Pass, 0, unknown},
		"killed at the end of the load":                                      {encounter{before: 29, soon: new(uint64(all))}, killed, scenario.Pass, 0, unknown},
		"killed with something in hand":                                      {encounter{before: all, held: true}, killed, scenario.Pass, 0, something},
		"killed, and some loss is allowed":                                   {encounter{before: all}, killed, scenario.Pass, 1, unknown},
		"killed, and the test fails":                                         {encounter{before: all}, killed, scenario.Fail, 1, something},
		"killed when all had arrived, and the test fails for another reason": {encounter{before: all}, killed, scenario.Fail, 0, nothing},
		"idle connections, and the test fails for another reason":            {encounter{ways: onLink, before: 10, heard: true}, idle, scenario.Fail, 0, nothing},
		"not running":                           {encounter{before: 10}, proxy.Met{Unit: "processes", Came: 1}, scenario.Pass, 0, nothing},
		"idle connections":                      {encounter{ways: onLink, before: 10, heard: true}, idle, scenario.Pass, 0, nothing},
		"idle connections of who says nothing":  {encounter{ways: onLink, before: 10}, idle, scenario.Pass, 0, unknown},
		"idle connections when all had arrived": {encounter{ways: onLink, before: all}, idle, scenario.Pass, 0, nothing},
		"idle connections of who is waiting":    {encounter{ways: onLink, before: 10, held: true}, idle, scenario.Pass, 0, something},
		"TLS, and more arrived":                 {encounter{ways: onLink, before: 10, soon: new(uint64(12))}, opaque, scenario.Pass, 0, something},
		"TLS when all had arrived":              {encounter{ways: onLink, before: all}, opaque, scenario.Pass, 0, nothing},
	} {
		t.Run(name, func(t *testing.T) {
			report := &verdict.Report{Verdict: tc.verdict, Runs: []verdict.Run{{Final: true}}}
			for _, signal := range scenario.Signals {
				report.Runs[0].Signals = append(report.Runs[0].Signals, verdict.Signal{
					Signal: signal, SentKnown: true, Counts: map[string]uint64{"sent": 10 + tc.lost, "received": 10, "lost": tc.lost},
				})
			}
			c := &course{Scenario: scenario.New(), result: &Result{Report: report}, members: []*member{{}}}
			assert.Equal(t, tc.want, c.effect(&tc.e, &tc.met))
		})
	}
}

// TestFailedNothing: only of a sender whose exporters count, and of which all counts are known, it can be known that it failed to send nothing.
func TestFailedNothing(t *testing.T) {
	const sent, failed = "otelcol_exporter_sent_spans{exporter=\"e\"} 5\n", "otelcol_exporter_send_failed_spans{exporter=\"e\"} 2\n"
	for name, tc := range map[string]struct {
		says   string
		before uint64
		least  bool
		want   bool
	}{
		"none":                  {sent, 0, false, true},
		"none more than before": {sent + failed, 2, false, true},
		"some":                  {sent + failed, 0, false, false},
		"some, still queued":    {sent + "otelcol_exporter_queue_size{exporter=\"e\",data_type=\"traces\"} 1\n", 0, false, false},
		"not all is known":      {sent, 0, true, false},
		"it does not count":     {"up 1\n", 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := readMember(t, tc.says)
			m.account.Least = tc.least
			assert.Equal(t, tc.want, (&encounter{sender: m, failed: tc.before}).failedNothing())
		})
	}
	assert.False(t, (&encounter{}).failedNothing(), "a fault of a part")
}

// TestUnused: to kill a part that nothing comes to disturbs nothing, though more arrives by other ways; a part that does not count, or that was killed before
// anything had arrived, may have been meant to have it.
func TestUnused(t *testing.T) {
	const idle = "otelcol_exporter_queue_size{exporter=\"e\",data_type=\"traces\"} 0\n"
	began := time.Now()
	for name, tc := range map[string]struct {
		says   string
		before uint64
		asked  time.Time
		want   effect
	}{
		"nothing came":        {idle, 5, began, nothing},
		"something came":      {idle + "otelcol_receiver_accepted_spans{receiver=\"r\"} 1\n", 5, began, something},
		"it does not count":   {"up 1\n", 5, began, something},
		"asked before":        {idle, 5, began.Add(-time.Second), something},
		"before anything had": {idle, 0, began, something},
	} {
		t.Run(name, func(t *testing.T) {
			m := readMember(t, tc.says)
			m.Name, m.readAt = "standby", tc.asked
			report := &verdict.Report{Verdict: scenario.Pass, Runs: []verdict.Run{{Final: true, Signals: []verdict.Signal{
				{Signal: "traces", SentKnown: true, Counts: map[string]uint64{"sent": 10, "received": 10}},
			}}}}
			e := &encounter{began: began, before: tc.before, soon: new(uint64(8)), of: proxy.Met{Unit: "processes", Came: 1, Suffered: 1}, subject: m}
			s := scenario.New()
			s.Faults = []scenario.Fault{{Kill: "standby"}}
			c := &course{
				Scenario: s, members: []*member{{}}, met: map[int]*encounter{0: e},
				result: &Result{Report: report, Faults: []FaultResult{{Fault: "kill: standby", Began: new(1.0)}}},
			}
			c.sayMet()
			assert.Equal(t, tc.want, c.result.Faults[0].effect)
			if tc.want == nothing {
				assert.Equal(t, "kill: standby, from 1.0s on, did nothing: nothing has ever come to standby, by its own telemetry", c.metNothing()[0].Message)
			}
		})
	}
}

// readMember is a member that has said this of itself.
func readMember(t *testing.T, says string) *member {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, says) }))
	defer server.Close()
	families, err := telemetry.Scrape(t.Context(), server.Client(), strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	m := &member{}
	m.account.Set(families)
	return m
}

// TestBefore: a fault that sees no request because another of the same link lets none through says so.
func TestBefore(t *testing.T) {
	l := scenario.Link{From: "a", To: "b"}
	refuse := scenario.Fault{Link: l, Disturbance: proxy.Fault{GRPC: "unavailable"}}
	some := scenario.Fault{Link: l, Disturbance: proxy.Fault{GRPC: "unavailable", Every: new(2)}}
	double := scenario.Fault{Link: l, Disturbance: proxy.Fault{OTLP: "duplicate"}}
	met := &proxy.Met{Suffered: 1}
	for name, tc := range map[string]struct {
		first scenario.Fault
		began float64
		ended *float64
		met   *proxy.Met
		want  string
	}{
		"all the time":     {refuse, 1, new(4.0), met, "first"},
		"to the end":       {refuse, 1, nil, met, "first"},
		"it ended before":  {refuse, 1, new(2.5), met, ""},
		"it began after":   {refuse, 2.5, new(4.0), met, ""},
		"it let some pass": {some, 1, new(4.0), met, ""},
		"it let all pass":  {double, 1, new(4.0), met, ""},
		"it met none":      {refuse, 1, new(4.0), &proxy.Met{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := scenario.New()
			s.Faults = []scenario.Fault{tc.first, double}
			c := &course{Scenario: s, result: &Result{Faults: []FaultResult{{Fault: "first", Began: &tc.began, Ended: tc.ended, Met: tc.met}, {Began: new(2.0), Ended: new(3.0)}}}}
			assert.Equal(t, tc.want, c.before(1))
		})
	}
}

// TestTooLate: a fault that may have come too late is told of although the test fails for a reason that may be another.
func TestTooLate(t *testing.T) {
	killed := proxy.Met{Unit: "processes", Came: 1, Suffered: 1}
	for name, tc := range map[string]struct {
		e    encounter
		lost uint64
		want []string
	}{
		"nothing has arrived since": {encounter{before: 10, of: killed}, 1, []string{
			"kill: gateway, from 9.0s on: it may have come too late: nothing has arrived since it began, and nobody is known to have had anything to send; what is wrong may be so for another reason",
		}},
		"more has arrived since":   {encounter{before: 9, of: killed}, 1, nil},
		"under load":               {encounter{before: 10, loading: true, of: killed}, 1, nil},
		"with something in hand":   {encounter{before: 10, held: true, of: killed}, 1, nil},
		"that it was late is sure": {encounter{before: 10, of: killed}, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			report := &verdict.Report{Verdict: scenario.Fail, Runs: []verdict.Run{{Final: true, Signals: []verdict.Signal{
				{Signal: "traces", SentKnown: true, Counts: map[string]uint64{"sent": 10 + tc.lost, "received": 10, "lost": tc.lost}},
				{Signal: "metrics", SentKnown: true},
				{Signal: "logs", SentKnown: true},
			}}}}
			c := &course{
				Scenario: scenario.New(), members: []*member{{}}, met: map[int]*encounter{0: &tc.e},
				result: &Result{Report: report, Faults: []FaultResult{{Fault: "kill: gateway", Began: new(9.0)}}},
			}
			c.sayMet()
			assert.Equal(t, tc.want, c.tooLate())
		})
	}
}
