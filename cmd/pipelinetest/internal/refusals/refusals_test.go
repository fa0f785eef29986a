// SPDX-License-Identifier: Apache-2.0

package refusals

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLog: what the Collector says in either of its encodings, in words of today and of before, and what anybody else says.
func TestLog(t *testing.T) {
	const component = `"otelcol.component.id": "otlp_grpc", "otelcol.component.kind": "exporter", "otelcol.signal": "traces", `
	for name, tc := range map[string]struct {
		line string
		want []Refusal
	}{
		"dropped": {
			"2026-01-31T12:00:00.000Z\terror\tinternal/queue_sender.go:62\tExporting failed. Dropping data.\t{" + component + `"error": "not retryable error: rpc error: code = ResourceExhausted desc = too large", "dropped_items": 25}`,
			[]Refusal{{Component: "exporter otlp_grpc", Signal: "traces", Answer: "ResourceExhausted", Lines: 1, Items: 25, Last: "not retryable error: rpc error: code = ResourceExhausted desc = too large"}},
		},
		"as JSON, over HTTP": {
			`{"level":"error","msg":"Exporting failed. Rejecting data.",` + component + `"error":"rpc error: code = ResourceExhausted desc = request to http://x responded with HTTP Status Code 429, Message=no","rejected_items":3}`,
			[]Refusal{{Component: "exporter otlp_grpc", Signal: "traces", Answer: "ResourceExhausted, HTTP 429", Lines: 1, Items: 3, Last: "rpc error: code = ResourceExhausted desc = request to http://x responded with HTTP Status Code 429, Message=no"}},
		},
		"as a Collector of before": {
			"2024-01-31T12:00:00.000Z\terror\texporterhelper/queue_sender.go:101\tExporting failed. Dropping data.\t" + `{"kind": "exporter", "data_type": "logs", "name": "otlp", "error": "no more retries left", "dropped_items": 2}`,
			[]Refusal{{Component: "exporter otlp", Signal: "logs", Lines: 1, Items: 2, Last: "no more retries left"}},
		},
		"retried": {
			"2026-01-31T12:00:00.000Z\tinfo\tinternal/retry_sender.go:136\tExporting failed. Will retry the request after interval.\t{" + component + `"error": "rpc error: code = Unavailable desc = no", "interval": "1s"}`,
			[]Refusal{{Component: "exporter otlp_grpc", Signal: "traces", Answer: "Unavailable", Retried: true, Lines: 1, Last: "rpc error: code = Unavailable desc = no"}},
		},
		"batch":                  {"2026-01-31T12:00:00.000Z\twarn\tbatch.go:1\tSender failed\t" + `{"error": "queue is full"}`, []Refusal{{Lines: 1, Last: "queue is full"}}},
		"memory":                 {"2026-01-31T12:00:00.000Z\twarn\tmemorylimiter.go:1\tMemory usage is above soft limit. Refusing data.\t" + `{"cur_mem_mib": 9}`, []Refusal{{Component: "processor memory_limiter", Refused: true, Lines: 1, Last: "Memory usage is above soft limit. Refusing data."}}},
		"late, not lost":         {"2026-01-31T12:00:00.000Z\twarn\treceiver.go:331\tThe load is 1.3 s behind schedule. Telemetry arrives late; none is dropped for that.\t" + `{"otelcol.component.id": "synthetic_load", "otelcol.component.kind": "receiver", "otelcol.signal": "logs"}`, nil},
		"late, and lost":         {"2026-01-31T12:00:00.000Z\twarn\treceiver.go:331\tWhat is more than a second late is dropped.\t" + `{"otelcol.component.id": "synthetic_load", "otelcol.component.kind": "receiver", "otelcol.signal": "logs"}`, []Refusal{{Component: "receiver synthetic_load", Lines: 1, Last: "What is more than a second late is dropped."}}},
		"no telemetry":           {"2026-01-31T12:00:00.000Z\twarn\tzapgrpc.go:193\t[core] addrConn.createTransport failed: dial tcp 127.0.0.1:1: connect: connection refused\t" + `{"grpc_log": true}`, nil},
		"a connection":           {"ERROR connection refused by 127.0.0.1:1", nil},
		"a connection, and more": {"ERROR connection refused, dropping 12 spans", []Refusal{{Lines: 1, Last: "ERROR connection refused, dropping 12 spans"}}},
		"refused by somebody":    {"WARN refused 12 spans", []Refusal{{Refused: true, Lines: 1, Last: "WARN refused 12 spans"}}},
		"somebody else":          {"ERROR dropped 12 spans\x1b[0m", []Refusal{{Lines: 1, Last: `ERROR dropped 12 spans\x1b[0m`}}},
		"only a word":            {"2026-01-31T12:00:00.000Z\tinfo\tx.go:1\tStarted\t" + `{"dropped": "nothing"}`, nil},
		"a word of others":       {"2026-01-31T12:00:00.000Z\terror\tx.go:1\tUnrelated\t" + `{"error": "connection refused"}`, nil},
		"nothing":                {"hello", nil},
		"null":                   {"null", nil},
		"an impossible count": {
			"2026-01-31T12:00:00.000Z\terror\tx.go:1\tDropping data.\t" + `{"error": "e", "dropped_items": -5e300}`,
			[]Refusal{{Lines: 1, Last: "e"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := &Log{}
			for i := range tc.line { // however it is cut
				_, err := l.Write([]byte(tc.line[i : i+1]))
				require.NoError(t, err)
			}
			assert.Empty(t, l.All(), "the line has not ended")
			_, err := l.Write([]byte("\n"))
			require.NoError(t, err)
			assert.Equal(t, tc.want, l.All())
		})
	}
}

// TestCounts: lines that say the same are counted, and the last is quoted; those of most items come first.
func TestCounts(t *testing.T) {
	l := &Log{}
	for i := range 3 {
		_, err := fmt.Fprintf(l, "t\terror\tx.go:1\tDropping data.\t{\"error\": \"code = Unavailable %d\", \"dropped_items\": 2}\n", i)
		require.NoError(t, err)
	}
	_, err := l.Write([]byte("t\terror\tx.go:1\tDropping data.\t{\"error\": \"code = Internal\", \"dropped_items\": 50}\n"))
	require.NoError(t, err)
	assert.Equal(t, []Refusal{
		{Answer: "Internal", Lines: 1, Items: 50, Last: "code = Internal"},
		{Answer: "Unavailable", Lines: 3, Items: 6, Last: "code = Unavailable 2"},
	}, l.All())
}

// TestBounds: a part that prints without end, in one line or in many kinds, is not kept.
func TestBounds(t *testing.T) {
	l := &Log{}
	endless := []byte(strings.Repeat("dropped ", 1<<10))
	for range 1 << 10 {
		_, _ = l.Write(endless)
	}
	assert.LessOrEqual(t, len(l.line), mostLine)
	_, _ = l.Write([]byte("\n"))
	require.Len(t, l.All(), 1)
	assert.Len(t, l.All()[0].Last, mostQuote+len("..."))
	for i := range 2 * mostKinds {
		_, _ = fmt.Fprintf(l, "t\terror\tx.go:1\tDropping data.\t{\"otelcol.signal\": \"s%d\"}\n", i)
	}
	assert.Len(t, l.All(), mostKinds)
}
