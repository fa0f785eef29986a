// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read is an account after readings of a part that says each of these texts in turn; "" is a restart.
func read(t *testing.T, readings ...string) *Account {
	t.Helper()
	var text string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	defer server.Close()
	account := &Account{}
	for _, text = range readings {
		if text == "" {
			account.Restarted()
			continue
		}
		families, err := Scrape(t.Context(), server.Client(), strings.TrimPrefix(server.URL, "http://"))
		require.NoError(t, err)
		account.Set(families)
	}
	return account
}

const gateway = `
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 90
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 10
# TYPE otelcol_receiver_refused_spans counter
otelcol_receiver_refused_spans{receiver="otlp",transport="grpc"} 7
# TYPE otelcol_processor_incoming_items counter
otelcol_processor_incoming_items{processor="filter",otel_signal="traces"} 100
# TYPE otelcol_processor_outgoing_items counter
otelcol_processor_outgoing_items{processor="filter",otel_signal="traces"} 80
# TYPE otelcol_exporter_sent_spans_total counter
otelcol_exporter_sent_spans_total{exporter="otlp_grpc"} 50
# TYPE otelcol_exporter_send_failed_spans counter
otelcol_exporter_send_failed_spans{exporter="otlp_grpc"} 5
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{exporter="otlp_grpc",data_type="traces"} 3
# TYPE otelcol_exporter_in_flight_requests gauge
otelcol_exporter_in_flight_requests{exporter="otlp_grpc",data_type="traces"} 2
# TYPE otelcol_processor_tail_sampling_global_count_traces_sampled counter
otelcol_processor_tail_sampling_global_count_traces_sampled{decision="sampled",sampled="true"} 8
otelcol_processor_tail_sampling_global_count_traces_sampled{decision="not_sampled",sampled="false"} 4
# TYPE something_else gauge
something_else 1
`

func TestAccount(t *testing.T) {
	account := read(t, gateway)
	assert.True(t, account.Read)
	assert.Equal(t, []Component{
		{Receiver, "otlp", "traces", Counts{Received: 100, Refused: 7}, ""},
		{Processor, "filter", "traces", Counts{Dropped: 20}, ""},
		{Processor, "tail_sampling", "traces", Counts{TracesDropped: 4}, ""},
		{Exporter, "otlp_grpc", "traces", Counts{Sent: 50, SendFailed: 5, Queued: 3, InFlight: 2}, ""},
	}, account.Components())
	assert.Equal(t, Counts{Received: 100, Refused: 7, Dropped: 20, TracesDropped: 4, Sent: 50, SendFailed: 5, Queued: 3, InFlight: 2}, Sum(account.Components(), "traces"))
	assert.Equal(t, Counts{}, Sum(account.Components(), "logs"))
}

// TestRestart: the counts of two processes add up; what was in the first one's queue is gone.
func TestRestart(t *testing.T) {
	account := read(t, gateway, "", "# TYPE otelcol_exporter_sent_spans counter\notelcol_exporter_sent_spans{exporter=\"otlp_grpc\"} 30\n")
	assert.Equal(t, Counts{Received: 100, Refused: 7, Dropped: 20, TracesDropped: 4, Sent: 80, SendFailed: 5}, Sum(account.Components(), "traces"))
}

// TestShutDownQueue: a queue is not shown any more while its part shuts down; what was in it stays known.
func TestShutDownQueue(t *testing.T) {
	account := read(t, gateway, strings.ReplaceAll(gateway, "otelcol_exporter_queue_size", "gone"))
	assert.Equal(t, uint64(3), Sum(account.Components(), "traces").Queued)
}

// TestBegunAnew: a Collector that reads its configuration again counts from 0 although its process goes on. So may any part.
func TestBegunAnew(t *testing.T) {
	const (
		sent   = "# TYPE otelcol_exporter_sent_spans counter\notelcol_exporter_sent_spans{exporter=\"a\"} %d\n"
		other  = "otelcol_exporter_sent_spans{exporter=\"b\"} %d\n"
		uptime = "# TYPE otelcol_process_uptime counter\notelcol_process_uptime %d\n"
	)
	for name, tc := range map[string]struct {
		readings []string
		want     uint64
		least    bool
	}{
		"a counter falls":            {[]string{fmt.Sprintf(sent, 100), fmt.Sprintf(sent, 30), fmt.Sprintf(sent, 50)}, 150, true},
		"one of two":                 {[]string{fmt.Sprintf(sent+other, 100, 10), fmt.Sprintf(sent+other, 30, 20)}, 150, true},
		"two together, one more":     {[]string{fmt.Sprintf(sent+other, 100, 10), fmt.Sprintf(sent+other, 30, 500)}, 630, true},
		"not shown for a while":      {[]string{fmt.Sprintf(sent, 100), "x 1\n", fmt.Sprintf(sent, 30)}, 130, true},
		"read again, more than ever": {[]string{fmt.Sprintf(uptime+sent, 20, 100), fmt.Sprintf(uptime+sent, 2, 150)}, 250, true},
		"running on":                 {[]string{fmt.Sprintf(uptime+sent, 20, 100), fmt.Sprintf(uptime+sent, 21, 120)}, 120, false},
		"a queue that empties":       {[]string{strings.ReplaceAll(gateway, "\"} 3", "\"} 9"), gateway}, 50, false},
		"another process":            {[]string{fmt.Sprintf(sent, 100), "", fmt.Sprintf(sent, 30)}, 130, true},
	} {
		t.Run(name, func(t *testing.T) {
			account := read(t, tc.readings...)
			assert.Equal(t, tc.want, Sum(account.Components(), "traces").Sent)
			assert.Equal(t, tc.least, account.Least)
		})
	}
	account := read(t, gateway)
	account.Restarted()
	assert.True(t, account.Least, "it was killed")
}

