// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var update = flag.Bool("update", false, "rewrite the table of docs/real.md")

const (
	captures = "../../reference/captures"
	document = "../../docs/real.md"
)

// reached are the findings that hold the goals on the captures.
var reached = []string{semconv.FindingWorkerSkew, semconv.FindingHeld}

// TestCaptures plays the captures of real services through the processor, and holds the findings against the truth. It needs no Cargo.
func TestCaptures(t *testing.T) {
	var results []Result
	spans := 0
	for i := range Services {
		s := &Services[i]
		r := Result{Service: s, Run: judgeCapture(t, s, "")}
		spans += r.Run.Spans
		if s.Healthy > 0 {
			r.Control = judgeCapture(t, s, "-healthy")
			spans += r.Control.Spans
		}
		results = append(results, r)
	}
	t.Logf("judged %d real spans of %d captured services; make real runs the services themselves", spans, len(Services))

	assert.Empty(t, Misses(results, reached...))
	table := "\n" + Findings(results).Markdown(2) + "\n" + Health(results).Markdown(2)
	if *update {
		require.NoError(t, writeEnd(document, inReal, table))
	}
	_, is, err := cutEnd(document, inReal)
	require.NoError(t, err)
	require.Equal(t, inReal+table, is, "docs/real.md is stale: go test ./internal/reality -update")
}

// judgeCapture plays a capture, in fake time, with its spans moved to now: each request comes when its last span has ended.
func judgeCapture(t *testing.T, s *Service, kind string) *Judgement {
	t.Helper()
	requests, err := ReadAll(filepath.Join(captures, s.File()+kind+".jsonl.gz"))
	require.NoError(t, err, "make real-captures makes it")
	return Judge(play(t, requests), s.Named)
}

// play plays requests through the processor, in fake time, with what they tell moved to now: each request comes when its last span has ended
// and its last point was read, and after those that came before it.
func play(t *testing.T, requests []Request) (spans []Span) {
	t.Helper()
	require.NotEmpty(t, requests)
	synctest.Test(t, func(t *testing.T) {
		factory := runtimestatsprocessor.NewFactory()
		sink, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
			spans = Read(spans, traces)
			return nil
		})
		require.NoError(t, err)
		settings, config := processortest.NewNopSettings(factory.Type()), factory.CreateDefaultConfig()
		traces, err := factory.CreateTraces(t.Context(), settings, config, sink)
		require.NoError(t, err)
		require.NoError(t, traces.Start(t.Context(), componenttest.NewNopHost()))
		metrics, err := factory.CreateMetrics(t.Context(), settings, config, consumertest.NewNop())
		require.NoError(t, err)
		require.NoError(t, metrics.Start(t.Context(), componenttest.NewNopHost()))
		move := time.Since(begin(requests))
		for _, request := range requests {
			last := moved(request.Traces, move)
			if read := movedPoints(request.Metrics, move); read.After(last) {
				last = read
			}
			time.Sleep(time.Until(last) + sending)
			if request.Traces.SpanCount() > 0 {
				require.NoError(t, traces.ConsumeTraces(t.Context(), request.Traces))
			} else {
				require.NoError(t, metrics.ConsumeMetrics(t.Context(), request.Metrics))
			}
		}
		require.NoError(t, metrics.Shutdown(t.Context()))
		require.NoError(t, traces.Shutdown(t.Context()))
	})
	return spans
}

// sending is how long after its last span's end a request comes. It keeps clear of the processor's ticks, once a second.
const sending = 700 * time.Microsecond

func begin(requests []Request) time.Time {
	first := pcommon.Timestamp(1<<63 - 1)
	for _, request := range requests {
		eachSpan(request.Traces, func(span ptrace.Span) bool {
			first = min(first, span.StartTimestamp())
			return true
		})
	}
	return first.AsTime()
}

// moved moves the spans of a request in time, and returns when the last one ends.
func moved(request ptrace.Traces, by time.Duration) (last time.Time) {
	eachSpan(request, func(span ptrace.Span) bool {
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(span.StartTimestamp().AsTime().Add(by)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(span.EndTimestamp().AsTime().Add(by)))
		if end := span.EndTimestamp().AsTime(); end.After(last) {
			last = end
		}
		return true
	})
	return last
}

// movedPoints moves the points of a request in time, and returns when the last one was read.
func movedPoints(request pmetric.Metrics, by time.Duration) (last time.Time) {
	for _, resource := range request.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				for _, point := range metric.Sum().DataPoints().All() {
					point.SetStartTimestamp(pcommon.NewTimestampFromTime(point.StartTimestamp().AsTime().Add(by)))
					point.SetTimestamp(pcommon.NewTimestampFromTime(point.Timestamp().AsTime().Add(by)))
					if read := point.Timestamp().AsTime(); read.After(last) {
						last = read
					}
				}
			}
		}
	}
	return last
}

// TestCapturesAreFit: small, whole and scrubbed, and none is left over.
func TestCapturesAreFit(t *testing.T) {
	files, err := filepath.Glob(captures + "/*")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "limited" })
	wanted := map[string]bool{}
	for i := range Services {
		wanted[Services[i].File()+".jsonl.gz"] = true
		if Services[i].Healthy > 0 {
			wanted[Services[i].File()+"-healthy.jsonl.gz"] = true
		}
	}
	for i := range LimitedServices {
		if l := &LimitedServices[i]; !l.HeldOut {
			wanted[l.File()+".jsonl.gz"] = true
		}
	}
	more, err := filepath.Glob(captures + "/limited/*")
	require.NoError(t, err)
	files = append(files, more...)
	home := regexp.MustCompile(`/(root|home|Users|work|tmp)/`)
	for _, file := range files {
		assert.True(t, wanted[filepath.Base(file)], "%s: no service has such a capture", file)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.LessOrEqual(t, info.Size(), int64(maxCapture), file)

		requests, err := ReadRequests(file)
		require.NoError(t, err)
		roots, traces := map[pcommon.TraceID]bool{}, map[pcommon.TraceID]bool{}
		for _, request := range requests {
			eachSpan(request, func(span ptrace.Span) bool {
				traces[span.TraceID()] = true
				if span.ParentSpanID().IsEmpty() {
					roots[span.TraceID()] = true
				}
				for name, value := range span.Attributes().All() {
					assert.False(t, home.MatchString(value.AsString()), "%s: %s=%s", file, name, value.AsString())
					assert.False(t, strings.HasPrefix(name, "async_runtime."), "%s: %s is of the processor", file, name)
				}
				return true
			})
		}
		assert.Len(t, roots, len(traces), "%s: traces without a root", file)
	}
}
