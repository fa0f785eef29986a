// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/limit"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// loaded is a load test of which all is known but what an agent says of itself.
func loaded() *run.Load {
	const ms = time.Millisecond
	return &run.Load{
		Rate: 5000, Duration: 30, SLO: "p99=200ms", Kept: true, About: []string{"agent: no telemetry of it could be read; its CPU an item is by what arrived at the verifier"},
		Signals: []run.SignalLoad{
			{Signal: "traces", Sent: 5003.2, Arrived: 4998.4, Items: 150_096, Latency: verdict.Latency{Count: 150_096, P50: 24100 * time.Microsecond, P99: 161 * ms, Max: 12 * time.Second}},
			{Signal: "logs", Sent: 10_000, Arrived: 9999, Items: 300_000},
		},
		Generator: run.Lateness{Known: true, OwnDelay: 30 * ms, P50: ms, P99: 5 * ms, Max: 50 * ms},
		Parts: []run.PartLoad{
			{Name: "generator", Known: true, Cores: 0.52, Peak: 0.613, CPUPerItem: 33.14, RSSMean: 61 << 20, RSSPeak: 70 << 20, Told: true, Out: 15_007, Queued: 1200},
			{Name: "agent", Known: true, Cores: 1.2, Peak: 1.3, CPUPerItem: 80, RSSMean: 1 << 30, RSSPeak: 1 << 30},
			{Name: "verifier", Told: true, In: 15_007, Out: 15_007},
		},
		Machine: &run.MachineLoad{CPUs: 4, Busy: 0.61, Other: 0.1},
	}
}

func loadTests() []Test {
	s := scenario.New()
	search := &limit.Found{SLO: "p99=200ms", Held: 5000, Repeated: true, Failed: 5410, By: run.LimitLatency, Steps: []limit.Step{
		{Rate: 5000, Held: true, Arrived: 4998, Latency: 161 * time.Millisecond, Busy: 0.61},
		{Rate: 5410, Limit: run.LimitLatency, Arrived: 5400, Latency: 300 * time.Millisecond, Why: []string{"verdict: fail; want pass", "slo, traces: p99 of the latency: 300ms; want at most 200ms"}},
		{Rate: 5000, Held: true, Arrived: 4999, Latency: 150 * time.Millisecond, Busy: 0.6},
	}}
	late := loaded()
	late.Kept, late.Machine, late.Generator.Known = false, nil, false
	return []Test{
		{Scenario: s, Repetition: 1, Of: 1, Result: &run.Result{Outcome: run.Passed, Load: loaded()}, Search: search, Compared: []Difference{
			{What: "traces: arrived", Unit: "items/s", Before: Spread{5000, 4990, 5010}, Now: Spread{4998, 4998, 4998}, Change: -0.0004},
			{What: "traces: latency p99", Unit: "ms", Before: Spread{100, 90, 110}, Now: Spread{161, 161, 161}, Change: 0.61, Busy: true},
			{What: "agent: CPU an item", Unit: "us", Before: Spread{60, 59, 61}, Now: Spread{80, 79, 81}, Change: 0.3333, Beyond: true},
		}},
		{Scenario: s, Repetition: 1, Of: 1, Result: &run.Result{Outcome: run.Unknown, Problems: []string{"rate (could not be seen): ..."}, Load: late}},
	}
}

// TestLoad compares what is shown of load tests with golden files.
func TestLoad(t *testing.T) {
	all := loadTests()
	var console bytes.Buffer
	for i := range all {
		require.NoError(t, Text(&console, &all[i]))
		console.WriteString("---\n")
	}
	markdownFile := filepath.Join(t.TempDir(), "summary.md")
	require.NoError(t, Markdown(markdownFile, all))
	summary, err := os.ReadFile(markdownFile)
	require.NoError(t, err)
	for name, is := range map[string][]byte{"load.txt": console.Bytes(), "load.md": summary} {
		golden := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(golden, is, 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(is))
	}
}

func TestSearchLine(t *testing.T) {
	for want, f := range map[string]*limit.Found{
		"not known; the search was not over: interrupted":                                        {Ended: "interrupted"},
		"less than 10 spans/s; limited by: this machine: on another the system may do better":    {Failed: 10, By: run.LimitMachine},
		"10 spans/s held, none that was tried did not; the search was not over: the time was up": {Held: 10, Ended: "the time was up"},
		"10 spans/s held twice, 12 did not; limited by: something was lost, doubled or changed":  {Held: 10, Repeated: true, Failed: 12, By: run.LimitLoss},
		"10 spans/s held twice, 12 did not; limited by: nobody knows what":                       {Held: 10, Repeated: true, Failed: 12},
		"10 spans/s held twice, 12 did not; limited by: the generator: the system may do better": {Held: 10, Repeated: true, Failed: 12, By: run.LimitGenerator},
	} {
		f.SLO = "p99=1s"
		assert.Equal(t, "the highest rate without loss and with p99=1s: "+want, SearchLine(f))
	}
}

