// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// anyValue is a value of OTLP JSON as plain data.
type anyValue map[string]any

func (v anyValue) plain() any {
	for kind, x := range v {
		switch kind {
		case "arrayValue":
			list := []any{}
			elements, _ := x.(map[string]any)["values"].([]any)
			for _, element := range elements {
				list = append(list, anyValue(element.(map[string]any)).plain())
			}
			return list
		case "kvlistValue":
			entries := map[string]any{}
			pairs, _ := x.(map[string]any)["values"].([]any)
			for _, pair := range pairs {
				of := pair.(map[string]any)
				entries[of["key"].(string)] = anyValue(of["value"].(map[string]any)).plain()
			}
			return entries
		}
		return x
	}
	return nil
}

type keyValues []struct {
	Key   string
	Value anyValue
}

func (all keyValues) get(key string) any {
	for _, a := range all {
		if a.Key == key {
			return a.Value.plain()
		}
	}
	return nil
}

// arrivedSpan is a span as the file exporter wrote it, in the order of arrival.
type arrivedSpan struct {
	TraceID, SpanID   string
	Name              string
	EndTimeUnixNano   string
	StartTimeUnixNano string
	Attributes        keyValues
	Links             []struct{ TraceID, SpanID string }

	resource keyValues
}

func (s *arrivedSpan) end(t *testing.T) time.Time {
	t.Helper()
	ns, err := strconv.ParseInt(s.EndTimeUnixNano, 10, 64)
	require.NoError(t, err)
	return time.Unix(0, ns)
}

// arrivedSpans reads what the file exporter wrote, without end markers.
func arrivedSpans(t *testing.T, path string) (spans []arrivedSpan) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var request struct {
			ResourceSpans []struct {
				Resource   struct{ Attributes keyValues }
				ScopeSpans []struct{ Spans []arrivedSpan }
			}
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &request))
		for _, rs := range request.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					if s.resource = rs.Resource.Attributes; !strings.HasPrefix(s.Name, "load_verify.") {
						spans = append(spans, s)
					}
				}
			}
		}
	}
	require.NoError(t, lines.Err())
	return spans
}

// awkward runs config/awkward.yaml on a port of its own, with a minute that is past, until something live has arrived of each signal, and reads
// the spans that arrived. The verdict is PASS.
func awkward(t *testing.T) (began time.Time, spans []arrivedSpan, v verdict) {
	t.Helper()
	endpoint, dir := fmt.Sprintf("localhost:%d", freePort(t)), t.TempDir()
	began = time.Now()
	c := start(t, configFile("awkward.yaml"),
		"receivers::otlp::protocols::http::endpoint: "+endpoint,
		"exporters::otlp_http::endpoint: http://"+endpoint,
		"receivers::synthetic_load::backfill: 60s",
		"receivers::synthetic_load::duration: 0s",
		"receivers::synthetic_load::metrics::interval: 1s",
		"exporters::load_verify::interval: 200ms",
		"exporters::load_verify::report: "+filepath.Join(dir, "report.json"),
		"exporters::file: {path: "+filepath.Join(dir, "arrived.json")+"}",
		"service::pipelines::traces/arrived::exporters: [load_verify, file]",
	)
	c.waitFor(t, "The past is over, the load is live")
	report := filepath.Join(dir, "report.json")
	require.Eventually(t, func() bool {
		live := 0
		for _, run := range readVerdict(t, report).Runs { // none before the first item
			for _, s := range run.Signals {
				if s.Latency.Count > 0 {
					live++
				}
			}
		}
		return live == 3
	}, patience, 100*time.Millisecond)
	require.NoError(t, c.interrupt(t))
	return began, arrivedSpans(t, filepath.Join(dir, "arrived.json")), readVerdict(t, report)
}

// TestAwkward: each awkward thing of the example arrives at the far end of a pipeline over OTLP, and the audit of it is clean: nothing counts
// as lost, out of order or changed, and no latency is made up.
func TestAwkward(t *testing.T) {
	began, spans, v := awkward(t)
	require.Equal(t, "pass", v.Verdict)
	for _, s := range v.Runs[0].Signals {
		assert.Equal(t, []int{0, 0, 0, 0}, []int{s.Missing, s.Duplicate, s.Corrupt, s.Latency.Skewed}, s.Signal)
		assert.Equal(t, s.Received, s.Latency.Count+s.Latency.Past, s.Signal)
		assert.Positive(t, s.Latency.Past, s.Signal)
	}

	orders, published := 0, map[string]bool{}
	pods, skews := map[string]any{}, map[string]any{}
	linked, consumed, past := 0, 0, 0
	latest := map[string]time.Time{} // end that has arrived, by host
	overtaken := 0
	for i := range spans {
		s := &spans[i]
		host := s.resource.get("host.name").(string)
		end := s.end(t)
		if s.Attributes.get("load_verify.past") == true {
			past++
		}
		if end.Before(latest[host]) && latest[host].Sub(end) > 50*time.Millisecond {
			overtaken++
		} else {
			latest[host] = end
		}
		switch s.Name {
		case "POST /orders":
			orders++
			assert.Equal(t, []any{"application/json", "text/html"}, s.Attributes.get("http.request.header.accept"))
			order := s.Attributes.get("order").(map[string]any)
			assert.Len(t, order["id"], 36)
			assert.Len(t, order["items"], 2)
			assert.Equal(t, false, order["express"])
			assert.NotEmpty(t, s.Attributes.get("body.digest"))
			assert.Equal(t, "1.4.2", s.resource.get("service.version"))
			assert.Equal(t, []any{"eu-1a", "eu-1b"}, s.resource.get("cloud.zones"))
			pods[host] = s.resource.get("k8s.pod.uid")
			assert.Nil(t, s.Attributes.get("load_verify.clock_skew"))
			assert.True(t, end.After(began.Add(-61*time.Second)))
		case "publish order":
			published[s.TraceID+s.SpanID] = true
		case "process orders":
			consumed++
			skews[host] = s.Attributes.get("load_verify.clock_skew")
		}
	}
	consumers := map[string]int{} // of each message
	for i := range spans {
		for _, l := range spans[i].Links {
			require.Equal(t, "process orders", spans[i].Name)
			require.True(t, published[l.TraceID+l.SpanID], "a link to a span that has arrived")
			require.NotEqual(t, l.TraceID, spans[i].TraceID)
			linked++
			consumers[l.TraceID+l.SpanID]++
		}
	}
	assert.Greater(t, orders, 60*5*2-100)
	assert.GreaterOrEqual(t, consumed, 60*3-3)
	assert.InDelta(t, len(published), linked, 0.2*float64(len(published)), "nearly all are taken")
	assert.Len(t, consumers, linked, "each once")
	assert.Positive(t, past)
	assert.Less(t, past, len(spans))
	require.Len(t, pods, 2)
	assert.NotEqual(t, pods["shop-0"], pods["shop-1"])
	require.Len(t, skews, 3)
	for host, skew := range skews {
		assert.NotNil(t, skew, host)
	}
	assert.Positive(t, overtaken, "some came after later ones of their process")
}