// TestHostile: telemetry may say anything, and is not believed if it cannot be.
func TestHostile(t *testing.T) {
	account := read(t, `
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="nan"} NaN
otelcol_receiver_accepted_spans{receiver="negative"} -5
otelcol_receiver_accepted_spans{receiver="infinite"} +Inf
otelcol_receiver_accepted_spans{receiver="huge"} 1e300
otelcol_receiver_accepted_spans{receiver="`+"\x1b[31m\\n<evil>&"+`"} 7
otelcol_exporter_sent_spans{exporter="e"} 18446744073709551615
otelcol_exporter_queue_size{exporter="e",data_type="traces"} -1
`)
	assert.Equal(t, []Component{{Receiver, `\x1b[31m\x0a<evil>&`, "traces", Counts{Received: 7}, ""}}, account.Components())
	assert.Len(t, account.Odd, mostOdd)
	assert.Contains(t, account.Odd, `otelcol_receiver_accepted_spans,receiver="negative" = -5`)

	// Values that may each be true do not add up to what cannot be.
	var many strings.Builder
	many.WriteString("# TYPE otelcol_exporter_sent_spans counter\n")
	for i := range 2 * mostSeries {
		fmt.Fprintf(&many, "otelcol_exporter_sent_spans{exporter=\"e\",n=\"%d\"} %d\n", i, mostValue)
	}
	account = read(t, many.String())
	assert.Equal(t, uint64(mostSeries)*mostValue, Sum(account.Components(), "traces").Sent)
	assert.NotEmpty(t, account.Odd)
	for range 5000 {
		account.Restarted()
		account.current = map[string]value{"x": {series{sent, Exporter, "e", "traces"}, mostValue * mostSeries}}
	}
	assert.Equal(t, uint64(most), Sum(account.Components(), "traces").Sent)
}

// endless are metrics without end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return copy(p, bytes.Repeat([]byte("m 1\n"), len(p)/4+1)), nil
}

func TestEndless(t *testing.T) {
	var from endless
	_, err := parse(&from)
	assert.EqualError(t, err, "more than 4194304 bytes of metrics")
	assert.Less(t, from.read, 2*mostBytes)
}

// TestScrapeFails: an error, and an answer that never ends.
func TestScrapeFails(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"404 Not Found": http.NotFound,
		"deadline exceeded": func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			_, err := Scrape(t.Context(), server.Client(), strings.TrimPrefix(server.URL, "http://"))
			assert.ErrorContains(t, err, name)
		})
	}
}

// TestLosses: what a part admits, what is lost between two parts, and what came back to life.
func TestLosses(t *testing.T) {
	parts := []Part{
		{Name: "generator", Read: true, Components: []Component{{Receiver, "synthetic_load", "traces", Counts{Offered: 1010, GivenUp: 10, Received: 1000}, ""}, {Exporter, "otlp_grpc", "traces", Counts{Sent: 1000}, ""}}},
		{Name: "gateway", Read: true, Components: []Component{
			{Receiver, "otlp", "traces", Counts{Received: 990, Refused: 5}, ""},
			{Exporter, "otlp_grpc", "traces", Counts{Sent: 900, SendFailed: 50, Queued: 2}, ""},
		}},
		{Name: "verifier", Read: true, Components: []Component{{Receiver, "otlp", "traces", Counts{Received: 1100}, ""}, {Exporter, "load_verify", "traces", Counts{Sent: 1100}, ""}}},
	}
	assert.Equal(t, []string{
		"generator: given up by receiver synthetic_load: 10",
		"gateway: refused by receiver otlp: 5; who sent that was told, and may have sent it again",
		"gateway: send failed by exporter otlp_grpc: 50",
		"gateway: still queued by exporter otlp_grpc: 2 in the queue's unit, when it was read last",
		"generator->gateway: sent, but not received: 10",
		"gateway: received, but neither sent nor failed: 40 when it was read last",
		"gateway->verifier: received, but not known to be sent: 200; these are copies, or their confirmation did not arrive",
	}, Losses(parts, 1, "traces"))
	assert.Empty(t, Losses(parts, 1, "logs"))

	// A sampler says what it dropped, in traces; who has sent nothing at all has an exporter that says nothing.
	assert.Equal(t, []string{"gateway: dropped by processor tail_sampling: 4 traces", "gateway: received, but neither sent nor failed: 100 when it was read last"}, Losses([]Part{
		{Name: "generator", Read: true, Components: []Component{{Exporter, "otlp_grpc", "traces", Counts{Sent: 100}, ""}}},
		{Name: "gateway", Read: true, Components: []Component{{Receiver, "otlp", "traces", Counts{Received: 100}, ""}, {Processor, "tail_sampling", "traces", Counts{TracesDropped: 4}, ""}}},
		{Name: "verifier", Read: true},
	}, 1, "traces"))

	// Of a part that says nothing, and of one with two ways out, nothing can be concluded.
	parts[1].Read = false
	said := Losses(parts, 1, "traces")
	assert.Len(t, said, 5)
	assert.Equal(t, "gateway: no telemetry of it could be read, so what it did with them is not known", said[1])

	// Nor of one whose counts are not all known.
	parts[1].Read, parts[1].Least = true, true
	said = Losses(parts, 1, "traces")
	assert.Len(t, said, 5)
	assert.Equal(t, "gateway: some of what it counted is not known, because it was killed or began to count anew", said[1])
}