// TestBaseline: a report is read back, and only what is beyond noise, in size and in spread, is different.
func TestBaseline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	of := func(cpu float64, p99 time.Duration) Test {
		l := loaded()
		l.Parts[1].CPUPerItem, l.Signals[0].Latency.P99 = cpu, p99
		return Test{Scenario: scenario.New(), Of: 1, Result: &run.Result{Outcome: run.Passed, Load: l}}
	}
	const ms = time.Millisecond
	require.NoError(t, JSON(path, []Test{of(80, 100*ms), of(90, 100*ms), of(85, 101*ms)}))
	before, err := ReadBaseline(path)
	require.NoError(t, err)
	different := func(tests ...Test) (names []string) {
		for _, d := range before.Compare(tests) {
			if d.Beyond {
				names = append(names, d.What)
			}
		}
		return names
	}
	assert.Empty(t, different(of(85, 100*ms)))
	assert.Empty(t, different(of(96, 100*ms)), "12 %")
	assert.Equal(t, []string{"agent: CPU an item"}, different(of(110, 100*ms)))
	assert.Equal(t, []string{"agent: CPU an item"}, different(of(60, 100*ms)), "better is different, too")
	assert.Empty(t, different(of(110, 100*ms), of(89, 100*ms), of(111, 100*ms)), "the same was seen before")
	assert.Equal(t, []string{"traces: latency p99"}, different(of(85, 140*ms)))
	occupied := of(110, 140*ms)
	occupied.Result.Load.Machine.Busy = 0.95
	assert.Equal(t, []string{"agent: CPU an item"}, different(occupied), "of a latency on a busy machine nobody knows whose it is")
	list := before.Compare([]Test{of(85, 100*ms)})
	assert.Equal(t, Difference{What: "agent: CPU an item", Unit: "us", Before: Spread{85, 80, 90}, Now: Spread{85, 85, 85}}, list[len(list)-2])
	assert.Equal(t, "generator: CPU an item", list[6].What)
	assert.Len(t, list, 10, "of the verifier nothing is known")

	load := &scenario.LoadTest{Rate: 5000, Duration: 30 * time.Second}
	assert.NoError(t, before.Check(load, false))
	assert.EqualError(t, before.Check(&scenario.LoadTest{Rate: 1, Duration: 30 * time.Second}, false), "--baseline: its load was 5000 spans/s; want --rate 5000")
	assert.EqualError(t, before.Check(&scenario.LoadTest{Rate: 5000, Duration: time.Minute}, false), "--baseline: its load took 30s; want --duration 30s")
	assert.EqualError(t, before.Check(load, true), "--baseline: one of both is a search for a limit; want two of a kind")
	assert.Nil(t, (*Baseline)(nil).Compare(nil))
	assert.NoError(t, (*Baseline)(nil).Check(load, true))
}

// TestBaselineOfSearch: two limits differ if what held in one did not in the other.
func TestBaselineOfSearch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	of := func(held, failed float64) []Test {
		return []Test{{Scenario: scenario.New(), Of: 1, Result: &run.Result{Outcome: run.Passed, Load: loaded()}, Search: &limit.Found{SLO: "p99=200ms", Held: held, Failed: failed}}}
	}
	require.NoError(t, JSON(path, of(5000, 5400)))
	before, err := ReadBaseline(path)
	require.NoError(t, err)
	for now, beyond := range map[[2]float64]bool{{5100, 5500}: false, {4700, 5000}: true, {5400, 5900}: true, {5400, 0}: true, {4700, 0}: false} {
		list := before.Compare(of(now[0], now[1]))
		require.Len(t, list, 1)
		assert.Equal(t, beyond, list[0].Beyond, now)
	}
	assert.Empty(t, before.Compare(of(0, 10)))
	slo, err := scenario.ParseSLO("p99=1s")
	require.NoError(t, err)
	assert.EqualError(t, before.Check(&scenario.LoadTest{Rate: 1, SLO: slo}, true), "--baseline: it searched with p99=200ms; want --slo p99=200ms")
}

func TestNoBaseline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	for text, want := range map[string]string{
		"{":                            "unexpected end",
		`{"schema": "load_verify/2"}`:  `schema "load_verify/2" is not allowed; want a report of --json, pipelinetest/2`,
		`{"schema": "pipelinetest/2"}`: "there is no load test in it",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := ReadBaseline(path)
		assert.ErrorContains(t, err, want)
	}
	_, err := ReadBaseline(path + ".none")
	assert.ErrorIs(t, err, os.ErrNotExist)
}
