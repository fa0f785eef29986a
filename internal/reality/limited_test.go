// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var (
	limited     = flag.String("limited", "", "judge what make real-quota KEEP=folder has kept in this folder, instead of the captures")
	withHeldOut = flag.Bool("held-out", false, "with -limited: the services that are held out, too")
)

// TestLimited plays the captures of services that lack a CPU through the processor, with the kernel's metrics and without, and holds the
// findings against the truth. It needs neither Cargo nor a quota.
func TestLimited(t *testing.T) {
	var results []LimitedResult
	for i := range LimitedServices {
		l := &LimitedServices[i]
		path := filepath.Join(captures, l.File()+".jsonl.gz")
		if *limited != "" {
			path = filepath.Join(*limited, l.File(), RawFile)
		}
		if _, err := os.Stat(path); l.HeldOut && !*withHeldOut || *limited != "" && err != nil {
			continue
		}
		results = append(results, judgeLimited(t, l, path))
	}
	for _, table := range []Table{Limits(results), Findings(Results(results)), Mistakes(Results(results))} {
		require.NoError(t, table.Print(t.Output()))
	}
	for _, r := range results {
		assert.Positive(t, r.Run.Scores[cpuStarved].Earned, r.Limited.Name)
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
			spans := play(t, requests)
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
