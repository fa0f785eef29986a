// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/internal/cpuquota"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var (
	limited     = flag.String("limited", "", "judge what make real-quota KEEP=folder has kept in this folder, instead of the captures")
	withHeldOut = flag.Bool("held-out", false, "with -limited: the services that are held out, too")
	every       = flag.Duration("every", 0, "judge as if the kernel's counters had been read so seldom")
)

// TestLimited plays the captures of services that lack a CPU through the processor, with the kernel's metrics and without, and holds the
// findings against the truth. It needs neither Cargo nor a quota.
func TestLimited(t *testing.T) {
	var results []LimitedResult
	for i := range LimitedServices {
		l := &LimitedServices[i]
		if *limited == "" && l.Captured {
			results = append(results, judgeLimited(t, l, filepath.Join(captures, "limited", l.File()+".jsonl.gz")))
		}
		kept := filepath.Join(*limited, l.File(), RawFile)
		if _, err := os.Stat(kept); *limited != "" && err == nil && (!l.HeldOut || *withHeldOut) {
			results = append(results, judgeLimited(t, l, kept))
		}
	}
	for _, table := range []Table{Limits(results), Findings(Results(results)), Mistakes(Results(results))} {
		require.NoError(t, table.Print(t.Output()))
	}
	for _, line := range LimitedMisses(results) {
		t.Log("below the goals: " + line)
	}
	for _, r := range results {
		if *limited == "" {
			assert.Positive(t, r.Run.Scores[cpuStarved].Earned, r.Limited.Name)
		}
		assert.Zero(t, r.Without.Scores[cpuStarved].Found, "%s: nothing tells of it", r.Limited.Name)
		assert.Zero(t, r.Run.Apart+r.Beside.Apart, "%s: what spans lacked is known", r.Limited.Name)
	}
}

// judgeLimited plays the requests of a run twice: as they came, and without the metrics.
func judgeLimited(t *testing.T, l *Limited, path string) LimitedResult {
	t.Helper()
	var run LimitedRun
	for _, told := range []bool{true, false} {
		requests, err := ReadAll(path) // afresh: playing moves them in time
		require.NoError(t, err, "make real-quota-captures makes it")
		if told {
			spans := play(t, seldom(requests, *every))
			run.Spans, run.Beside = Of(spans, l.File()), Of(spans, l.healthy())
			continue
		}
		var traces []Request
		for _, request := range requests {
			if request.Traces.SpanCount() > 0 {
				traces = append(traces, request)
			}
		}
		run.Without = Of(play(t, traces), l.File())
	}
	r := JudgeLimited(l, run)
	r.Quota = nil
	return r
}

// seldom leaves out metrics that were read sooner after others of the same process.
func seldom(requests []Request, every time.Duration) (left []Request) {
	last := map[string]time.Time{}
	for _, request := range requests {
		request.Metrics.ResourceMetrics().RemoveIf(func(of pmetric.ResourceMetrics) bool {
			process := fmt.Sprint(of.Resource().Attributes().AsRaw())
			at := readAt(of)
			if at.Before(last[process].Add(every)) {
				return true
			}
			last[process] = at
			return false
		})
		if request.Traces.SpanCount() > 0 || request.Metrics.ResourceMetrics().Len() > 0 {
			left = append(left, request)
		}
	}
	return left
}

func readAt(of pmetric.ResourceMetrics) (at time.Time) {
	for _, scope := range of.ScopeMetrics().All() {
		for _, metric := range scope.Metrics().All() {
			if metric.Type() == pmetric.MetricTypeSum {
				return metric.Sum().DataPoints().At(0).Timestamp().AsTime()
			}
		}
	}
	return at
}

func TestLackVerdicts(t *testing.T) {
	lacking := func(name string, to, polled, idle int) Span {
		s := lasting(1, 0, 0, 0)
		s.Name, s.End, s.Lacked = name, epoch.Add(time.Duration(to)*ms), &Lack{time.Duration(polled) * ms, time.Duration(idle) * ms}
		return s
	}
	earning := func(s Span, finding string) Span {
		s.Earns = finding
		return s
	}
	queued := lacking("member", 80, 0, 70)
	queued.TaskFields, queued.QueueWait = true, 71*ms
	long := lacking("member", 100, 0, 70)
	long.TaskFields, long.QueueWait = true, 99*ms
	held := lacking("fast", 100, 0, 30)
	held.HeldUp = 60 * ms
	for name, test := range map[string]struct {
		span    Span
		finding string
		want    Verdict
	}{
		"stopped in a poll":                    {lacking("fast", 71, 70, 0), cpuStarved, Must},
		"it does not block":                    {lacking("fast", 71, 70, 0), semconv.FindingBlocking, Never},
		"stopped while it slept, and after":    {lacking("sleeps", 71, 0, 70), cpuStarved, Must},
		"stopped while it slept, and it ended": {lacking("sleeps", 5, 0, 4), cpuStarved, Never},
		"stopped for a third":                  {lacking("fast", 30, 10, 0), cpuStarved, May},
		"stopped for a moment":                 {lacking("fast", 1, 0, 0), cpuStarved, Never},
		"a long span, stopped for a little":    {lacking("fast", 100, 5, 0), cpuStarved, Never},
		"nobody measured it":                   {lasting(1, 0, 0, 71), cpuStarved, Never},
		"blocks for longer":                    {earning(lacking("load_profile", 32, 12, 0), semconv.FindingBlocking), semconv.FindingBlocking, Must},
		"blocks, and may be called starved":    {earning(lacking("load_profile", 32, 12, 0), semconv.FindingBlocking), cpuStarved, May},
		"blocks, and is stopped for longer":    {earning(lacking("load_profile", 90, 70, 0), semconv.FindingBlocking), semconv.FindingBlocking, May},
		"which must be found":                  {earning(lacking("load_profile", 90, 70, 0), semconv.FindingBlocking), cpuStarved, Must},
		"queued while nobody ran":              {queued, semconv.FindingStarved, Never},
		"queued while others ran, too":         {long, semconv.FindingStarved, May},
		"held up for longer":                   {held, heldUp, Must},
	} {
		t.Run(name, func(t *testing.T) {
			spans := []Span{test.span}
			assert.Equal(t, test.want, familyOf(spans).verdict(&spans[0], test.finding))
		})
	}
}

