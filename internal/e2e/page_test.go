// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// pageFrame is what these tests read of what the page shows.
type pageFrame struct {
	Total, Spans float64
	Every        bool
	Lanes        []struct {
		Service string
		Curve   []int64
		Spans   float64
	}
	Times []struct {
		Service, Operation string
		Spans              float64
		Parts              []float64
	}
}

// seenOnPage reads what the page of runtime_view shows now.
func seenOnPage(t *testing.T, c *collector) (frame pageFrame) {
	t.Helper()
	url := c.waitFor(t, `The page is served.*"url": "([^"]+)"`)[1]
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/view", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(t, json.NewDecoder(response.Body).Decode(&frame))
	return frame
}

// seenService is what the spans in a file say of a service.
type seenService struct {
	requests             []int64 // durations, ns
	spans                int
	queueWait, all, busy float64 // ns
}

// checkPage holds what the page shows against the spans that arrived: counts are equal, percentiles within the error of the histogram.
func checkPage(t *testing.T, frame pageFrame, received string, emitted int) {
	t.Helper()
	assert.EqualValues(t, emitted, frame.Total)
	assert.EqualValues(t, emitted, frame.Spans)
	assert.True(t, frame.Every)
	services := readServices(t, received)
	require.Len(t, frame.Lanes, len(services))
	for _, lane := range frame.Lanes {
		seen := services[lane.Service]
		assert.EqualValues(t, len(seen.requests), lane.Spans, lane.Service)
		slices.Sort(seen.requests)
		for i, got := range lane.Curve {
			rank := max(int(math.Ceil((1-math.Pow(10, -float64(i)/10))*float64(len(seen.requests)))), 1)
			assert.InEpsilon(t, seen.requests[rank-1], got, 0.0055, "%s, point %d", lane.Service, i)
		}
		var spans, queued, running, all float64
		for _, time := range frame.Times {
			if time.Service != lane.Service {
				continue
			}
			spans += time.Spans
			running += time.Parts[0]
			queued += time.Parts[2]
			for _, ns := range time.Parts {
				all += ns
			}
		}
		assert.EqualValues(t, seen.spans, spans, lane.Service)
		assert.InEpsilon(t, seen.all, all, 1e-4, lane.Service)
		assert.InEpsilon(t, seen.queueWait, queued, 1e-3, lane.Service)
		assert.InEpsilon(t, seen.busy, running, 1e-3, lane.Service)
	}
}

func readServices(t *testing.T, path string) map[string]*seenService {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	services := make(map[string]*seenService)
	for line := range bytes.Lines(text) {
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		require.NoError(t, err)
		for _, resource := range traces.ResourceSpans().All() {
			name, _ := resource.Resource().Attributes().Get(semconv.ServiceName)
			if services[name.Str()] == nil {
				services[name.Str()] = new(seenService)
			}
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					services[name.Str()].add(span)
				}
			}
		}
	}
	return services
}

func (s *seenService) add(span ptrace.Span) {
	took := int64(span.EndTimestamp() - span.StartTimestamp())
	s.spans++
	s.all += float64(took)
	if span.ParentSpanID().IsEmpty() {
		s.requests = append(s.requests, took)
	}
	queueWait, _ := span.Attributes().Get(semconv.QueueWaitNs)
	ratio, _ := span.Attributes().Get(semconv.BusyRatio)
	s.queueWait += float64(queueWait.Int())
	s.busy += ratio.Double() * float64(took)
}
