// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

const failed = `{
  "schema": "load_verify/2", "final": true, "verdict": "fail", "findings": [],
  "runs": [
    {"run": "a", "final": true, "verdict": "fail", "findings": [{"expectation": "max_loss", "signal": "traces", "message": "2 lost"}],
     "signals": [{"signal": "traces", "sent": 10, "received": 8, "lost": 2, "latency": {"count": 8}}, {"signal": "logs", "sent": 5, "received": 5}]},
    {"run": "b", "final": true, "verdict": "fail", "findings": [{"expectation": "max_loss", "signal": "traces", "message": "1 lost"}],
     "signals": [{"signal": "traces", "sent": 4, "received": 3, "lost": 1, "duplicate": 6}]}
  ]}`

func read(t *testing.T, text string) (*Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.json")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	report, raw, err := Read(path)
	if err == nil {
		assert.Equal(t, text, string(raw))
	}
	return report, err
}

func TestRead(t *testing.T) {
	report, err := read(t, failed)
	require.NoError(t, err)
	assert.Equal(t, uint64(3), report.Sum("traces", "lost"))
	assert.Equal(t, uint64(0), report.Sum("metrics", "lost"))
	assert.Equal(t, uint64(16+6), report.Arrived())

	_, err = read(t, `{"schema": "load_verify/3"}`)
	require.ErrorContains(t, err, `schema "load_verify/3" is not known here; want load_verify/2`)
	_, err = read(t, `{`)
	require.Error(t, err)
	_, _, err = Read(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestUnknown: what could not be seen is told from what went wrong.
func TestUnknown(t *testing.T) {
	report, err := read(t, `{
	  "schema": "load_verify/2", "final": true, "verdict": "unknown", "not_checked": ["attributes", "order"], "findings": [],
	  "runs": [{"run": "a", "final": true, "verdict": "unknown", "findings": [{"expectation": "sampled", "signal": "traces", "message": "how much was sent\n is not known", "unknown": true}],
	    "signals": [{"signal": "traces", "sent": 10, "received": 8, "sent_known": false}, {"signal": "logs", "sent": 5, "received": 5, "sent_known": true}]}]}`)
	require.NoError(t, err)
	assert.Equal(t, []string{"attributes", "order"}, report.NotChecked)
	assert.Equal(t, []string{"verdict: unknown; want pass", "sampled, traces (could not be seen): how much was sent  is not known"},
		Compare(report, &scenario.Want{Verdict: "pass"}, report.Sum))
	assert.Empty(t, Compare(report, &scenario.Want{Verdict: "unknown", Findings: []string{"sampled"}}, report.Sum))

	report.Add(Finding{Expectation: Faults, Message: "did nothing"})
	assert.Equal(t, "fail", report.Verdict, "what is wrong weighs more")
	report.Add(Finding{Expectation: "limits", Unknown: true})
	assert.Equal(t, "fail", report.Verdict)
	passed := &Report{Verdict: "pass"}
	passed.Add()
	assert.Equal(t, "pass", passed.Verdict)
	passed.Add(Finding{Expectation: "limits", Unknown: true})
	assert.Equal(t, "unknown", passed.Verdict)
}

// TestFigures: what load_verify does not know the generators may; what nobody knows never looks like 0.
func TestFigures(t *testing.T) {
	signal := func(known bool, counts map[string]uint64) *Report {
		return &Report{Verdict: "pass", Runs: []Run{{Signals: []Signal{{"traces", counts, known, Latency{}, nil}}}}}
	}
	complete := map[string]uint64{"sent": 100, "received": 90, "lost": 10, "announced": 4}
	for name, tc := range map[string]struct {
		report     *Report
		offered    Offered
		sent, lost string
		unseen     string
	}{
		"known":                         {signal(true, complete), Offered{Read: true, Items: 104, GivenUp: 0}, "100", "10", ""},
		"known, and nobody else":        {signal(true, complete), Offered{}, "100", "10", ""},
		"a source that was never heard": {signal(true, complete), Offered{Read: true, Items: 205, GivenUp: 0}, "100", "10", "205 handed on by the generators' own count, 104 known to load_verify: 101 went unseen; want none"},
		"less than there was":           {signal(false, complete), Offered{Read: true, Items: 154, GivenUp: 0}, "150*", "60*", ""},
		"less, and some given up":       {signal(false, complete), Offered{Read: true, Items: 154, GivenUp: 15}, "150*", "45*", ""},
		"less, and the rest given up":   {signal(false, map[string]uint64{"sent": 89371, "received": 74786, "lost": 14585}), Offered{Read: true, Items: 90891, GivenUp: 16105}, "90,891*", "0*", ""},
		"less, and nobody knows":        {signal(false, complete), Offered{}, ">=100", ">=10", ""},
		"a generator that was killed":   {signal(false, complete), Offered{Read: true, Items: 50, GivenUp: 0}, ">=100", ">=10", ""},
		"some of it still queued":       {signal(false, complete), Offered{Read: true, Open: true, Items: 154, GivenUp: 15}, "150*", ">=10", ""},
		"queued, and nothing arrived":   {&Report{Verdict: "fail"}, Offered{Read: true, Open: true, Items: 1204}, "1,204*", "?", ""},
		"killed, after it had said":     {signal(false, complete), Offered{Read: true, Least: true, Items: 154}, ">=150", ">=10", ""},
		"killed, and nothing arrived":   {&Report{Verdict: "fail"}, Offered{Read: true, Least: true, Items: 1641}, ">=1,641", "?", ""},
		"of false sources":              {signal(true, complete), Offered{Read: true, Whole: true, Items: 54}, "50*", "?", ""},
		"nothing has arrived":           {&Report{Verdict: "fail"}, Offered{Read: true, Items: 1204, GivenUp: 0}, "1,204*", "1,204*", ""},
		"nothing, and nobody knows":     {&Report{Verdict: "fail"}, Offered{}, "?", "?", ""},
		"nothing was sent":              {&Report{Verdict: "fail"}, Offered{Read: true, Items: 0, GivenUp: 0}, "0", "0", ""},
		"nothing of a signal, passed":   {&Report{Verdict: "pass", Runs: []Run{{}}}, Offered{Read: true, Items: 7, GivenUp: 0}, "7*", "7*", "7 handed on by the generators' own count, 0 known to load_verify: 7 went unseen; want none"},
	} {
		t.Run(name, func(t *testing.T) {
			f := tc.report.Figures("traces", tc.offered)
			assert.Equal(t, []string{tc.sent, tc.lost}, []string{f.From.Show(f.Sent), f.LostFrom.Show(f.Lost)})
			unseen := ""
			if finding := tc.report.Unseen("traces", tc.offered); finding != nil {
				unseen = finding.Message
				assert.Equal(t, []string{Generator, "traces"}, []string{finding.Expectation, finding.Signal})
			}
			assert.Equal(t, tc.unseen, unseen)
			refused := tc.report.Refused("traces", tc.offered)
			assert.Equal(t, tc.offered.GivenUp > 0, refused != nil)
		})
	}
}

// TestGivenUp: load_verify's figure leaves out end markers, and counts where it has one; otherwise it is the generators'.
func TestGivenUp(t *testing.T) {
	for name, tc := range map[string]struct {
		known        bool
		audited, own uint64
		want         uint64
	}{
		"load_verify knows":       {true, 912, 914, 912},
		"it has heard of none":    {true, 0, 1470, 1470},
		"it knows only the least": {false, 5, 1470, 1470},
	} {
		t.Run(name, func(t *testing.T) {
			report := &Report{Runs: []Run{{Signals: []Signal{{"traces", map[string]uint64{"given_up": tc.audited}, tc.known, Latency{}, nil}}}}}
			f := report.Figures("traces", Offered{Read: true, Items: 2000, GivenUp: tc.own})
			assert.Equal(t, tc.want, f.GivenUp)
		})
	}
}

// TestExplainMarkers: end markers that the generators gave up were refused, not lost; as soon as one more is missing, or the generators
// may have counted more, nobody knows.
func TestExplainMarkers(t *testing.T) {
	const lost = "2 of 2 end markers are lost"
	for name, tc := range map[string]struct {
		offered Offered
		known   bool
		want    string
	}{
		"given up":            {Offered{Read: true, GivenUp: 914}, true, lost + "; the generators gave them up: the pipeline refused them for good, or until the end"},
		"one given up":        {Offered{Read: true, GivenUp: 913}, true, lost},
		"items as well":       {Offered{Read: true, GivenUp: 920}, true, lost},
		"none given up":       {Offered{Read: true, GivenUp: 912}, true, lost},
		"the least":           {Offered{Read: true, Least: true, GivenUp: 914}, true, lost},
		"sent is not known":   {Offered{Read: true, GivenUp: 914}, false, lost},
		"all is accounted":    {Offered{Read: true, Items: 1914, GivenUp: 914}, false, lost + "; the generators gave them up: the pipeline refused them for good, or until the end"},
		"one is not":          {Offered{Read: true, Items: 1915, GivenUp: 914}, false, lost},
		"some may be held":    {Offered{Read: true, Open: true, Items: 1914, GivenUp: 914}, false, lost},
		"nobody can be asked": {Offered{}, true, lost},
	} {
		t.Run(name, func(t *testing.T) {
			report := &Report{Runs: []Run{{
				Findings: []Finding{{Expectation: "end_marker", Signal: "traces", Message: lost}, {Expectation: "end_marker", Signal: "logs", Message: lost}},
				Signals:  []Signal{{"traces", map[string]uint64{"given_up": 912, "announced": 2, "ended": 0, "received": 1000}, tc.known, Latency{}, nil}},
			}}}
			f := report.Figures("traces", tc.offered)
			report.Explain(&f, tc.offered)
			assert.Equal(t, tc.want, report.Runs[0].Findings[0].Message)
			assert.Equal(t, lost, report.Runs[0].Findings[1].Message, "another signal")
		})
	}
}

// TestExplainLoss: what the generators gave up is not lost, though load_verify cannot know that where no end marker has arrived.
func TestExplainLoss(t *testing.T) {
	for name, tc := range map[string]struct {
		offered          Offered
		allowed, message string
		unknown          bool
		verdict          string
	}{
		"all that is missing was given up": {
			Offered{Read: true, Items: 1000, GivenUp: 300},
			"0", "by the generators' own count 1,000 sent, and all that is missing of that they gave up: 300. Nothing shows that any is lost",
			true, Unknown,
		},
		"some was not": {
			Offered{Read: true, Items: 1000, GivenUp: 290},
			"0", "by the generators' own count 10 lost, 1,000 sent, beside 290 that they gave up; want at most 0 %",
			false, "fail",
		},
		"less than is allowed": {
			Offered{Read: true, Items: 1000, GivenUp: 290},
			"1.5", "by the generators' own count 10 lost, 1,000 sent, beside 290 that they gave up; want at most 1.5 %",
			true, Unknown,
		},
		"none was given up": {
			Offered{Read: true, Items: 1000}, "0", "250 lost, 950 sent: 26.32 %; want at most 0 %; by the generators' own count 300 lost, 1,000 sent", false, "fail",
		},
		"a generator that was killed": {
			Offered{Read: true, Least: true, Items: 1000, GivenUp: 300},
			"0",
			"250 lost, 950 sent: 26.32 %; want at most 0 %; the generators gave up 300 or more, and nobody knows how much of what is missing that is", true, Unknown,
		},
		"nobody can be asked": {Offered{}, "0", "250 lost, 950 sent: 26.32 %; want at most 0 %", false, "fail"},
	} {
		t.Run(name, func(t *testing.T) {
			report := &Report{Verdict: "fail", Runs: []Run{{
				Findings: []Finding{{Expectation: "max_loss", Signal: "traces", Message: "250 lost, 950 sent: 26.32 %; want at most " + tc.allowed + " %"}},
				Signals:  []Signal{{"traces", map[string]uint64{"sent": 950, "received": 700, "lost": 250}, false, Latency{}, nil}},
			}}}
			f := report.Figures("traces", tc.offered)
			report.Explain(&f, tc.offered)
			assert.Equal(t, Finding{Expectation: "max_loss", Signal: "traces", Message: tc.message, Unknown: tc.unknown}, report.Runs[0].Findings[0])
			assert.Equal(t, tc.verdict, report.Verdict)
		})
	}
}

func TestOver(t *testing.T) {
	assert.False(t, (&Report{}).Over(), "nothing has arrived yet")
	assert.False(t, (&Report{Runs: []Run{{Final: true}, {}}}).Over())
	assert.True(t, (&Report{Runs: []Run{{Final: true}}}).Over())
	assert.False(t, (&Report{Final: true, Runs: []Run{{Final: true}}}).Over(), "the verifier was stopped, not the run")
}

// TestUntested: a failure that is wanted is none of a fault that did nothing.
func TestUntested(t *testing.T) {
	for name, tc := range map[string]struct {
		findings []string
		unknown  bool
		wrong    []string
	}{
		"no findings wanted":  {nil, false, []string{"faults: down did nothing"}},
		"it is wanted":        {[]string{"faults"}, false, nil},
		"nobody knows":        {nil, true, nil},
		"others are wanted":   {[]string{"max_loss"}, false, []string{"findings: faults; want max_loss", "faults: down did nothing"}},
		"none is to be found": {[]string{}, false, []string{"findings: faults; want none", "faults: down did nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			report := &Report{Verdict: "fail", Findings: []Finding{{Expectation: Faults, Message: "down did nothing", Unknown: tc.unknown}}}
			assert.Equal(t, tc.wrong, Compare(report, &scenario.Want{Verdict: "fail", Findings: tc.findings}, report.Sum))
		})
	}
}

func TestCompare(t *testing.T) {
	report, err := read(t, failed)
	require.NoError(t, err)
	exactly := func(n uint64) scenario.Amount { return scenario.Amount{Min: n, Max: n} }
	for _, tc := range []struct {
		name  string
		want  scenario.Want
		wrong []string
	}{
		{
			"as wanted",
			scenario.Want{
				Verdict: "fail", Runs: &scenario.Amount{Min: 1, Max: 2}, Findings: []string{"max_loss"},
				Signals: scenario.CountsBySignal{"traces": {"lost": exactly(3), "duplicate": exactly(6)}, "metrics": {"lost": exactly(0)}},
			},
			nil,
		},
		{"it fails", scenario.Want{Verdict: "pass"}, []string{"verdict: fail; want pass", "max_loss, traces: 2 lost", "max_loss, traces: 1 lost"}},
		{
			"other counts",
			scenario.Want{Verdict: "fail", Signals: scenario.CountsBySignal{"traces": {"lost": exactly(2)}, "logs": {"received": {Min: 6, Max: 7}}}},
			[]string{"traces lost: 3; want 2", "logs received: 5; want {min: 6, max: 7}"},
		},
		{"another number of runs", scenario.Want{Verdict: "fail", Runs: &scenario.Amount{Min: 1, Max: 1}}, []string{"runs: 2; want 1"}},
		{"other findings", scenario.Want{Verdict: "fail", Findings: []string{"max_loss", "end_marker"}}, []string{"findings: max_loss; want max_loss, end_marker"}},
		{"some findings", scenario.Want{Verdict: "fail", Findings: []string{"max_loss"}, MayFind: []string{"end_marker"}}, nil},
		{"another finding", scenario.Want{Verdict: "fail", Findings: []string{"sources"}, MayFind: []string{"end_marker"}}, []string{"findings: max_loss; want sources", "max_loss, traces: 2 lost", "max_loss, traces: 1 lost"}},
		{"no findings", scenario.Want{Verdict: "fail", Findings: []string{}}, []string{"findings: max_loss; want none", "max_loss, traces: 2 lost", "max_loss, traces: 1 lost"}},
	} {
		t.Run(tc.name, func(t *testing.T) { assert.Equal(t, tc.wrong, Compare(report, &tc.want, report.Sum)) })
	}
}