// limitedResults: with the metrics, one of the four wrong accusations is left, and one of two starved spans is found.
func limitedResults() []LimitedResult {
	accused := lasting(1, 0, 0, 71)
	accused.Lacked, accused.Found = &Lack{Polled: 70 * ms}, []string{semconv.FindingBlocking}
	starved := accused
	starved.Found, starved.Joined = []string{cpuStarved}, true
	healthy := lasting(2, 0, 0, 20)
	healthy.Lacked, healthy.Found = &Lack{}, []string{cpuStarved}
	return []LimitedResult{JudgeLimited(&LimitedServices[0], LimitedRun{
		Spans: []Span{accused, starved}, Without: []Span{accused, accused, accused, accused}, Beside: []Span{healthy},
		Quota: cpuquota.Stat{Periods: 200, Throttled: 50},
	})}
}

func TestLimits(t *testing.T) {
	assert.Equal(t, [][]string{
		{"axum, quota 0.5", "0.5 CPUs", "25.00 %", "2", "2", "50.00 %", "4", "1", "0", "0", "1", "0", "1", "0"},
		{"**all**", "", "", "", "", "", "4", "1", "0", "0", "", "", "", ""},
	}, Limits(limitedResults()).Rows)
	assert.Equal(t, []string{
		"axum, quota 0.5: the healthy one beside has 1 wrong cpu_starved",
		"services: cpu_starved: recall 0.500; want 0.80 or more",
		"services: blocking_suspected: wrong on 1 spans, and on 4 without the kernel's metrics; want a tenth",
	}, LimitedMisses(limitedResults()))
}

func TestWriteLimited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "real.md")
	require.ErrorContains(t, WriteLimited(path, nil), "no such file")
	require.NoError(t, os.WriteFile(path, []byte("# Real\n"), 0o600))
	require.ErrorContains(t, WriteLimited(path, nil), "it has no place for the tables")
	require.NoError(t, os.WriteFile(path, []byte("# Real\n"+limitedBegin+"stale\n"+limitedEnd+"more\n"), 0o600))
	require.NoError(t, WriteLimited(path, limitedResults()))
	before, tables, after, err := cutLimited(path)
	require.NoError(t, err)
	assert.Equal(t, []string{"# Real\n", limitedTables(limitedResults()), "more\n"}, []string{before, tables, after})
}

// TestLimitedAreWrittenDown: docs/real.md names every service that lacks a CPU, and what it showed of each.
func TestLimitedAreWrittenDown(t *testing.T) {
	before, tables, _, err := cutLimited(document)
	require.NoError(t, err)
	for i := range LimitedServices {
		l := &LimitedServices[i]
		assert.Contains(t, before, "| `"+l.Name+"` |")
		if !l.HeldOut { // those are run once the rules stand
			assert.Contains(t, tables, "| "+l.label()+" | "+l.limit()+" |", "make real-quota DOCUMENT=docs/real.md")
		}
	}
}

// The sidecar tells two services apart by their command lines.
func TestLimitedServicesAreToldApart(t *testing.T) {
	l := &LimitedServices[0]
	var overlay struct {
		Receivers struct {
			Threads struct {
				Processes []struct {
					Cmdline  string
					Resource map[string]string
				}
			} `yaml:"process_threads/often"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(l.tapped(addresses{"a:1", "a:2", "a:3"}, "/folder")), &overlay))
	lines := []string{
		"axum-svc --endpoint http://a:1 --lack --name axum-quota-0.5",
		"axum-svc --endpoint http://a:1 --lack --name axum-quota-0.5-healthy --healthy",
		"axum-svc --endpoint http://b:1 --lack --name axum-quota-0.5",
	}
	require.Len(t, overlay.Receivers.Threads.Processes, 2)
	for i, process := range overlay.Receivers.Threads.Processes {
		for j, line := range lines {
			assert.Equal(t, i == j, regexp.MustCompile(process.Cmdline).MatchString(line), line)
		}
	}
	assert.Equal(t, l.healthy(), overlay.Receivers.Threads.Processes[1].Resource["service.name"])
}
